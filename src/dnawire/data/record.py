"""One transport calculation: the unit of data, of prediction and of plotting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnawire.errors import UsageError
from dnawire.junction import Junction


@dataclass(frozen=True, eq=False)
class TransportRecord:
    """Spectra of one junction on E energies, one spin channel.

    Parameters
    ----------
    junction
        The duplex and its contacts.
    energies
        Energies in eV, (E,), increasing, counted from ``energy_reference``.
    transmission
        Landauer transmission, (E,), dimensionless.
    dos
        Density of states, (E,), 1/eV.
    ldos
        Local density of states, (number of sites, E), 1/eV, in site order; its sum over sites is
        ``dos``. None if unknown. The floating point type is kept.
    eta
        Imaginary part of the energy that the spectra were computed with, eV.
    energy_reference
        Absolute energy in eV of ``energies == 0``; 0 if the energies are absolute.
    identifier
        Name of the calculation in its source.

    Raises
    ------
    UsageError
        If the shapes do not fit each other; names the field.
    """

    junction: Junction
    energies: NDArray[np.float64]
    transmission: NDArray[np.float64]
    dos: NDArray[np.float64]
    ldos: NDArray[Any] | None
    eta: float
    energy_reference: float
    identifier: str

    def __post_init__(self) -> None:
        for name in ("energies", "transmission", "dos"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        if self.energies.ndim != 1:
            raise self._misshapen("energies", self.energies.shape, "(E,)")
        for name in ("transmission", "dos"):
            shape = getattr(self, name).shape
            if shape != self.energies.shape:
                raise self._misshapen(name, shape, str(self.energies.shape))
        if self.ldos is not None:
            expected = (self.junction.duplex.num_sites, len(self.energies))
            if self.ldos.shape != expected:
                raise self._misshapen("ldos", self.ldos.shape, str(expected))

    def _misshapen(self, name: str, shape: tuple[int, ...], expected: str) -> UsageError:
        return UsageError(
            f"record '{self.identifier}': {name} has shape {shape} instead of {expected}.",
            "give one value per energy, and one row of LDOS per present base in site order.",
        )
