"""``dnawire generate xtb``: a file of records, computed from the atoms by GFN1-xTB."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import tyro

from dnawire.api.target import check_target
from dnawire.cli._flags import Messages, parse
from dnawire.errors import EXIT_FINISHED, UsageError
from dnawire.scalars import BROADENING, COUPLING, ENERGY, Range, check_range
from dnawire.workers import WORKERS, part_of

if TYPE_CHECKING:
    from dnawire.xtb.plan import XtbPlan

_logger = logging.getLogger(__name__)

_LONGEST: Final = 40
_POINTS: Final = Range(2, 10**5, "energies")
_GAMMA: Final = Range(COUPLING.low, COUPLING.high, COUPLING.unit)
_WIDTHS: Final = Range(1, 10**4, "meV")


@dataclass(frozen=True)
class SequenceFlags:
    """Duplexes: from a file, all of a length, random ones, or a design that covers."""

    sequences: Path | None = None
    """File of sequences."""

    all_length: int | None = None
    """Length in base pairs of which all duplexes are taken, each molecule once."""

    random: int | None = None
    """Number of random duplexes of --min_length to --max_length base pairs."""

    coverage: int | None = None
    """Design few duplexes of --min_length to --max_length base pairs in which every triple and
    every end step occurs at least so often."""

    at_least: int = 1
    """Smallest number of duplexes of the design."""

    min_length: int = 4
    """Shortest duplex of a random choice or a design, in base pairs."""

    max_length: int = 8
    """Longest duplex of a random choice or a design, in base pairs."""

    seed: int = 42
    """Seed of a random choice or a design."""


@dataclass(frozen=True)
class CalculationFlags:
    """Contacts, level of theory and energies."""

    contacts: tuple[Literal["same", "cross"], ...] = ("same", "cross")
    """Contacts: both on the upper strand (same), or on the 5' ends of both strands (cross)."""

    gamma: tuple[float, ...] = (0.1, 0.6)
    """Couplings of either contact in eV; every contact is computed with each."""

    form: Literal["a", "b"] = "b"
    """Form of the ideal helix: fiber A-DNA or B-DNA. Models are trained on B-DNA only."""

    solvent: Literal["water", "vacuum"] = "water"
    """Solvent of the ALPB model."""

    energy_min: float = -12.2
    """Lowest energy in eV, absolute on the scale of GFN1-xTB."""

    energy_max: float = -9.7
    """Highest energy in eV."""

    num_energy_points: int = 251
    """Number of equally spaced energies."""

    eta: float = 0.005
    """Imaginary part added to the energy, in eV."""

    interval_widths: tuple[int, ...] = (10, 25)
    """Widths in meV of the intervals over which spectra are averaged as well, at eta = 0."""


@dataclass(frozen=True)
class GenerateXtbFlags:
    """Compute records of charge transport from all atoms by GFN1-xTB, without a parameter set.

    A killed command goes on when it is given again: what is computed stays in a folder beside the
    file, one file per duplex.
    """

    out: tyro.conf.Positional[Path]
    """File to write (HDF5)."""

    duplexes: SequenceFlags = field(default_factory=SequenceFlags)

    calculation: CalculationFlags = field(default_factory=CalculationFlags)

    shards: Path | None = None
    """Folder of the computed duplexes; None takes the name of the file with .shards."""

    shard: str | None = None
    """Compute only a part, I/N with I from 0, and write no file: for the jobs of an array. The
    same command without it merges them."""

    workers: int | None = None
    """Number of processes, each with one thread; None takes as many as processors and memory
    allow."""

    overwrite: tyro.conf.FlagCreatePairsOff[bool] = False
    """Replace the file if it exists."""

    messages: Messages = field(default_factory=Messages)


