"""``dnawire screen``: the best of many sequences, by a trained model or exactly."""

from __future__ import annotations

import csv
import logging
import math
import re
import time
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import tyro

from dnawire.cli._conditions import (
    ConditionFlags,
    check_conditions,
    condition_footer,
    condition_lines,
)
from dnawire.cli._flags import Messages, check_range, parse
from dnawire.cli._results import ResultFlags, result_folder
from dnawire.cli._table import aligned
from dnawire.errors import EXIT_FINISHED, UsageError
from dnawire.files.durable import replacing
from dnawire.scalars import ENERGY, Range

if TYPE_CHECKING:
    from dnawire.inference import (
        Candidates,
        Distribution,
        Predictor,
        Question,
        Ranking,
        Screened,
    )

_logger = logging.getLogger(__name__)

_SHOWN: Final = 10
_RANKED: Final = Range(1, 10**7, "sequences")
_LENGTHS: Final = Range(1, 10**6, "base pairs")
_RANKING, _SCORES, _DISTRIBUTION = "ranking.csv", "scores.csv", "distribution"
_MEMBERS: Final = re.compile(r"(ranking|scores|distribution)\.csv|distribution\.(png|svg)")


@dataclass(frozen=True)
class ScreenFlags:
    """Compute one quantity of many sequences, and rank them by it."""

    model: tyro.conf.Positional[str]
    """Output folder of a training run, e.g. outputs/hamiltonian; or exact:NAME for the exact
    spectra of a tight-binding parameter set."""

    length: int | None = None
    """Screen all sequences of this number of base pairs."""

    pattern: str | None = None
    """Screen all sequences of this pattern of IUPAC letters, e.g. ACGTNNNN."""

    sequences: Path | None = None
    """Screen the sequences of this text file, one a line, written as for `dnawire predict`."""

    rank_by: Literal[
        "log10_transmission",
        "mean_log10_transmission",
        "mean_log10_dos",
        "log10_conductance",
    ] = "mean_log10_transmission"
    """Quantity that ranks: log10 T at the Fermi energy, means over the window, or the conductance
    at Fermi energy and temperature with all resonances resolved (milliseconds a sequence)."""

    lowest: tyro.conf.FlagCreatePairsOff[bool] = False
    """Rank the lowest value first."""

    top: int = 100
    """Length of the ranking."""

    window_min: float | None = None
    """Lowest energy of the means in eV; None takes the first energy."""

    window_max: float | None = None
    """Highest energy of the means in eV; None takes the last energy."""

    unique: tyro.conf.FlagCreatePairsOff[bool] = False
    """Count a sequence and its other strand once, where the contacts make them one junction."""

    save_all: tyro.conf.FlagCreatePairsOff[bool] = False
    """Write the values of all sequences too, not those of the ranking alone."""

    conditions: ConditionFlags = field(default_factory=ConditionFlags)

    results: ResultFlags = field(default_factory=ResultFlags)

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: Messages = field(default_factory=Messages)

    def __post_init__(self) -> None:
        for name in ("window_min", "window_max"):
            check_range(name, getattr(self, name), ENERGY)
        check_range("length", self.length, _LENGTHS)
        check_range("top", self.top, _RANKED)


def run(arguments: Sequence[str]) -> int:
    """Screen, print the best, write the results, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        A sequence, contact or energy is impossible, the model cannot be used, or the results
        cannot be written.
    """
    flags = parse(ScreenFlags, arguments, "screen")
    flags.messages.configure()
    from dnawire.inference import (
        Distribution,
        Ranking,
        check_candidates,
        check_predictor,
        load_predictor,
        screen,
    )

    candidates = _candidates(flags)
    predictor = load_predictor(flags.model, flags.device)
    question = _question(flags, predictor)
    check_predictor(predictor, question)
    check_candidates(candidates, question)
    check_conditions(flags.conditions, predictor, question.energies)
    ranking = Ranking(flags.rank_by, flags.lowest, flags.top)
    distribution = Distribution()
    with result_folder(flags.results, "screenings", predictor.name, _MEMBERS) as folder:
        print("\n".join(_heading(flags, predictor, question, candidates)))
        found = screen(predictor, candidates, question, unique=flags.unique)
        pieces = _reported(found, candidates.count)
        if flags.save_all:
            pieces = _saved(pieces, folder.path / _SCORES)
        with closing(pieces):
            for piece in pieces:
                ranking.add(piece)
                distribution.add(piece.values[flags.rank_by])
        contacts = question.left, question.right
        about = condition_footer(flags.conditions, predictor, contacts, question.eta)
        _write(folder.path, predictor, ranking, distribution, question, about)
        published = folder.publish()
    print("\n".join(_summary(ranking, distribution, candidates.count)))
    _warn(ranking)
    _logger.info("results: %s", published)
    return EXIT_FINISHED


