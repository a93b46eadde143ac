"""Tables of ensembles: rows for people, columns for files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from dnawire.api.tables import aligned, number
from dnawire.constants import CONDUCTANCE_QUANTUM
from dnawire.inference import status
from dnawire.inference.ensemble import Deviations, FailedGeometry, GeometryAnswer

if TYPE_CHECKING:
    from dnawire.plots import Table
    from dnawire.transport import LogStatistics

    Outcomes = Sequence[tuple[str, GeometryAnswer | FailedGeometry]]
    Answers = Sequence[tuple[str, GeometryAnswer]]

QUANTILES: Final = (0.05, 0.5, 0.95)
"""Those of the conductance that are told."""

FAILED: Final = "failed"
"""Status of a geometry without an answer."""

_MEV: Final = 1e3
_CHECKS: Final = {
    "homo": ("eV", "HOMO (meV)"),
    "levels": ("eV", "levels (meV)"),
    "largest_level": ("eV", "largest (meV)"),
    "levels_from_common": ("eV", "without common shift (meV)"),
    "log10_transmission": ("", "log10 T"),
    "log10_conductance": ("", "log10 G"),
    "iterations": ("", "iterations"),
    "typical_iterations": ("", "from typical charges"),
}
"""Fields of `Deviations`: their units, and their names for people."""


def geometry_rows(outcomes: Outcomes) -> list[list[str]]:
    """Return the table: names of the columns, then a row for each geometry."""
    head = ["geometry", "HOMO (eV)", "log10 T(E_F)", "G (G0)", "certificate (meV)", "status"]
    return [head, *([label, *_cells(outcome)] for label, outcome in outcomes)]


def _cells(outcome: GeometryAnswer | FailedGeometry) -> list[str]:
    if isinstance(outcome, FailedGeometry):
        return ["-", "-", "-", "-", FAILED]
    return [
        number(outcome.homo, ".4f"),
        f"{outcome.at_fermi_energy.log10_transmission:.3f}",
        f"{outcome.conductance.conductance_quanta:.3e}",
        number(_certificate(outcome), ".1f"),
        status(outcome.remarks),
    ]


def statistics_rows(statistics: LogStatistics) -> list[list[str]]:
    """Return means and quantiles for people."""
    table = statistics_table(statistics, 0, 0)
    columns = (table[name][1] for name in ("statistic", "conductance_quanta", "conductance"))
    rows = [[name, f"{one:.3e}", f"{two:.3e}"] for name, one, two in zip(*columns, strict=True)]
    return [["conductance", "G (G0)", "G (S)"], *rows]


def spread_line(statistics: LogStatistics) -> str:
    """Line on the standard deviation of log10 G, or why there is none."""
    count, vanishing = len(statistics.log10_values), int(statistics.num_vanishing)
    if vanishing:
        return f"log10 G has no standard deviation: {vanishing} of {count} geometries have G = 0"
    if count == 1:
        return "log10 G of one geometry has no standard deviation"
    return f"log10 G has a standard deviation of {statistics.log10_deviation():.2f} decades"


def check_lines(answers: Answers) -> list[str]:
    """Table of the deviations from self-consistent calculations; none where there are none."""
    known = _known(answers)
    if not known:
        return []
    rows = [["geometry", *(head for _, head in _CHECKS.values())]]
    for label, one in known:
        cells = []
        for name, (unit, _) in _CHECKS.items():
            value = getattr(one, name)
            if isinstance(value, int):
                cells.append(str(value))
            else:
                cells.append(f"{value * _MEV:.2f}" if unit else f"{value:.4f}")
        rows.append([label, *cells])
    return ["", "less a self-consistent calculation", *aligned(rows)]


def summary_table(outcomes: Outcomes) -> Table:
    """The rows as columns, with more digits; ``reason`` is that of a failure."""
    names = (
        *("homo", "log10_transmission", "conductance_quanta", "conductance"),
        *("level_distance", "narrow_level_share", "certificate", "status", "reason"),
    )
    units = {"homo": "eV", "conductance": "S", "level_distance": "eV", "certificate": "meV"}
    columns = zip(*(_values(outcome) for _, outcome in outcomes), strict=True)
    return {
        "geometry": ("", [label for label, _ in outcomes]),
        **{
            name: (units.get(name, ""), values) for name, values in zip(names, columns, strict=True)
        },
    }


def _values(outcome: GeometryAnswer | FailedGeometry) -> tuple[float | str, ...]:
    if isinstance(outcome, FailedGeometry):
        return (*[math.nan] * 7, FAILED, outcome.reason)
    at_fermi = outcome.at_fermi_energy
    return (
        outcome.homo,
        at_fermi.log10_transmission,
        at_fermi.conductance.conductance_quanta,
        at_fermi.conductance.siemens,
        at_fermi.level_distance,
        at_fermi.narrow_share,
        _certificate(outcome),
        status(outcome.remarks),
        "",
    )


def _certificate(answer: GeometryAnswer) -> float:
    found = answer.summary.certificate
    return math.nan if found is None else found


def statistics_table(statistics: LogStatistics, num_asked: int, num_failed: int) -> Table:
    """Return means and quantiles of the conductance, and of how many geometries they are."""
    names = ["arithmetic mean", "geometric mean", *(f"{share:.0%} quantile" for share in QUANTILES)]
    quanta = [
        float(statistics.mean()),
        float(statistics.geometric_mean()),
        *statistics.quantiles(QUANTILES).tolist(),
    ]
    counts = {
        "num_geometries": len(statistics.log10_values),
        "num_vanishing": int(statistics.num_vanishing),
        "num_failed": num_failed,
        "num_asked": num_asked,
    }
    return {
        "statistic": ("", names),
        "conductance_quanta": ("", quanta),
        "conductance": ("S", [one * CONDUCTANCE_QUANTUM for one in quanta]),
        **{name: ("", [count] * len(names)) for name, count in counts.items()},
    }


def checks_table(answers: Answers) -> Table:
    """Return deviations from self-consistent calculations, where there are some."""
    known = _known(answers)
    columns = {
        name: (unit, [getattr(one, name) for _, one in known])
        for name, (unit, _) in _CHECKS.items()
    }
    return {"geometry": ("", [label for label, _ in known]), **columns}


def _known(answers: Answers) -> list[tuple[str, Deviations]]:
    return [(label, one.deviations) for label, one in answers if one.deviations is not None]
