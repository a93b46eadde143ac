"""The Fock matrix from geometry and shell potentials, without a self-consistent calculation."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from dnawire.errors import UnusableDataFileError
from dnawire.structures import AtomicStructure
from dnawire.xtb.backend import load_tblite
from dnawire.xtb.level import ShellBasis, new_calculator, shell_basis

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Integrals:
    """What the geometry alone decides.

    Parameters
    ----------
    overlap
        S, (N, N).
    core_hamiltonian
        H0 in hartree, (N, N).
    basis
        Shells of the orbitals.
    """

    overlap: Float[Doubles, "N N"]
    core_hamiltonian: Float[Doubles, "N N"]
    basis: ShellBasis

    def fock(self, shell_potentials: Float[Doubles, " M"]) -> Float[Doubles, "N N"]:
        """F = H0 + S (v + v)/2 in hartree, from potentials v in hartree.

        Raises
        ------
        UnusableDataFileError
            If there is not one potential for each shell.
        """
        if len(shell_potentials) != len(self.basis.shell_atom):
            raise UnusableDataFileError(
                f"{len(shell_potentials)} shell potentials for "
                f"{len(self.basis.shell_atom)} shells.",
                "take the potentials of the same structure.",
            )
        v = np.asarray(shell_potentials, dtype=np.float64)[self.basis.orbital_shell]
        return self.core_hamiltonian + 0.5 * self.overlap * (v[:, None] + v)


def integrals(structure: AtomicStructure) -> Integrals:
    """Compute S and H0 of a structure, which takes no self-consistent calculation.

    Raises
    ------
    MissingDependencyError
        If tblite is not installed.
    """
    calculator = new_calculator(structure, max_iter=0)
    interface = load_tblite()
    result = interface.Result()
    # No cycles are allowed, which is an error; the integrals are there, or the next lines tell.
    with suppress(interface.TBLiteRuntimeError):
        calculator.singlepoint(result)
    return Integrals(
        overlap=result.get("overlap-matrix"),
        core_hamiltonian=result.get("hamiltonian-matrix"),
        basis=shell_basis(calculator),
    )


def orthogonalized(
    fock: Float[Doubles, "N N"], overlap: Float[Doubles, "N N"]
) -> Float[Doubles, "N N"]:
    """S^(-1/2) F S^(-1/2) (Löwdin, doi:10.1063/1.1747632), symmetric, in the unit of F."""
    weights, vectors = np.linalg.eigh(overlap)
    root = (vectors / np.sqrt(weights)) @ vectors.T
    found: Doubles = root @ fock @ root
    return np.asarray((found + found.T) / 2)
