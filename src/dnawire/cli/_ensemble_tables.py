"""Tables of ``dnawire ensemble``, for people and as files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dnawire.api.tables import aligned
from dnawire.constants import CONDUCTANCE_QUANTUM

if TYPE_CHECKING:
    from dnawire.inference.ensemble import ConductanceStatistics, Deviations, GeometryAnswer
    from dnawire.plots import Table

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


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Answers of all geometries, and that of the ideal helix, if there is one."""

    answers: Sequence[GeometryAnswer]
    ideal: GeometryAnswer | None

    @property
    def statistics(self) -> ConductanceStatistics:
        """Distribution of the conductance."""
        import numpy as np

        from dnawire.inference.ensemble import ConductanceStatistics

        quanta = [one.conductance.conductance_quanta for one in self.answers]
        return ConductanceStatistics.of(np.array(quanta))


def result_lines(labels: Sequence[str], found: Ensemble) -> list[str]:
    """What is printed: a row for each geometry, statistics, and deviations where they are known."""
    lines = [*aligned(_geometry_rows(labels, found)), ""]
    columns = zip(
        *(values for _, values in statistics_table(found.statistics).values()), strict=True
    )
    rows = [["conductance", "G (G0)", "G (S)"]]
    rows += [[name, f"{one:.3e}", f"{two:.3e}"] for name, one, two in columns]
    lines += aligned(rows)
    if len(labels) > 1:
        spread = found.statistics.spread
        lines += ["", f"log10 G has a standard deviation of {spread:.2f} decades"]
    if any(one.deviations for one in found.answers):
        lines += ["", "less a self-consistent calculation", *aligned(_check_rows(labels, found))]
    return lines


def summary_table(labels: Sequence[str], found: Ensemble) -> Table:
    """Return a row for each geometry, and one for the ideal helix."""
    from dnawire.inference import status

    named = _named(labels, found)
    at_fermi = [one.at_fermi_energy for _, one in named]
    return {
        "geometry": ("", [label for label, _ in named]),
        "homo": ("eV", [one.homo for _, one in named]),
        "log10_transmission": ("", [one.log10_transmission for one in at_fermi]),
        "conductance_quanta": ("", [one.conductance.conductance_quanta for one in at_fermi]),
        "conductance": ("S", [one.conductance.siemens for one in at_fermi]),
        "level_distance": ("eV", [one.level_distance for one in at_fermi]),
        "narrow_level_share": ("", [one.narrow_share for one in at_fermi]),
        "certificate": ("meV", [one.summary.certificate for _, one in named]),
        "status": ("", [status(one.remarks) for _, one in named]),
    }


def statistics_table(statistics: ConductanceStatistics) -> Table:
    """Return means and quantiles of the conductance."""
    from dnawire.inference.ensemble import QUANTILES

    names = ["arithmetic mean", "geometric mean", *(f"{share:.0%} quantile" for share in QUANTILES)]
    quanta = [statistics.mean, statistics.geometric_mean, *statistics.quantiles]
    return {
        "statistic": ("", names),
        "conductance_quanta": ("", quanta),
        "conductance": ("S", [one * CONDUCTANCE_QUANTUM for one in quanta]),
    }


def checks_table(labels: Sequence[str], answers: Sequence[GeometryAnswer]) -> Table:
    """Return deviations from self-consistent calculations, where there are some."""
    known = _known(labels, answers)
    columns = {
        name: (unit, [getattr(one, name) for _, one in known])
        for name, (unit, _) in _CHECKS.items()
    }
    return {"geometry": ("", [label for label, _ in known]), **columns}


def _named(labels: Sequence[str], found: Ensemble) -> list[tuple[str, GeometryAnswer]]:
    ideal = [] if found.ideal is None else [("ideal", found.ideal)]
    return [*zip(labels, found.answers, strict=True), *ideal]


def _known(
    labels: Sequence[str], answers: Sequence[GeometryAnswer]
) -> list[tuple[str, Deviations]]:
    pairs = zip(labels, answers, strict=True)
    return [(label, one.deviations) for label, one in pairs if one.deviations is not None]


def _geometry_rows(labels: Sequence[str], found: Ensemble) -> list[list[str]]:
    from dnawire.inference import status

    rows = [["geometry", "HOMO (eV)", "log10 T(E_F)", "G (G0)", "certificate (meV)", "status"]]
    for label, one in _named(labels, found):
        rows.append(
            [
                label,
                f"{one.homo:.4f}",
                f"{one.at_fermi_energy.log10_transmission:.3f}",
                f"{one.conductance.conductance_quanta:.3e}",
                f"{one.summary.certificate:.1f}",
                status(one.remarks),
            ]
        )
    return rows


def _check_rows(labels: Sequence[str], found: Ensemble) -> list[list[str]]:
    rows = [["geometry", *(head for _, head in _CHECKS.values())]]
    for label, one in _known(labels, found.answers):
        cells = []
        for name, (unit, _) in _CHECKS.items():
            value = getattr(one, name)
            if isinstance(value, int):
                cells.append(str(value))
            else:
                cells.append(f"{value * _MEV:.2f}" if unit else f"{value:.4f}")
        rows.append([label, *cells])
    return rows
