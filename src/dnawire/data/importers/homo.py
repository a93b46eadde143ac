"""The HOMO, from which energies of the window ``homo`` are counted: stated, never assumed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from dnawire.data.importers.structure import ForeignDataError

GivenHomo = float | Literal["middle"] | None
"""What the user states: an energy in eV, or that every grid is centered on the HOMO."""

_DECIMALS: Final = 6
_TOLERANCE: Final = 1e-5
_G3NAT_GRID: Final = np.arange(-100, 101) / 100
"""eV from the HOMO; the energies that G3NAT's TransportSetup.py writes."""


@dataclass(frozen=True)
class Homo:
    """Energy in eV, and how it is known."""

    energy: float
    origin: str

    @property
    def is_stated(self) -> bool:
        """Whether somebody said so; otherwise it was concluded."""
        return self.origin != CONCLUDED


CONCLUDED: Final = "concluded from the grid of G3NAT, HOMO - 1 to HOMO + 1 eV"


def find_homo(energies: NDArray[Any], stated: Homo | None, given: GivenHomo) -> Homo:
    """Find the HOMO of one calculation.

    Parameters
    ----------
    energies
        Absolute energies (E,), eV.
    stated
        What the source states, if it does; rounded to 1e-6 eV, as sources round their grids.
    given
        What the user states.

    Returns
    -------
    Homo
        The energy, and who states it.

    Raises
    ------
    ForeignDataError
        If nobody states it and the grid is not that of G3NAT, or source and user disagree.
    """
    asked = _asked(energies, given)
    if stated is not None:
        if not math.isfinite(stated.energy):
            raise ForeignDataError(f"the HOMO is {stated.energy} eV ({stated.origin})")
        if asked is not None and not abs(asked.energy - stated.energy) < _TOLERANCE:
            raise ForeignDataError(
                f"the HOMO is {stated.energy:.6f} eV ({stated.origin}), but {asked.energy:.6f} eV "
                f"({asked.origin})"
            )
        return Homo(round(stated.energy, _DECIMALS), stated.origin)
    if asked is not None:
        return asked
    middle = float(np.mean(energies)) if energies.size else math.nan
    is_known = energies.shape == _G3NAT_GRID.shape and bool(
        (np.abs(energies - middle - _G3NAT_GRID) < _TOLERANCE).all()
    )
    if not is_known:
        raise ForeignDataError(
            "nothing states the HOMO from which the energies are counted; state it (--homo with "
            "its energy in eV, or with 'middle' if every grid is centered on it)"
        )
    return Homo(round(middle, _DECIMALS), CONCLUDED)


def _asked(energies: NDArray[Any], given: GivenHomo) -> Homo | None:
    if given is None:
        return None
    if given != "middle":
        return Homo(float(given), "as given")
    return Homo(round(float(np.mean(energies)), _DECIMALS), "middle of the grid, as given")
