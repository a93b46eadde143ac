"""``dnawire predict``: spectra, conductance and Hamiltonian of sequences."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from dnawire.cli._conditions import UNRESOLVED, ConditionFlags, condition_lines
from dnawire.cli._flags import Messages, check_range, parse
from dnawire.cli._table import aligned
from dnawire.cli._target import check_target, make_results_folder
from dnawire.errors import EXIT_FINISHED, UsageError
from dnawire.scalars import ENERGY, TEMPERATURE

if TYPE_CHECKING:
    from dnawire.data import TransportRecord
    from dnawire.inference import Predictor, Summary
    from dnawire.junction import Contact, Duplex
    from dnawire.plots import Table

_logger = logging.getLogger(__name__)

_SHOWN_PEAKS = 4
_NOTABLE_SHARE = 0.1
_LARGEST_PER_CHANNEL = 1.0 + 1e-9
_SUMMARY = "summary.csv"
_LONGEST_NAME = 40
_LONG = 1000


@dataclass(frozen=True)
class PredictFlags:
    """Predict T(E), DOS(E) and the conductance of sequences, by a trained model or exactly.

    What is not given is taken from the training of the model.
    """

    model: tyro.conf.Positional[str]
    """Output folder of a training run, e.g. outputs/hamiltonian; or exact:NAME for the exact
    spectra of a tight-binding parameter set, with the contacts that `dnawire generate` takes."""

    sequences: tyro.conf.Positional[tuple[str, ...]]
    """Upper strands, 5' to 3', with their Watson-Crick partners; or UPPER/LOWER, both 5' to 3',
    with _ for a missing base."""

    conditions: ConditionFlags = field(default_factory=ConditionFlags)

    fermi_energy: float | None = None
    """Fermi energy of the contacts in eV; without it there is no conductance."""

    temperature: float = 300.0
    """Temperature of the contacts in K."""

    output: Path | None = None
    """Folder of the results; None takes predictions/MODEL."""

    overwrite: tyro.conf.FlagCreatePairsOff[bool] = False
    """Replace earlier results."""

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: Messages = field(default_factory=Messages)

    def __post_init__(self) -> None:
        check_range("fermi_energy", self.fermi_energy, ENERGY)
        check_range("temperature", self.temperature, TEMPERATURE)


def run(arguments: Sequence[str]) -> int:
    """Predict, print a table, write the results, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        A sequence, contact or energy is impossible, the model cannot be used, or the results
        cannot be written.
    """
    flags = parse(PredictFlags, arguments, "predict")
    flags.messages.configure()
    if not flags.sequences:
        raise UsageError("there is no sequence to predict", "Give at least one, e.g. GATTACA.")
    from dnawire.inference import load_predictor, summarize
    from dnawire.junction import Duplex, Junction

    duplexes = [Duplex.parse(text) for text in flags.sequences]
    predictor = load_predictor(flags.model, flags.device)
    left, right = flags.conditions.contacts(predictor)
    junctions = [Junction(duplex, left, right) for duplex in duplexes]
    folder = flags.output or Path("predictions") / predictor.name.replace(":", "-")
    _check_targets(folder, predictor, duplexes, overwrite=flags.overwrite)
    records = predictor.predict(
        junctions, flags.conditions.energies(predictor), flags.conditions.eta
    )
    _announce_long(records)
    summaries = [
        summarize(predictor, record, flags.fermi_energy, flags.temperature) for record in records
    ]
    # Results first: who reads only the head of the table ends the process.
    _write(folder, predictor, records, summaries, flags.fermi_energy)
    print("\n".join(_heading(flags, predictor, records[0], (left, right))))
    print("\n".join(aligned(_rows(records, summaries))))
    _warn(predictor, records, summaries)
    _logger.info("results: %s", folder)
    return EXIT_FINISHED


def _announce_long(records: Sequence[TransportRecord]) -> None:
    longest = max(record.junction.length for record in records)
    if longest >= _LONG:
        _logger.info(
            "every resonance is resolved: for %d base pairs that takes from seconds (1,000) to "
            "minutes (5,000)",
            longest,
        )


def _heading(
    flags: PredictFlags,
    predictor: Predictor,
    record: TransportRecord,
    contacts: tuple[Contact, Contact],
) -> list[str]:
    lines = condition_lines(predictor, contacts, record.energies, record.eta)
    if flags.fermi_energy is None:
        lines.append("conductance   not computed: it needs the Fermi energy (--fermi_energy, eV)")
    else:
        lines.append(f"conductance   at {flags.temperature:g} K, E_F = {flags.fermi_energy:g} eV")
    return [*lines, ""]


def _rows(records: Sequence[TransportRecord], summaries: Sequence[Summary]) -> list[list[str]]:
    """Return the table: names of the columns, then a row for each record."""
    head = ["sequence", "length", "log10 T(E_F)", "G (G0)", "G (S)"]
    head += ["max T", "at (eV)", "highest DOS peaks (eV)"]
    rows = []
    for record, summary in zip(records, summaries, strict=True):
        peaks = sorted(summary.dos_peaks[:_SHOWN_PEAKS].tolist())
        at_fermi = summary.at_fermi_energy
        conductance = (
            []
            if at_fermi is None
            else [
                f"{at_fermi.log10_transmission:.3f}",
                f"{at_fermi.conductance.conductance_quanta:.3e}",
                f"{at_fermi.conductance.siemens:.3e}",
            ]
        )
        rows.append(
            [
                record.junction.duplex.text,
                str(record.junction.length),
                *conductance,
                f"{summary.max_transmission:.3e}",
                "-" if math.isnan(summary.max_energy) else f"{summary.max_energy:.4f}",
                " ".join(f"{energy:.3f}" for energy in peaks),
            ]
        )
    return [head if summaries[0].at_fermi_energy else head[:2] + head[5:], *rows]


def _warn(
    predictor: Predictor, records: Sequence[TransportRecord], summaries: Sequence[Summary]
) -> None:
    """Say which numbers are not to be trusted."""
    if not predictor.knows_hamiltonian and summaries[0].at_fermi_energy is not None:
        _logger.warning("%s", UNRESOLVED)
    for record, summary in zip(records, summaries, strict=True):
        name, junction = record.junction.duplex.text, record.junction
        outside = "; ".join(predictor.out_of_domain(junction))
        if outside:
            _logger.warning("warning: %s: unlike all training records: %s", name, outside)
        if math.isnan(summary.max_energy):
            _logger.warning("warning: %s: the contacts are not connected, T = 0", name)
        channels = min(len(junction.left.attachments), len(junction.right.attachments))
        if summary.max_transmission > _LARGEST_PER_CHANNEL * channels:
            _logger.warning(
                "warning: %s: T exceeds the %d open channel(s): unphysical", name, channels
            )
        if summary.at_fermi_energy is None:
            continue
        conductance = summary.at_fermi_energy.conductance
        if conductance.unseen_quanta > _NOTABLE_SHARE * conductance.conductance_quanta:
            _logger.warning(
                "warning: %s: an open channel outside the energies could add up to %.1e G0; "
                "widen them with --energy_min and --energy_max",
                name,
                conductance.unseen_quanta,
            )


def _check_targets(
    folder: Path, predictor: Predictor, duplexes: Sequence[Duplex], *, overwrite: bool
) -> None:
    """Refuse to replace earlier results before any work is done."""
    from dnawire.plots import figure_paths

    make_results_folder(folder)
    stems = _spectra_stems(duplexes)
    if predictor.knows_hamiltonian:
        stems += _hamiltonian_stems(duplexes)
    targets = [path for stem in stems for path in figure_paths(folder / stem)]
    for path in (folder / _SUMMARY, *targets):
        check_target(path, overwrite=overwrite)


def _spectra_stems(duplexes: Sequence[Duplex]) -> list[str]:
    from dnawire.plots import LINES

    pages = -(-len(duplexes) // len(LINES))
    return ["spectra"] if pages == 1 else [f"spectra_{page + 1}" for page in range(pages)]


def _hamiltonian_stems(duplexes: Sequence[Duplex]) -> list[str]:
    names = [duplex.text.replace("/", "-")[:_LONGEST_NAME] for duplex in duplexes]
    return [f"hamiltonian_{number}_{name}" for number, name in enumerate(names, start=1)]


def _write(
    folder: Path,
    predictor: Predictor,
    records: Sequence[TransportRecord],
    summaries: Sequence[Summary],
    fermi_energy: float | None,
) -> None:
    from dnawire import plots

    plots.save_table(folder / _SUMMARY, _summary_table(records, summaries))
    duplexes = [record.junction.duplex for record in records]
    size = len(plots.LINES)
    for page, stem in enumerate(_spectra_stems(duplexes)):
        shown = records[page * size : (page + 1) * size]
        figure = plots.spectra_figure(shown, f"Predicted by {predictor.name}", fermi_energy)
        plots.save_figure(figure, folder / stem, plots.spectra_table(shown))
    if not predictor.knows_hamiltonian:
        return
    for duplex, stem in zip(duplexes, _hamiltonian_stems(duplexes), strict=True):
        hamiltonian = predictor.hamiltonian(duplex)
        figure = plots.hamiltonian_figure(hamiltonian, duplex, f"H by {predictor.name}")
        table = plots.hamiltonian_table(duplex, hamiltonian=hamiltonian)
        plots.save_figure(figure, folder / stem, table)


def _summary_table(records: Sequence[TransportRecord], summaries: Sequence[Summary]) -> Table:
    table: dict[str, tuple[str, list[object]]] = {
        "sequence": ("", [record.junction.duplex.text for record in records]),
        "length": ("base pairs", [record.junction.length for record in records]),
        "left_contact": ("eV", [record.junction.left.text for record in records]),
        "right_contact": ("eV", [record.junction.right.text for record in records]),
        "max_transmission": ("", [one.max_transmission for one in summaries]),
        "max_transmission_energy": ("eV", [one.max_energy for one in summaries]),
        "dos_peaks": ("eV", [" ".join(map(str, one.dos_peaks.tolist())) for one in summaries]),
    }
    at_fermi = [one.at_fermi_energy for one in summaries if one.at_fermi_energy is not None]
    if at_fermi:
        conductances = [one.conductance for one in at_fermi]
        table["log10_transmission"] = ("decades", [one.log10_transmission for one in at_fermi])
        table["conductance_quanta"] = ("G0", [one.conductance_quanta for one in conductances])
        table["conductance"] = ("S", [one.siemens for one in conductances])
    return table
