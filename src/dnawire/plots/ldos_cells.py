"""Cells of a map of the local density of states: none is narrower than what is seen."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from numpy.typing import NDArray

from dnawire.data import TransportRecord
from dnawire.quantities import BY_NAME

Doubles = NDArray[np.float64]

_CELLS: Final = 250
_LDOS: Final = BY_NAME["ldos"].column


def ldos_cells(
    record: TransportRecord,
) -> tuple[Float[Doubles, " C+1"], Float[Doubles, "N C"]]:
    """Edges of equal cells in eV, and the largest log10 LDOS of each base in each.

    However narrow a resonance is, it is seen. A cell without an energy has the values of the
    nearest one.

    Parameters
    ----------
    record
        With ``log10_ldos`` of N bases; better with energies that miss no resonance.
    """
    energies, values = record.energies, np.asarray(record.spectra[_LDOS], np.float64)
    edges = np.linspace(energies[0], energies[-1], _CELLS + 1)
    centers = 0.5 * (edges[1:] + edges[:-1])
    middles = 0.5 * (energies[1:] + energies[:-1])
    found = values[:, np.searchsorted(middles, centers)]
    cells = np.clip(np.searchsorted(edges, energies, side="right") - 1, 0, _CELLS - 1)
    np.maximum.at(found.T, cells, values.T)
    return edges, found


def draw_cells(
    ax: Axes,
    edges: tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]],
    values: Float[Doubles, "Y X"],
    colors: str,
    limits: tuple[float, float],
) -> None:
    """Draw cells of log10 LDOS; no color where a value is NaN, the lowest one below the limits.

    Parameters
    ----------
    ax
        Where to draw.
    edges
        Of the cells, from left to right and from bottom to top.
    values
        In decades.
    colors
        Name of the map of colors.
    limits
        Decades of its lowest and of its highest color.
    """
    low, high = limits
    shown = np.ma.masked_invalid(np.maximum(values, low))
    # As an image: an SVG would hold a shape for every value.
    ax.pcolormesh(*edges, shown, cmap=colors, vmin=low, vmax=high, rasterized=True)
    ax.grid(visible=False)
