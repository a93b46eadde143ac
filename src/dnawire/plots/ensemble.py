"""Transmission of many geometries of one duplex, and the distribution of their conductance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from dnawire.junction import Duplex
from dnawire.plots.footer import add_footer
from dnawire.plots.save import Table
from dnawire.plots.style import (
    INK,
    MARK,
    PREDICTED,
    TRAINING,
    new_figure,
    power_label,
    set_title,
    style,
)
from dnawire.transport import LogStatistics

Doubles = NDArray[np.float64]

_PALE: Final = "#8FBBDD"
_BARS: Final = (8, 20)
"""Fewest and most bars of the histogram."""


@dataclass(frozen=True, eq=False)
class EnsembleData:
    """What is drawn of an ensemble.

    Parameters
    ----------
    duplex
        The molecule.
    energies
        In eV, (E,).
    log10_transmission
        Of every geometry, (n, E).
    log10_conductance
        Of every geometry, in G0, (n,); -inf where it vanishes.
    ideal_log10_transmission, ideal_log10_conductance
        Of the ideal helix, (E,) and a number; None if it is not known.
    fermi_energy
        In eV.
    """

    duplex: Duplex
    energies: Float[Doubles, " E"]
    log10_transmission: Float[Doubles, "n E"]
    log10_conductance: Float[Doubles, " n"]
    ideal_log10_transmission: Float[Doubles, " E"] | None
    ideal_log10_conductance: float | None
    fermi_energy: float

    @property
    def mean_log10_transmission(self) -> Float[Doubles, " E"]:
        """log10 of the geometric mean over the geometries, (E,)."""
        found: Doubles = self.log10_transmission.mean(0)
        return found

    @property
    def conductance(self) -> LogStatistics:
        """Distribution of the conductance in G0."""
        return LogStatistics(self.log10_conductance)


def plot_ensemble_transmission(ax: Axes, data: EnsembleData) -> Axes:
    """Draw T(E) of all geometries as thin lines, with the geometric mean and the ideal helix.

    Parameters
    ----------
    ax
        Where to draw.
    data
        What to draw.

    Returns
    -------
    Axes
        The same axes.
    """
    label: str | None = "single geometry"
    for row in data.log10_transmission:
        ax.plot(data.energies, row, color=_PALE, lw=0.6, alpha=0.7, label=label)
        label = None
    mean = data.mean_log10_transmission
    ax.plot(data.energies, mean, color=TRAINING, lw=1.8, label="geometric mean")
    if data.ideal_log10_transmission is not None:
        ideal = data.ideal_log10_transmission
        ax.plot(data.energies, ideal, color=INK, lw=1.0, ls=(0, (4, 2)), label="ideal helix")
    ax.axvline(data.fermi_energy, color=MARK, lw=1.0, ls=(0, (1, 2)), zorder=0.9)
    ax.annotate(
        "$E_F$",
        (data.fermi_energy, 1.0),
        xycoords=ax.get_xaxis_transform(),
        xytext=(0, 2),
        textcoords="offset points",
        horizontalalignment="center",
    )
    ax.set(xlabel="Energy (eV)", ylabel="Transmission T")
    ax.set_xlim(data.energies[0], data.energies[-1])
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_formatter(power_label)
    return ax


def plot_conductances(ax: Axes, data: EnsembleData) -> Axes:
    """Draw a histogram of log10 G with the means, and the ideal helix.

    What vanishes has no place on the axis, and is counted beside its name.

    Parameters
    ----------
    ax
        Where to draw.
    data
        What to draw.

    Returns
    -------
    Axes
        The same axes.
    """
    found = data.conductance
    log10 = data.log10_conductance[np.isfinite(data.log10_conductance)]
    if len(log10):
        ax.hist(log10, _bins(log10), color=_PALE, edgecolor="white", lw=0.8)
    marks: list[tuple[str, float, str, object]] = [
        ("arithmetic mean", float(found.mean()), PREDICTED, "-"),
        ("geometric mean", float(found.geometric_mean()), TRAINING, "-"),
    ]
    if data.ideal_log10_conductance is not None:
        marks.append(("ideal helix", 10.0**data.ideal_log10_conductance, INK, (0, (4, 2))))
    for label, value, color, dashes in marks:
        if value > 0.0:
            ax.axvline(math.log10(value), color=color, lw=1.8, ls=dashes, label=label)
    count = found.num_vanishing
    left_out = f" (not drawn: {count} with $G = 0$)" if count else ""
    ax.set(xlabel=f"$\\log_{{10}}\\, G / G_0${left_out}", ylabel="Geometries (count)")
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def ensemble_figure(data: EnsembleData, title: str, footer: str) -> Figure:
    """Figure of an ensemble: T(E) beside the distribution of G.

    Parameters
    ----------
    data
        What to draw.
    title
        Above the figure; the duplex is added.
    footer
        Under which conditions it holds, see `dnawire.plots.footer`.

    Returns
    -------
    Figure
        Two panels.
    """
    with style():
        figure = new_figure(9.6, 3.9)
        left, right = figure.subplots(1, 2, width_ratios=(1.7, 1.0))
        for ax in (plot_ensemble_transmission(left, data), plot_conductances(right, data)):
            ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.04), ncols=3, columnspacing=1.2)
        set_title(figure, title, data.duplex)
        add_footer(figure, footer)
    return figure


def ensemble_table(data: EnsembleData, labels: Sequence[str]) -> Table:
    """Return the numbers of the left panel: geometries, their geometric mean, the ideal helix."""
    names, rows = [*labels, "geometric mean"], [*data.log10_transmission]
    rows.append(data.mean_log10_transmission)
    if data.ideal_log10_transmission is not None:
        names.append("ideal")
        rows.append(data.ideal_log10_transmission)
    return {
        "geometry": ("", np.repeat(names, len(data.energies))),
        "energy": ("eV", np.tile(data.energies, len(rows))),
        "log10_transmission": ("", np.concatenate(rows)),
    }


def _bins(values: Doubles) -> int:
    """Number of bars: those of Freedman and Diaconis, within limits."""
    found = len(np.histogram_bin_edges(values, "fd")) - 1
    return int(np.clip(found, *_BARS))
