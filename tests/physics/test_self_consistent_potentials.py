"""Shell potentials against those of converged self-consistent calculations of tblite."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import anderson

from dnawire.electrostatics import Electrostatics, load_solvent
from dnawire.junction import Duplex
from dnawire.structures import AtomicStructure, build_duplex
from dnawire.xtb.level import new_calculator

pytest.importorskip("tblite")

Doubles = NDArray[np.float64]

REFERENCE = {1: (1, 0), 6: (2, 2), 7: (2, 3), 8: (2, 4), 15: (2, 3, 0)}
"""Occupations of the shells of neutral atoms."""
HARTREE = 1e-6
SOLVENTS = {"vacuum": None, "water": load_solvent()}


@dataclass(frozen=True, eq=False)
class Converged:
    """A calculation; potentials are the diagonal of F - H0, as S has ones there."""

    structure: AtomicStructure
    electrostatics: Electrostatics
    overlap: Doubles
    core: Doubles
    fock: Doubles
    orbital_shell: NDArray[np.int64]
    density: Doubles
    atomic_charges: Doubles

    @property
    def shell_charges(self) -> Doubles:
        return self.charges_of(self.density)

    @property
    def num_occupied(self) -> int:
        return round(float((self.density * self.overlap).sum()) / 2.0)

    def charges_of(self, density: Doubles) -> Doubles:
        reference = np.concatenate(
            [REFERENCE[number] for number in self.structure.atomic_numbers.tolist()]
        )
        populations = (density * self.overlap).sum(1)
        charges: Doubles = reference - np.bincount(self.orbital_shell, populations)
        return charges

    def fock_of(self, charges: Doubles) -> Doubles:
        v = self.electrostatics.potentials(charges)[self.orbital_shell]
        fock: Doubles = self.core + 0.5 * self.overlap * (v[:, None] + v)
        return fock


@cache
def converged(text: str, environment: str) -> Converged:
    structure = build_duplex(Duplex.parse(text))
    calculator = new_calculator(structure, accuracy=1e-3)
    if SOLVENTS[environment] is not None:
        calculator.add("alpb-solvation", environment)
    result = calculator.singlepoint()
    overlap, coefficients = result.get("overlap-matrix"), result.get("orbital-coefficients")
    turned = overlap @ coefficients
    electrostatics = Electrostatics.of(
        structure.atomic_numbers, structure.positions, SOLVENTS[environment]
    )
    np.testing.assert_array_equal(electrostatics.shell_atom, calculator.get("shell-map"))
    return Converged(
        structure=structure,
        electrostatics=electrostatics,
        overlap=overlap,
        core=result.get("hamiltonian-matrix"),
        fock=(turned * result.get("orbital-energies")) @ turned.T,
        orbital_shell=np.asarray(calculator.get("orbital-map"), dtype=np.int64),
        density=(coefficients * result.get("orbital-occupations")) @ coefficients.T,
        atomic_charges=result.get("charges"),
    )


@pytest.mark.parametrize(
    ("text", "environment"), [("GA", "vacuum"), ("GA", "water"), ("TGC", "water")]
)
def test_charges_give_the_potentials_and_the_fock_matrix(text: str, environment: str) -> None:
    state = converged(text, environment)
    charges = state.shell_charges
    atomic = state.electrostatics.atomic_charges(charges)
    np.testing.assert_allclose(atomic, state.atomic_charges, atol=1e-6)
    expected = np.diag(state.fock - state.core)
    found = state.electrostatics.potentials(charges)[state.orbital_shell]
    np.testing.assert_allclose(found, expected, rtol=0, atol=HARTREE)
    np.testing.assert_allclose(state.fock_of(charges), state.fock, rtol=0, atol=HARTREE)


def test_iterated_from_neutral_atoms_they_reach_the_charges_of_the_calculation() -> None:
    state = converged("GA", "water")
    weights, vectors = np.linalg.eigh(state.overlap)
    root = (vectors / np.sqrt(weights)) @ vectors.T

    def change(charges: Doubles) -> Doubles:
        _, orbitals = np.linalg.eigh(root @ state.fock_of(charges) @ root)
        occupied = root @ orbitals[:, : state.num_occupied]
        return state.charges_of(2.0 * occupied @ occupied.T) - charges

    start = np.zeros(len(state.shell_charges))
    found = anderson(change, start, f_tol=1e-6, M=8, alpha=0.4, w0=1e-4, maxiter=60)
    np.testing.assert_allclose(found, state.shell_charges, rtol=0, atol=1e-5)
