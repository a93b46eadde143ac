"""The course of a training run, read from the files that it left."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from dnawire.errors import NotFoundError, UnusableDataFileError
from dnawire.plots.footer import add_footer
from dnawire.plots.save import Table
from dnawire.plots.style import BEST, LINES, MARK, TRAINING, VALIDATION, new_figure, style
from dnawire.quantities import SCORE_COLUMNS, SCORED, column_name

UNITS: Final[Mapping[str, str]] = {
    "epoch": "",
    "train_loss": "",
    "val_loss": "",
    **{SCORE_COLUMNS[one.name]: one.scale_unit for one in SCORED},
}
"""Columns of ``metrics.csv`` that are drawn, and their units."""

Metrics = Mapping[str, NDArray[np.float64]]
"""Columns of ``metrics.csv`` by name, one value per epoch."""


def read_metrics(path: Path) -> Metrics:
    """Read the drawn columns of ``metrics.csv``: names with units, one row per epoch.

    Older files have plain names and a row of units below them.

    Raises
    ------
    NotFoundError
        If there is no such file.
    UnusableDataFileError
        If a column is missing, or a value is not a number.
    """
    rows = list(csv.reader(_text(path).splitlines()))
    head = rows[0] if rows else []
    is_old = set(UNITS) <= set(head)
    columns = {name: name if is_old else column_name(name, unit) for name, unit in UNITS.items()}
    numbers = rows[2 if is_old else 1 :]
    if not numbers or not set(columns.values()) <= set(head):
        raise _unusable(path, f"it needs at least one epoch and {', '.join(columns.values())}")
    try:
        values = np.array(numbers, dtype=np.float64).reshape(-1, len(head))
    except ValueError as error:
        raise _unusable(path, f"a row does not hold one number per column ({error})") from error
    return {name: values[:, head.index(column)] for name, column in columns.items()}


def read_restarts(path: Path) -> list[int]:
    """Completed epochs at every start but the first, from ``starts.jsonl``.

    Raises
    ------
    NotFoundError
        If there is no such file.
    UnusableDataFileError
        If a line is not a JSON object with an ``epoch``.
    """
    try:
        starts = [int(json.loads(line)["epoch"]) for line in _text(path).splitlines()]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _unusable(path, f"a line is not a start: {error!r}") from error
    return starts[1:]


def plot_losses(ax: Axes, metrics: Metrics, restarts: Sequence[int] = ()) -> Axes:
    """Draw training and validation loss by epoch; the best epoch and restarts are marked.

    Parameters
    ----------
    ax
        Where to draw.
    metrics
        See `read_metrics`.
    restarts
        Completed epochs at every restart.

    Returns
    -------
    Axes
        The same axes.
    """
    epochs, losses = metrics["epoch"], metrics["val_loss"]
    ax.plot(epochs, metrics["train_loss"], color=TRAINING, label="training")
    ax.plot(epochs, losses, color=VALIDATION, label="validation")
    best = int(np.nanargmin(losses))
    ax.plot(
        epochs[best],
        losses[best],
        marker="o",
        markersize=7,
        markerfacecolor="white",
        markeredgewidth=1.8,
        color=BEST,
        linestyle="none",
        label=f"best: epoch {epochs[best]:.0f}, {losses[best]:.3g}",
        zorder=3,
    )
    _mark_restarts(ax, epochs, restarts)
    _set_scale(ax, metrics["train_loss"], losses)
    ax.set(xlabel="Epoch", ylabel="Loss (dimensionless)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.margins(x=0.02)
    ax.legend()
    return ax


def _set_scale(ax: Axes, *curves: NDArray[np.float64]) -> None:
    """Logarithmic, unless nothing that is drawn has a logarithm."""
    if any((curve > 0.0).any() for curve in curves):
        ax.set_yscale("log")


def plot_errors(ax: Axes, metrics: Metrics, restarts: Sequence[int] = ()) -> Axes:
    """Draw the mean absolute validation errors of the scored quantities by epoch."""
    epochs = metrics["epoch"]
    # A quantity that the records do not have has no errors.
    scored = [one for one in SCORED if not np.isnan(metrics[SCORE_COLUMNS[one.name]]).all()]
    units = dict.fromkeys(one.scale_unit or "dimensionless" for one in scored)
    for color, one in zip(LINES, scored, strict=False):
        ax.plot(epochs, metrics[SCORE_COLUMNS[one.name]], color=color, label=one.title.lower())
    _mark_restarts(ax, epochs, restarts)
    _set_scale(ax, *(metrics[SCORE_COLUMNS[one.name]] for one in scored))
    ax.set(xlabel="Epoch", ylabel=f"Mean absolute error ({', '.join(units)})")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.margins(x=0.02)
    ax.legend()
    return ax


def training_figure(metrics: Metrics, restarts: Sequence[int], footer: str) -> Figure:
    """Figure of the losses, and of the errors beside them, with the conditions below."""
    with style():
        figure = new_figure(10.2, 3.9)
        left, right = figure.subplots(1, 2)
        plot_losses(left, metrics, restarts)
        plot_errors(right, metrics, restarts)
        left.set_title("Loss")
        right.set_title("Validation error")
        add_footer(figure, footer)
    return figure


def training_table(metrics: Metrics) -> Table:
    """Return the numbers of `training_figure`."""
    return {name: (UNITS[name], values) for name, values in metrics.items()}


def _mark_restarts(ax: Axes, epochs: NDArray[np.float64], restarts: Sequence[int]) -> None:
    """Mark where a run went on; a start after the last epoch trained nothing."""
    marks = sorted({epoch + 0.5 for epoch in restarts if epoch < epochs[-1]})
    for mark in marks:
        ax.axvline(mark, color=MARK, lw=0.9, ls=(0, (2, 2)), zorder=0.9)
    if marks:
        noun = "restart" if len(marks) == 1 else "restarts"
        ax.plot([], [], color=MARK, lw=0.9, ls=(0, (2, 2)), label=f"{len(marks)} {noun}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFoundError(f"{path}: no such file.", "give the folder of a run.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, str(error)) from error


def _unusable(path: Path, problem: str) -> UnusableDataFileError:
    return UnusableDataFileError(
        f"{path}: {problem}.", "repeat the command of the run: it writes the file again."
    )
