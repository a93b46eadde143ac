"""Tables of predictions: rows for people, columns for files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from dnawire.inference import Summary, knows_conductance, model_remarks
from dnawire.quantities import scored_in

if TYPE_CHECKING:
    from dnawire.api.conditions import Setup
    from dnawire.api.prediction import Prediction, Predictions
    from dnawire.data import TransportRecord
    from dnawire.plots import Table

_SHOWN_PEAKS: Final = 4
_AT_FERMI_ENERGY: Final = ("log10 T(E_F)", "G (G0)", "G (S)", "level - E_F (eV)")


def conductance_line(setup: Setup) -> str:
    """Line that says for which Fermi energy and temperature the conductance is, or why not."""
    energy, temperature = setup.asked.fermi_energy, setup.asked.temperature
    if energy is None:
        return "conductance   not computed: it needs the Fermi energy (--fermi_energy, eV)"
    if not knows_conductance(setup.predictor, from_grid=setup.asked.conductance_from_grid):
        return (
            "conductance   not computed: this model knows T at the energies of its grid only "
            "(--conductance_from_grid)"
        )
    return f"conductance   at {temperature:g} K, E_F = {energy:g} eV"


def prediction_warnings(predictions: Predictions) -> list[str]:
    """Return sentences on what is not to be trusted: what holds for all of them once."""
    own = [set(one.own_remarks) for one in predictions]
    shared = set.intersection(*own) if len(own) > 1 else set()
    common = (*model_remarks(predictions.setup.predictor), *sorted(shared))
    return [remark.sentence for remark in common] + [
        f"{one.junction.duplex.text}: {remark.sentence}"
        for one, found in zip(predictions, own, strict=True)
        for remark in sorted(found - shared)
    ]


def prediction_rows(predictions: Sequence[Prediction]) -> list[list[str]]:
    """Return the table: names of the columns, then a row for each junction."""
    summaries = [one.summary for one in predictions]
    at_fermi = any(one.at_fermi_energy for one in summaries)
    has_certificate = any(one.certificate is not None for one in summaries)
    head = ["sequence", "length", *(_AT_FERMI_ENERGY if at_fermi else ())]
    head += ["max T", "at (eV)", "highest DOS peaks (eV)"]
    head += ["certificate (meV)", "status"] if has_certificate else ["status"]
    return [head, *(_row(one) for one in predictions)]


def _row(prediction: Prediction) -> list[str]:
    summary, junction = prediction.summary, prediction.junction
    peaks = sorted(summary.dos_peaks[:_SHOWN_PEAKS].tolist())
    return [
        junction.duplex.text,
        str(junction.length),
        *_fermi_cells(summary),
        f"{summary.max_transmission:.3e}",
        _number(summary.max_energy, ".4f"),
        " ".join(f"{energy:.3f}" for energy in peaks),
        *([_number(summary.certificate, ".1f")] if summary.certificate is not None else []),
        prediction.status,
    ]


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


def _number(value: float, form: str) -> str:
    return "-" if math.isnan(value) else format(value, form)


def summary_table(predictions: Sequence[Prediction]) -> Table:
    """The same as columns, with more digits and with contacts."""
    summaries = [one.summary for one in predictions]
    junctions = [one.junction for one in predictions]
    table: dict[str, tuple[str, list[Any]]] = {
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
    certificates: list[Any] = [one.certificate for one in summaries]
    if None not in certificates:
        table["certificate"] = ("meV", certificates)
    table["status"] = ("", [one.status for one in predictions])
    return table


def spectra_columns(record: TransportRecord) -> Table:
    """Spectra of one junction, plain and in log10."""
    scored = scored_in(record.spectra)
    return {
        "energy": ("eV", record.energies),
        **{one.name: (one.unit, one.plain(record.spectra[one.column])) for one in scored},
        **{one.column: ("", record.spectra[one.column]) for one in scored},
    }
