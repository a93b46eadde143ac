"""Predicted against reference values, as densities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dnawire.plots.footer import add_footer
from dnawire.plots.save import Table
from dnawire.plots.style import DENSITY_MAP, PREDICTED, new_figure, note, style
from dnawire.quantities import BY_NAME, Quantity

_CELLS = 70

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Reference and predicted values, (n,)."""


def plot_parity(
    ax: Axes, reference: NDArray[np.float64], predicted: NDArray[np.float64], quantity: Quantity
) -> Axes:
    """Draw how often which prediction meets which reference value, with the line of equality.

    Parameters
    ----------
    ax
        Where to draw.
    reference, predicted
        Values in the scale of the quantity, (n,); pairs that are not finite are skipped.
    quantity
        What they are, a row of `QUANTITIES`.

    Returns
    -------
    Axes
        The same axes.
    """
    known = np.isfinite(reference) & np.isfinite(predicted)
    truth, values = reference[known], predicted[known]
    low, high = _limits(truth, values)
    cells = ax.hexbin(
        truth,
        values,
        gridsize=_CELLS,
        extent=(low, high, low, high),
        bins="log",
        mincnt=1,
        cmap=DENSITY_MAP,
        linewidths=0.1,
    )
    ax.plot([low, high], [low, high], color=PREDICTED, lw=1.0, ls=(0, (5, 3)), label="y = x")
    figure = ax.get_figure()
    if figure is not None and len(truth):
        bar = figure.colorbar(cells, ax=ax, shrink=0.8, pad=0.02)
        bar.set_label("Values per cell (count)")
        bar.outline.set_visible(False)
    ax.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    what = f"{quantity.scale_label} ({quantity.unit or 'dimensionless'})"
    what = what.replace("log10", "log$_{10}$")
    ax.set(xlabel=f"Reference {what}", ylabel=f"Predicted {what}")
    error = f"MAE {_mae(truth, values):#.2g} {quantity.scale_unit}"
    note(ax, f"{error}\n$R^2 = {_r_squared(truth, values):.4f}$")
    return ax


def parity_figure(pairs: Mapping[str, Pair], footer: str) -> Figure:
    """Figure of the parity of some quantities.

    Parameters
    ----------
    pairs
        Reference and predicted values in the scale of the quantity, (n,), by its name.
    footer
        Under which conditions they hold, see `dnawire.plots.footer`.

    Returns
    -------
    Figure
        T beside DOS.
    """
    with style():
        figure = new_figure(5.2 * len(pairs), 4.6)
        figure.get_layout_engine().set(wspace=0.06)  # type: ignore[union-attr,call-arg]
        axes = figure.subplots(1, len(pairs), squeeze=False)[0]
        for ax, (name, pair) in zip(axes, pairs.items(), strict=True):
            plot_parity(ax, *pair, BY_NAME[name])
            ax.set_title(BY_NAME[name].title)
        add_footer(figure, footer)
    return figure


def parity_table(figure: Figure, names: Iterable[str]) -> Table:
    """Return the cells of `parity_figure` of the named quantities: their centers and counts.

    Quantities go by their columns, which name the scale.
    """
    panels = dict(zip(names, figure.axes, strict=False))
    cells = {name: ax.collections[0] for name, ax in panels.items()}
    columns = [BY_NAME[name].column for name in cells]
    centers = np.concatenate([np.asarray(one.get_offsets()) for one in cells.values()])
    counts = [np.asarray(one.get_array(), dtype=np.int64) for one in cells.values()]
    return {
        "quantity": ("", np.repeat(columns, [len(count) for count in counts])),
        "reference": ("", centers[:, 0]),
        "predicted": ("", centers[:, 1]),
        "count": ("", np.concatenate(counts)),
    }


def _limits(truth: NDArray[np.float64], values: NDArray[np.float64]) -> tuple[float, float]:
    if not len(truth):
        return 0.0, 1.0
    low, high = min(truth.min(), values.min()), max(truth.max(), values.max())
    margin = 0.03 * (high - low) or 0.5
    return float(low - margin), float(high + margin)


def _mae(truth: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    return float(np.abs(values - truth).mean()) if len(truth) else np.nan


def _r_squared(truth: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """Share of the variance that is explained; NaN if there is none."""
    total = ((truth - truth.mean()) ** 2).sum() if len(truth) else 0.0
    return float(1.0 - ((values - truth) ** 2).sum() / total) if total > 0 else np.nan
