"""Mean T(E) and DOS(E) of the sequences that a text with letters like N stands for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from dnawire.inference import AverageSpectra
from dnawire.plots.footer import add_footer
from dnawire.plots.save import Table
from dnawire.plots.spectra import fit_to_lines, label_values, mark_fermi_energy, panels
from dnawire.plots.style import LINES, literal, set_title, shortened, style
from dnawire.quantities import scored_in

_LONGEST_IN_LEGEND = 24


def average_figure(
    averages: Mapping[str, AverageSpectra],
    energy_axis: str,
    title: str,
    footer: str,
    fermi_energy: float | None,
) -> Figure:
    """Figure of means in decades, shaded from the lowest to the highest sequence.

    Parameters
    ----------
    averages
        At least one, at most as many as there are `LINES`, by their texts.
    energy_axis
        Below the axis of the energies.
    title
        Above the figure.
    footer
        Under which conditions they hold, see `dnawire.plots.footer`.
    fermi_energy
        Marked if given, in eV.

    Returns
    -------
    Figure
        One panel per scored quantity, T above DOS.
    """
    with style():
        scored = scored_in(*(one.means for one in averages.values()))
        figure, axes = panels(7.2, len(scored))
        for color, (text, one) in zip(LINES, averages.items(), strict=False):
            label = literal(shortened(text, _LONGEST_IN_LEGEND))
            for ax, quantity in zip(axes, scored, strict=True):
                mean = one.means[quantity.column]
                low, high = one.ranges[quantity.column]
                ax.fill_between(one.energies, low, high, color=color, alpha=0.2, lw=0.0)
                ax.plot(
                    one.energies,
                    np.where(np.isfinite(mean), mean, np.nan),
                    color=color,
                    label=label,
                )
                label_values(ax, quantity)
        for ax in axes:
            fit_to_lines(ax)
            ax.margins(x=0.0)
        axes[-1].set_xlabel(energy_axis)
        if fermi_energy is not None:
            mark_fermi_energy(axes, fermi_energy)
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right upper")
        set_title(figure, title)
        add_footer(figure, footer)
    return figure


def average_spectra_table(averages: Mapping[str, AverageSpectra]) -> Table:
    """Return the numbers of `average_figure`, one text after the other, in decades."""
    every = list(averages.values())
    sizes = [len(one.energies) for one in every]
    columns = {
        "pattern": ("", np.repeat(list(averages), sizes)),
        "energy": ("eV", np.concatenate([one.energies for one in every])),
    }
    for quantity in scored_in(*(one.means for one in every)):
        name = quantity.column
        columns[f"mean_{name}"] = ("", np.concatenate([one.means[name] for one in every]))
        for end, word in enumerate(("lowest", "highest")):
            ends = [one.ranges[name][end] for one in every]
            columns[f"{word}_{name}"] = ("", np.concatenate(ends))
    return columns
