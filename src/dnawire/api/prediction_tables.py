"""Tables of predictions: rows for people, columns for files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from dnawire.api.spread_tables import band_columns, spread_cells, spread_columns, spread_heads
from dnawire.api.tables import number
from dnawire.constants import CONDUCTANCE_QUANTUM
from dnawire.inference import Average, Spread, Summary, knows_conductance
from dnawire.quantities import scored_in

if TYPE_CHECKING:
    from dnawire.api.conditions import Setup
    from dnawire.api.prediction import Prediction
    from dnawire.api.predictions import Predictions
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


def prediction_rows(predictions: Sequence[Prediction]) -> list[list[str]]:
    """Return the table: names of the columns, then a row for each junction."""
    summaries = [one.summary for one in predictions]
    at_fermi = any(one.at_fermi_energy for one in summaries)
    spread = spread_heads(predictions[0].summary) if predictions else []
    has_certificate = any(one.certificate is not None for one in summaries)
    named = list(name_columns(predictions))
    head = [*named, "sequence", "length", *(_AT_FERMI_ENERGY if at_fermi else ()), *spread]
    head += ["max T", "at (eV)", "highest DOS peaks (eV)"]
    head += ["certificate (meV)", "status"] if has_certificate else ["status"]
    return [head, *([getattr(one, name) for name in named] + _row(one) for one in predictions)]


def average_rows(averages: Mapping[str, Average]) -> list[list[str]]:
    """Return the table of averages over patterns."""
    head = ["pattern", "sequences", "mean G (G0)", "geometric mean", "lowest", "highest"]
    rows = (
        [key, str(one.number), *(f"{value:.3e}" for value in one[1:])]
        for key, one in averages.items()
    )
    return [head, *rows]


def average_table(averages: Mapping[str, Average]) -> Table:
    """The same as columns, in siemens as well."""
    table: dict[str, tuple[str, list[Any]]] = {
        "pattern": ("", list(averages)),
        "sequences": ("", [one.number for one in averages.values()]),
    }
    for name in Average._fields[1:]:
        quanta = [getattr(one, name) for one in averages.values()]
        table[f"{name}_conductance_quanta"] = ("", quanta)
        siemens = [CONDUCTANCE_QUANTUM * value for value in quanta]
        table[f"{name}_conductance"] = ("S", siemens)
    return table


def _row(prediction: Prediction) -> list[str]:
    summary, junction = prediction.summary, prediction.junction
    peaks = sorted(summary.dos_peaks[:_SHOWN_PEAKS].tolist())
    return [
        junction.duplex.text,
        str(junction.length),
        *_fermi_cells(summary),
        *spread_cells(summary),
        f"{summary.max_transmission:.3e}",
        number(summary.max_energy, ".4f"),
        " ".join(f"{energy:.3f}" for energy in peaks),
        *([number(summary.certificate, ".1f")] if summary.certificate is not None else []),
        prediction.status,
    ]


def _fermi_cells(summary: Summary) -> list[str]:
    at_fermi = summary.at_fermi_energy
    if at_fermi is None:
        return []
    return [
        f"{at_fermi.log10_transmission:.3f}",
        number(at_fermi.conductance.conductance_quanta, ".3e"),
        number(at_fermi.conductance.siemens, ".3e"),
        number(at_fermi.level_distance, "+.4f"),
    ]


def name_columns(predictions: Sequence[Prediction]) -> dict[str, tuple[str, list[Any]]]:
    """Names of records and patterns as columns, where one of the predictions has any."""
    columns = {name: [getattr(one, name) for one in predictions] for name in ("name", "pattern")}
    return {name: ("", values) for name, values in columns.items() if any(values)}


def summary_table(predictions: Predictions) -> Table:
    """The same as columns, with more digits and with contacts."""
    summaries = [one.summary for one in predictions]
    junctions = [one.junction for one in predictions]
    table: dict[str, tuple[str, Any]] = {
        **name_columns(predictions),
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
        table.update(spread_columns(summaries))
    certificates: list[Any] = [one.certificate for one in summaries]
    if None not in certificates:
        table["certificate"] = ("meV", certificates)
    own = predictions.setup.own_parameters
    if own is not None:
        table["parameters"] = ("", [own] * len(predictions))
    table["status"] = ("", [one.status for one in predictions])
    return table


def spectra_columns(record: TransportRecord, spread: Spread | None) -> Table:
    """Spectra of one junction, plain and in log10, with the intervals of members."""
    scored = scored_in(record.spectra)
    return {
        "energy": ("eV", record.energies),
        **{one.name: (one.unit, one.plain(record.spectra[one.column])) for one in scored},
        **{one.column: ("", record.spectra[one.column]) for one in scored},
        **({} if spread is None else band_columns([spread])),
    }
