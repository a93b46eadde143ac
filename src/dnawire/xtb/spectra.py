"""Spectra of all contact variants of a duplex, from its geometry and its shell potentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.constants import HARTREE_EV
from dnawire.data.atomistic import IntervalMeans
from dnawire.data.ragged import Ragged
from dnawire.data.record import TransportRecord
from dnawire.errors import NotConvergedError
from dnawire.junction import Junction
from dnawire.quantities import scaled_columns
from dnawire.structures import AtomicStructure
from dnawire.transport.poles import Poles
from dnawire.xtb.fock import Integrals, orthogonalized

Doubles = NDArray[np.float64]

_TOLERANCE: Final = 1e-6
_SMALLEST_SAMPLED: Final = 1e-15


@dataclass(frozen=True)
class Window:
    """Energies of the spectra.

    Parameters
    ----------
    low, high
        Ends in eV, absolute.
    num_points
        Number of equally spaced energies.
    eta
        Imaginary part of the energy, eV.
    widths
        Widths in meV of the intervals that means are taken over.
    """

    low: float
    high: float
    num_points: int
    eta: float
    widths: tuple[int, ...]

    @property
    def energies(self) -> Doubles:
        """Grid of the spectra, (E,), rounded to 1e-9 eV."""
        return np.round(np.linspace(self.low, self.high, self.num_points), 9)

    def edges(self, width: int) -> Doubles:
        """Edges of whole intervals of a width in meV, from the low end, (K + 1,)."""
        count = int((self.high - self.low) / (width * 1e-3) + 1e-6)
        return np.round(self.low + width * 1e-3 * np.arange(count + 1), 9)


@dataclass(frozen=True, eq=False)
class AtomicJunctions:
    """The orthogonalized Hamiltonian of a duplex, for contacts of any kind.

    Parameters
    ----------
    structure
        Its atoms.
    hamiltonian
        In eV, (N, N).
    orbital_atom
        Atom of every orbital, (N,).
    """

    structure: AtomicStructure
    hamiltonian: Float[Doubles, "N N"]
    orbital_atom: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        structure: AtomicStructure,
        integrals: Integrals,
        shell_potentials: Float[Doubles, " M"],
    ) -> AtomicJunctions:
        """Assemble and orthogonalize F; potentials in hartree."""
        fock = integrals.fock(shell_potentials) * HARTREE_EV
        return cls(
            structure, orthogonalized(fock, integrals.overlap), integrals.basis.orbital_atom
        )

    def poles(self, junction: Junction) -> Poles:
        """Poles with wide-band contacts on all orbitals of the attached nucleotides, by site."""
        left, right = self._couplings(junction)
        sites = self.structure.sites[self.orbital_atom]
        return Poles.of(self.hamiltonian, left, right, sites)

    def record(
        self, junction: Junction, window: Window, identifier: str
    ) -> tuple[TransportRecord, dict[int, IntervalMeans]]:
        """Spectra of a junction, and their means over intervals by width.

        Raises
        ------
        NotConvergedError
            If they differ from those of a direct inversion at some energies.
        """
        poles = self.poles(junction)
        energies, eta = window.energies, window.eta
        ldos = poles.local_dos(energies, eta)
        transmission = poles.transmission(energies, eta)
        self._check(junction, window, transmission, ldos)
        columns = scaled_columns(transmission=transmission, dos=ldos.sum(0), ldos=ldos)
        columns["log10_ldos"] = columns["log10_ldos"].astype(np.float32)
        record = TransportRecord(
            junction=junction,
            energies=energies,
            spectra=columns,
            eta=eta,
            energy_reference=0.0,
            identifier=identifier,
        )
        return record, {width: _means(poles, window.edges(width)) for width in window.widths}

    def _couplings(self, junction: Junction) -> tuple[Doubles, Doubles]:
        left, right = (
            self.structure.couplings(contact)[self.orbital_atom]
            for contact in (junction.left, junction.right)
        )
        return left, right

    def _check(
        self, junction: Junction, window: Window, transmission: Doubles, ldos: Doubles
    ) -> None:
        """Compare the energy of the highest density of states with a direct inversion."""
        index = int(ldos.sum(0).argmax())
        exact, dos = self.direct(junction, complex(window.energies[index], window.eta))
        wrong = max(
            abs(ldos[:, index].sum() / dos - 1.0),
            abs(transmission[index] / exact - 1.0) if exact > _SMALLEST_SAMPLED else 0.0,
        )
        if not wrong < _TOLERANCE:
            raise NotConvergedError(
                f"{junction} at {window.energies[index]:.3f} eV: the poles give other spectra than "
                f"the inversion (by {wrong:.1e}).",
                "report it: the effective Hamiltonian is nearly defective.",
            )

    def direct(self, junction: Junction, energy: complex) -> tuple[float, float]:
        """Transmission and density of states by inversion, at one complex energy in eV."""
        left, right = self._couplings(junction)
        matrix = -self.hamiltonian.astype(np.complex128)
        matrix[np.diag_indices_from(matrix)] += energy + 0.5j * (left + right)
        greens = np.linalg.inv(matrix)
        on_left, on_right = np.flatnonzero(left), np.flatnonzero(right)
        between = abs(greens[np.ix_(on_left, on_right)]) ** 2
        transmission = left[on_left] @ between @ right[on_right]
        return float(transmission), float(-np.trace(greens).imag / np.pi)


def _means(poles: Poles, edges: Doubles) -> IntervalMeans:
    ldos = poles.mean_local_dos(edges)
    columns = scaled_columns(
        transmission=poles.mean_transmission(edges), dos=ldos.sum(0), ldos=ldos
    )
    return IntervalMeans(
        edges,
        columns["log10_transmission"][None],
        columns["log10_dos"][None],
        Ragged.from_rows([columns["log10_ldos"].astype(np.float32).ravel()]),
    )
