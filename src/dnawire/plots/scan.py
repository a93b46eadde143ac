"""What every change of one base pair does, as a heat map of change against position."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from dnawire.inference import Change
from dnawire.junction import BASES, LETTERS, STRANDS, Duplex, reverse_complement
from dnawire.plots.footer import add_footer
from dnawire.plots.style import (
    DIFFERENCE_MAP,
    FAINT,
    INK,
    MARK,
    MINUS,
    new_figure,
    set_title,
    style,
)

_PAIRS: Final = tuple(f"{base}-{reverse_complement(base)}" for base in BASES)
_ROWS: Final = (
    *((None, pair) for pair in _PAIRS),
    *((strand, letter) for strand in STRANDS for letter in LETTERS),
)
"""Both bases by a pair, or the base of one strand by a letter."""

_SMALLEST_SCALE: Final = 0.1
"""Decades; keeps the colors of what changes nothing white."""
_LONGEST_WITH_NUMBERS: Final = 20
_LONGEST_WITH_LETTERS: Final = 80
_DARK: Final = 0.6


class Effect(NamedTuple):
    """A change, and what it does."""

    change: Change
    decades: float
    """Change of the quantity; -inf if nothing flows any more, NaN if it is not known."""


def plot_scan(ax: Axes, effects: Sequence[Effect], duplex: Duplex) -> AxesImage:
    """Draw the effect of each change, positions along the helix, what is put there from the top.

    Parameters
    ----------
    ax
        Where to draw.
    effects
        All changes, in any order.
    duplex
        The parent.

    Returns
    -------
    AxesImage
        The image, whose colors mean decades.
    """
    values = np.full((len(_ROWS), duplex.length), np.nan)
    for effect in effects:
        values[_row(effect.change), effect.change.pair] = effect.decades
    finite = values[np.isfinite(values)]
    scale = max(float(np.abs(finite).max()), _SMALLEST_SCALE) if len(finite) else _SMALLEST_SCALE
    image = ax.imshow(
        np.ma.masked_invalid(values),
        cmap=DIFFERENCE_MAP,
        vmin=-scale,
        vmax=scale,
        aspect="auto",
    )
    if duplex.length <= _LONGEST_WITH_NUMBERS:
        _write_numbers(ax, values, scale)
    for effect in effects:
        if not math.isfinite(effect.decades):
            _mark(ax, effect)
    _label(ax, duplex)
    return image


def scan_figure(
    effects: Sequence[Effect], duplex: Duplex, quantity: str, title: str, footer: str
) -> Figure:
    """Figure of a scan.

    Parameters
    ----------
    effects
        All changes.
    duplex
        The parent.
    quantity
        What changes, in decades.
    title
        Above the figure; the duplex is added.
    footer
        Under which conditions it holds, see `dnawire.plots.footer`.

    Returns
    -------
    Figure
        The heat map.
    """
    with style():
        width = min(max(6.4, 2.4 + 0.42 * duplex.length), 16.0)
        figure = new_figure(width, 4.6)
        # Small letters are wider in a file than where the layout is made.
        figure.get_layout_engine().set(w_pad=0.12)  # type: ignore[union-attr,call-arg]
        ax = figure.add_subplot()
        image = plot_scan(ax, effects, duplex)
        bar = figure.colorbar(image, ax=ax, pad=0.02)
        bar.set_label(f"Change of {quantity} (decades)".replace("log10", "log$_{10}$"))
        bar.outline.set_visible(False)
        _add_legend(figure, effects)
        set_title(figure, title, duplex)
        add_footer(figure, footer)
    return figure


def _row(change: Change) -> int:
    if len(change.strands) == len(STRANDS):
        return _ROWS.index((None, "-".join(change.after)))
    (strand,) = change.strands
    return _ROWS.index((strand, change.after[STRANDS.index(strand)]))


def _write_numbers(ax: Axes, values: NDArray[np.float64], scale: float) -> None:
    for (row, column), value in np.ndenumerate(values):
        if math.isfinite(value):
            color = "white" if abs(value) > _DARK * scale else INK
            text = f"{value:.1f}".replace("-0.0", "0.0").replace("-", MINUS)
            ax.text(column, row, text, ha="center", va="center", fontsize=6.0, color=color)


def _mark(ax: Axes, effect: Effect) -> None:
    corner = effect.change.pair - 0.5, _row(effect.change) - 0.5
    ax.add_patch(Rectangle(corner, 1.0, 1.0, linewidth=0.0, **_look(effect.decades)))


def _look(decades: float) -> dict[str, Any]:
    """Black where nothing flows any more, hatched where nothing can be known."""
    if math.isnan(decades):
        return {"facecolor": "white", "edgecolor": MARK, "hatch": "/////"}
    return {"facecolor": INK, "edgecolor": INK}


def _add_legend(figure: Figure, effects: Sequence[Effect]) -> None:
    kinds = {
        "no value": any(math.isnan(one.decades) for one in effects),
        "nothing flows": any(math.isinf(one.decades) for one in effects),
    }
    looks = dict(zip(kinds, (math.nan, -math.inf), strict=True))
    handles = [
        Patch(label=name, linewidth=0.0, **_look(looks[name]))
        for name, occurs in kinds.items()
        if occurs
    ]
    handles.append(Patch(label="unchanged", linewidth=0.0, facecolor=FAINT))
    figure.legend(
        handles=handles,
        loc="outside upper right",
        ncols=len(handles),
        fontsize=8.0,
        handlelength=1.2,
        handletextpad=0.4,
        columnspacing=1.0,
    )


def _label(ax: Axes, duplex: Duplex) -> None:
    names = [f"{strand or 'both'} → {letter.replace('_', 'none')}" for strand, letter in _ROWS]
    ax.set_yticks(range(len(_ROWS)), names, fontsize=7.5)
    lower = duplex.lower[::-1]
    if duplex.length <= _LONGEST_WITH_LETTERS:
        letters = zip(duplex.upper, lower, strict=True)
        labels = [f"{up}\n{low}\n{n}" for n, (up, low) in enumerate(letters)]
        size = 7.5 if duplex.length <= _LONGEST_WITH_NUMBERS else 5.0
        ax.set_xticks(range(duplex.length), labels, fontsize=size)
    ax.set_xlabel("Base pair: upper base, lower base, position from the 5' end of the upper strand")
    ax.grid(visible=False)
    ax.set_facecolor(FAINT)
    for edge in (len(_PAIRS), len(_PAIRS) + len(LETTERS)):
        ax.axhline(edge - 0.5, color=MARK, lw=0.8)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0.0)
