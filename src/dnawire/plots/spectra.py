"""T(E) and DOS(E) of junctions: predicted over reference, or several side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from dnawire.data import TransportRecord
from dnawire.junction import Duplex
from dnawire.plots.footer import add_footer
from dnawire.plots.save import Table
from dnawire.plots.style import (
    INK,
    LINES,
    MARK,
    PREDICTED,
    REFERENCE,
    legend_above,
    new_figure,
    power_label,
    set_title,
    shortened,
    style,
)
from dnawire.quantities import Quantity, scored_in

Bands = Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]
"""Low and high ends of intervals by column of `QUANTITIES`."""

_BEYOND: Final = 0.5
"""Height above and below all lines that intervals are shown in, in units of that of the lines."""
_REFERENCE_WIDTH: Final = 3.6
_LONGEST_IN_LEGEND: Final = 16


def plot_spectrum(
    ax: Axes,
    record: TransportRecord,
    quantity: Quantity,
    *,
    reference: TransportRecord | None = None,
    color: str = PREDICTED,
    label: str = "predicted",
) -> Axes:
    """Draw a quantity of a record in its scale, over that of a reference if there is one.

    Parameters
    ----------
    ax
        Where to draw.
    record
        What to draw; where the quantity vanishes there is no line.
    quantity
        A row of `QUANTITIES` with one value per energy.
    reference
        Drawn as a broad line below it.
    color, label
        Of the record.

    Returns
    -------
    Axes
        The same axes.
    """
    if reference is not None:
        values = _finite(reference, quantity)
        ax.plot(reference.energies, values, color=REFERENCE, lw=_REFERENCE_WIDTH, label="reference")
    ax.plot(record.energies, _finite(record, quantity), color=color, label=label)
    _label_energy(ax, record)
    label_values(ax, quantity)
    return ax


class Comparison(NamedTuple):
    """A prediction beside its reference: one junction, one quantity of energies each."""

    predicted: TransportRecord
    reference: TransportRecord

    def errors(self) -> dict[str, str]:
        """Mean absolute errors in words, by quantity, where both have the same energies."""
        return {
            one.name: _error(one, *self) for one in scored_in(*(record.spectra for record in self))
        }


def comparison_figure(
    drawn: Comparison, errors: Mapping[str, str], title: str, footer: str
) -> Figure:
    """Figure of a predicted record over its reference.

    Parameters
    ----------
    drawn
        Two records of one junction, each at energies of its own.
    errors
        What to say of each scored quantity, see `Comparison.errors`.
    title
        What is special about it; the duplex is added.
    footer
        Under which conditions it holds, see `dnawire.plots.footer`.

    Returns
    -------
    Figure
        One panel per scored quantity, T above DOS.
    """
    predicted, reference = drawn
    with style():
        scored = scored_in(predicted.spectra, reference.spectra)
        figure, axes = panels(6.4, len(scored))
        for ax, quantity in zip(axes, scored, strict=True):
            label = "predicted" + errors[quantity.name]
            plot_spectrum(ax, predicted, quantity, reference=reference, label=label)
            legend_above(ax)
        _label_energy_once(axes)
        set_title(figure, title, predicted.junction.duplex)
        add_footer(figure, footer)
    return figure


def spectra_figure(
    records: Sequence[TransportRecord],
    title: str,
    footer: str,
    fermi_energy: float | None = None,
    bands: Sequence[Bands | None] = (),
) -> Figure:
    """Figure of the spectra of a few junctions.

    Parameters
    ----------
    records
        At most as many as there are `LINES`, between the same two energies.
    title
        Above the figure.
    footer
        Under which conditions they hold, see `dnawire.plots.footer`.
    fermi_energy
        Marked if given, in eV.
    bands
        Ends of intervals by column in the scale of each quantity, for each record; perhaps none.

    Returns
    -------
    Figure
        One panel per scored quantity, T above DOS.
    """
    with style():
        scored = scored_in(*(record.spectra for record in records))
        figure, axes = panels(6.4 if len(records) == 1 else 8.0, len(scored))
        for color, record, band in zip_longest(LINES[: len(records)], records, bands):
            label = _legend_label(record.junction.duplex)
            for ax, quantity in zip(axes, scored, strict=True):
                if band is not None and quantity.column in band:
                    low, high = band[quantity.column]
                    ax.fill_between(record.energies, low, high, color=color, alpha=0.25, lw=0.0)
                plot_spectrum(ax, record, quantity, color=color, label=label)
        if any(bands):
            for ax in axes:
                fit_to_lines(ax)
        if fermi_energy is not None:
            mark_fermi_energy(axes, fermi_energy)
        _label_energy_once(axes)
        if len(records) > 1:
            handles, labels = axes[0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside right upper")
        set_title(figure, title, records[0].junction.duplex if len(records) == 1 else None)
        add_footer(figure, footer)
    return figure


def comparison_table(drawn: Comparison) -> Table:
    """Return the numbers of `comparison_figure`: the prediction, then the reference."""
    return {"record": ("", np.repeat(Comparison._fields, _sizes(drawn))), **spectra_columns(drawn)}


def spectra_table(records: Sequence[TransportRecord]) -> Table:
    """Return the numbers of `spectra_figure`: records one after the other."""
    texts = [one.junction.duplex.text for one in records]
    return {"sequence": ("", np.repeat(texts, _sizes(records))), **spectra_columns(records)}


def _sizes(records: Sequence[TransportRecord]) -> list[int]:
    return [len(record.energies) for record in records]


def spectra_columns(records: Sequence[TransportRecord]) -> Table:
    """Energies and scored quantities of records one after the other, in plain units."""
    return {
        "energy": ("eV", np.concatenate([one.energies for one in records])),
        **{
            quantity.name: (
                quantity.unit,
                quantity.plain(np.concatenate([one.spectra[quantity.column] for one in records])),
            )
            for quantity in scored_in(*(record.spectra for record in records))
        },
    }


def _legend_label(duplex: Duplex) -> str:
    """Text of a duplex, each strand on a line of its own, both ends of each visible."""
    strands = duplex.text.split("/")
    return "\n/".join(shortened(strand, _LONGEST_IN_LEGEND) for strand in strands)


def panels(width: float, number: int) -> tuple[Figure, Sequence[Axes]]:
    """Return a figure with some panels one below the other."""
    figure = new_figure(width, 3.0 * number)
    return figure, list(figure.subplots(number, 1, sharex=True, squeeze=False)[:, 0])


def fit_to_lines(ax: Axes) -> None:
    """Set ends of the vertical axis by its lines: wide intervals leave it, and flatten none."""
    values = np.concatenate([np.asarray(line.get_ydata(), np.float64) for line in ax.lines])
    known = values[np.isfinite(values)]
    if not len(known):
        return
    low, high = float(known.min()), float(known.max())
    beyond = _BEYOND * max(high - low, 1.0)
    bottom, top = ax.get_ylim()
    ax.set_ylim(max(bottom, low - beyond), min(top, high + beyond))


def _finite(record: TransportRecord, quantity: Quantity) -> NDArray[np.float64]:
    values = record.spectra[quantity.column]
    return np.where(np.isfinite(values), values, np.nan)


def label_values(ax: Axes, quantity: Quantity) -> None:
    """Label the vertical axis; decades as powers of ten, however small they are."""
    ax.set_ylabel(quantity.label)
    if not np.isfinite(ax.dataLim.intervaly).all():
        ax.set_yticks([])
        ax.text(0.5, 0.5, "zero at all energies", transform=ax.transAxes, ha="center")
    elif quantity.scale == "log10":
        low, high = ax.get_ylim()
        if np.floor(high) - np.ceil(low) < 1.0:
            ax.set_ylim(np.floor(low), np.ceil(high))
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))
        ax.yaxis.set_major_formatter(power_label)


def energy_label(energy_reference: float) -> str:
    """Label of the axis of energies that count from a reference in eV; NaN is one of each."""
    return "Energy (eV)" if energy_reference == 0.0 else "Energy above the reference (eV)"


def _label_energy(ax: Axes, record: TransportRecord) -> None:
    ax.set_xlabel(energy_label(record.energy_reference))
    if len(record.energies) > 1:
        ax.set_xlim(record.energies[0], record.energies[-1])


def _label_energy_once(axes: Sequence[Axes]) -> None:
    for ax in axes[:-1]:
        ax.set(xlabel="")


def mark_fermi_energy(axes: Sequence[Axes], energy: float) -> None:
    """Draw a line at an energy in eV in all panels, which the first one names."""
    for ax in axes:
        ax.axvline(energy, color=MARK, lw=1.0, ls=(0, (4, 3)), zorder=0.9)
    axes[0].annotate(
        "$E_F$",
        (energy, 1.0),
        xycoords=axes[0].get_xaxis_transform(),
        xytext=(0, 2),
        textcoords="offset points",
        horizontalalignment="center",
        color=INK,
    )


def _error(quantity: Quantity, predicted: TransportRecord, reference: TransportRecord) -> str:
    """Say how far a prediction is off where it can be compared."""
    values, truth = (one.spectra[quantity.column] for one in (predicted, reference))
    known = np.isfinite(values) & np.isfinite(truth)
    if not known.any():
        return ""
    error = np.abs(values[known] - truth[known]).mean()
    return f", mean error {error:#.2g} {quantity.scale_unit}"
