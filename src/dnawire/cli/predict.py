"""``dnawire predict``: spectra, conductance and Hamiltonian of sequences."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from dnawire.cli._conditions import (
    ConditionFlags,
    check_conditions,
    condition_footer,
    condition_lines,
)
from dnawire.cli._flags import Messages, parse
from dnawire.cli._results import ResultFlags, result_folder
from dnawire.cli._table import aligned
from dnawire.errors import EXIT_FINISHED, UsageError

if TYPE_CHECKING:
    from dnawire.inference import Predictor, Remark, Summary
    from dnawire.junction import Duplex, Junction
    from dnawire.plots import Table

_logger = logging.getLogger(__name__)

_SHOWN_PEAKS = 4
_SUMMARY = "summary.csv"
_LONGEST_NAME = 40
_MEMBERS = re.compile(r"summary\.csv|(spectra(_\d+)?|hamiltonian_\d+_[ACGT_-]+)\.(png|svg|csv)")
_LONG = 1000


@dataclass(frozen=True)
class PredictFlags:
    """Predict T(E), DOS(E) and the conductance of sequences, by a trained model or exactly.

    What is not given is taken from the training of the model.
    """

    model: tyro.conf.Positional[str]
    """Output folder of a training run, e.g. outputs/hamiltonian; pretrained:NAME for a model of
    this package, e.g. pretrained:xtb; or exact:NAME for the exact spectra of a tight-binding
    parameter set, with the contacts that `dnawire generate` takes."""

    sequences: tyro.conf.Positional[tuple[str, ...]]
    """Upper strands, 5' to 3', with their Watson-Crick partners; or UPPER/LOWER, both 5' to 3',
    with _ for a missing base."""

    conditions: ConditionFlags = field(default_factory=ConditionFlags)

    results: ResultFlags = field(default_factory=ResultFlags)

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: Messages = field(default_factory=Messages)


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
    conditions = flags.conditions
    if not flags.sequences:
        raise UsageError("there is no sequence to predict", "Give at least one, e.g. GATTACA.")
    from dnawire.inference import load_predictor, model_remarks, status, summarize
    from dnawire.junction import Duplex, Junction

    duplexes = [Duplex.parse(text) for text in flags.sequences]
    predictor = load_predictor(flags.model, flags.device)
    contacts = conditions.contacts(predictor)
    junctions = [Junction(duplex, *contacts) for duplex in duplexes]
    energies = conditions.energies(predictor)
    check_conditions(conditions, predictor, energies)
    with result_folder(flags.results, "predictions", predictor.name, _MEMBERS) as folder:
        _announce_long(junctions)
        summaries = [
            summarize(
                predictor,
                record,
                conditions.fermi_energy,
                conditions.temperature,
                conductance_from_grid=conditions.conductance_from_grid,
            )
            for record in predictor.predict(junctions, energies, conditions.eta)
        ]
        # Results first: who reads only the head of the table ends the process.
        eta = summaries[0].spectra.eta
        about = condition_footer(conditions, predictor, contacts, eta)
        common = tuple(model_remarks(predictor))
        remarks = [tuple(_remarks(predictor, one)) for one in summaries]
        statuses = [status((*common, *own)) for own in remarks]
        _write(folder.path, predictor, summaries, statuses, about)
        published = folder.publish()
    grid = predictor.conditions.energies if energies is None else energies
    print("\n".join(condition_lines(predictor, contacts, grid, eta)))
    conductance = _conductance_line(conditions, predictor)
    print("\n".join([conductance, "", *aligned(_rows(summaries, statuses))]))
    _warn(summaries, common, remarks)
    _logger.info("results: %s", published)
    return EXIT_FINISHED


def _announce_long(junctions: Sequence[Junction]) -> None:
    longest = max(junction.length for junction in junctions)
    if longest >= _LONG:
        _logger.info(
            "every resonance is resolved: for %d base pairs that takes from seconds (1,000) to "
            "minutes (5,000)",
            longest,
        )


def _conductance_line(conditions: ConditionFlags, predictor: Predictor) -> str:
    from dnawire.inference import knows_conductance

    energy, temperature = conditions.fermi_energy, conditions.temperature
    if energy is None:
        return "conductance   not computed: it needs the Fermi energy (--fermi_energy, eV)"
    if not knows_conductance(predictor, from_grid=conditions.conductance_from_grid):
        return (
            "conductance   not computed: this model knows T at the energies of its grid only "
            "(--conductance_from_grid)"
        )
    return f"conductance   at {temperature:g} K, E_F = {energy:g} eV"


def _rows(summaries: Sequence[Summary], statuses: Sequence[str]) -> list[list[str]]:
    """Return the table: names of the columns, then a row for each junction."""
    head = ["sequence", "length", "log10 T(E_F)", "G (G0)", "G (S)", "level - E_F (eV)"]
    head += ["max T", "at (eV)", "highest DOS peaks (eV)"]
    has_certificate = summaries[0].certificate is not None
    head += ["certificate (meV)", "status"] if has_certificate else ["status"]
    rows = []
    for summary, words in zip(summaries, statuses, strict=True):
        junction = summary.spectra.junction
        peaks = sorted(summary.dos_peaks[:_SHOWN_PEAKS].tolist())
        rows.append(
            [
                junction.duplex.text,
                str(junction.length),
                *_fermi_cells(summary),
                f"{summary.max_transmission:.3e}",
                _number(summary.max_energy, ".4f"),
                " ".join(f"{energy:.3f}" for energy in peaks),
                *([_number(summary.certificate, ".1f")] if summary.certificate is not None else []),
                words,
            ]
        )
    return [head if summaries[0].at_fermi_energy else head[:2] + head[6:], *rows]


def _fermi_cells(summary: Summary) -> list[str]:
    at_fermi = summary.at_fermi_energy
    if at_fermi is None:
        return []
    return [
        f"{at_fermi.log10_transmission:.3f}",
        _number(at_fermi.conductance.conductance_quanta, ".3e"),
        _number(at_fermi.conductance.siemens, ".3e"),
        _number(at_fermi.level_distance, "+.4f"),
    ]


def _remarks(predictor: Predictor, summary: Summary) -> Iterator[Remark]:
    """What is to be said of one junction."""
    from dnawire.inference import conductance_remarks, junction_remarks, summary_remarks

    yield from junction_remarks(predictor, summary.spectra.junction)
    yield from summary_remarks(summary)
    at_fermi = summary.at_fermi_energy
    if at_fermi is not None and not math.isnan(at_fermi.conductance.conductance_quanta):
        yield from conductance_remarks(predictor)


def _number(value: float, form: str) -> str:
    return "-" if math.isnan(value) else format(value, form)


def _warn(
    summaries: Sequence[Summary],
    common: Sequence[Remark],
    remarks: Sequence[Sequence[Remark]],
) -> None:
    """Say which numbers are not to be trusted: what holds for all of them once."""
    own = [set(one) for one in remarks]
    shared = set.intersection(*own) if len(own) > 1 else set()
    for remark in (*common, *sorted(shared)):
        _logger.warning("warning: %s", remark.sentence)
    for summary, found in zip(summaries, own, strict=True):
        for remark in sorted(found - shared):
            _logger.warning(
                "warning: %s: %s", summary.spectra.junction.duplex.text, remark.sentence
            )


def _spectra_stems(number: int) -> list[str]:
    from dnawire.plots import LINES

    pages = -(-number // len(LINES))
    return ["spectra"] if pages == 1 else [f"spectra_{page + 1}" for page in range(pages)]


def _hamiltonian_stems(duplexes: Sequence[Duplex]) -> list[str]:
    names = [duplex.text.replace("/", "-")[:_LONGEST_NAME] for duplex in duplexes]
    return [f"hamiltonian_{number}_{name}" for number, name in enumerate(names, start=1)]


def _write(
    folder: Path,
    predictor: Predictor,
    summaries: Sequence[Summary],
    statuses: Sequence[str],
    about: str,
) -> None:
    from dnawire import plots

    plots.save_table(folder / _SUMMARY, _summary_table(summaries, statuses))
    records = [one.spectra for one in summaries]
    size = len(plots.LINES)
    title = f"Predicted by {predictor.name}"
    at_fermi = summaries[0].at_fermi_energy
    fermi_energy = None if at_fermi is None else at_fermi.fermi_energy
    for page, stem in enumerate(_spectra_stems(len(records))):
        shown = records[page * size : (page + 1) * size]
        figure = plots.spectra_figure(shown, title, about, fermi_energy)
        plots.save_figure(figure, folder / stem, plots.spectra_table(shown))
    if not predictor.knows_hamiltonian:
        return
    duplexes = [record.junction.duplex for record in records]
    for record, stem in zip(records, _hamiltonian_stems(duplexes), strict=True):
        duplex = record.junction.duplex
        hamiltonian = predictor.hamiltonian(duplex)
        figure = plots.hamiltonian_figure(hamiltonian, duplex, f"H by {predictor.name}", about)
        table = plots.hamiltonian_table(duplex, hamiltonian=hamiltonian)
        plots.save_figure(figure, folder / stem, table)


def _summary_table(summaries: Sequence[Summary], statuses: Sequence[str]) -> Table:
    junctions = [one.spectra.junction for one in summaries]
    table: dict[str, tuple[str, list[object]]] = {
        "sequence": ("", [junction.duplex.text for junction in junctions]),
        "length": ("base pairs", [junction.length for junction in junctions]),
        "left_contact": ("eV", [junction.left.text for junction in junctions]),
        "right_contact": ("eV", [junction.right.text for junction in junctions]),
        "max_transmission": ("", [one.max_transmission for one in summaries]),
        "max_transmission_energy": ("eV", [one.max_energy for one in summaries]),
        "dos_peaks": ("eV", [" ".join(map(str, one.dos_peaks.tolist())) for one in summaries]),
    }
    at_fermi = [one.at_fermi_energy for one in summaries if one.at_fermi_energy is not None]
    if at_fermi:
        conductances = [one.conductance for one in at_fermi]
        table["log10_transmission"] = ("", [one.log10_transmission for one in at_fermi])
        table["conductance_quanta"] = ("", [one.conductance_quanta for one in conductances])
        table["conductance"] = ("S", [one.siemens for one in conductances])
        table["level_distance"] = ("eV", [one.level_distance for one in at_fermi])
        table["narrow_level_share"] = ("", [one.narrow_share for one in at_fermi])
    certificates: list[object] = [one.certificate for one in summaries]
    if None not in certificates:
        table["certificate"] = ("meV", certificates)
    table["status"] = ("", list(statuses))
    return table
