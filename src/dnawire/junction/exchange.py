"""Junctions for other codes of quantum transport, which compute the same T(E) from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.errors import MissingDependencyError
from dnawire.junction.duplex import Duplex

if TYPE_CHECKING:
    import kwant
    import sisl

_RISE: Final = 3.38
"""Angstrom from one base pair to the next, for pictures alone: no number depends on positions."""

_WIDTH: Final = 6.0
"""Angstrom between the bases of a pair, for pictures alone."""


class SislJunction(NamedTuple):
    """A tight-binding junction as sisl has it; sites are in the order of `Duplex.sites`."""

    hamiltonian: sisl.Hamiltonian
    """H in eV, one orbital for each base, orthogonal, not periodic."""
    gamma_left: NDArray[np.float64]
    """Couplings to the left contact in eV, (N,): its self-energy is ``-0.5j * diag(gamma)``."""
    gamma_right: NDArray[np.float64]
    """The same of the right contact."""
    eta: float
    """Imaginary part of the energy in eV."""

    def device_green(self) -> Any:  # noqa: ANN401
        """Green's function of sisl with both contacts in the wide-band limit.

        Returns
        -------
        sisl_toolbox.btd.DeviceGreen
            ``.transmission(energy, "left", "right")`` is T of one spin channel.
        """
        from sisl_toolbox import btd

        contacts = {"left": self.gamma_left, "right": self.gamma_right}
        electrodes = [
            (_wide_band(name, gamma[gamma > 0.0]), np.flatnonzero(gamma))
            for name, gamma in contacts.items()
        ]
        blocks = np.unique(self.hamiltonian.geometry.xyz[:, 2], return_counts=True)[1]
        partition = btd.PermuteBTD(np.arange(len(self.gamma_left)), blocks)
        return btd.DeviceGreen(self.hamiltonian, electrodes, partition, eta=self.eta)


def to_sisl(
    duplex: Duplex,
    hamiltonian: NDArray[np.float64],
    gammas: tuple[NDArray[np.float64], NDArray[np.float64]],
    eta: float,
) -> SislJunction:
    """Junction for sisl.

    Parameters
    ----------
    duplex
        The molecule.
    hamiltonian
        In eV, (N, N), in the order of its sites.
    gammas
        Couplings of the left and of the right contact in eV, in ladder layout (L, 2).
    eta
        Imaginary part of the energy in eV.

    Raises
    ------
    MissingDependencyError
        If sisl is not installed.
    """
    try:
        import sisl
    except ImportError as error:
        raise MissingDependencyError(
            "to_sisl needs the package sisl, which is not installed.",
            "pip install dnawire[export]",
        ) from error
    from scipy.sparse import csr_matrix

    pair, strand = np.nonzero(duplex.mask)
    positions = np.column_stack((_WIDTH * strand, np.zeros(len(pair)), _RISE * pair))
    cell = sisl.Lattice([4.0 * _WIDTH, 4.0 * _WIDTH, _RISE * (duplex.length + 2)], nsc=[1, 1, 1])
    geometry = sisl.Geometry(positions, sisl.Atom(6, R=2.0 * _WIDTH), cell)
    left, right = (gamma[duplex.mask] for gamma in gammas)
    sparse = csr_matrix(np.asarray(hamiltonian, dtype=np.float64))
    return SislJunction(sisl.Hamiltonian.fromsp(geometry, sparse), left, right, eta)


def to_kwant(
    duplex: Duplex,
    hamiltonian: NDArray[np.float64],
    gammas: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> kwant.system.FiniteSystem:
    """Junction for kwant, with both contacts as leads of a constant self-energy.

    Parameters
    ----------
    duplex, hamiltonian, gammas
        See `to_sisl`.

    Returns
    -------
    kwant.system.FiniteSystem
        ``kwant.greens_function(system, energy).transmission(1, 0)`` is T of one spin channel at
        eta = 0; ``energy + 1j * eta`` with ``check_hermiticity=False`` is for another. Lead 0 is
        the left contact.

    Raises
    ------
    MissingDependencyError
        If kwant is not installed.
    """
    try:
        import kwant
    except ImportError as error:
        raise MissingDependencyError(
            "to_kwant needs the package kwant, which is not installed.",
            "conda install -c conda-forge kwant (https://kwant-project.org/install).",
        ) from error
    lattice = kwant.lattice.square(norbs=1)
    sites = [lattice(*map(int, place)) for place in np.argwhere(duplex.mask)]
    system = kwant.Builder()
    for row, site in enumerate(sites):
        system[site] = float(hamiltonian[row, row])
    for row, column in np.argwhere(np.triu(hamiltonian, 1)):
        system[sites[row], sites[column]] = float(hamiltonian[row, column])
    for gamma in (gamma[duplex.mask] for gamma in gammas):
        touched = np.flatnonzero(gamma)
        interface = [sites[row] for row in touched]
        lead = kwant.builder.SelfEnergyLead(_wide_band_lead(gamma[touched]), interface, [])
        system.leads.append(lead)
    return system.finalized()


def _wide_band_lead(gamma: NDArray[np.float64]) -> Any:  # noqa: ANN401
    """Function of the energy that gives ``-i gamma / 2``, as kwant calls that of a lead."""

    def self_energy(energy: float, args: tuple[object, ...] = (), *, params: object = None) -> Any:  # noqa: ANN401
        del energy, args, params
        return -0.5j * np.diag(gamma)

    return self_energy


def _wide_band(name: str, gamma: NDArray[np.float64]) -> Any:  # noqa: ANN401
    """Electrode of sisl with the self-energy ``-i gamma / 2`` on the orbitals of one contact."""
    from sisl_toolbox import btd

    class WideBand(btd.Electrode):  # type: ignore[misc]
        def __len__(self) -> int:
            return len(gamma)

        def self_energy(self, *_: object, **__: object) -> NDArray[np.complex128]:
            return np.diag(-0.5j * gamma)

        def se2broadening(self, self_energy: NDArray[np.complex128]) -> NDArray[np.complex128]:
            return 1j * (self_energy - self_energy.conj().T)

    return WideBand(name=name)
