"""The Hamiltonian of a duplex as a heat map that shows both its scales.

On-site energies lie eV away from zero and differ by hundreds of meV; hoppings are tens of meV. Each
kind has its own colors, on-site energies are counted from their mean, and small matrices carry
their numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from dnawire.junction import Duplex, Site, edge_sites
from dnawire.plots.footer import add_footer
from dnawire.plots.save import Table
from dnawire.plots.style import (
    DIFFERENCE_MAP,
    HOPPING_MAP,
    INK,
    MINUS,
    ONSITE_MAP,
    new_figure,
    set_title,
    style,
)

_MEV: Final = 1e3
_LARGEST_WITH_NUMBERS: Final = 16
_LARGEST_WITH_ALL_LABELS: Final = 32
_SMALLEST_SCALE: Final = 1.0
"""meV; keeps the colors of a vanishing matrix white."""
_SMALLEST_DIFFERENCE: Final = 1e-3
"""meV; less is shown as nothing."""
_HEADROOM: Final = 1.15
"""Keeps the largest element off the darkest color, on which nothing can be read."""


class Scales(NamedTuple):
    """What the colors of a Hamiltonian mean."""

    mean: float
    """On-site energies are counted from here, eV."""
    onsite: float
    """Largest deviation from it, meV."""
    hopping: float
    """Largest hopping, meV."""

    @classmethod
    def of(cls, *hamiltonians: NDArray[np.float64]) -> Scales:
        """Return the scales that several Hamiltonians share; the mean is that of the last."""
        mean = float(np.diag(hamiltonians[-1]).mean())
        onsite = max(float(np.abs(np.diag(one) - mean).max()) for one in hamiltonians)
        hopping = max(float(np.abs(one - np.diag(np.diag(one))).max()) for one in hamiltonians)
        return cls(mean, max(_MEV * onsite, _SMALLEST_SCALE), max(_MEV * hopping, _SMALLEST_SCALE))


def plot_hamiltonian(
    ax: Axes, hamiltonian: NDArray[np.float64], duplex: Duplex, scales: Scales | None = None
) -> Axes:
    """Draw a Hamiltonian with the names of its bases.

    The images of the axes are, in this order, the on-site energies and the hoppings in meV.

    Parameters
    ----------
    ax
        Where to draw.
    hamiltonian
        Symmetric matrix in eV, (N, N), in site order.
    duplex
        Whose Hamiltonian it is.
    scales
        Meaning of the colors; by default that of this matrix.

    Returns
    -------
    Axes
        The same axes.
    """
    scales = Scales.of(hamiltonian) if scales is None else scales
    diagonal, hopping = _kinds(duplex)
    onsite = _MEV * (np.diag(hamiltonian) - scales.mean)
    values = np.where(diagonal, np.diag(onsite), _MEV * hamiltonian)
    _draw(ax, np.ma.masked_where(~diagonal, values), scales.onsite, ONSITE_MAP)
    _draw(ax, np.ma.masked_where(~hopping, values), scales.hopping, HOPPING_MAP)
    _label_sites(ax, duplex.sites)
    return ax


def plot_difference(
    ax: Axes, predicted: NDArray[np.float64], true: NDArray[np.float64], duplex: Duplex
) -> Axes:
    """Draw predicted minus true Hamiltonian in meV, on-site energies and hoppings on one scale."""
    diagonal, hopping = _kinds(duplex)
    values = _MEV * (predicted - true)
    scale = max(float(np.abs(values).max()), _SMALLEST_DIFFERENCE)
    shown = np.ma.masked_where(~(diagonal | hopping), values)
    _draw(ax, shown, scale, DIFFERENCE_MAP, decimals=max(0, -math.floor(math.log10(scale))))
    _label_sites(ax, duplex.sites)
    return ax


def hamiltonian_figure(
    hamiltonian: NDArray[np.float64], duplex: Duplex, title: str, footer: str
) -> Figure:
    """Figure of one Hamiltonian (eV, in site order), with the conditions below it."""
    with style():
        figure = new_figure(5.6, 6.6)
        grid = figure.add_gridspec(2, 2, height_ratios=(1.0, 0.035))
        ax = figure.add_subplot(grid[0, :])
        scales = Scales.of(hamiltonian)
        plot_hamiltonian(ax, hamiltonian, duplex, scales)
        _add_bars(ax, [figure.add_subplot(grid[1, column]) for column in range(2)], scales)
        set_title(figure, title, duplex)
        add_footer(figure, footer)
    return figure


def hamiltonian_comparison_figure(
    predicted: NDArray[np.float64], true: NDArray[np.float64], duplex: Duplex, footer: str
) -> Figure:
    """Figure of the predicted Hamiltonian, the true one and their difference (eV, site order)."""
    with style():
        figure = new_figure(14.4, 6.0)
        grid = figure.add_gridspec(2, 3, height_ratios=(1.0, 0.03))
        left, middle, right = (figure.add_subplot(grid[0, column]) for column in range(3))
        bars = [figure.add_subplot(grid[1, column]) for column in range(3)]
        scales = Scales.of(predicted, true)
        plot_hamiltonian(left, predicted, duplex, scales)
        plot_hamiltonian(middle, true, duplex, scales)
        plot_difference(right, predicted, true, duplex)
        _add_bars(left, bars[:2], scales)
        _add_bar(bars[2], right.images[0], f"Predicted {MINUS} true (meV)")
        left.set_title("Predicted")
        middle.set_title("True")
        right.set_title(f"Predicted {MINUS} true: rms {_rms(predicted - true, duplex):.2g} meV")
        set_title(figure, "Hamiltonian", duplex)
        add_footer(figure, footer)
    return figure


def hamiltonian_table(duplex: Duplex, **hamiltonians: NDArray[np.float64]) -> Table:
    """Elements of Hamiltonians of one duplex: on-site energies, and each hopping once."""
    diagonal, hopping = _kinds(duplex)
    rows, columns = np.nonzero(np.triu(diagonal | hopping))
    labels = np.array([site.label for site in duplex.sites])
    elements: dict[str, tuple[str, Any]] = {
        "row": ("", labels[rows]),
        "column": ("", labels[columns]),
    }
    return elements | {name: ("eV", one[rows, columns]) for name, one in hamiltonians.items()}


def _rms(difference: NDArray[np.float64], duplex: Duplex) -> float:
    diagonal, hopping = _kinds(duplex)
    return float(_MEV * np.sqrt((difference[diagonal | hopping] ** 2).mean()))


def _kinds(duplex: Duplex) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which elements are on-site energies, and which hoppings of the ladder."""
    (start, end), _ = edge_sites(duplex.mask)
    diagonal = np.eye(duplex.num_sites, dtype=np.bool_)
    hopping = np.zeros_like(diagonal)
    hopping[start, end] = hopping[end, start] = True
    return diagonal, hopping


