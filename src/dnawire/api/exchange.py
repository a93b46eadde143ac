"""Predictions for other codes: junctions for sisl and kwant, atoms for ASE."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dnawire.junction import exchange

if TYPE_CHECKING:
    import ase
    import kwant

    from dnawire.data import TransportRecord
    from dnawire.junction.exchange import SislJunction


class Exchangeable(ABC):
    """A predicted junction that other codes can take over."""

    record: TransportRecord

    @property
    @abstractmethod
    def hamiltonian(self) -> NDArray[np.float64]:
        """Hamiltonian of the duplex in eV, (N, N)."""

    def to_sisl(self) -> SislJunction:
        """Hamiltonian for sisl, with the couplings of the contacts, from which it computes T.

        Returns
        -------
        SislJunction
            ``hamiltonian`` (a ``sisl.Hamiltonian``), ``gamma_left`` and ``gamma_right`` (N,) in eV,
            ``eta``, and ``device_green()`` with ``.transmission(energy, "left", "right")``.

        Raises
        ------
        UsageError
            If the model knows no Hamiltonian.
        MissingDependencyError
            If sisl is not installed.
        """
        hamiltonian, record = self.hamiltonian, self.record
        return exchange.to_sisl(record.junction.duplex, hamiltonian, self._gammas, record.eta)

    def to_kwant(self) -> kwant.system.FiniteSystem:
        """Junction for kwant, with the contacts as leads of a constant self-energy.

        Returns
        -------
        kwant.system.FiniteSystem
            ``kwant.greens_function(system, energy).transmission(1, 0)`` is T at eta = 0;
            ``energy + 1j * eta`` with ``check_hermiticity=False`` is for another.

        Raises
        ------
        UsageError
            If the model knows no Hamiltonian.
        MissingDependencyError
            If kwant is not installed.
        """
        return exchange.to_kwant(self.record.junction.duplex, self.hamiltonian, self._gammas)

    def to_ase(self) -> ase.Atoms:
        """All atoms of the duplex as an ideal helix, for ASE; see `AtomicStructure.to_ase`.

        Raises
        ------
        InvalidStructureError
            If it has no ideal structure.
        MissingDependencyError
            If ASE is not installed.
        """
        from dnawire.structures import build_duplex, check_structure

        structure = build_duplex(self.record.junction.duplex)
        check_structure(structure)
        return structure.to_ase()

    @property
    def _gammas(self) -> tuple[Any, Any]:
        junction = self.record.junction
        return junction.gamma_left, junction.gamma_right
