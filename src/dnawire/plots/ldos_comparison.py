"""The local density of states as a map over bases and energies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dnawire.data import TransportRecord
from dnawire.plots.footer import add_footer
from dnawire.plots.ldos_cells import draw_cells, ldos_cells
from dnawire.plots.style import new_figure, set_title, style

_COLORS: Final = "YlGnBu"
_MOST_LABELS: Final = 32
_PALEST: Final = 2.0
"""Percentile of the values that have the palest color."""

Limits = tuple[float, float]
"""log10 of the LDOS in 1/eV of the palest and of the darkest color."""


def _plot(ax: Axes, record: TransportRecord, limits: Limits) -> Axes:
    """Draw log10 of the LDOS of all bases over the energy.

    Parameters
    ----------
    ax
        Where to draw.
    record
        With ``log10_ldos``; better with energies that miss no resonance.
    limits
        Meaning of the colors.

    Returns
    -------
    Axes
        The same axes; its collection has the colors.
    """
    sites = record.junction.duplex.sites
    edges, values = ldos_cells(record)
    draw_cells(ax, (edges, np.arange(len(sites) + 1) - 0.5), values, _COLORS, limits)
    ticks = range(0, len(sites), -(-len(sites) // _MOST_LABELS))
    ax.set_yticks(list(ticks), [sites[one].label for one in ticks], fontsize=7)
    ax.invert_yaxis()
    ax.set(xlabel="Energy (eV)", ylabel="Base")
    return ax


def ldos_comparison_figure(records: Mapping[str, TransportRecord], footer: str) -> Figure:
    """Figure of the LDOS of records of one junction side by side, on one scale of colors.

    Parameters
    ----------
    records
        By their titles; each with ``log10_ldos``.
    footer
        Under which conditions they hold, see `dnawire.plots.footer`.
    """
    with style():
        figure = new_figure(0.8 + 4.6 * len(records), 3.9)
        axes = figure.subplots(1, len(records), squeeze=False)[0]
        found = [_limits(one) for one in records.values()]
        limits = min(low for low, _ in found), max(high for _, high in found)
        for ax, (title, record) in zip(axes, records.items(), strict=True):
            _plot(ax, record, limits)
            ax.set_title(title)
        bar = figure.colorbar(axes[0].collections[0], ax=list(axes), extend="min", pad=0.02)
        bar.set_label("log$_{10}$ LDOS (1/eV)")
        bar.outline.set_visible(False)
        one = next(iter(records.values()))
        set_title(figure, "Local density of states", one.junction.duplex)
        add_footer(figure, footer)
    return figure


def _limits(record: TransportRecord) -> Limits:
    _, values = ldos_cells(record)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return -1.0, 0.0
    return float(np.percentile(finite, _PALEST)), float(finite.max())
