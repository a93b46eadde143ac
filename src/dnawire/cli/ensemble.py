"""``dnawire ensemble``: conductance of many geometries of one duplex."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import tyro

from dnawire.api.conditions import AskedConditions
from dnawire.api.folder import ResultPlace, result_folder
from dnawire.cli._ensemble_tables import (
    Ensemble,
    checks_table,
    result_lines,
    statistics_table,
    summary_table,
)
from dnawire.cli._flags import Messages, is_file, parse
from dnawire.errors import EXIT_FINISHED, UsageError
from dnawire.scalars import Range, check_range

if TYPE_CHECKING:
    from dnawire.api.conditions import Setup
    from dnawire.inference.ensemble import EnsembleQuestion, GeometryAnswer
    from dnawire.junction import Duplex
    from dnawire.models.atomistic.predictor import AtomisticPredictor
    from dnawire.predictors import Predictor
    from dnawire.structures import AtomicStructure

_logger = logging.getLogger(__name__)

_FRAMES: Final = 20
_SEED: Final = 42
_NUMBER: Final = Range(1, 10**5, "geometries")
_CHECKED: Final = Range(0, 10**5, "geometries")
_STEPS: Final = Range(0, 20, "steps")
_SUMMARY, _STATISTICS, _CHECKS, _FIGURE = "summary.csv", "statistics.csv", "checks.csv", "ensemble"
_MEMBERS: Final = re.compile(r"(summary|statistics|checks)\.csv|ensemble\.(png|svg|csv)")


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True)
class EnsembleFlags:
    """Predict the conductance of many geometries of one duplex, and its distribution.

    The geometries are thermal fluctuations of a sequence, or those of files.
    """

    model: tyro.conf.Positional[str]
    """A model of the type atomistic: output folder of a training run, or pretrained:xtb."""

    duplex: tyro.conf.Positional[tuple[str, ...]]
    """A sequence, written as for `dnawire predict`; or files of structures, which have a suffix,
    e.g. frames.pdb: all of one duplex, one or more geometries each."""

    frames: int | None = None
    """Number of geometries of a sequence; None takes 20. Files have theirs."""

    seed: int | None = None
    """Seed of the geometries of a sequence; None takes 42."""

    scf_steps: int = 1
    """Steps from the predicted charges, which were learned on ideal helices, towards
    self-consistent ones; 0 takes them as predicted."""

    check: int = 0
    """Number of the first geometries that are computed self-consistently too, for comparison."""

    conditions: AskedConditions = field(default_factory=AskedConditions)

    results: ResultPlace = field(default_factory=ResultPlace)

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: Messages = field(default_factory=Messages)

    def __post_init__(self) -> None:
        check_range("frames", self.frames, _NUMBER)
        check_range("check", self.check, _CHECKED)
        check_range("scf_steps", self.scf_steps, _STEPS)


class _Geometries(NamedTuple):
    """The geometries that are asked for."""

    structures: Sequence[AtomicStructure]
    labels: Sequence[str]
    origin: str

    @property
    def duplex(self) -> Duplex:
        return self.structures[0].duplex


def run(arguments: Sequence[str]) -> int:
    """Predict all geometries, print tables, write the results, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        A sequence, file, contact or energy is impossible, the model cannot be used, or the results
        cannot be written.
    """
    flags = parse(EnsembleFlags, arguments, "ensemble")
    flags.messages.configure()
    _check_flags(flags)
    from dnawire.inference import load_predictor
    from dnawire.inference.ensemble import as_atomistic, predict_geometries

    predictor = as_atomistic(load_predictor(flags.model, flags.device))
    setup = flags.conditions.setup(predictor, flags.conditions.contacts(predictor))
    geometries = _geometries(flags)
    question = _question(flags, setup, geometries.duplex)
    with result_folder(flags.results, "ensembles", predictor.name, _MEMBERS) as folder:
        print("\n".join(_heading(flags, setup, question, geometries)))
        found = predict_geometries(predictor, geometries.structures, question, flags.check)
        answers = list(_reported(found, len(geometries.structures)))
        ensemble = Ensemble(answers, _ideal(predictor, question))
        _write(folder.path, setup, geometries.labels, ensemble, question)
        published = folder.publish()
    print("\n".join(result_lines(geometries.labels, ensemble)))
    _warn(predictor, geometries.labels, ensemble)
    _logger.info("results: %s", published)
    return EXIT_FINISHED


def _check_flags(flags: EnsembleFlags) -> None:
    if flags.conditions.fermi_energy is None:
        raise UsageError(
            "an ensemble of conductances needs the Fermi energy, which is not given",
            "Give it in eV with --fermi_energy.",
        )
    files = [is_file(word) for word in flags.duplex]
    if not files or (len(files) > 1 and not all(files)):
        raise UsageError(
            f"{' and '.join(flags.duplex) or 'nothing'} to be predicted",
            "Give one sequence, e.g. ACGTTGCA, or files of structures of one duplex.",
        )
    if all(files):
        for name in ("frames", "seed"):
            if getattr(flags, name) is not None:
                raise UsageError(
                    f"{name} = {getattr(flags, name)} has no effect on files",
                    f"Leave --{name} out, or give a sequence.",
                )


def _geometries(flags: EnsembleFlags) -> _Geometries:
    if is_file(flags.duplex[0]):
        return _read_geometries([Path(word) for word in flags.duplex])
    from dnawire.inference.ensemble import thermal_frames
    from dnawire.junction import Duplex
    from dnawire.structures import Fluctuations

    number = flags.frames or _FRAMES
    seed = _SEED if flags.seed is None else flags.seed
    sizes = Fluctuations()
    frames = thermal_frames(Duplex.parse(flags.duplex[0]), number, seed, sizes)
    refused = [reason for frame in frames for reason in frame.refused]
    if refused:
        _logger.info("%d draws did not close, the first: %s", len(refused), refused[0])
    origin = (
        f"thermal, rise {sizes.rise:g} Angstrom, twist {sizes.twist:g} and roll {sizes.roll:g} "
        f"degrees, seed {seed}; {len(refused)} other draws did not close"
    )
    labels = [str(place) for place in range(1, number + 1)]
    return _Geometries([frame.structure for frame in frames], labels, origin)


def _read_geometries(paths: Sequence[Path]) -> _Geometries:
    from dnawire.structures import read_structures

    structures: list[AtomicStructure] = []
    labels: list[str] = []
    for path in paths:
        found = read_structures(path)
        structures += found
        labels += [f"{path.name}:{place}" for place in range(1, len(found) + 1)]
    texts = {one.duplex.text: label for one, label in zip(structures, labels, strict=True)}
    if len(texts) > 1:
        (first, one), (second, other), *_ = texts.items()
        raise UsageError(
            f"{one} is '{first}' and {other} is '{second}': no ensemble of one duplex",
            "Give files of one duplex.",
        )
    return _Geometries(structures, labels, f"from {', '.join(map(str, paths))}")


def _question(flags: EnsembleFlags, setup: Setup, duplex: Duplex) -> EnsembleQuestion:
    from dnawire.inference.ensemble import EnsembleQuestion
    from dnawire.junction import Junction

    assert setup.asked.fermi_energy is not None
    assert setup.contacts is not None
    return EnsembleQuestion(
        junction=Junction(duplex, *setup.contacts),
        energies=setup.grid,
        eta=setup.eta,
        fermi_energy=setup.asked.fermi_energy,
        temperature=setup.asked.temperature,
        scf_steps=flags.scf_steps,
    )


def _heading(
    flags: EnsembleFlags, setup: Setup, question: EnsembleQuestion, geometries: _Geometries
) -> list[str]:
    steps = question.scf_steps
    then = f", then {steps} step{'s'[: steps != 1]} towards self-consistent ones" if steps else ""
    checked = min(flags.check, len(geometries.structures))
    return [
        *setup.lines,
        f"duplex        {geometries.duplex.text}",
        f"geometries    {len(geometries.structures)} {geometries.origin}",
        f"charges       predicted{then}",
        f"conductance   at {question.temperature:g} K, E_F = {question.fermi_energy:g} eV",
        f"checked       {checked} by self-consistent calculations",
        "",
    ]


def _reported(answers: Iterable[GeometryAnswer], total: int) -> Iterator[GeometryAnswer]:
    """Say how far it is: a geometry takes from seconds to minutes."""
    start = time.monotonic()
    for number, answer in enumerate(answers, start=1):
        left = (time.monotonic() - start) / number * (total - number)
        _logger.info("geometry %d of %d, about %.0f s left", number, total, left)
        yield answer


def _ideal(predictor: AtomisticPredictor, question: EnsembleQuestion) -> GeometryAnswer | None:
    """The same of the ideal helix, if it has room for the bases."""
    from dnawire.inference.ensemble import predict_geometries
    from dnawire.structures import build_duplex, find_defect

    structure = build_duplex(question.junction.duplex)
    defect = find_defect(structure)
    if defect is not None:
        _logger.info("no ideal helix is drawn: %s", defect)
        return None
    return next(iter(predict_geometries(predictor, [structure], question)))


def _write(
    folder: Path,
    setup: Setup,
    labels: Sequence[str],
    found: Ensemble,
    question: EnsembleQuestion,
) -> None:
    import numpy as np

    from dnawire import plots

    plots.save_table(folder / _SUMMARY, summary_table(labels, found))
    plots.save_table(folder / _STATISTICS, statistics_table(found.statistics))
    if any(one.deviations for one in found.answers):
        plots.save_table(folder / _CHECKS, checks_table(labels, found.answers))
    ideal = found.ideal
    drawn = plots.EnsembleData(
        duplex=question.junction.duplex,
        energies=question.energies,
        log10_transmission=np.stack([one.record.log10_transmission for one in found.answers]),
        log10_conductance=np.array([one.log10_conductance for one in found.answers]),
        ideal_log10_transmission=None if ideal is None else ideal.record.log10_transmission,
        ideal_log10_conductance=None if ideal is None else ideal.log10_conductance,
        fermi_energy=question.fermi_energy,
    )
    title = f"Predicted by {setup.predictor.name}, {len(labels)} geometries"
    figure = plots.ensemble_figure(drawn, title, setup.footer)
    plots.save_figure(figure, folder / _FIGURE, plots.ensemble_table(drawn, labels))


def _warn(predictor: Predictor, labels: Sequence[str], found: Ensemble) -> None:
    """Say what is not to be trusted, with an example of each."""
    from dnawire.inference import model_remarks

    for remark in model_remarks(predictor):
        _logger.warning("warning: %s", remark.sentence)
    words = [{remark.word for remark in one.remarks} for one in found.answers]
    for word in sorted(set().union(*words)):
        first = next(row for row, some in enumerate(words) if word in some)
        sentence = next(one.sentence for one in found.answers[first].remarks if one.word == word)
        count = sum(word in some for some in words)
        head = f"{count} of the {len(labels)} geometries: {word}, e.g. {labels[first]}"
        _logger.warning("warning: %s: %s", head, sentence)