def run(arguments: Sequence[str]) -> int:
    """Compute records and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        A setting is impossible, a duplex has no result, or a file cannot be written.
    """
    flags = parse(GenerateXtbFlags, arguments, "generate xtb")
    part = part_of(flags.shard)
    check_target(flags.out, overwrite=flags.overwrite or part is not None)
    flags.messages.configure()
    from dnawire.data import write_dataset
    from dnawire.shards import share
    from dnawire.workers import local_processes
    from dnawire.xtb.shards import Shards, fitting_workers

    _check_calculation(flags)
    plan = _plan(flags)
    shards = Shards(plan, flags.shards or flags.out.with_name(f"{flags.out.name}.shards"))
    texts = share(plan.duplexes, *part) if part else plan.duplexes
    if shards.missing(texts):
        with local_processes(flags.workers or fitting_workers(plan)) as executor:
            for number, text in enumerate(shards.compute(texts, executor)):
                if number == 0:
                    _draw(shards.path(text), flags.out, plan.level.name)
    if part is None:
        dataset, columns = shards.merged()
        write_dataset(flags.out, dataset, overwrite=flags.overwrite, add=columns.write)
        _logger.info("%s: %d records of %d duplexes", flags.out, len(dataset), len(texts))
    return EXIT_FINISHED


def _plan(flags: GenerateXtbFlags) -> XtbPlan:
    from dnawire.xtb.level import Level
    from dnawire.xtb.plan import XtbPlan
    from dnawire.xtb.spectra import Window
    from dnawire.xtb.variants import Variant

    asked = flags.calculation
    return XtbPlan(
        duplexes=_texts(flags.duplexes),
        variants=tuple(Variant(kind, gamma) for gamma in asked.gamma for kind in asked.contacts),
        level=Level(asked.solvent),
        window=Window(
            asked.energy_min,
            asked.energy_max,
            asked.num_energy_points,
            asked.eta,
            asked.interval_widths,
        ),
        form=asked.form,
    )


def _check_calculation(flags: GenerateXtbFlags) -> None:
    asked = flags.calculation
    for name, values, allowed in (
        ("workers", [flags.workers], WORKERS),
        ("gamma", asked.gamma, _GAMMA),
        ("energy_min", [asked.energy_min], ENERGY),
        ("energy_max", [asked.energy_max], ENERGY),
        ("num_energy_points", [asked.num_energy_points], _POINTS),
        ("eta", [asked.eta], BROADENING),
        ("interval_widths", asked.interval_widths, _WIDTHS),
    ):
        for value in values:
            check_range(name, value, allowed)
    widest = max((1, *asked.interval_widths)) * 1e-3
    if asked.energy_max - asked.energy_min < widest:
        raise UsageError(
            f"energies from {asked.energy_min} to {asked.energy_max} eV hold no interval of "
            f"{widest:g} eV.",
            "Choose --energy_max above --energy_min, by the widest of --interval_widths or more.",
        )


def _texts(flags: SequenceFlags) -> tuple[str, ...]:
    from dnawire.junction.sequences import read_duplexes
    from dnawire.xtb.design import all_duplexes, covering_duplexes, random_duplexes

    names = ("sequences", "all_length", "random", "coverage")
    given = [name for name in names if getattr(flags, name) is not None]
    if len(given) != 1:
        raise UsageError(
            f"{len(given)} of --sequences, --all_length, --random and --coverage are given.",
            "Give one of them, for example --coverage 3.",
        )
    lengths = range(flags.min_length, flags.max_length + 1)
    if not 2 <= flags.min_length <= flags.max_length <= _LONGEST:
        raise UsageError(
            f"lengths of {flags.min_length} to {flags.max_length} base pairs are not allowed.",
            f"Choose 2 <= min_length <= max_length <= {_LONGEST}.",
        )
    if flags.sequences is not None:
        found = read_duplexes(flags.sequences)
    elif flags.all_length is not None:
        found = all_duplexes(flags.all_length)
    elif flags.random is not None:
        found = random_duplexes(flags.random, lengths, flags.seed)
    else:
        found = covering_duplexes(flags.at_least, lengths, flags.coverage or 0, flags.seed)
    return tuple(dict.fromkeys(duplex.text for duplex in found))


def _draw(shard: Path, out: Path, level: str) -> None:
    """Draw the first record at once, so that a wrong window is seen before all are computed."""
    from dnawire import plots
    from dnawire.data import read_dataset

    record = read_dataset(shard)[0]
    about = plots.footer(
        (record.junction.left.text, record.junction.right.text),
        energy_reference=record.energy_reference,
        eta=record.eta,
        parameters=None,
        level=level,
    )
    figure = plots.spectra_figure([record], level, about)
    stem = out.with_name(f"{out.stem}_first")
    plots.save_figure(figure, stem, plots.spectra_table([record]))
    _logger.info("%s.png: the first record, %s", stem, record.identifier)
