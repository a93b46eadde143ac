"""Columns of tables for how far members of an ensemble are apart, and for intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dnawire.api.tables import number
from dnawire.quantities import BY_COLUMN

if TYPE_CHECKING:
    from dnawire.inference import Spread, Summary
    from dnawire.plots import Table


def spread_heads(summary: Summary) -> list[str]:
    """Heads of `spread_cells`; none of one model."""
    if summary.spread is None:
        return []
    if summary.at_fermi_energy is None:
        return ["mean std log10 T"]
    interval = [] if summary.spread.bands is None else ["interval of log10 T"]
    return [*interval, "std log10 T", "std log10 G"]


def spread_cells(summary: Summary) -> list[str]:
    """What is printed of the spread of a junction."""
    if summary.spread is None:
        return []
    if summary.at_fermi_energy is None:
        # Energies crowd at resonances, where members differ most.
        found, energies = summary.spread.deviations["log10_transmission"], summary.spread.energies
        known = np.isfinite(found)
        width = np.trapezoid(known.astype(np.float64), energies)
        return [f"{np.trapezoid(np.where(known, found, 0.0), energies) / width:.3f}"]
    at_fermi = summary.at_fermi_energy.spread
    assert at_fermi is not None
    interval = [] if at_fermi.interval is None else ["{:.3f} to {:.3f}".format(*at_fermi.interval)]
    deviations = at_fermi.log10_transmission, at_fermi.log10_conductance
    return [*interval, *(number(one, ".3f") for one in deviations)]


def spread_columns(summaries: Sequence[Summary]) -> Table:
    """Spreads and intervals at the Fermi energy, a row for each junction; none of one model."""
    found = [one.at_fermi_energy.spread for one in summaries if one.at_fermi_energy is not None]
    known = [one for one in found if one is not None]
    if not known:
        return {}
    columns: dict[str, tuple[str, Any]] = {
        "log10_transmission_deviation": ("decades", [one.log10_transmission for one in known]),
        "log10_conductance_deviation": ("decades", [one.log10_conductance for one in known]),
    }
    intervals = [one.interval for one in known if one.interval is not None]
    if intervals:
        columns["log10_transmission_low"] = ("", [low for low, _ in intervals])
        columns["log10_transmission_high"] = ("", [high for _, high in intervals])
    return columns


def band_columns(spreads: Sequence[Spread]) -> Table:
    """Spreads and intervals at all energies of junctions, one after the other."""
    columns: dict[str, tuple[str, Any]] = {}
    if not spreads:
        return columns
    for name in spreads[0].deviations:
        quantity = BY_COLUMN[name]
        deviations = [one.deviations[name] for one in spreads]
        columns[f"{name}_deviation"] = (quantity.scale_unit, np.concatenate(deviations))
        bands = [one.bands[name] for one in spreads if one.bands is not None and name in one.bands]
        if bands:
            for end, values in zip(("low", "high"), zip(*bands, strict=True), strict=True):
                plain = quantity.plain(np.concatenate(values))
                columns[f"{quantity.name}_{end}"] = (quantity.unit, plain)
    return columns
