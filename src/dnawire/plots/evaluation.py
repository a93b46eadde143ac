"""Errors of a model by energy and by length."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from dnawire.plots.footer import add_footer
from dnawire.plots.style import LINES, new_figure, set_title, style
from dnawire.quantities import BY_NAME

Groups = tuple[NDArray[np.float64], Mapping[str, NDArray[np.float64]]]
"""Where the groups are, (n,), and the mean absolute errors (n,) by name of the quantity."""


def plot_group_errors(ax: Axes, groups: Groups, label: str, marker: str) -> Axes:
    """Draw mean absolute errors of some quantities against what records are grouped by.

    Parameters
    ----------
    ax
        Where to draw.
    groups
        The errors.
    label
        Of the horizontal axis.
    marker
        Of the points; empty for a line alone.

    Returns
    -------
    Axes
        The same axes.
    """
    at, errors = groups
    for color, (name, values) in zip(LINES, errors.items(), strict=False):
        ax.plot(at, values, marker=marker, ms=4.5, color=color, label=BY_NAME[name].error_label)
    ax.set(xlabel=label, ylabel="Mean absolute error")
    ax.set_ylim(bottom=0.0)
    return ax


def evaluation_figure(by_energy: Groups, by_length: Groups, title: str, footer: str) -> Figure:
    """Figure of the errors by energy, and by length.

    Parameters
    ----------
    by_energy, by_length
        Energies in eV and lengths in base pairs with their errors.
    title
        Above the figure.
    footer
        Under which conditions it holds, see `dnawire.plots.footer`.

    Returns
    -------
    Figure
        Two panels.
    """
    with style():
        figure = new_figure(9.0, 3.6)
        left, right = figure.subplots(1, 2, sharey=True)
        plot_group_errors(left, by_energy, "Energy (eV)", "")
        plot_group_errors(right, by_length, "Length (base pairs)", "o")
        right.xaxis.set_major_locator(MaxNLocator(integer=True))
        right.set(ylabel="")
        handles, labels = left.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=len(labels))
        set_title(figure, title)
        add_footer(figure, footer)
    return figure
