"""The courses of several training runs side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dnawire.plots.footer import add_footer
from dnawire.plots.save import Table
from dnawire.plots.style import LINES, literal, new_figure, shortened, style
from dnawire.plots.training import UNITS, Metrics
from dnawire.quantities import SCORE_COLUMNS, SCORED

DASHES: Final = ("solid", (0, (4, 1.5)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)))
"""Kinds of lines, one after the other where there are more runs than colors."""

MOST_CURVES: Final = len(LINES) * len(DASHES)
"""Runs that can be told apart in one figure."""

_LONGEST_NAME: Final = 28
_LOSS: Final = "val_loss"


def plot_curves(ax: Axes, runs: Mapping[str, Metrics], column: str) -> Axes:
    """Draw one column of ``metrics.csv`` of several runs by epoch, their best epochs marked.

    Parameters
    ----------
    ax
        Where to draw.
    runs
        Columns of each run by its name; `MOST_CURVES` at most.
    column
        Which one.

    Returns
    -------
    Axes
        The same axes.
    """
    has_logarithm = False
    for number, (name, metrics) in enumerate(runs.items()):
        epochs, values = metrics["epoch"], metrics[column]
        color = LINES[number % len(LINES)]
        ax.plot(
            epochs,
            values,
            color=color,
            linestyle=DASHES[number // len(LINES)],
            label=literal(shortened(name, _LONGEST_NAME)),
        )
        if np.isfinite(metrics[_LOSS]).any():
            best = int(np.nanargmin(metrics[_LOSS]))
            ax.plot(epochs[best], values[best], "o", color=color, markerfacecolor="white")
        has_logarithm |= bool((values > 0.0).any())
    if has_logarithm:
        ax.set_yscale("log")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.margins(x=0.02)
    ax.set_xlabel("Epoch")
    return ax


def curves_figure(runs: Mapping[str, Metrics], footer: str) -> Figure:
    """Figure of the validation losses of several runs, and of their errors beside them.

    Parameters
    ----------
    runs
        Columns of ``metrics.csv`` of each run by its name; `MOST_CURVES` at most.
    footer
        What is drawn, in words.
    """
    errors = [
        one
        for one in SCORED
        if any(np.isfinite(metrics[SCORE_COLUMNS[one.name]]).any() for metrics in runs.values())
    ]
    with style():
        figure = new_figure(3.6 * (1 + len(errors)) + 2.4, 3.7)
        axes = figure.subplots(1, 1 + len(errors), squeeze=False)[0]
        plot_curves(axes[0], runs, _LOSS).set(
            ylabel="Loss (dimensionless)", title="Validation loss"
        )
        for ax, one in zip(axes[1:], errors, strict=True):
            plot_curves(ax, runs, SCORE_COLUMNS[one.name])
            unit = one.scale_unit or "dimensionless"
            ax.set(
                ylabel=f"Mean absolute error ({unit})", title=f"Validation error of {one.symbol}"
            )
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper")
        add_footer(figure, footer)
    return figure


def curves_table(runs: Mapping[str, Metrics]) -> Table:
    """Return the numbers of `curves_figure`: a row for each epoch of each run."""
    names = [name for name, metrics in runs.items() for _ in metrics["epoch"]]
    columns = {
        column: (unit, np.concatenate([metrics[column] for metrics in runs.values()]))
        for column, unit in UNITS.items()
    }
    return {"run": ("", names), **columns}