def _candidates(flags: ScreenFlags) -> Candidates:
    from dnawire.inference import ListedCandidates, PatternCandidates

    given = {"length": flags.length, "pattern": flags.pattern, "sequences": flags.sequences}
    asked = [name for name, value in given.items() if value is not None]
    if len(asked) != 1:
        raise UsageError(
            f"{' and '.join(asked) or 'nothing'} to be screened",
            "Give one of --length 8, --pattern ACGTNNNN and --sequences FILE.",
        )
    if flags.sequences is not None:
        return ListedCandidates.read(flags.sequences)
    if flags.length is None:
        return PatternCandidates(flags.pattern or "")
    return PatternCandidates("N" * _checked_length(flags.length))


def _checked_length(length: int) -> int:
    from dnawire.inference import MOST_CANDIDATES
    from dnawire.junction import BASES

    decades, most = math.log10(len(BASES)), math.log10(MOST_CANDIDATES)
    longest = int(most / decades)
    if length > longest:
        raise UsageError(
            f"10^{decades * length:.1f} sequences of length {length}; at most 10^{most:.0f} can be "
            "screened",
            f"Give --length of at most {longest}, or choose among longer ones with --pattern or "
            "--sequences.",
        )
    return length


def _question(flags: ScreenFlags, predictor: Predictor) -> Question:
    from dnawire.inference import Question

    asked = flags.conditions.energies(predictor)
    energies = predictor.conditions.energies if asked is None else asked
    eta = predictor.conditions.eta if flags.conditions.eta is None else flags.conditions.eta
    left, right = flags.conditions.contacts(predictor)
    low = float(energies[0]) if flags.window_min is None else flags.window_min
    high = float(energies[-1]) if flags.window_max is None else flags.window_max
    return Question(
        left=left,
        right=right,
        energies=energies,
        window=(low, high),
        eta=eta,
        fermi_energy=flags.conditions.fermi_energy,
        temperature=flags.conditions.temperature,
        rank_by=flags.rank_by,
        conductance_from_grid=flags.conditions.conductance_from_grid,
    )


def _heading(
    flags: ScreenFlags, predictor: Predictor, question: Question, candidates: Candidates
) -> list[str]:
    from dnawire.inference import CRITERIA

    contacts = question.left, question.right
    low, high = question.window
    lines = condition_lines(predictor, contacts, question.energies, question.eta)
    lines.append(f"window        {low:g} to {high:g} eV")
    if question.fermi_energy is not None:
        lines.append(f"E_F           {question.fermi_energy:g} eV, {question.temperature:g} K")
    lines.append(f"other strand  {_other_strand(question, candidates)}")
    first = "lowest" if flags.lowest else "highest"
    lines.append(f"candidates    {candidates.count:,}: {candidates.name}")
    lines.append(f"rank by       {flags.rank_by} ({CRITERIA[flags.rank_by]}), {first} first")
    return [*lines, ""]


def _other_strand(question: Question, candidates: Candidates) -> str:
    """Say whether the contacts tell the two writings of a molecule apart."""
    from dnawire.inference import is_same_from_both_strands

    left, right = question.left, question.right
    lengths = {junction.length for junction in candidates.junctions(left, right)}
    same = {is_same_from_both_strands(left, right, length) for length in lengths}
    if same == {True}:
        return "a sequence and its reverse complement are the same junction"
    if same == {False}:
        return "a sequence and its reverse complement are different junctions"
    return "for some lengths, a sequence and its reverse complement are the same junction"


