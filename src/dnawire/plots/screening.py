"""How the sequences of a screening are distributed."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dnawire.plots.footer import add_footer
from dnawire.plots.save import Table
from dnawire.plots.style import PREDICTED, TRAINING, legend_above, new_figure, set_title, style

_MOST_BARS = 80


def plot_distribution(
    ax: Axes, edges: NDArray[np.float64], counts: NDArray[np.int64], quantity: str
) -> Axes:
    """Draw a histogram of fine bins, joined until the eye can follow.

    Parameters
    ----------
    ax
        Where to draw.
    edges
        Left edges of bins of one width, (n,).
    counts
        Number of sequences in each, (n,).
    quantity
        What is counted, for the label of the axis.

    Returns
    -------
    Axes
        The same axes.
    """
    joined = max(1, math.ceil(len(counts) / _MOST_BARS))
    width = edges[1] - edges[0] if len(edges) > 1 else 1.0
    starts = np.arange(0, len(counts), joined)
    heights = np.add.reduceat(counts, starts)
    ax.bar(edges[starts], heights, width=joined * width, align="edge", color=TRAINING)
    ax.set(xlabel=quantity, ylabel="Sequences (count)")
    return ax


def distribution_figure(
    distribution: tuple[NDArray[np.float64], NDArray[np.int64]],
    quantity: str,
    last_ranked: float,
    title: str,
    footer: str,
) -> Figure:
    """Figure of a screening.

    Parameters
    ----------
    distribution
        Left edges and counts of bins, (n,).
    quantity
        What was screened, for the label of the axis.
    last_ranked
        Value of the last sequence of the ranking, where a line is drawn if it is finite.
    title
        Title of the figure.
    footer
        Under which conditions it holds, see `dnawire.plots.footer`.

    Returns
    -------
    Figure
        The figure.
    """
    with style():
        figure = new_figure(6.4, 3.6)
        ax = plot_distribution(figure.add_subplot(), *distribution, quantity)
        if math.isfinite(last_ranked):
            ax.axvline(last_ranked, color=PREDICTED, lw=1.2, label="last of the ranking")
            legend_above(ax)
        set_title(figure, title)
        add_footer(figure, footer)
    return figure


def distribution_table(distribution: tuple[NDArray[np.float64], NDArray[np.int64]]) -> Table:
    """Fine bins of a screening as a table."""
    edges, counts = distribution
    return {"bin_start": ("decades", edges), "sequences": ("", counts)}
