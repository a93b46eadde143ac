"""Under which conditions the numbers of a figure hold: one text, the same below every figure."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Final

from matplotlib.figure import Figure

from dnawire.plots.style import MARK, MINUS, literal, shortened

_NO_BREAK: Final = "\N{NO-BREAK SPACE}"
_LONGEST_CONTACT: Final = 40
_CHARACTERS_PER_INCH: Final = 14.0


def footer(
    contacts: tuple[str, str] | None,
    *,
    energy_reference: float,
    eta: float,
    parameters: str | None,
    level: str | None = None,
    thermal: tuple[float, float] | None = None,
    further: Sequence[str] = (),
) -> str:
    """Say what was measured, and how.

    Parameters
    ----------
    contacts
        Texts of the left and the right contact, with or without couplings in eV; None if each
        record has its own.
    energy_reference
        Absolute energy in eV of the zero of the axis; NaN if each molecule has its own.
    eta
        Imaginary part of the energy in eV.
    parameters
        Name of the tight-binding parameter set; None if there is none.
    level
        Level of theory in the place of a parameter set, e.g. ``GFN1-xTB/ALPB(water)``.
    thermal
        Fermi energy in eV and temperature in K; None where nothing depends on them.
    further
        What else they depend on.

    Returns
    -------
    str
        Contacts, zero of the energy, eta, parameter set or level of theory, and temperature.
    """
    ends = [shortened(one, _LONGEST_CONTACT) for one in contacts or ()]
    parts = [
        _contacts(ends) if ends else "contacts of each record",
        _energy_zero(energy_reference),
        f"eta {eta:g} eV",
        f"parameter set {parameters}" if parameters else level or "no parameter set",
    ]
    if thermal:
        parts.append(f"E_F {_signed(thermal[0])} eV, {thermal[1]:g} K")
    elif not further:
        parts.append("no temperature: spectra only")
    return "; ".join((*parts, *further))


def add_footer(figure: Figure, text: str) -> None:
    """Write the conditions below a figure, in as many lines as they need."""
    unbroken = "; ".join(part.replace(" ", _NO_BREAK) for part in text.split("; "))
    lines = textwrap.wrap(
        unbroken, int(_CHARACTERS_PER_INCH * figure.get_figwidth()), break_on_hyphens=False
    )
    figure.supxlabel(
        literal("\n".join(lines)), x=0.01, horizontalalignment="left", fontsize=8, color=MARK
    )


def _contacts(ends: Sequence[str]) -> str:
    has_couplings = any("=" in one for one in ends)
    return f"contacts {' | '.join(ends)}{' eV' * has_couplings}"


def _energy_zero(reference: float) -> str:
    if reference == 0.0:
        return "energies absolute"
    if math.isnan(reference):
        return "energy zero of each molecule"
    return f"energy zero at {_signed(reference)} eV"


def _signed(value: float) -> str:
    return f"{value:g}".replace("-", MINUS)