def _draw(
    ax: Axes,
    values: np.ma.MaskedArray[Any, Any],
    scale: float,
    colors: str,
    decimals: int = 0,
) -> None:
    norm = TwoSlopeNorm(0.0, -_HEADROOM * scale, _HEADROOM * scale)
    image = ax.imshow(values, cmap=colors, norm=norm, interpolation="none")
    if len(values) > _LARGEST_WITH_NUMBERS:
        return
    size = min(8.0, 104.0 / len(values))
    for (row, column), value in np.ndenumerate(values):
        if not np.ma.getmaskarray(values)[row, column]:
            ax.text(
                column,
                row,
                _number(value, decimals),
                color=_readable(image.cmap, float(norm(value))),
                fontsize=size,
                horizontalalignment="center",
                verticalalignment="center",
            )


def _number(value: float, decimals: int) -> str:
    """Rounded number with a true minus sign, and none before a zero."""
    return f"{value:z.{decimals}f}".replace("-", MINUS)


def _readable(colors: Colormap, position: float) -> str:
    """Color of a number on a colored cell."""
    red, green, blue, _ = colors(position)
    return INK if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"


def _label_sites(ax: Axes, sites: Sequence[Site]) -> None:
    starts = [index for index, site in enumerate(sites) if site.pair != sites[index - 1].pair]
    ticks = list(range(len(sites)))
    if len(sites) > _LARGEST_WITH_ALL_LABELS:
        ticks = starts[:: -(-len(starts) // _LARGEST_WITH_ALL_LABELS)]
    else:
        for start in starts[1:]:
            ax.axhline(start - 0.5, color="#D1D5DB", lw=0.5)
            ax.axvline(start - 0.5, color="#D1D5DB", lw=0.5)
    labels = [sites[tick].label for tick in ticks]
    size = 8 if len(sites) <= _LARGEST_WITH_NUMBERS else 6
    ax.set_xticks(ticks, labels, fontsize=size, rotation=90)
    ax.set_yticks(ticks, labels, fontsize=size)
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    ax.set(xlabel="Base", ylabel="Base")
    ax.grid(visible=False)
    ax.spines[:].set_visible(True)


def _add_bars(ax: Axes, bars: Sequence[Axes], scales: Scales) -> None:
    onsite, hopping = ax.images
    mean = f"{scales.mean:.3f}".replace("-", MINUS)
    _add_bar(bars[0], onsite, f"On-site energy above {mean} eV (meV)")
    _add_bar(bars[1], hopping, "Hopping (meV)")


def _add_bar(ax: Axes, image: AxesImage, label: str) -> None:
    figure = ax.get_figure()
    if figure is not None:
        bar = figure.colorbar(image, cax=ax, orientation="horizontal", label=label)
        bar.outline.set_visible(False)
