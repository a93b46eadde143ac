"""Spectra of several models, side by side for several junctions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dnawire.data import TransportRecord
from dnawire.plots.footer import add_footer
from dnawire.plots.save import Table
from dnawire.plots.spectra import mark_fermi_energy, plot_spectrum, spectra_columns
from dnawire.plots.style import LINES, duplex_label, new_figure, set_title, style
from dnawire.quantities import scored_in

PANELS: Final = 3
"""Junctions that fit side by side."""

_WIDTH: Final = 3.9
_DASHES: Final = ("-", (0, (5, 2)), (0, (2, 1.5)))

Drawn = Mapping[str, Sequence[TransportRecord]]
"""Records of the same junctions by the label of each model."""


def models_figure(
    drawn: Drawn, title: str, footer: str, fermi_energy: float | None = None
) -> Figure:
    """Figure of the spectra of some junctions by several models.

    Parameters
    ----------
    drawn
        At most as many models as there are `LINES`, of at most `PANELS` junctions each.
    title
        Above the figure.
    footer
        Under which conditions they hold, see `dnawire.plots.footer`.
    fermi_energy
        Marked if given, in eV.

    Returns
    -------
    Figure
        A column for each junction, a row for each scored quantity.
    """
    columns = list(zip(*drawn.values(), strict=True))
    scored = scored_in(*(one.spectra for records in drawn.values() for one in records))
    with style():
        figure = new_figure(max(6.8, _WIDTH * len(columns)), 2.8 * len(scored) + 0.4)
        axes = figure.subplots(len(scored), len(columns), sharex=True, sharey="row", squeeze=False)
        for column, records in enumerate(columns):
            for number, (label, record) in enumerate(zip(drawn, records, strict=True)):
                for ax, quantity in zip(axes[:, column], scored, strict=True):
                    plot_spectrum(ax, record, quantity, color=LINES[number], label=label)
                    ax.lines[-1].set_linestyle(_DASHES[number % len(_DASHES)])
            axes[0, column].set_title(duplex_label(records[0].junction.duplex, 40), fontsize=9.0)
            if fermi_energy is not None:
                mark_fermi_energy(list(axes[:, column]), fermi_energy)
            axes[-1, column].xaxis.set_major_locator(MaxNLocator(5))
        for ax in axes[:-1].flat:
            ax.set(xlabel="")
        for ax in axes[:, 1:].flat:
            ax.set(ylabel="")
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper right", ncols=len(labels))
        set_title(figure, title)
        add_footer(figure, footer)
    return figure


def models_table(drawn: Drawn) -> Table:
    """Return the numbers of `models_figure`: models one after the other, then junctions."""
    records = [one for each in drawn.values() for one in each]
    sizes = [len(one.energies) for one in records]
    labels = [label for label, each in drawn.items() for _ in each]
    texts = [one.junction.duplex.text for one in records]
    return {
        "model": ("", np.repeat(labels, sizes)),
        "sequence": ("", np.repeat(texts, sizes)),
        **spectra_columns(records),
    }
