"""Overlap and core Hamiltonian against closed forms, quadrature, symmetry and tblite."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import eigh

from dnawire.electronic import Basis, Integrals, OrthogonalBasis
from dnawire.electronic._overlap_kernels import HARMONICS, NUM_POWERS, POWERS, overlap_block
from dnawire.electronic.integrals import coordination_numbers
from dnawire.electronic.parameters import load_parameters
from dnawire.junction import Duplex
from dnawire.structures import AtomicStructure, build_duplex
from tests.physics.tblite_reference import new_calculator

Doubles = NDArray[np.float64]

H_1S, C_2P, P_3S, P_3P, P_3D = 0, 3, 8, 9, 10
"""Kinds of shells in the order of the elements H, C, N, O and P."""


@pytest.fixture(scope="module")
def structure() -> AtomicStructure:
    return build_duplex(Duplex.parse("GA"))


def overlap(kinds: tuple[int, int], vector: Doubles) -> Doubles:
    """Overlap of a shell at the origin with one at a place in bohr."""
    sizes = [2 * int(load_parameters().shells.momenta[kind]) + 1 for kind in kinds]
    output = np.zeros(sizes)
    positions = np.stack((np.zeros(3), vector))
    rows, columns = np.array([0]), np.array([1])
    overlap_block(load_parameters().shells, positions, np.array(kinds), rows, columns, output)
    return output


def shell_values(kind: int, points: Doubles) -> Doubles:
    """Values of the orbitals of a shell at points (n, 3) relative to its atom."""
    shells = load_parameters().shells
    part = slice(*shells.starts[kind : kind + 2])
    square = (points**2).sum(1)
    radial = shells.coefficients[part] @ np.exp(-shells.exponents[part, None] * square)
    momentum = int(shells.momenta[kind])
    powers = POWERS[momentum][: NUM_POWERS[momentum]]
    cartesian = np.stack([np.prod(points**power, axis=1) for power in powers])
    values: Doubles = radial * (
        HARMONICS[momentum, : 2 * momentum + 1, : len(cartesian)] @ cartesian
    )
    return values


@pytest.mark.parametrize("kinds", [(H_1S, C_2P), (P_3D, P_3D)])
def test_overlaps_are_integrals_of_products(kinds: tuple[int, int]) -> None:
    vector = np.array([0.9, -1.3, 1.7])
    axis = np.linspace(-12.0, 12.0, 97)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3) + vector / 2
    products = shell_values(kinds[0], points) @ shell_values(kinds[1], points - vector).T
    assert overlap(kinds, vector) == pytest.approx(products * (axis[1] - axis[0]) ** 3, abs=2e-5)


def test_an_orbital_of_hydrogen_is_a_slater_orbital() -> None:
    """<1s|1s> of exponent z at the distance R is exp(-zR) (1 + zR + (zR)^2/3)."""
    exponent = 1.207940
    for distance in (0.5, 1.4, 3.0):
        reduced = exponent * distance
        exact = np.exp(-reduced) * (1.0 + reduced + reduced**2 / 3.0)
        found = overlap((H_1S, H_1S), np.array([0.0, 0.0, distance]))[0, 0]
        assert found == pytest.approx(exact, abs=1e-3)


def test_orbitals_are_normalized_and_those_of_an_atom_orthogonal(
    structure: AtomicStructure,
) -> None:
    integrals = Integrals.of(structure)
    atom = integrals.shell_atom[integrals.orbital_shell]
    same = atom[:, None] == atom
    assert integrals.overlap[same] == pytest.approx(np.eye(len(atom))[same], abs=1e-6)
    assert np.linalg.eigvalsh(integrals.overlap)[0] > 1e-3


def test_the_levels_do_not_depend_on_the_frame(structure: AtomicStructure) -> None:
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((3, 3)))[0]
    moved = replace(structure, positions=structure.positions @ turn.T + [3.0, -2.0, 11.0])
    before, after = Integrals.of(structure), Integrals.of(moved)
    for name in ("overlap", "core_hamiltonian"):
        levels = [np.linalg.eigvalsh(getattr(one, name)) for one in (before, after)]
        assert levels[0] == pytest.approx(levels[1], abs=1e-10)


def test_blocks_are_parts_of_the_whole(structure: AtomicStructure) -> None:
    basis, whole = Basis.of(structure), Integrals.of(structure)
    rows = np.flatnonzero(structure.nucleotides[basis.shell_atom] == 1)
    columns = np.flatnonzero(structure.nucleotides[basis.shell_atom] == 2)
    overlaps, core = basis.block(rows, columns)
    orbitals = [np.flatnonzero(np.isin(whole.orbital_shell, some)) for some in (rows, columns)]
    np.testing.assert_array_equal(overlaps, whole.overlap[np.ix_(*orbitals)])
    np.testing.assert_array_equal(core, whole.core_hamiltonian[np.ix_(*orbitals)])


def test_coordination_numbers_count_bonds(structure: AtomicStructure) -> None:
    basis = Basis.of(structure)
    found = coordination_numbers(basis.elements, basis.positions)
    for name, bonds in (("C1'", 4), ("H8", 1), ("O4'", 2)):
        atom = structure.names.index(name)
        assert found[atom] == pytest.approx(bonds, abs=0.3), name


def test_they_are_those_of_tblite(structure: AtomicStructure) -> None:
    tblite = new_calculator(structure)
    result = tblite.singlepoint()
    found = Integrals.of(structure)
    np.testing.assert_array_equal(found.orbital_shell, tblite.get("orbital-map"))
    np.testing.assert_array_equal(found.shell_atom, tblite.get("shell-map"))
    assert abs(found.overlap - result.get("overlap-matrix")).max() < 1e-9
    assert abs(found.core_hamiltonian - result.get("hamiltonian-matrix")).max() < 1e-9


def test_the_orthogonal_basis_has_the_levels_of_the_pair_of_matrices(
    structure: AtomicStructure,
) -> None:
    integrals, basis = Integrals.of(structure), OrthogonalBasis.of(structure)
    v = 0.1 * np.random.default_rng(2).standard_normal(len(integrals.shell_atom))
    by_orbital = v[integrals.orbital_shell]
    fock = integrals.core_hamiltonian + integrals.overlap * (by_orbital[:, None] + by_orbital) / 2
    levels = eigh(fock, integrals.overlap, eigvals_only=True)
    assert np.linalg.eigvalsh(basis.fock(v)) == pytest.approx(levels, abs=1e-10)


def test_orbitals_of_the_pair_of_matrices_are_those_of_the_orthogonal_basis(
    structure: AtomicStructure,
) -> None:
    basis = OrthogonalBasis.of(structure)
    v = 0.1 * np.random.default_rng(3).standard_normal(len(basis.shell_atom))
    levels, orbitals = basis.orbitals(v)
    vectors = basis.root @ orbitals
    assert vectors.T @ vectors == pytest.approx(np.eye(len(levels)), abs=1e-10)
    assert basis.fock(v) @ vectors == pytest.approx(vectors * levels, abs=1e-10)
    assert basis.inverse_root @ vectors == pytest.approx(orbitals, abs=1e-9)
