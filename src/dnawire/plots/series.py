"""Conductance against length, with the law that it follows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from dnawire.inference import CONDUCTANCE, TRANSMISSION, Decay
from dnawire.plots.footer import add_footer
from dnawire.plots.style import LINES, MARK, new_figure, power_label, set_title, style

_LABELS: Final = {CONDUCTANCE: "$G$ ($G_0$)", TRANSMISSION: "$T(E_F)$"}
_POINTS: Final = 200


class Measured(NamedTuple):
    """One quantity of a series."""

    lengths: NDArray[np.int64]
    """Base pairs, (n,)."""
    log10_values: NDArray[np.float64]
    """(n,); what is not finite is not drawn."""
    decay: Decay | None
    """Its law, if there is one."""


def plot_decay(ax: Axes, measured: Measured, rise: float, label: str, color: str) -> Axes:
    """Draw values against the length, and the law that was fitted to them.

    Parameters
    ----------
    ax
        Where to draw.
    measured
        The quantity.
    rise
        Length of a base pair in Angstrom, for the legend.
    label, color
        Of the quantity.

    Returns
    -------
    Axes
        The same axes.
    """
    known = np.isfinite(measured.log10_values)
    lengths, values = measured.lengths[known], measured.log10_values[known]
    ax.plot(lengths, values, "o", ms=4.5, color=color, label=label)
    decay = measured.decay
    if decay is None:
        return ax
    if decay.law == "ohmic":
        x = np.linspace(lengths[0], lengths[-1], _POINTS)
        ax.plot(x, decay.ohmic.log10_at(x), color=color, lw=1.2, label="ohmic: $1/G$ linear")
        return ax
    end = decay.tunneling.last if decay.crossover is None else decay.crossover
    for line, first, last, dashes in (
        (decay.tunneling, decay.tunneling.first, end, "-"),
        (decay.beyond, end, lengths[-1], (0, (4, 2))),
    ):
        if line is not None:
            x = np.array((first, last), np.float64)
            beta = f"β = {line.beta / rise:.3g} ± {line.standard_error / rise:.1g} Å⁻¹"
            ax.plot(x, line.log10_at(x), color=color, lw=1.2, ls=dashes, label=beta)
    if decay.crossover is not None:
        ax.axvline(decay.crossover, color=MARK, lw=0.9, ls=(0, (1, 2)), zorder=0.9)
    return ax


def series_figure(measured: Mapping[str, Measured], rise: float, title: str, footer: str) -> Figure:
    """Figure of a series.

    Parameters
    ----------
    measured
        Quantities by name.
    rise
        Length of a base pair in Angstrom.
    title
        Above the figure.
    footer
        Under which conditions it holds, see `dnawire.plots.footer`.

    Returns
    -------
    Figure
        All quantities in one panel.
    """
    with style():
        figure = new_figure(7.6, 3.8)
        ax = figure.add_subplot()
        for color, (name, one) in zip(LINES, measured.items(), strict=False):
            plot_decay(ax, one, rise, _LABELS[name], color)
        ax.set(xlabel="Length (base pairs)", ylabel=", ".join(_LABELS[name] for name in measured))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        _label_decades(ax)
        figure.legend(loc="outside right upper")
        set_title(figure, title)
        add_footer(figure, footer)
    return figure


def _label_decades(ax: Axes) -> None:
    low, high = ax.get_ylim()
    if math.floor(high) - math.ceil(low) < 1:
        ax.set_ylim(math.floor(low), math.ceil(high))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_formatter(power_label)
