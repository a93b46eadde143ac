"""Figures of a fit to measured conductances: fitted against measured, and profiles of chi^2."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import (
    FixedLocator,
    Locator,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    StrMethodFormatter,
)
from numpy.typing import NDArray

from dnawire.plots.footer import add_footer
from dnawire.plots.style import (
    BEST,
    MARK,
    PREDICTED,
    TRAINING,
    new_figure,
    note,
    set_title,
    style,
)

Doubles = NDArray[np.float64]

_DASHES: Final = (0, (4, 2))
_DOTS: Final = (0, (1, 1.5))
_MOST_COLUMNS: Final = 3
_SHOWN_RISES: Final = 2.0
"""Thresholds up to which a profile is drawn."""
_MOST_STEPS: Final = 4
"""Between the labels of an axis, which would else touch each other."""
_NEAR: Final = 5.0
"""Ratio of the ends of a logarithmic axis below which decades mark next to nothing."""
_FEW_DECADES: Final = 30.0
"""Ratio of the ends of an axis below which 2 and 5 are marked, too."""
_BESIDE: Final = 0.12
"""Base pairs between rows of one length, which would else hide each other."""


class DrawnProfile(NamedTuple):
    """The profile of one parameter."""

    label: str
    """Name and unit."""
    is_logarithmic: bool
    values: Float[Doubles, " K"]
    rises: Float[Doubles, " K"]
    """Of chi^2 in units of its threshold."""
    best: float
    interval: tuple[float, float]
    """NaN where the data do not close it."""
    others: tuple[float, ...]
    """Values at other minima that the data do not rule out."""
    knowledge: str
    """What the data tell, in words."""


def residual_figure(
    measured: Float[Doubles, " R"],
    fitted: Float[Doubles, " R"],
    errors: Float[Doubles, " R"],
    lengths: Float[Doubles, " R"],
    title: str,
    footer: str,
) -> Figure:
    """Figure of fitted over measured conductances, and of residuals over the length.

    Parameters
    ----------
    measured, fitted
        log10 of the conductances in G0.
    errors
        Standard deviations in decades.
    lengths
        In base pairs.
    title
        Above the figure.
    footer
        Under which conditions it holds, see `dnawire.plots.footer`.

    Returns
    -------
    Figure
        Two panels side by side.
    """
    with style():
        figure = new_figure(8.8, 3.9)
        left, right = figure.subplots(1, 2)
        ends = np.array([min(measured.min(), fitted.min()), max(measured.max(), fitted.max())])
        ends += np.array([-0.05, 0.05]) * max(float(np.ptp(ends)), 1.0)
        left.plot(ends, ends, color=MARK, lw=1.0, ls=_DASHES, label="fitted = measured")
        marks = {"fmt": "o", "ms": 4.5, "color": TRAINING, "ecolor": TRAINING, "elinewidth": 1.0}
        left.errorbar(measured, fitted, xerr=errors, **marks)
        left.set(
            xlabel="Measured log$_{10}$ conductance (G$_0$)",
            ylabel="Fitted log$_{10}$ conductance (G$_0$)",
            xlim=ends,
            ylim=ends,
        )
        left.legend(loc="lower right")
        right.axhline(0.0, color=MARK, lw=1.0, ls=_DASHES)
        right.errorbar(_beside(lengths), fitted - measured, yerr=errors, **marks)
        right.set(xlabel="Length (base pairs)", ylabel="Fitted less measured (decades)")
        right.xaxis.get_major_locator().set_params(integer=True)
        set_title(figure, title)
        add_footer(figure, footer)
    return figure


def profile_figure(profiles: Sequence[DrawnProfile], title: str, footer: str) -> Figure:
    """Figure of the profiles of chi^2, one panel for each parameter.

    Parameters
    ----------
    profiles
        At least one.
    title
        Above the figure.
    footer
        Under which conditions it holds, see `dnawire.plots.footer`.

    Returns
    -------
    Figure
        Up to three panels side by side.
    """
    columns = min(len(profiles), _MOST_COLUMNS)
    rows = math.ceil(len(profiles) / columns)
    with style():
        figure = new_figure(max(3.1 * columns, 5.4), 2.9 * rows + 0.9)
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax, one in zip(axes, profiles, strict=False):
            _plot_profile(ax, one)
        for ax in axes[len(profiles) :]:
            ax.set_axis_off()
        for ax in axes[::columns]:
            ax.set_ylabel("Rise of χ² / threshold")
        set_title(figure, title)
        add_footer(figure, footer)
    return figure


def _plot_profile(ax: Axes, one: DrawnProfile) -> None:
    ax.axhline(1.0, color=MARK, lw=1.0, ls=_DASHES)
    ax.plot(one.values, one.rises, "o-", ms=3.0, color=TRAINING)
    if all(map(math.isfinite, one.interval)):
        ax.axvspan(*one.interval, color=BEST, alpha=0.15, lw=0.0)
        ax.axvline(one.best, color=BEST, lw=1.2)
    else:
        for value in (one.best, *one.others):
            ax.axvline(value, color=PREDICTED, lw=1.2, ls=_DOTS)
    ax.set_ylim(-0.1, _SHOWN_RISES)
    shown = np.append(one.values[one.rises <= _SHOWN_RISES], one.others)
    low, high = _padded(shown, one.is_logarithmic)
    if one.is_logarithmic:
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(_logarithmic_ticks(low, high))
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
    else:
        ax.xaxis.set_major_locator(MaxNLocator(_MOST_STEPS))
    ax.set_xlim(low, high)
    ax.set_xlabel(one.label)
    note(ax, one.knowledge)


def _logarithmic_ticks(low: float, high: float) -> Locator:
    """A few ticks: equal steps where the ends are no more than `_NEAR` apart, else decades."""
    if high < _NEAR * low:
        return FixedLocator(MaxNLocator(_MOST_STEPS).tick_values(low, high))
    steps = (1.0, 2.0, 5.0) if high < _FEW_DECADES * low else (1.0,)
    return LogLocator(subs=steps, numticks=_MOST_STEPS + 1)


def _padded(values: Doubles, is_logarithmic: bool) -> tuple[float, float]:
    scaled = np.log10(values) if is_logarithmic else values
    span = max(float(np.ptp(scaled)), 1e-9)
    low, high = float(scaled.min()) - 0.05 * span, float(scaled.max()) + 0.05 * span
    return (10.0**low, 10.0**high) if is_logarithmic else (low, high)


def _beside(lengths: Doubles) -> Doubles:
    """Lengths, those that occur several times side by side."""
    found = lengths.astype(np.float64)
    for length in np.unique(lengths):
        same = np.flatnonzero(lengths == length)
        found[same] += _BESIDE * (np.arange(len(same)) - 0.5 * (len(same) - 1))
    return found
