"""Self-consistent shell charges and potentials, with the checks that tell good from converged."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.constants import HARTREE_EV
from dnawire.electronic import Integrals
from dnawire.electrostatics.parameters import element_rows, load_shells
from dnawire.errors import NotConvergedError, UsageError
from dnawire.structures import AtomicStructure, find_defect
from dnawire.xtb.backend import load_tblite
from dnawire.xtb.level import Level, new_calculator

_logger = logging.getLogger(__name__)

Doubles = NDArray[np.float64]

Attempts = Mapping[str, Mapping[str, Any]]

ATTEMPTS: Final[Attempts] = {
    "standard": {"guess": 1, "max_iter": 250},
    "other start": {"guess": 0, "max_iter": 250},
    "damped": {"guess": 1, "max_iter": 1000, "mixer_damping": 0.1},
    "annealed": {"guess": 1, "max_iter": 1000, "annealing": 9.5e-3},
}
"""Settings that are tried one after the other; guess 1 is electronegativity equilibration, and all
end at the electronic temperature of the method."""

_SMALL: Final = 1e-8
_SMALLEST_OVERLAP: Final = 1e-3
_FRACTION: Final = 1e-3
_SMALLEST_GAP: Final = 0.5
_HIGHEST_HOMO: Final = -3.0


@dataclass(frozen=True, eq=False)
class ElectronicStructure:
    """A self-consistent calculation.

    Parameters
    ----------
    integrals
        S and H0.
    shell_charges
        Mulliken charges of the shells in e, (M,).
    shell_potentials
        In hartree, (M,).
    levels
        Orbital energies in eV, ascending, (N,).
    num_occupied
        Number of doubly occupied orbitals.
    attempt
        Which of `ATTEMPTS` it took.
    """

    integrals: Integrals
    shell_charges: Float[Doubles, " M"]
    shell_potentials: Float[Doubles, " M"]
    levels: Float[Doubles, " N"]
    num_occupied: int
    attempt: str

    @property
    def homo(self) -> float:
        """Highest occupied level, eV."""
        return float(self.levels[self.num_occupied - 1])

    @property
    def lumo(self) -> float:
        """Lowest empty level, eV."""
        return float(self.levels[self.num_occupied])


def converge(
    structure: AtomicStructure, level: Level, attempts: Attempts = ATTEMPTS
) -> ElectronicStructure:
    """Find the self-consistent state of a structure.

    Parameters
    ----------
    structure
        Its atoms.
    level
        Level of theory.
    attempts
        Settings of the calculator that are tried one after the other, by name.

    Raises
    ------
    NotConvergedError
        If the geometry is impossible, or none of the attempts gives a state that passes all checks;
        tells why.
    UsageError
        If tblite does not know the solvent.
    MissingDependencyError
        If tblite is not installed.
    """
    reason = _unfit(structure)
    for name, settings in attempts.items() if reason is None else ():
        found = _attempt(structure, level, name, settings)
        if isinstance(found, ElectronicStructure):
            return found
        _logger.warning("%s, %s: %s", structure.duplex.text, name, found)
        reason = found
    raise NotConvergedError(
        f"{level.name} of '{structure.duplex.text}': {reason}.",
        "leave the structure out, or mend its geometry.",
    )


def _unfit(structure: AtomicStructure) -> str | None:
    """Why a structure need not be tried: wrong ones converge silently."""
    defect = find_defect(structure)
    electrons = int(structure.atomic_numbers.sum()) - structure.charge
    return defect or ("it has an odd number of electrons" if electrons % 2 else None)


def _attempt(
    structure: AtomicStructure, level: Level, name: str, settings: Mapping[str, Any]
) -> ElectronicStructure | str:
    """State, or the reason why there is none."""
    calculator = new_calculator(structure, **settings)
    _add_solvent(calculator, level)
    try:
        result = calculator.singlepoint()
    except load_tblite().TBLiteRuntimeError as error:
        return str(error)
    integrals = Integrals(
        overlap=result.get("overlap-matrix"),
        core_hamiltonian=result.get("hamiltonian-matrix"),
        orbital_shell=np.asarray(calculator.get("orbital-map"), dtype=np.int64),
        shell_atom=np.asarray(calculator.get("shell-map"), dtype=np.int64),
    )
    state = _State(
        result.get("orbital-energies"),
        result.get("orbital-coefficients"),
        result.get("orbital-occupations"),
    )
    return _judged(structure, integrals, state, name)


def _add_solvent(calculator: Any, level: Level) -> None:  # noqa: ANN401
    try:
        calculator.add("alpb-solvation", level.solvent)
    except load_tblite().TBLiteRuntimeError as error:
        raise UsageError(
            f"the solvent {level.solvent!r} cannot be used ({error}).",
            "name one that tblite knows, for example water.",
        ) from error


@dataclass(frozen=True, eq=False)
class _State:
    energies: Doubles
    coefficients: Doubles
    occupations: Doubles


def _judged(
    structure: AtomicStructure, integrals: Integrals, state: _State, name: str
) -> ElectronicStructure | str:
    turned = integrals.overlap @ state.coefficients
    fock = (turned * state.energies) @ turned.T
    potentials = _shell_means(np.diag(fock - integrals.core_hamiltonian), integrals)
    found = ElectronicStructure(
        integrals=integrals,
        shell_charges=_shell_charges(structure, integrals, state, turned),
        shell_potentials=potentials,
        levels=state.energies * HARTREE_EV,
        num_occupied=int(np.count_nonzero(state.occupations > 1.0)),
        attempt=name,
    )
    problem = _problem(structure, found, state, abs(integrals.fock(potentials) - fock).max())
    return problem or found


def _shell_means(values: Doubles, integrals: Integrals) -> Doubles:
    """Mean over the orbitals of every shell."""
    shells = integrals.orbital_shell
    means: Doubles = np.bincount(shells, values) / np.bincount(shells)
    return means


def _shell_charges(
    structure: AtomicStructure, integrals: Integrals, state: _State, turned: Doubles
) -> Doubles:
    """Reference occupations minus Mulliken populations (doi:10.1063/1.1740588)."""
    used = state.occupations > 0
    weighted = state.coefficients[:, used] * state.occupations[used]
    populations = np.bincount(
        integrals.orbital_shell, np.einsum("ik,ik->i", weighted, turned[:, used])
    )
    occupations, elements = load_shells().occupations, element_rows(structure.atomic_numbers)
    reference = np.concatenate([occupations[element] for element in elements.tolist()])
    charges: Doubles = reference - populations
    return charges


def _problem(
    structure: AtomicStructure, found: ElectronicStructure, state: _State, fock_error: float
) -> str | None:
    """What is wrong with a state that converged."""
    overlap = found.integrals.overlap
    broken = abs(state.occupations - 2.0 * np.round(state.occupations / 2.0)).max()
    product = state.coefficients.T @ overlap @ state.coefficients
    unity = abs(product - np.eye(len(product))).max()
    smallest = float(np.linalg.eigvalsh(overlap)[0])
    charge = float(found.shell_charges.sum())
    return next(
        (
            text
            for is_wrong, text in (
                (broken > _FRACTION, f"fractional occupations ({broken:.3g} e)"),
                (found.lumo - found.homo < _SMALLEST_GAP, "the gap closes"),
                (found.homo > _HIGHEST_HOMO, f"the HOMO is at {found.homo:.2f} eV: unbound"),
                (abs(charge - structure.charge) > 1e-6, f"the charges sum to {charge:.6f} e"),
                (unity > _SMALL, f"orbitals are not orthonormal ({unity:.2g})"),
                (smallest < _SMALLEST_OVERLAP, f"the basis is nearly dependent ({smallest:.2g})"),
                (fock_error > _SMALL, f"F is not H0 + S (v + v)/2 ({fock_error:.2g} Ha)"),
            )
            if is_wrong
        ),
        None,
    )
