"""``dnawire screen``: the best of many sequences, by a trained model or exactly."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import tyro

from dnawire.api.conditions import AskedConditions
from dnawire.api.folder import ResultPlace, result_folder
from dnawire.api.selection import Selection
from dnawire.cli._flags import ResultMessages, parse
from dnawire.cli._progress import reported
from dnawire.errors import EXIT_FINISHED, UsageError
from dnawire.scalars import Range, check_count
from dnawire.workers import WORKERS, part_of

if TYPE_CHECKING:
    from dnawire.api.screening import Screening
    from dnawire.inference import ScreeningPlan, Shard, Shards
    from dnawire.plots import Table

_logger = logging.getLogger(__name__)


_SIZES: Final = Range(1, 10**8, "sequences")


@dataclass(frozen=True)
class WorkFlags:
    """How the work is divided; the results do not depend on who computes what."""

    workers: int | None = None
    """Number of processes, each with one thread; None takes as many as there are processors and
    the work is worth."""

    shard: str | None = None
    """Compute only a part, I/N with I from 0, and write no results: for the jobs of an array. The
    same command without it merges them."""

    shards: Path | None = None
    """Folder of what is computed until the results are written; None takes the name of the results
    with .shards."""

    shard_size: int | None = None
    """Number of sequences of a shard, which is what a killed command may lose; None takes some
    that take a tenth of a second or more."""

    def __post_init__(self) -> None:
        check_count("workers", self.workers, WORKERS)
        check_count("shard_size", self.shard_size, _SIZES)


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True, kw_only=True)
class ScreenFlags(Selection):
    """Compute one quantity of many sequences, and rank them by it.

    A killed command goes on when it is given again: what is computed stays in a folder beside the
    results until they are written.
    """

    model: tyro.conf.Positional[str]
    """Output folder of a training run, e.g. outputs/hamiltonian; or exact:NAME for the exact
    spectra of a tight-binding parameter set, exact:FILE.toml for one of your own."""

    save_all: bool = False
    """Write the values of all sequences too, not those of the ranking alone."""

    parquet: bool = False
    """Write them as Parquet beside the CSV file: for millions of sequences, which pandas reads from
    it in seconds. It needs pyarrow."""

    conditions: AskedConditions = field(default_factory=AskedConditions)

    results: ResultPlace = field(default_factory=ResultPlace)

    work: WorkFlags = field(default_factory=WorkFlags)

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: ResultMessages = field(default_factory=ResultMessages)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.parquet and not self.save_all:
            raise UsageError(
                "--parquet writes the values of all sequences, which are not asked for",
                "Add --save_all, or drop --parquet.",
            )


def run(arguments: Sequence[str]) -> int:
    """Screen, print the best, write the results, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        A sequence, contact or energy is impossible, the model cannot be used, a shard is damaged,
        or the results cannot be written.
    """
    flags = parse(ScreenFlags, arguments, "screen")
    part = part_of(flags.work.shard)
    flags.messages.configure()
    from dnawire.api.screening import Screening
    from dnawire.data.parquet import check_parquet
    from dnawire.inference import digest_of_model, load_predictor

    if flags.parquet:
        check_parquet()
    predictor = load_predictor(flags.model, flags.device)
    candidates = flags.candidates(predictor.conditions.alphabet)
    screening = Screening.prepared(flags, candidates, predictor, flags.conditions)
    identity = f"{digest_of_model(flags.model)} {flags.device}"
    plan = screening.plan(identity, flags.work.shard_size, with_scores=flags.save_all)
    if part is None:
        _whole(flags, screening, plan)
    else:
        _part(flags, screening, plan, part)
    return EXIT_FINISHED


def _part(
    flags: ScreenFlags, screening: Screening, plan: ScreeningPlan, part: tuple[int, int]
) -> None:
    """Compute the missing shards of a part, and tell which there are."""
    from dnawire.inference import Shards
    from dnawire.shards import share

    flags.messages.show([*screening.heading, ""])
    shards = Shards(plan, _folder(flags, screening))
    computed = set(_compute(shards, flags.work, part))
    numbers = share(range(plan.count), *part)
    table: Table = {
        "shard": ("", list(numbers)),
        "candidates": ("", [len(plan.rows(number)) for number in numbers]),
        "file": ("", [str(shards.path(number)) for number in numbers]),
        "status": ("", ["computed" if one in computed else "kept" for one in numbers]),
    }
    total = sum(table["candidates"][1])
    index, count = part
    notes = [
        f"part          {index}/{count}: {len(numbers):,} of {plan.count:,} shards, {total:,} of "
        f"{screening.num_candidates:,} sequences",
        f"shards        {len(computed):,} computed, {len(numbers) - len(computed):,} kept, in "
        f"{shards.folder}",
    ]
    flags.messages.show_result(notes, screening.heading, table, [], notes)


def _whole(flags: ScreenFlags, screening: Screening, plan: ScreeningPlan) -> None:
    """Compute what is missing, merge all and write the results."""
    from dnawire.inference import Shards

    place = flags.results, screening.below, screening.name, screening.members
    with result_folder(*place) as folder, ExitStack() as stack:
        flags.messages.show([*screening.heading, ""])
        shards = Shards(plan, _folder(flags, screening))
        stack.callback(shards.remove_if_empty)
        _compute(shards, flags.work, (0, 1))
        takers = [screening.take, *_score_files(flags, screening, folder.path, stack)]
        for shard in shards.read_all():
            for take in takers:
                take(shard)
        stack.close()
        screening.write(folder.path)
        published = folder.publish()
    shards.remove()
    heading, table, said = screening.heading, screening.table(), screening.warnings
    below = screening.text[len(heading) + 1 :]
    flags.messages.show_result(below, heading, table, said, screening.lines)
    for warning in screening.warnings:
        _logger.warning("warning: %s", warning)
    _logger.info("results: %s", published)


def _score_files(
    flags: ScreenFlags, screening: Screening, folder: Path, stack: ExitStack
) -> list[Callable[[Shard], None]]:
    """Open the tables of all values that are asked for; each takes one shard after the other."""
    from dnawire.api.screening_files import PARQUET, SCORES, scores_file, scores_parquet

    named = bool(screening.names)
    files = [scores_file(folder / SCORES, named=named)] if flags.save_all else []
    if flags.parquet:
        files.append(scores_parquet(folder / PARQUET, named=named))
    return [stack.enter_context(one) for one in files]


def _folder(flags: ScreenFlags, screening: Screening) -> Path:
    """Where the shards lie."""
    if flags.work.shards is not None:
        return flags.work.shards
    return flags.results.beside(screening.below, screening.name, ".shards")


def _compute(shards: Shards, work: WorkFlags, part: tuple[int, int]) -> list[int]:
    """Compute the shards of a part that are outstanding, and return their numbers."""
    from dnawire.inference import compute_shard, fitting_workers
    from dnawire.shards import share
    from dnawire.workers import completed, local_processes

    numbers = share(range(shards.plan.count), *part)
    todo = shards.outstanding(numbers)
    if len(todo) < len(numbers):
        done = len(numbers) - len(todo)
        _logger.info("%s: %d of %d shards are there", shards.folder, done, len(numbers))
    count = work.workers or fitting_workers(len(todo))
    compute = partial(compute_shard, shards.plan)
    with ExitStack() as stack:
        if count == 1:
            computed: Generator[tuple[int, Shard]] = ((one, compute(one)) for one in todo)
        else:
            executor = stack.enter_context(local_processes(count))
            computed = completed(executor, compute, todo)
        stack.callback(computed.close)
        total = sum(len(shards.plan.rows(number)) for number in todo)
        _store(computed, shards, total)
    return todo


def _store(computed: Iterable[tuple[int, Shard]], shards: Shards, total: int) -> None:
    """Store shards, and show progress."""

    def size(pair: tuple[int, Shard]) -> int:
        return len(shards.plan.rows(pair[0]))

    for _, shard in reported(computed, total, "sequences", size):
        shards.store(shard)
