"""How a search for sequences went, and the spectra of what it found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from dnawire.data import TransportRecord
from dnawire.inference.targets import DISTANCE, Marks
from dnawire.plots.footer import add_footer
from dnawire.plots.save import Table
from dnawire.plots.spectra import plot_spectrum
from dnawire.plots.style import (
    BEST,
    INK,
    LINES,
    MARK,
    REFERENCE,
    duplex_label,
    new_figure,
    set_title,
    style,
)
from dnawire.quantities import BY_NAME

_LONGEST_IN_LEGEND: Final = 24
_DECADE: Final = 10.0
_DASHES: Final = (0, (4, 2))


def plot_search(ax: Axes, progress: Table, objective: str) -> Axes:
    """Draw the best so far over the number of computed sequences.

    Parameters
    ----------
    ax
        Where to draw.
    progress
        Columns ``evaluations``, the objective and ``restarts``.
    objective
        Name of the value that decides, in decades.

    Returns
    -------
    Axes
        The same axes.
    """
    evaluations, best, restarts = (
        np.asarray(progress[name][1], np.float64) for name in ("evaluations", objective, "restarts")
    )
    ax.step(evaluations, best, where="post", color=BEST)
    ax.plot(evaluations[-1:], best[-1:], "o", color=BEST, ms=4)
    begun = evaluations[1:][np.diff(restarts) > 0]
    ax.plot(
        begun, np.zeros_like(begun), "|", color=MARK, ms=9, transform=ax.get_xaxis_transform(),
        clip_on=False, label="evolution begins anew",
    )  # fmt: skip
    ax.set(xlabel="Computed sequences (count)", ylabel=f"Best {objective} (decades)")
    # Less than a decade has no tick of its own on a logarithmic axis.
    if evaluations[-1] > _DECADE * evaluations[0]:
        ax.set_xscale("log")
        ax.xaxis.set_minor_formatter(NullFormatter())
    if objective == DISTANCE and best[0] > _DECADE * best[-1] > 0.0:
        ax.set_yscale("log")
    if len(begun):
        ax.legend(loc="best")
    return ax


def design_figure(
    progress: Table,
    objective: str,
    records: Sequence[Sequence[TransportRecord]],
    marks: Marks,
    title: str,
    footer: str,
) -> Figure:
    """Figure of a search and of the spectra of the best sequences against the target.

    Parameters
    ----------
    progress, objective
        See `plot_search`.
    records
        Spectra of each drawn sequence: of the perfect duplex, then of others, which are dashed.
    marks
        Where the target lies.
    title
        Above the figure.
    footer
        Under which conditions it holds, see `dnawire.plots.footer`.

    Returns
    -------
    Figure
        Two panels side by side.
    """
    with style():
        figure = new_figure(9.6, 4.0)
        left, right = figure.subplots(1, 2, width_ratios=(2, 3))
        plot_search(left, progress, objective)
        _plot_marks(right, marks)
        for color, row in zip(LINES, records, strict=False):
            for record in row:
                label = duplex_label(record.junction.duplex, _LONGEST_IN_LEGEND)
                plot_spectrum(right, record, BY_NAME["transmission"], color=color, label=label)
                if record is not row[0]:
                    right.lines[-1].set(linestyle=_DASHES, linewidth=1.2)
        handles, labels = right.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right upper")
        set_title(figure, title)
        add_footer(figure, footer)
    return figure


def _plot_marks(ax: Axes, marks: Marks) -> None:
    """Draw the target: a broad line or a ring where T is wanted, else lines at its energies."""
    energies, wanted = marks
    if wanted is None:
        for energy in energies:
            ax.axvline(energy, color=MARK, lw=1.0, ls=_DASHES, zorder=0.9)
    elif len(energies) > 1:
        ax.plot(energies, wanted, color=REFERENCE, lw=3.6, label="wanted")
    else:
        ring: dict[str, Any] = {"mfc": "none", "mec": INK, "ms": 9, "mew": 1.4, "ls": "none"}
        ax.plot(energies, wanted, "o", zorder=3, label="wanted", **ring)
