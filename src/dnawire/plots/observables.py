"""Figures of observables: current and bias, thermoelectrics, probes, disorder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import matplotlib as mpl
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter
from numpy.typing import NDArray

from dnawire.junction import Duplex
from dnawire.plots.footer import add_footer
from dnawire.plots.style import (
    INK,
    LINES,
    MARK,
    duplex_label,
    new_figure,
    set_title,
    style,
)

Doubles = NDArray[np.float64]

_LONGEST_IN_LEGEND: Final = 18
_DASHES: Final = (0, (4, 2))
_DOTS: Final = (0, (1, 2))


def current_figure(
    duplexes: Sequence[Duplex],
    voltages: Float[Doubles, " V"],
    current: Float[Doubles, "B V"],
    conductance_quanta: Float[Doubles, "B V"],
    title: str,
    footer: str,
) -> Figure:
    """Figure of current-voltage curves: I, its size in decades, and dI/dV.

    Parameters
    ----------
    duplexes
        At most as many as there are `LINES`.
    voltages
        In V.
    current
        In A.
    conductance_quanta
        dI/dV in G0.
    title
        Above the figure.
    footer
        Under which conditions it holds, see `dnawire.plots.footer`.

    Returns
    -------
    Figure
        Three panels side by side.
    """
    order = np.argsort(voltages)
    with style():
        figure = new_figure(9.6, 3.7)
        axes = figure.subplots(1, 3)
        for color, duplex, amperes, quanta in zip(
            LINES, duplexes, current, conductance_quanta, strict=False
        ):
            label = duplex_label(duplex, _LONGEST_IN_LEGEND)
            for ax, values in zip(
                axes, (amperes, _positive(abs(amperes)), _positive(quanta)), strict=True
            ):
                ax.plot(voltages[order], values[order], color=color, label=label)
        axes[0].yaxis.set_major_formatter(EngFormatter("A", sep="\N{NO-BREAK SPACE}"))
        for ax, name in zip(axes, ("Current", "|Current| (A)", "dI/dV (G$_0$)"), strict=True):
            ax.set(xlabel="Voltage (V)", ylabel=name)
        for ax in axes[1:]:
            _decades(ax)
        _finish(figure, axes[0], duplexes, title, footer)
    return figure


def thermoelectric_figure(
    duplex: Duplex,
    grid: tuple[Float[Doubles, " F"], Float[Doubles, " K"]],
    response: tuple[Doubles, Doubles, Doubles, Doubles],
    title: str,
    footer: str,
    fermi_energy: float | None,
) -> Figure:
    """Figure of the linear response of one junction over the Fermi energy.

    Parameters
    ----------
    duplex
        The molecule.
    grid
        Fermi energies in eV and temperatures in K.
    response
        G in G0, Seebeck coefficient in microvolt per kelvin, electronic heat conductance in W/K and
        electronic ZT, (F, K) each.
    title
        Above the figure; the duplex is added.
    footer
        Under which conditions it holds, see `dnawire.plots.footer`.
    fermi_energy
        Marked if given, in eV.

    Returns
    -------
    Figure
        Four panels.
    """
    names = (
        "Conductance (G$_0$)",
        "Seebeck coefficient (µV/K)",
        "Electronic heat conductance (W/K)",
        "Electronic ZT (dimensionless)",
    )
    energies, temperatures = grid
    colors = mpl.colormaps["plasma"](np.linspace(0.0, 0.85, len(temperatures)))
    with style():
        figure = new_figure(8.8, 5.6)
        axes = figure.subplots(2, 2, sharex=True)
        for ax, name, values in zip(axes.flat, names, response, strict=True):
            for color, kelvin, one in zip(colors, temperatures, values.T, strict=True):
                shown = one if name == names[1] else _positive(one)
                ax.plot(energies, shown, color=color, label=f"{kelvin:g} K")
            ax.set_ylabel(name)
            ax.set_xlim(energies[0], energies[-1])
            if name == names[1]:
                ax.axhline(0.0, color=MARK, lw=0.8, zorder=0.9)
            else:
                _decades(ax)
            if fermi_energy is not None:
                ax.axvline(fermi_energy, color=MARK, lw=1.0, ls=_DASHES, zorder=0.9)
        for ax in axes[1]:
            ax.set_xlabel("Fermi energy (eV)")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right upper")
        set_title(figure, title, duplex)
        add_footer(figure, footer)
    return figure


def dephasing_figure(
    duplexes: Sequence[Duplex],
    couplings: Float[Doubles, " P"],
    total: Float[Doubles, "B P"],
    coherent: Float[Doubles, "B P"],
    title: str,
    footer: str,
) -> Figure:
    """Figure of the conductance over the coupling of probes, and the share of what met one.

    Parameters
    ----------
    duplexes
        At most as many as there are `LINES`.
    couplings
        In eV; at 0 a horizontal line is drawn.
    total, coherent
        G and its coherent part in G0.
    title
        Above the figure.
    footer
        Under which conditions it holds, see `dnawire.plots.footer`.

    Returns
    -------
    Figure
        Two panels side by side.
    """
    order = np.argsort(couplings)
    order = order[couplings[order] > 0.0]
    with style():
        figure = new_figure(8.8, 3.9)
        left, right = figure.subplots(1, 2)
        for color, duplex, whole, phase in zip(LINES, duplexes, total, coherent, strict=False):
            label = duplex_label(duplex, _LONGEST_IN_LEGEND)
            drawn = couplings[order]
            left.plot(drawn, _positive(whole[order]), "o-", ms=3.5, color=color, label=label)
            left.plot(drawn, _positive(phase[order]), ls=_DASHES, color=color)
            for alone in whole[couplings == 0.0].tolist():
                if alone > 0.0:
                    left.axhline(alone, color=color, lw=1.0, ls=_DOTS)
            with np.errstate(invalid="ignore"):
                share = np.clip(1.0 - phase[order] / whole[order], 0.0, 1.0)
            right.plot(drawn, share, "o-", ms=3.5, color=color)
        left.set_ylabel("Conductance (G$_0$)")
        _decades(left)
        right.set(ylabel="Incoherent share (dimensionless)", ylim=(-0.03, 1.03))
        for ax in (left, right):
            ax.set_xlabel("Coupling of every probe (eV)")
            if np.isfinite(ax.dataLim.intervalx).all():
                ax.set_xscale("log")
        for line, name in ((_DASHES, "coherent part"), (_DOTS, "without probes")):
            left.plot([], [], ls=line, color=INK, label=name)
        _finish(figure, left, duplexes, title, footer)
    return figure


def disorder_figure(
    duplexes: Sequence[Duplex],
    histograms: tuple[Float[Doubles, " n+1"], Float[Doubles, "B n"]],
    typical: Float[Doubles, " B"],
    clean: Float[Doubles, " B"],
    title: str,
    footer: str,
) -> Figure:
    """Figure of the distributions of log10 G.

    Parameters
    ----------
    duplexes
        At most as many as there are `LINES`.
    histograms
        Edges of the bins in decades, and shares of the samples.
    typical, clean
        log10 of the geometric mean and of G without disorder, in G0.
    title
        Above the figure.
    footer
        Under which conditions it holds, see `dnawire.plots.footer`.

    Returns
    -------
    Figure
        One panel.
    """
    edges, shares = histograms
    with style():
        figure = new_figure(7.6, 3.9)
        ax = figure.add_subplot()
        for color, duplex, share, mean, alone in zip(
            LINES, duplexes, shares, typical, clean, strict=False
        ):
            label = duplex_label(duplex, _LONGEST_IN_LEGEND)
            ax.stairs(share, edges, fill=True, color=color, alpha=0.25)
            ax.stairs(share, edges, color=color, lw=1.3, label=label)
            for value, line in ((mean, _DASHES), (alone, _DOTS)):
                ax.axvline(value if np.isfinite(value) else np.nan, color=color, lw=1.3, ls=line)
        for line, name in ((_DASHES, "geometric mean"), (_DOTS, "without disorder")):
            ax.plot([], [], ls=line, color=INK, lw=1.3, label=name)
        ax.set(xlabel="log$_{10}$ conductance (G$_0$)", ylabel="Share of the samples per bin")
        ax.set_ylim(bottom=0.0)
        _finish(figure, ax, duplexes, title, footer)
    return figure


def _finish(figure: Figure, ax: Axes, duplexes: Sequence[Duplex], title: str, footer: str) -> None:
    """Legend, title and conditions."""
    handles, labels = ax.get_legend_handles_labels()
    if len(labels) > 1:
        figure.legend(handles, labels, loc="outside right upper")
    set_title(figure, title, duplexes[0] if len(duplexes) == 1 else None)
    add_footer(figure, footer)


def _positive(values: Doubles) -> Doubles:
    """Values, without those that have no logarithm."""
    return np.where(values > 0.0, values, np.nan)


def _decades(ax: Axes) -> None:
    """Make the vertical axis logarithmic, if anything on it is above zero."""
    if np.isfinite(ax.dataLim.intervaly).all():
        ax.set_yscale("log")
    else:
        ax.set_yticks([])
        ax.text(0.5, 0.5, "zero", transform=ax.transAxes, ha="center")
