"""The local density of states of a duplex as a map: energy against base, strand by strand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from dnawire.data import TransportRecord
from dnawire.junction import STRANDS, Strand
from dnawire.plots.footer import add_footer
from dnawire.plots.ldos_cells import draw_cells, ldos_cells
from dnawire.plots.save import Table
from dnawire.plots.spectra import energy_label
from dnawire.plots.style import LDOS_MAP, new_figure, power_label, set_title, style
from dnawire.quantities import BY_NAME

_LDOS: Final = BY_NAME["ldos"]
_DECADES: Final = 8.0
"""Below the brightest; what is smaller has the darkest color."""
_BRIGHTEST: Final = 98.0
"""Percentile of the cells from which on the color is the brightest."""
_LARGEST_WITH_ALL_LABELS: Final = 32
_NO_BASE: Final = "#E5E7EB"


def plot_ldos(
    ax: Axes, record: TransportRecord, strand: Strand, scale: tuple[float, float]
) -> Axes:
    """Draw the LDOS of the bases of one strand, base pair by base pair.

    Parameters
    ----------
    ax
        Where to draw.
    record
        It must hold the LDOS; better at energies that miss no resonance.
    strand
        Which strand.
    scale
        Lowest and highest decade of the colors, see `ldos_scale`.

    Returns
    -------
    Axes
        The same axes.
    """
    duplex = record.junction.duplex
    ends, cells = ldos_cells(record)
    values = np.full((len(ends) - 1, duplex.length), np.nan)
    for site, row in zip(duplex.sites, cells, strict=True):
        if site.strand == strand:
            values[:, site.pair] = row
    draw_cells(ax, (np.arange(duplex.length + 1) - 0.5, ends), values, LDOS_MAP, scale)
    ax.set_facecolor(_NO_BASE)
    letters = duplex.upper if strand == "upper" else duplex.lower[::-1]
    ticks = range(0, duplex.length, -(-duplex.length // _LARGEST_WITH_ALL_LABELS))
    ax.set_xticks(list(ticks), [letters[tick] for tick in ticks])
    ax.tick_params(axis="x", length=0)
    direction = "5' to 3'" if strand == "upper" else "3' to 5'"
    ax.set(xlabel="Base", ylabel=energy_label(record.energy_reference))
    ax.set_title(f"{strand.capitalize()} strand, {direction}")
    return ax


def ldos_scale(record: TransportRecord) -> tuple[float, float]:
    """Lowest and highest decade that colors stand for, the same for both strands.

    The heights of the narrowest resonances exceed it: all else would be dark.
    """
    _, values = ldos_cells(record)
    known = values[np.isfinite(values)]
    highest = float(np.percentile(known, _BRIGHTEST)) if len(known) else 0.0
    lowest = max(float(known.min()) if len(known) else 0.0, highest - _DECADES)
    first = math.floor(lowest)
    return float(first), float(max(math.ceil(highest), first + 1))


def ldos_figure(record: TransportRecord, title: str, footer: str) -> Figure:
    """Figure of the LDOS of one junction.

    Parameters
    ----------
    record
        It must hold the LDOS.
    title
        Above the figure; the duplex is added.
    footer
        Under which conditions it holds, see `dnawire.plots.footer`.

    Returns
    -------
    Figure
        A panel for each strand, and the meaning of the colors.
    """
    with style():
        figure = new_figure(7.2, 4.4)
        axes: Sequence[Axes] = figure.subplots(1, len(STRANDS), sharey=True)
        scale = ldos_scale(record)
        for ax, strand in zip(axes, STRANDS, strict=True):
            plot_ldos(ax, record, strand, scale)
        axes[-1].set(ylabel="")
        drawn = axes[0].collections[0]
        bar = figure.colorbar(drawn, ax=axes, label=_LDOS.label, extend="both", pad=0.02)
        bar.locator = MaxNLocator(integer=True)
        bar.formatter = FuncFormatter(power_label)
        bar.update_ticks()
        bar.outline.set_visible(False)
        set_title(figure, title, record.junction.duplex)
        add_footer(figure, footer)
    return figure


def ldos_table(record: TransportRecord) -> Table:
    """Return the LDOS of one junction: a row for each base and energy."""
    labels = [site.label for site in record.junction.duplex.sites]
    values: NDArray[Any] = _LDOS.plain(record.spectra[_LDOS.column])
    return {
        "base": ("", np.repeat(labels, len(record.energies))),
        "energy": ("eV", np.tile(record.energies, len(labels))),
        _LDOS.name: (_LDOS.unit, values.reshape(-1)),
    }
