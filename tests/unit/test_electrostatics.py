"""Electrostatics against closed forms, and what no choice of coordinates may change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.spatial.transform import Rotation

from dnawire.constants import BOHR_ANGSTROM
from dnawire.electrostatics import (
    Electrostatics,
    ReactionField,
    SolventParameters,
    blocks,
    load_solvent,
)
from dnawire.electrostatics.born import born_kernel, born_radii, electrostatic_size
from dnawire.electrostatics.surface import accessible_areas
from dnawire.errors import InvalidStructureError, UnknownParameterSetError, UnusableDataFileError
from dnawire.junction import Duplex
from dnawire.structures import AtomicStructure, build_duplex

Doubles = NDArray[np.float64]

WATER = load_solvent()
CONTINUUM = replace(WATER, born_scale=1.0, hydrogen_bond=np.zeros(5))
"""Water without what the model ALPB adds to a dielectric continuum."""
HARDNESS_OF_OXYGEN = 0.583349 * np.array([1.0, 1.0374608])
OXYGEN = 3
"""Place in the tables by element."""


def duplex() -> AtomicStructure:
    return build_duplex(Duplex.parse("GA"))


def electrostatics(structure: AtomicStructure, positions: Doubles) -> Electrostatics:
    return Electrostatics.of(structure.atomic_numbers, positions, WATER)


def random_charges(count: int) -> Doubles:
    return np.random.default_rng(7).normal(scale=0.3, size=count)


def test_a_free_ion_has_the_energy_of_born() -> None:
    charges = np.array([0.3, -1.3])
    vacuum = Electrostatics.of([8], np.zeros((1, 3)), None).potentials(charges)
    inside = Electrostatics.of([8], np.zeros((1, 3)), CONTINUUM).potentials(charges)
    born = (1.0 - 1.0 / WATER.permittivity) / WATER.radius[OXYGEN] * charges.sum()
    np.testing.assert_allclose(inside - vacuum, born, rtol=1e-14)


def test_the_shells_of_an_atom_repel_by_their_hardness() -> None:
    found = Electrostatics.of([8], np.zeros((1, 3)), None).potentials(np.array([0.2, -0.5]))
    mean = 2.0 / (1.0 / HARDNESS_OF_OXYGEN).sum()
    matrix = np.array([[HARDNESS_OF_OXYGEN[0], mean], [mean, HARDNESS_OF_OXYGEN[1]]])
    third_order = -0.0005102 * 0.3**2
    np.testing.assert_allclose(found, -matrix @ [0.2, -0.5] - third_order, rtol=1e-14)


def test_far_charges_see_each_other_through_the_solvent() -> None:
    distance = 200.0
    positions = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, distance]]) * BOHR_ANGSTROM
    charges = np.array([0.0, 0.0, 0.0, -1.0])
    vacuum, inside = (
        Electrostatics.of([8, 8], positions, solvent).potentials(charges)[0]
        for solvent in (None, CONTINUUM)
    )
    beta = 0.571412 / WATER.permittivity
    strength = (1.0 / WATER.permittivity - 1.0) / (1.0 + beta)
    solid = 0.4 * WATER.radius[OXYGEN] ** 2
    size = np.sqrt(np.cbrt(solid * (solid + distance**2 / 4.0) ** 2) / 0.4)
    assert vacuum == pytest.approx(1.0 / distance, rel=1e-3)
    assert inside - vacuum == pytest.approx(strength * (1.0 / distance + beta / size), rel=1e-6)


def test_the_kernel_is_that_of_born_at_zero_and_that_of_coulomb_far_away() -> None:
    radii = np.array([3.0, 5.0])
    near, far = (born_kernel(np.full((2, 2), r), radii, radii) for r in (0.0, 1e3))
    np.testing.assert_allclose(near, 1.0 / np.sqrt(np.outer(radii, radii)), rtol=1e-14)
    np.testing.assert_allclose(far, 1e-3, rtol=1e-9)


@pytest.mark.parametrize("distance", [1.2, 2.0, 4.0, 9.0], ids=["inside", "around", "cut", "apart"])
def test_neighbors_descreen_by_the_integral_over_their_sphere(distance: float) -> None:
    radii, factors = np.array([2.0, 3.0]), np.array([1.0, 0.9])
    reduced = radii[1] * factors[1]

    def shell(radius: float) -> float:
        cosine = (radius**2 + distance**2 - reduced**2) / (2.0 * radius * distance)
        return float((1.0 - max(-1.0, cosine)) / radius**2)

    first, last = max(2.0, abs(distance - reduced)), distance + reduced
    start = max(2.0, distance - reduced)
    depth = quad(shell, start, last, points=[first], epsabs=1e-13)[0] * radii[0] / 2.0
    expected = 1.7 * 2.0 / (1.0 - np.tanh(depth - 0.8 * depth**2 + 4.85 * depth**3))
    positions = np.array([[0.0, 0.0, 0.0], [0.0, distance, 0.0]])
    assert born_radii(positions, radii, factors, 1.7)[0] == pytest.approx(expected, rel=1e-9)


def test_a_sphere_inside_an_atom_descreens_nothing() -> None:
    positions, radii = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]), np.array([3.0, 1.5])
    assert born_radii(positions, radii, np.ones(2), 1.0)[0] == 3.0


@pytest.mark.parametrize(("angstrom", "descreened"), [(34.9, True), (35.1, False)])
def test_far_atoms_descreen_nothing(angstrom: float, descreened: bool) -> None:
    positions = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, angstrom / BOHR_ANGSTROM]])
    found = born_radii(positions, np.full(2, 3.0), np.ones(2), 1.0)
    assert ((found > 3.0) == descreened).all()


def test_the_size_of_a_ball_of_atoms_is_its_radius() -> None:
    points = np.random.default_rng(3).normal(size=(20000, 3))
    radius = np.random.default_rng(4).random(20000) ** (1.0 / 3.0)
    ball = 50.0 * points * (radius / np.linalg.norm(points, axis=1))[:, None]
    assert electrostatic_size(ball, np.full(20000, 1.0)) == pytest.approx(50.0, rel=0.01)


def test_free_spheres_are_exposed_and_buried_ones_are_not() -> None:
    width = 0.3 / BOHR_ANGSTROM
    free = accessible_areas(np.zeros((1, 3)), np.array([4.0]))
    assert free[0] == pytest.approx(4.0 * np.pi * (16.0 + width**2 / 5.0), rel=1e-12)
    inside = accessible_areas(np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]), np.array([4.0, 7.0]))
    assert inside[0] == 0.0


def test_neighbors_hide_the_cap_that_lies_in_them() -> None:
    positions, radii = np.array([[0.0, 0.0, 0.0], [1.0, 3.0, 4.0]]), np.array([4.0, 5.0])
    distance = np.sqrt(26.0)
    cap = 0.5 * (1.0 - (16.0 + 26.0 - 25.0) / (2.0 * 4.0 * distance))
    free = accessible_areas(positions[:1], radii[:1])[0]
    assert accessible_areas(positions, radii)[0] == pytest.approx(free * (1.0 - cap), rel=0.03)


def test_charges_shift_between_unlike_neighbors() -> None:
    angstrom = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.96], [0.9, 0.0, 0.0]])
    water = ReactionField.of(np.array([OXYGEN, 0, 0]), angstrom / BOHR_ANGSTROM, WATER)
    one, other = 0.1671 * np.exp(-2.474 * (np.array([0.96, 0.9]) - 0.32 - 0.64))
    np.testing.assert_allclose(water.charge_shifts, [-one - other, one, other], rtol=1e-12)


def test_pairs_without_a_value_shift_by_the_difference_of_their_elements() -> None:
    positions = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.5 / BOHR_ANGSTROM]])
    field = ReactionField.of(np.array([4, OXYGEN]), positions, WATER)
    expected = (-0.0756 + 0.0802) * np.exp(-2.474 * (1.5 - 1.09 - 0.64))
    np.testing.assert_allclose(field.charge_shifts, [expected, -expected], rtol=1e-12)


def test_rotation_changes_the_grid_of_the_surface_alone() -> None:
    structure = duplex()
    rotation = Rotation.random(rng=np.random.default_rng(5)).as_matrix()
    turned = electrostatics(structure, structure.positions @ rotation.T + [3.0, -2.0, 1.0])
    plain = electrostatics(structure, structure.positions)
    before, after = plain.reaction_field, turned.reaction_field
    assert before is not None
    assert after is not None
    np.testing.assert_allclose(after.born_radii, before.born_radii, rtol=1e-11)
    np.testing.assert_allclose(after.charge_shifts, before.charge_shifts, atol=1e-12)
    assert after.constant == pytest.approx(before.constant, rel=1e-11)
    grid = abs(after.hydrogen_bonds - before.hydrogen_bonds).max()
    assert 1e-6 < grid < 0.1 * abs(before.hydrogen_bonds).max()
    charges = random_charges(len(plain.shell_atom))
    same = replace(turned, reaction_field=replace(after, hydrogen_bonds=before.hydrogen_bonds))
    np.testing.assert_allclose(same.potentials(charges), plain.potentials(charges), atol=1e-11)


def test_neutral_molecules_do_not_see_the_constant_of_the_solvent() -> None:
    structure = duplex()
    model = electrostatics(structure, structure.positions)
    field, charges = model.reaction_field, random_charges(len(model.shell_atom))
    assert field is not None
    other = replace(model, reaction_field=replace(field, constant=0.0))
    neutral = charges - charges.mean()
    np.testing.assert_allclose(other.potentials(neutral), model.potentials(neutral), atol=1e-13)
    shift = other.potentials(charges) - model.potentials(charges)
    np.testing.assert_allclose(shift, field.constant * charges.sum(), atol=1e-13)


def test_the_order_of_the_atoms_is_a_name() -> None:
    structure = duplex()
    order = np.random.default_rng(2).permutation(len(structure))
    plain = electrostatics(structure, structure.positions)
    other = Electrostatics.of(structure.atomic_numbers[order], structure.positions[order], WATER)
    shells = np.concatenate([np.flatnonzero(plain.shell_atom == atom) for atom in order])
    charges = random_charges(len(shells))
    found = other.potentials(charges[shells])
    np.testing.assert_allclose(found, plain.potentials(charges)[shells], atol=1e-12)


@pytest.mark.parametrize("solvent", [None, WATER], ids=["vacuum", "water"])
def test_the_matrix_gives_the_same_potentials_and_torch_their_gradient(
    solvent: SolventParameters | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    structure = duplex()
    model = Electrostatics.of(structure.atomic_numbers, structure.positions, solvent)
    charges = random_charges(len(model.shell_atom))
    dense = model.dense()
    np.testing.assert_allclose(dense.matrix, dense.matrix.T, rtol=1e-13)

    q = torch.tensor(charges, requires_grad=True)
    atoms = torch.from_numpy(dense.shell_atom)
    atomic = q.new_zeros(len(structure)).index_add(0, atoms, q)[atoms]
    v = torch.from_numpy(dense.constant) - torch.from_numpy(dense.matrix) @ q
    v = v - torch.from_numpy(dense.third_order) * atomic**2
    np.testing.assert_allclose(v.detach(), model.potentials(charges), atol=1e-12)

    monkeypatch.setattr(blocks, "_ENTRIES", 1000)
    again = Electrostatics.of(structure.atomic_numbers, structure.positions, solvent)
    np.testing.assert_allclose(again.potentials(charges), v.detach(), atol=1e-12)

    direction = random_charges(len(charges))[::-1].copy()
    (gradient,) = torch.autograd.grad(v @ torch.from_numpy(direction), q)
    step = 1e-4 * direction
    ahead, behind = model.potentials(charges + step), model.potentials(charges - step)
    slope = direction @ (ahead - behind) / 2e-4
    assert float(gradient @ torch.from_numpy(direction)) == pytest.approx(slope, rel=1e-8)


def test_what_has_no_constants_is_named() -> None:
    with pytest.raises(InvalidStructureError, match=r"(?s)\[9, 16\].*H, C, N, O, P"):
        Electrostatics.of([6, 16, 9], np.zeros((3, 3)), None)
    with pytest.raises(UnknownParameterSetError, match=r"(?s)'benzene'.*water"):
        load_solvent("benzene")


@pytest.mark.parametrize("positions", [np.zeros((2, 3)), np.full((1, 3), np.nan)])
def test_positions_are_one_finite_point_for_each_atom(positions: Doubles) -> None:
    with pytest.raises(InvalidStructureError, match="1 finite points"):
        Electrostatics.of([8], positions, None)


def test_charges_are_one_for_each_shell() -> None:
    with pytest.raises(UnusableDataFileError, match="3 shell charges for 2 shells"):
        Electrostatics.of([8], np.zeros((1, 3)), None).potentials(np.zeros(3))
