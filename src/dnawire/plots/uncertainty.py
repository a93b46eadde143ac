"""Sources of uncertainty of a conductance, one row each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dnawire.junction import Duplex
from dnawire.plots.footer import add_footer
from dnawire.plots.style import INK, LINES, MARK, new_figure, set_title, style

Doubles = NDArray[np.float64]

_FEW: Final = 20
"""Values that are drawn one by one; of more, a density is."""
_BINS: Final = 40
_HEIGHT: Final = 0.38
"""Of a density, in rows."""


class Spreads(NamedTuple):
    """What one source makes possible."""

    name: str
    """Beside its row."""
    log10_values: Float[Doubles, " n"]
    """In decades of G0; what is not finite is not drawn."""
    ends: tuple[float, float]
    """Of its bar, in decades."""
    deviation: float
    """Standard deviation in decades; NaN if it is not known."""


def plot_uncertainty(ax: Axes, sources: Sequence[Spreads], central: float) -> Axes:
    """Draw a row for each source: a bar, and its values as points or as a density.

    Parameters
    ----------
    ax
        Where to draw.
    sources
        From top to bottom; colors repeat after those of `LINES`.
    central
        log10 of the conductance that the model says, in G0.

    Returns
    -------
    Axes
        The same axes.
    """
    ax.axvline(central, color=MARK, lw=1.0, ls=(0, (4, 3)), zorder=0.9)
    for row, source in enumerate(sources):
        color = LINES[row % len(LINES)]
        values = source.log10_values[np.isfinite(source.log10_values)]
        if len(values) <= _FEW:
            ax.plot(values, np.full(len(values), row), "o", ms=4.5, color=color, alpha=0.7)
        else:
            counts, edges = np.histogram(values, _BINS)
            height = _HEIGHT * counts / counts.max()
            ax.stairs(row - height, edges, baseline=row, fill=True, color=color, alpha=0.3)
        if np.isfinite(source.ends).all():
            ax.plot(source.ends, (row, row), "|-", color=color, lw=1.8, ms=9, mew=1.8)
    ax.set_yticks(range(len(sources)), [_label(one) for one in sources])
    ax.set_ylim(len(sources) - 0.5, -0.6)
    ax.tick_params(axis="y", length=0)
    return ax


def uncertainty_figure(
    duplex: Duplex,
    central: float,
    sources: Sequence[Spreads],
    title: str,
    footer: str,
    *,
    label: str,
) -> Figure:
    """Figure of the sources of uncertainty of the conductance of one junction.

    Parameters
    ----------
    duplex
        The molecule.
    central
        log10 of the conductance that the model says, in G0.
    sources
        From top to bottom.
    title
        Above the figure; the duplex is added.
    footer
        Under which conditions it holds, see `dnawire.plots.footer`.
    label
        Below the axis.

    Returns
    -------
    Figure
        One panel.
    """
    with style():
        figure = new_figure(7.6, 1.5 + 0.62 * len(sources))
        ax = plot_uncertainty(figure.add_subplot(), sources, central)
        ax.set_xlabel(label)
        ax.annotate(
            "model",
            (central, 1.0),
            xycoords=ax.get_xaxis_transform(),
            xytext=(0, 2),
            textcoords="offset points",
            horizontalalignment="center",
            color=INK,
        )
        set_title(figure, title, duplex)
        add_footer(figure, footer)
    return figure


def _label(source: Spreads) -> str:
    low, high = source.ends
    return f"{source.name}\n{high - low:#.2g} decades"
