"""Self-consistent shell charges and potentials, with the checks that tell good from converged."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from dnawire.constants import HARTREE_EV
from dnawire.electronic.nucleotides import typical_charges
from dnawire.electronic.orthogonal import OrthogonalBasis
from dnawire.electrostatics import DenseElectrostatics, Electrostatics, SolventParameters
from dnawire.electrostatics.parameters import element_rows, load_shells
from dnawire.errors import NotConvergedError
from dnawire.structures import AtomicStructure, find_defect

_logger = logging.getLogger(__name__)

Doubles = NDArray[np.float64]

TOLERANCE: Final = 1e-7
"""Largest change of a shell charge in the last iteration, e."""

_NEAR: Final = 0.05
"""Change of a shell charge below which orbitals are kept and perturbed, e."""

_RESPONSE: Final = 0.01
"""Share of the first change of a charge that a response to first order leaves."""

_SMALLEST_OVERLAP: Final = 1e-3
_SMALLEST_GAP: Final = 0.5
_HIGHEST_HOMO: Final = -3.0


class Mixing(NamedTuple):
    """How the next charges are made of those before (doi:10.1145/321296.321305)."""

    share: float
    """Of the new charges."""
    memory: int
    """Number of iterations that are remembered."""
    iterations: int
    """Most of them."""


ATTEMPTS: Final[Mapping[str, Mixing]] = {
    "standard": Mixing(0.4, 15, 80),
    "damped": Mixing(0.1, 8, 300),
    "strongly damped": Mixing(0.03, 4, 1000),
}
"""What is tried, one after the other."""


@dataclass(frozen=True, eq=False)
class ElectronicStructure:
    """A self-consistent state.

    Parameters
    ----------
    basis
        The orthogonalized orbitals.
    shell_charges
        Mulliken charges of the shells in e, (M,).
    shell_potentials
        Those of the charges, in hartree, (M,).
    levels
        Orbital energies in eV, ascending, (N,).
    num_occupied
        Number of doubly occupied orbitals.
    attempt
        Which of `ATTEMPTS` it took.
    iterations
        Number of iterations of that attempt; those near the end diagonalize nothing.
    """

    basis: OrthogonalBasis
    shell_charges: Float[Doubles, " M"]
    shell_potentials: Float[Doubles, " M"]
    levels: Float[Doubles, " N"]
    num_occupied: int
    attempt: str
    iterations: int

    @property
    def homo(self) -> float:
        """Highest occupied level, eV."""
        return float(self.levels[self.num_occupied - 1])

    @property
    def lumo(self) -> float:
        """Lowest empty level, eV."""
        return float(self.levels[self.num_occupied])


@dataclass(frozen=True, eq=False)
class Orbitals:
    """Orbitals of the Fock matrix of some potentials, and what they become near by.

    Parameters
    ----------
    potentials
        Those of the shells, hartree, (M,).
    levels
        Hartree, (N,).
    left, right
        S^(1/2) and S^(-1/2) times the orbitals, (N, N).
    orbital_shell
        Shell of every row, (N,).
    num_occupied
        Number of doubly occupied orbitals.
    """

    potentials: Float[Doubles, " M"]
    levels: Float[Doubles, " N"]
    left: Float[Doubles, "N N"]
    right: Float[Doubles, "N N"]
    orbital_shell: Int[NDArray[np.int64], " N"]
    num_occupied: int

    @classmethod
    def of(
        cls, basis: OrthogonalBasis, potentials: Float[Doubles, " M"], num_occupied: int
    ) -> Orbitals:
        """Diagonalize the Fock matrix."""
        levels, vectors = np.linalg.eigh(basis.fock(potentials))
        left, right = basis.root @ vectors, basis.inverse_root @ vectors
        return cls(potentials, levels, left, right, basis.orbital_shell, num_occupied)

    def populations(self, potentials: Float[Doubles, " M"]) -> Float[Doubles, " M"]:
        """Mulliken populations of the shells (doi:10.1063/1.1740588) in potentials near by.

        Occupied and empty orbitals mix to first order (doi:10.1002/jcc.540030214): exact for the
        potentials of the orbitals, and seven times faster than another diagonalization.
        """
        full, empty = slice(self.num_occupied), slice(self.num_occupied, None)
        if potentials is self.potentials:
            return self._populations(self.left[:, full], self.right[:, full])
        change = (potentials - self.potentials)[self.orbital_shell, None]
        coupling = self.left[:, empty].T @ (change * self.right[:, full])
        coupling += self.right[:, empty].T @ (change * self.left[:, full])
        mixing = 0.5 * coupling / (self.levels[full] - self.levels[empty, None])
        left, right = (
            matrix[:, full] + matrix[:, empty] @ mixing for matrix in (self.left, self.right)
        )
        norm = np.eye(self.num_occupied) + mixing.T @ mixing
        return self._populations(left, right @ np.linalg.inv(norm))

    def _populations(
        self, left: Float[Doubles, "N n"], right: Float[Doubles, "N n"]
    ) -> Float[Doubles, " M"]:
        return populations(left, right, self.orbital_shell)


@dataclass(frozen=True, eq=False)
class ElectronicSystem:
    """A structure whose charges are wanted.

    Parameters
    ----------
    basis
        Its orthogonalized orbitals.
    electrostatics
        Potentials of its charges.
    reference
        Electrons of the shells of free atoms, (M,).
    """

    basis: OrthogonalBasis
    electrostatics: DenseElectrostatics
    reference: Float[Doubles, " M"]

    @classmethod
    def of(cls, structure: AtomicStructure, solvent: SolventParameters | None) -> ElectronicSystem:
        """Compute what the geometry decides; ``solvent`` is None in vacuum.

        Raises
        ------
        InvalidStructureError
            If an element has no constants.
        """
        field = Electrostatics.of(structure.atomic_numbers, structure.positions, solvent)
        basis = OrthogonalBasis.of(structure)
        return cls(basis, field.dense(), free_atom_occupations(structure))

    @property
    def num_occupied(self) -> int:
        """Number of doubly occupied orbitals."""
        return num_occupied(self.basis.structure)

    def orbitals(self, charges: Float[Doubles, " M"]) -> Orbitals:
        """Diagonalize the Fock matrix of shell charges in e."""
        return Orbitals.of(self.basis, self.electrostatics.potentials(charges), self.num_occupied)

    def charges(self, orbitals: Orbitals, potentials: Float[Doubles, " M"]) -> Float[Doubles, " M"]:
        """Shell charges in e of orbitals in potentials in hartree near theirs."""
        return self.reference - orbitals.populations(potentials)

    def response(self, orbitals: Orbitals, charges: Float[Doubles, " M"]) -> Float[Doubles, " M"]:
        """Shell charges in e that are self-consistent to first order.

        Parameters
        ----------
        orbitals
            Those of the charges, which are kept and perturbed.
        charges
            Shell charges near self-consistent ones, e.

        Raises
        ------
        NotConvergedError
            If the charges do not settle.
        """
        mixing, potentials = ATTEMPTS["standard"], orbitals.potentials
        history, enough = _History(mixing), 0.0
        for _ in range(mixing.iterations):
            change = self.charges(orbitals, potentials) - charges
            largest = float(abs(change).max())
            enough = enough or max(_RESPONSE * largest, TOLERANCE)
            if largest < enough:
                return charges
            charges = history.next(charges, change)
            potentials = self.electrostatics.potentials(charges)
        raise NotConvergedError(
            f"'{self.basis.structure.duplex.text}': the charges still change by {largest:.1g} e "
            f"after {mixing.iterations} iterations with the same orbitals.",
            "compute self-consistent charges, or use a geometry nearer to an ideal one.",
        )


def populations(
    left: Float[Doubles, "N n"],
    right: Float[Doubles, "N n"],
    orbital_shell: Int[NDArray[np.int64], " N"],
) -> Float[Doubles, " M"]:
    """Mulliken populations of the shells (doi:10.1063/1.1740588) of doubly filled orbitals.

    Parameters
    ----------
    left, right
        S^(1/2) and S^(-1/2) times the orbitals.
    orbital_shell
        Shell of every row.
    """
    return np.asarray(np.bincount(orbital_shell, 2.0 * (left * right).sum(1)), dtype=np.float64)


def free_atom_occupations(structure: AtomicStructure) -> Float[Doubles, " M"]:
    """Electrons of every shell of the free atoms; charges are counted from them."""
    occupations = load_shells().occupations
    rows = element_rows(structure.atomic_numbers).tolist()
    return np.concatenate([occupations[row] for row in rows])


def num_occupied(structure: AtomicStructure) -> int:
    """Number of doubly occupied orbitals of a structure."""
    return round(float(free_atom_occupations(structure).sum()) - structure.charge) // 2


def converge(
    structure: AtomicStructure,
    solvent: SolventParameters | None,
    start: Float[Doubles, " M"] | None = None,
    attempts: Mapping[str, Mixing] = ATTEMPTS,
) -> ElectronicStructure:
    """Find the self-consistent state of a structure.

    Parameters
    ----------
    structure
        Its atoms.
    solvent
        Solvent of the ALPB model; None for vacuum.
    start
        Shell charges to start from, e; None takes `typical_charges`.
    attempts
        Mixings that are tried one after the other, by name.

    Raises
    ------
    NotConvergedError
        If the geometry is impossible, or none of the attempts gives a state that passes all checks;
        tells why.
    """
    reason = _unfit(structure)
    system = None if reason else ElectronicSystem.of(structure, solvent)
    if system is not None:
        first = typical_charges(structure) if start is None else start
        for name, mixing in attempts.items():
            found = _attempt(system, first, name, mixing)
            if isinstance(found, ElectronicStructure):
                return found
            _logger.warning("%s, %s: %s", structure.duplex.text, name, found)
            reason = found
    raise NotConvergedError(
        f"'{structure.duplex.text}': {reason}.", "leave the structure out, or mend its geometry."
    )


def _unfit(structure: AtomicStructure) -> str | None:
    """Why a structure need not be tried: wrong ones converge silently."""
    defect = find_defect(structure)
    electrons = int(structure.atomic_numbers.sum()) - structure.charge
    return defect or ("it has an odd number of electrons" if electrons % 2 else None)


def _attempt(
    system: ElectronicSystem, start: Doubles, name: str, mixing: Mixing
) -> ElectronicStructure | str:
    """State, or the reason why there is none."""
    charges, history = start, _History(mixing)
    orbitals = system.orbitals(charges)
    for iteration in range(1, mixing.iterations + 1):
        potentials = system.electrostatics.potentials(charges)
        change = system.charges(orbitals, potentials) - charges
        largest = float(abs(change).max())
        if largest < TOLERANCE:
            # The end, or as near to it as these orbitals lead.
            orbitals, history = system.orbitals(charges), _History(mixing)
            change = system.charges(orbitals, orbitals.potentials) - charges
            largest = float(abs(change).max())
            if largest < TOLERANCE:
                found = _found(system, charges, orbitals, name, iteration)
                return _problem(found) or found
        charges = history.next(charges, change)
        if largest > _NEAR:
            orbitals = system.orbitals(charges)
    return f"the charges still change by {largest:.1g} e after {mixing.iterations} iterations"


def _found(
    system: ElectronicSystem, charges: Doubles, orbitals: Orbitals, name: str, iterations: int
) -> ElectronicStructure:
    return ElectronicStructure(
        basis=system.basis,
        shell_charges=charges,
        shell_potentials=orbitals.potentials,
        levels=orbitals.levels * HARTREE_EV,
        num_occupied=system.num_occupied,
        attempt=name,
        iterations=iterations,
    )


class _History:
    """Charges and changes of the last iterations (Anderson mixing, doi:10.1145/321296.321305)."""

    def __init__(self, mixing: Mixing) -> None:
        self._mixing = mixing
        self._charges: list[Doubles] = []
        self._changes: list[Doubles] = []

    def next(self, charges: Doubles, change: Doubles) -> Doubles:
        """Charges from which the linear model of the history expects the least change."""
        share, memory, _ = self._mixing
        next_charges = charges + share * change
        if self._charges:
            d_charges = np.stack([one - charges for one in self._charges], 1)
            d_changes = np.stack([one - change for one in self._changes], 1)
            weights = np.linalg.lstsq(d_changes, change)[0]
            next_charges = next_charges - (d_charges + share * d_changes) @ weights
        self._charges = [*self._charges, charges][-memory:]
        self._changes = [*self._changes, change][-memory:]
        return next_charges


def _problem(found: ElectronicStructure) -> str | None:
    """What is wrong with a state that converged."""
    basis = found.basis
    checks = (
        (found.lumo - found.homo < _SMALLEST_GAP, "the gap closes"),
        (found.homo > _HIGHEST_HOMO, f"the HOMO is at {found.homo:.2f} eV: unbound"),
        (
            basis.smallest_overlap < _SMALLEST_OVERLAP,
            f"the basis is nearly dependent ({basis.smallest_overlap:.2g})",
        ),
        (
            abs(float(found.shell_charges.sum()) - basis.structure.charge) > 1e-6,
            f"the charges sum to {found.shell_charges.sum():.6f} e",
        ),
    )
    return next((text for is_wrong, text in checks if is_wrong), None)
