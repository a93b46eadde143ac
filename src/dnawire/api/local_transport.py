"""Where carriers flow inside of a predicted junction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dnawire.scalars import ENERGY, check_range
from dnawire.transport import Eigenchannels, bond_transmissions, eigenchannels

if TYPE_CHECKING:
    from dnawire.api.conditions import Setup
    from dnawire.junction import Junction


class LocalTransport(ABC):
    """What a `Prediction` tells of the inside of its junction, where a Hamiltonian is known.

    Orbitals are bases, in the order of ``junction.duplex.sites``; all is at eta = 0.
    """

    _setup: Setup

    @property
    @abstractmethod
    def junction(self) -> Junction:
        """The duplex between its contacts."""

    def bond_transmissions(self, energy: float) -> NDArray[np.float64]:
        """Local transmission from every base to every other, of carriers from the left contact.

        Antisymmetric. Times G0 and a small voltage it is the bond current; the sum over all bonds
        through a cut between the contacts is T (doi:10.1103/PhysRevLett.68.2512).

        Parameters
        ----------
        energy
            In eV.

        Returns
        -------
        ndarray
            Dimensionless, (N, N): from row to column.

        Raises
        ------
        UsageError
            If the model knows no Hamiltonian.
        """
        check_range("energy", energy, ENERGY)
        ladder = self._setup.predictor.ladder(self.junction)
        present = self.junction.duplex.mask.ravel()
        found: NDArray[np.float64] = bond_transmissions(ladder, np.array([energy]))[0, 0]
        return found[np.ix_(present, present)]

    def eigenchannels(self, energy: float) -> tuple[NDArray[np.float64], NDArray[Any]]:
        """Transmission eigenchannels, those that conduct best first.

        See `dnawire.transport.Eigenchannels` (doi:10.1103/PhysRevB.76.115117).

        Parameters
        ----------
        energy
            In eV.

        Returns
        -------
        tuple
            Transmissions (C,), whose sum is T, and scattering states (N, C) from the left contact;
            the sum of their squares is 2 pi times the LDOS that is injected from there.

        Raises
        ------
        UsageError
            If the model knows no Hamiltonian.
        """
        check_range("energy", energy, ENERGY)
        ladder = self._setup.predictor.ladder(self.junction)
        found: Eigenchannels = eigenchannels(ladder, np.array([energy]))
        states = found.states[0, 0][self.junction.duplex.mask.ravel()]
        return found.transmissions[0, 0], states
