"""Errors of all predictors, and errors by length, as figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator, ScalarFormatter

from dnawire.plots import LINES, style
from dnawire.plots.style import REFERENCE, legend_above, new_figure

from .tables import MEASURES, Rows, data_names, grouped, spread

_COLORS: Final = {"`hamiltonian`": LINES[1], "`standard`": LINES[0]}
_SHOWN: Final = ("transmission", "dos")


def errors_figure(rows: Rows) -> Figure:
    """Mean absolute errors with their spread over the seeds: a column for each kind of data."""
    names = data_names(rows)
    places = [predictor for (predictor,) in grouped(rows, "predictor")]
    with style():
        figure = new_figure(3.0 * len(names) + 1.2, 4.6)
        axes = figure.subplots(len(_SHOWN), len(names), sharey=True, sharex="row", squeeze=False)
        for measure, line in zip(_SHOWN, axes, strict=True):
            for data, ax in zip(names, line, strict=True):
                plot_errors(ax, [row for row in rows if row["data"] == data], measure, places)
                ax.set_xlabel(f"error of {MEASURES[measure]} (decades)")
        for data, ax in zip(names, axes[0], strict=True):
            ax.set_title(data)
    return figure


def plot_errors(ax: Axes, rows: Rows, measure: str, places: Sequence[str]) -> Axes:
    """One bar for each predictor, at its place, on a logarithmic axis."""
    for (predictor,), group in grouped(rows, "predictor").items():
        values = [row["scores"][measure] for row in group]
        mean, deviation = spread(values)
        color = _COLORS.get(predictor, REFERENCE)
        low = min(deviation, 0.9 * mean)
        ax.barh(
            places.index(predictor),
            mean,
            color=color,
            height=0.7,
            xerr=[[low], [deviation]],
            capsize=2.0,
        )
    ax.set_yticks(range(len(places)), [predictor.replace("`", "") for predictor in places])
    ax.set_xscale("log")
    ax.grid(visible=False, axis="y")
    return ax


def extrapolation_figure(rows: Rows) -> Figure:
    """Errors of log10 T and log10 DOS by length."""
    with style():
        figure = new_figure(7.2, 3.2)
        for ax, measure in zip(figure.subplots(1, len(_SHOWN)), _SHOWN, strict=True):
            plot_by_length(ax, rows, measure)
            ax.set_ylabel(f"error of {MEASURES[measure]} (decades)")
        legend_above(ax)
    return figure


def plot_by_length(ax: Axes, rows: Rows, measure: str) -> Axes:
    """One line for each predictor, with the range of its seeds."""
    lengths = [int(length) for length in rows[0]["lengths"]]
    for (predictor,), group in grouped(rows, "predictor").items():
        values = np.array([[one[measure] for one in row["lengths"].values()] for row in group])
        color = _COLORS.get(predictor, REFERENCE)
        ax.plot(lengths, values.mean(axis=0), "o-", color=color, label=predictor.replace("`", ""))
        ax.fill_between(lengths, values.min(0), values.max(0), color=color, alpha=0.2, linewidth=0)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.xaxis.set_major_locator(FixedLocator(lengths))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(ScalarFormatter())
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("length (base pairs)")
    return ax


def errors_columns(rows: Rows) -> dict[str, tuple[str, list[object]]]:
    """The numbers of `errors_figure`."""
    columns: dict[str, tuple[str, list[object]]] = {
        name: ("", [row[name] for row in rows]) for name in ("data", "predictor", "seed")
    }
    for name in _SHOWN:
        columns[name] = ("decades", [row["scores"][name] for row in rows])
    return columns


def extrapolation_columns(rows: Rows) -> dict[str, tuple[str, list[object]]]:
    """The numbers of `extrapolation_figure`."""
    flat = [(row, length, one) for row in rows for length, one in row["lengths"].items()]
    columns: dict[str, tuple[str, list[object]]] = {
        name: ("", [row[name] for row, _, _ in flat]) for name in ("predictor", "seed")
    }
    columns["length"] = ("bp", [int(length) for _, length, _ in flat])
    for name in _SHOWN:
        columns[name] = ("decades", [one[name] for _, _, one in flat])
    return columns
