"""One transport calculation: the unit of data, of prediction and of plotting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnawire.errors import UsageError
from dnawire.junction import Junction
from dnawire.quantities import BY_NAME, QUANTITIES, Quantity


@dataclass(frozen=True, eq=False)
class TransportRecord:
    """Spectra of one junction on E energies, one spin channel.

    Parameters
    ----------
    junction
        The duplex and its contacts.
    energies
        Energies in eV, (E,), increasing, counted from ``energy_reference``.
    spectra
        Values by column of `QUANTITIES`, in the scale of the quantity: ``log10_transmission`` and
        perhaps ``log10_dos`` (E,) and ``log10_ldos`` (number of sites, E) in site order, whose
        plain values sum to the DOS. Those over sites keep their floating point type.
    eta
        Imaginary part of the energy that the spectra were computed with, eV.
    energy_reference
        Absolute energy in eV of ``energies == 0``; 0 if the energies are absolute.
    identifier
        Name of the calculation in its source.

    Raises
    ------
    UsageError
        If the shapes do not fit each other, or a spectrum is missing or unknown; names it.
    """

    junction: Junction
    energies: NDArray[np.float64]
    spectra: Mapping[str, NDArray[Any]]
    eta: float
    energy_reference: float
    identifier: str

    def __post_init__(self) -> None:
        energies = np.asarray(self.energies, dtype=np.float64)
        object.__setattr__(self, "energies", energies)
        if energies.ndim != 1:
            raise self._misshapen("energies", energies.shape, "(E,)")
        known = {quantity.column: self._checked(quantity) for quantity in QUANTITIES}
        unknown = set(self.spectra) - set(known)
        if unknown:
            raise UsageError(
                f"record '{self.identifier}': nothing is known of '{min(unknown)}'.",
                f"name the spectra {', '.join(known)}.",
            )
        present = {name: values for name, values in known.items() if values is not None}
        object.__setattr__(self, "spectra", present)

    @property
    def log10_transmission(self) -> NDArray[np.float64]:
        """log10 of the Landauer transmission, (E,); -inf where it vanishes."""
        return self.spectra[BY_NAME["transmission"].column]

    @property
    def transmission(self) -> NDArray[np.float64]:
        """Landauer transmission, (E,), dimensionless; zero where it underflows."""
        return BY_NAME["transmission"].plain(self.log10_transmission)

    @property
    def dos(self) -> NDArray[np.float64]:
        """Density of states, (E,), 1/eV.

        Raises
        ------
        UsageError
            If nothing is known of it.
        """
        column = BY_NAME["dos"].column
        if column not in self.spectra:
            raise UsageError(
                f"record '{self.identifier}' has no DOS.", "use its transmission, which it has."
            )
        return BY_NAME["dos"].plain(self.spectra[column])

    @property
    def ldos(self) -> NDArray[Any] | None:
        """Local density of states, (number of sites, E), 1/eV, in site order; None if unknown."""
        values = self.spectra.get(BY_NAME["ldos"].column)
        return None if values is None else BY_NAME["ldos"].plain(values)

    def _checked(self, quantity: Quantity) -> NDArray[Any] | None:
        """Values of a quantity, after a look at their shape."""
        sizes = {"site": self.junction.duplex.num_sites, "energy": len(self.energies)}
        expected = tuple(sizes[axis] for axis in quantity.axes)
        values = self.spectra.get(quantity.column)
        if values is None and not quantity.is_required:
            return None
        shape = () if values is None else np.shape(values)
        if values is None or shape != expected:
            raise self._misshapen(quantity.column, shape, str(expected))
        return np.asarray(values) if quantity.has_sites else np.asarray(values, dtype=np.float64)

    def _misshapen(self, name: str, shape: tuple[int, ...], expected: str) -> UsageError:
        return UsageError(
            f"record '{self.identifier}': {name} has shape {shape} instead of {expected}.",
            "give one value per energy, and those over sites per present base in site order.",
        )