def _reported(pieces: Iterable[Screened], total: int) -> Generator[Screened]:
    """Show progress: a bar on a terminal, a line for every tenth of the work elsewhere."""
    from tqdm import tqdm

    done, tenths, start = 0, 0, time.monotonic()
    with tqdm(total=total, unit=" sequences", unit_scale=True, disable=None, leave=False) as bar:
        for piece in pieces:
            yield piece
            bar.update(len(piece.codes))
            done += len(piece.codes)
            is_tenth, tenths = 10 * done // total > tenths, 10 * done // total
            if bar.disable:
                rate = done / max(time.monotonic() - start, 1e-9)
                level = logging.INFO if is_tenth else logging.DEBUG
                _logger.log(level, "%d of %d sequences, %.0f per second", done, total, rate)


def _saved(pieces: Iterable[Screened], path: Path) -> Generator[Screened]:
    """Write the values of all sequences, in their order; the file appears when it is complete."""
    from dnawire.inference import status

    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        waiting: list[tuple[int, list[object]]] = []
        for number, piece in enumerate(pieces):
            if number == 0:
                writer.writerow(["sequence", *piece.values, "status"])
            words = {remarks: status(remarks) for remarks in set(piece.remarks)}
            columns = (values.tolist() for values in piece.values.values())
            statuses = (words[remarks] for remarks in piece.remarks)
            rows = map(list, zip(piece.texts, *columns, statuses, strict=True))
            waiting += zip(piece.rows.tolist(), rows, strict=True)
            if piece.is_in_order:
                writer.writerows(row for _, row in sorted(waiting, key=itemgetter(0)))
                waiting = []
            yield piece
        writer.writerows(row for _, row in sorted(waiting, key=itemgetter(0)))


def _write(
    folder: Path,
    predictor: Predictor,
    ranking: Ranking,
    distribution: Distribution,
    question: Question,
    about: str,
) -> None:
    from dnawire import plots
    from dnawire.inference import CRITERIA, status

    columns: dict[str, tuple[str, list[Any]]] = {
        "rank": ("", list(range(1, len(ranking.rows) + 1))),
        "sequence": ("", [row.text for row in ranking.rows]),
        "same_junction": ("", _same_junctions(ranking, question)),
    }
    for name in ranking.rows[0].values:
        columns[name] = ("", [row.values[name] for row in ranking.rows])
    columns["status"] = ("", [status(row.remarks) for row in ranking.rows])
    plots.save_table(folder / _RANKING, columns)
    figure = plots.distribution_figure(
        distribution.binned(),
        CRITERIA[ranking.rank_by],
        ranking.rows[-1].values[ranking.rank_by],
        f"Screened by {predictor.name}",
        about,
    )
    table = plots.distribution_table(distribution.binned())
    plots.save_figure(figure, folder / _DISTRIBUTION, table)


def _same_junctions(ranking: Ranking, question: Question) -> list[str]:
    """Other writing of each ranked duplex, where the contacts make it the same junction."""
    from dnawire.inference import is_same_from_both_strands

    lengths = {len(row.text.partition("/")[0]) for row in ranking.rows}
    same = {
        length: is_same_from_both_strands(question.left, question.right, length)
        for length in lengths
    }
    return [
        flipped if same[len(text.partition("/")[0])] and flipped != text else ""
        for text, flipped, *_ in ranking.rows
    ]


def _summary(ranking: Ranking, distribution: Distribution, total: int) -> list[str]:
    from dnawire.inference import status

    rows = [["rank", "sequence", *ranking.rows[0].values, "status"]]
    rows += [
        [str(rank), row.text, *(f"{one:.3f}" for one in row.values.values()), status(row.remarks)]
        for rank, row in enumerate(ranking.rows[:_SHOWN], start=1)
    ]
    counted = sum(distribution.counts.values()) + distribution.vanishing
    lines = [*aligned(rows), "", f"screened      {counted:,} of {total:,} sequences"]
    if distribution.vanishing:
        lines.append(f"disconnected  {distribution.vanishing:,} of them: nothing flows at all")
    return lines


def _warn(ranking: Ranking) -> None:
    """Say what in the ranking is not to be trusted, with an example of each."""
    total = len(ranking.rows)
    examples: dict[str, tuple[str, str]] = {}
    counts: Counter[str] = Counter()
    for row in ranking.rows:
        counts.update({remark.word for remark in row.remarks})
        for remark in row.remarks:
            examples.setdefault(remark.word, (row.text, remark.sentence))
    for word, (text, sentence) in examples.items():
        head = f"{counts[word]} of the {total} ranked: {word}, e.g. {text}"
        _logger.warning("warning: %s: %s", head, sentence)
