"""What is asked of every sequence of a screening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dnawire.errors import UsageError
from dnawire.junction import Contact
from dnawire.predictors import Predictor, check_inside

TRANSMISSION: Final = "log10_transmission"
MEAN_TRANSMISSION: Final = "mean_log10_transmission"
MEAN_DOS: Final = "mean_log10_dos"
CONDUCTANCE: Final = "log10_conductance"

CRITERIA: Final[Mapping[str, str]] = {
    TRANSMISSION: "log10 T at the Fermi energy",
    MEAN_TRANSMISSION: "mean log10 T over the window",
    MEAN_DOS: "mean log10 DOS over the window",
    CONDUCTANCE: "log10 G/G0 at the Fermi energy and temperature",
}
"""What sequences can be ranked by, all in decades."""


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of every sequence.

    Parameters
    ----------
    left, right
        Contacts; their positions must exist in every duplex.
    energies
        Energies (E,) in eV, increasing; they bound all that is considered.
    window
        First and last energy in eV of the means.
    eta
        Imaginary part of the energy in eV.
    fermi_energy
        In eV; None asks nothing of it.
    temperature
        In K, for the conductance.
    rank_by
        One of `CRITERIA`.
    conductance_from_grid
        Whether a conductance is wanted of a predictor that knows no resonances; see `summarize`.

    Raises
    ------
    UsageError
        If the window holds no energy, the Fermi energy lies outside the energies, or the quantity
        needs one that is not given.
    """

    left: Contact
    right: Contact
    energies: NDArray[np.float64]
    window: tuple[float, float]
    eta: float
    fermi_energy: float | None
    temperature: float
    rank_by: str
    conductance_from_grid: bool = False

    def __post_init__(self) -> None:
        low, high = float(self.energies[0]), float(self.energies[-1])
        if not self.in_window.any():
            raise UsageError(
                f"no energy lies in the window from {self.window[0]:g} to {self.window[1]:g} eV: "
                f"there are {len(self.energies)} from {low:g} to {high:g} eV.",
                "widen the window, or choose energies inside it.",
            )
        if self.fermi_energy is None and self.rank_by in (TRANSMISSION, CONDUCTANCE):
            raise UsageError(
                f"{self.rank_by} needs the Fermi energy, which is not given.",
                f"give it in eV (--fermi_energy), or rank by {MEAN_TRANSMISSION}.",
            )
        if self.fermi_energy is not None:
            check_inside("the Fermi energy", self.fermi_energy, self.energies)

    @property
    def in_window(self) -> NDArray[np.bool_]:
        """Which energies the means go over, (E,)."""
        return (self.energies >= self.window[0]) & (self.energies <= self.window[1])


def knows_dos(predictor: Predictor) -> bool:
    """Whether the DOS of a predictor means anything: it follows from H, or was learned."""
    return predictor.knows_hamiltonian or "dos" in predictor.conditions.quantities
