"""T(E) and DOS(E) of junctions: predicted over reference, or several side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from dnawire.data import TransportRecord
from dnawire.plots.save import Table
from dnawire.plots.style import (
    INK,
    LINES,
    MARK,
    PREDICTED,
    REFERENCE,
    PowerFormatter,
    legend_above,
    new_figure,
    set_title,
    shortened,
    style,
)

_REFERENCE_WIDTH: Final = 3.6


def plot_transmission(
    ax: Axes,
    record: TransportRecord,
    *,
    reference: TransportRecord | None = None,
    color: str = PREDICTED,
    label: str = "predicted",
) -> Axes:
    """Draw T(E) of a record on a logarithmic scale, over that of a reference if there is one.

    Parameters
    ----------
    ax
        Where to draw.
    record
        What to draw; where T underflows there is no line.
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
        _plot_reference(ax, reference, reference.transmission)
    ax.plot(record.energies, _positive(record.transmission), color=color, label=label)
    _label_energy(ax, record)
    _scale(ax, "Transmission (dimensionless)")
    return ax


def plot_dos(
    ax: Axes,
    record: TransportRecord,
    *,
    reference: TransportRecord | None = None,
    color: str = PREDICTED,
    label: str = "predicted",
) -> Axes:
    """Draw DOS(E) of a record on a logarithmic scale; see `plot_transmission`."""
    if reference is not None:
        _plot_reference(ax, reference, reference.dos)
    ax.plot(record.energies, _positive(record.dos), color=color, label=label)
    _label_energy(ax, record)
    _scale(ax, "Density of states (1/eV)")
    return ax


def comparison_figure(predicted: TransportRecord, reference: TransportRecord, title: str) -> Figure:
    """Figure of a predicted record over its reference, with the errors in decades.

    Parameters
    ----------
    predicted, reference
        Two records of one junction.
    title
        What is special about it; duplex and contacts are added.

    Returns
    -------
    Figure
        T above DOS.
    """
    with style():
        figure = new_figure(6.4, 6.0)
        upper, lower = figure.subplots(2, 1, sharex=True)
        transmission_error = _mean_error(predicted.transmission, reference.transmission)
        dos_error = _mean_error(predicted.dos, reference.dos)
        plot_transmission(upper, predicted, reference=reference, label=_label(transmission_error))
        plot_dos(lower, predicted, reference=reference, label=_label(dos_error))
        upper.set(xlabel="")
        legend_above(upper)
        legend_above(lower)
        set_title(figure, f"{title}: {predicted.junction.duplex.text}")
        _add_contacts(figure, [predicted])
    return figure


def spectra_figure(
    records: Sequence[TransportRecord], title: str, fermi_energy: float | None = None
) -> Figure:
    """Figure of the spectra of a few junctions.

    Parameters
    ----------
    records
        At most as many as there are `LINES`, on one energy grid.
    title
        Above the figure.
    fermi_energy
        Marked if given, in eV.

    Returns
    -------
    Figure
        T above DOS.
    """
    with style():
        figure = new_figure(6.4 if len(records) == 1 else 8.0, 6.0)
        upper, lower = figure.subplots(2, 1, sharex=True)
        for color, record in zip(LINES, records, strict=False):
            label = shortened(record.junction.duplex.text, 16)
            plot_transmission(upper, record, color=color, label=label)
            plot_dos(lower, record, color=color, label=label)
        if fermi_energy is not None:
            _mark_fermi_energy(upper, lower, fermi_energy)
        upper.set(xlabel="")
        if len(records) > 1:
            handles, labels = upper.get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside right upper")
        set_title(figure, title)
        _add_contacts(figure, records)
    return figure


def comparison_table(predicted: TransportRecord, reference: TransportRecord) -> Table:
    """Return the numbers of `comparison_figure`."""
    return {
        "energy": ("eV", predicted.energies),
        "transmission_predicted": ("", predicted.transmission),
        "transmission_reference": ("", reference.transmission),
        "dos_predicted": ("1/eV", predicted.dos),
        "dos_reference": ("1/eV", reference.dos),
    }


def spectra_table(records: Sequence[TransportRecord]) -> Table:
    """Return the numbers of `spectra_figure`: records one after the other."""
    sizes = [len(record.energies) for record in records]
    return {
        "sequence": ("", np.repeat([one.junction.duplex.text for one in records], sizes)),
        "energy": ("eV", np.concatenate([one.energies for one in records])),
        "transmission": ("", np.concatenate([one.transmission for one in records])),
        "dos": ("1/eV", np.concatenate([one.dos for one in records])),
    }


def _plot_reference(ax: Axes, record: TransportRecord, values: NDArray[np.float64]) -> None:
    ax.plot(
        record.energies, _positive(values), color=REFERENCE, lw=_REFERENCE_WIDTH, label="reference"
    )


def _positive(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values > 0, values, np.nan)


def _scale(ax: Axes, label: str) -> None:
    """Make the vertical axis logarithmic, which needs limits where nothing is positive."""
    ax.set(yscale="log", ylabel=label)
    ax.yaxis.set_major_formatter(PowerFormatter())
    ax.yaxis.set_minor_formatter(PowerFormatter())
    if not np.isfinite(ax.dataLim.minposy):
        ax.set_ylim(0.1, 1.0, auto=True)
        ax.set_yticks([])
        ax.text(0.5, 0.5, "zero at all energies", transform=ax.transAxes, ha="center")


def _label_energy(ax: Axes, record: TransportRecord) -> None:
    is_absolute = record.energy_reference == 0.0
    ax.set_xlabel("Energy (eV)" if is_absolute else "Energy above the reference (eV)")
    if len(record.energies) > 1:
        ax.set_xlim(record.energies[0], record.energies[-1])


def _mark_fermi_energy(upper: Axes, lower: Axes, energy: float) -> None:
    for ax in (upper, lower):
        ax.axvline(energy, color=MARK, lw=1.0, ls=(0, (4, 3)), zorder=0.9)
    upper.annotate(
        "$E_F$",
        (energy, 1.0),
        xycoords=upper.get_xaxis_transform(),
        xytext=(0, 2),
        textcoords="offset points",
        horizontalalignment="center",
        color=INK,
    )


def _add_contacts(figure: Figure, records: Sequence[TransportRecord]) -> None:
    """Name the contacts below the figure, if they are the same for all of it."""
    junctions = [record.junction for record in records]
    contacts = {(one.left.text, one.right.text) for one in junctions}
    if len(contacts) == 1:
        left, right = contacts.pop()
        text = f"Contacts (eV): {shortened(left, 40)} | {shortened(right, 40)}"
        figure.supxlabel(text, x=0.01, horizontalalignment="left", fontsize=8, color=MARK)


def _label(error: float) -> str:
    return "predicted" if np.isnan(error) else f"predicted, mean error {error:#.2g} decades"


def _mean_error(values: NDArray[np.float64], truth: NDArray[np.float64]) -> float:
    known = (values > 0) & (truth > 0)
    return float(np.abs(np.log10(values[known] / truth[known])).mean()) if known.any() else np.nan
