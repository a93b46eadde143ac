"""Linear response against closed forms, limits and sums over poles to 40 digits."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest

from dnawire.constants import BOLTZMANN_EV, CONDUCTANCE_QUANTUM
from dnawire.errors import UsageError
from dnawire.transport import (
    BlockJunctions,
    DenseJunctions,
    Transmitting,
    linear_response,
    zero_bias_conductance,
)
from tests.physics.observable_references import (
    GUANINE,
    SingleLevel,
    duplex_junctions,
    exact_integral,
    random_ladder,
    thermal_pole,
)

FERMI_ENERGIES = np.array([-0.5, 0.0, 0.1, 0.14])
TEMPERATURES = np.array([3.0, 77.0, 300.0])


@pytest.mark.parametrize("width", [0.3, 1e-2, 1e-5, 1e-8])
def test_a_single_level_has_closed_forms(width: float) -> None:
    level = SingleLevel(0.1, 0.3 * width, 0.7 * width)
    found = linear_response(level.junctions, FERMI_ENERGIES, TEMPERATURES)
    expected = np.array([[level.moments(e, t) for t in TEMPERATURES] for e in FERMI_ENERGIES])
    np.testing.assert_allclose(found.conductance_quanta[0], expected[..., 0], rtol=1e-8)
    np.testing.assert_allclose(
        found.seebeck[0], -BOLTZMANN_EV * expected[..., 1], rtol=1e-8, atol=1e-14
    )
    np.testing.assert_allclose(found.variance[0], expected[..., 2], rtol=1e-8)


@pytest.mark.parametrize("temperature", [30.0, 300.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_ladder_agrees_with_the_sum_over_its_poles(seed: int, temperature: float) -> None:
    junctions = random_ladder(seed, 4)
    dense = junctions.dense()
    found = linear_response(junctions, [-0.2, 0.5], temperature).conductance_quanta[0, :, 0]
    expected = [
        exact_integral(
            dense.hamiltonian[0],
            dense.gamma_left[0],
            dense.gamma_right[0],
            partial(thermal_pole, fermi_energy=energy, temperature=temperature),
        )
        for energy in (-0.2, 0.5)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_a_molecule_agrees_with_the_sum_over_its_poles() -> None:
    junctions = duplex_junctions("GATC", gamma=1e-3)
    dense = junctions.dense()
    found = linear_response(junctions, GUANINE + 0.1, 300.0).conductance_quanta[0, 0, 0]
    expected = exact_integral(
        dense.hamiltonian[0],
        dense.gamma_left[0],
        dense.gamma_right[0],
        partial(thermal_pole, fermi_energy=GUANINE + 0.1, temperature=300.0),
    )
    assert found == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("shift", [0.2, -0.2])
def test_what_crosses_below_the_fermi_energy_has_a_positive_thermopower(shift: float) -> None:
    level = SingleLevel(-shift, 0.01, 0.01)
    response = linear_response(level.junctions, 0.0, 300.0)
    assert math.copysign(1.0, response.seebeck[0, 0, 0]) == math.copysign(1.0, shift)


def test_a_narrow_level_carries_one_energy() -> None:
    """S = (mu - e) / (e theta): all carriers have the energy of the level (near it)."""
    level = SingleLevel(-0.05, 1e-9, 1e-9)
    response = linear_response(level.junctions, 0.0, 300.0)
    assert response.seebeck[0, 0, 0] == pytest.approx(0.05 / 300.0, rel=1e-4)
    assert response.figure_of_merit[0, 0, 0] > 1e3


def test_a_flat_transmission_obeys_wiedemann_and_franz() -> None:
    """A level far broader than k_B T: L = pi^2/3 (k_B / e)^2 = 2.443e-8 V^2/K^2, and S vanishes."""
    level = SingleLevel(0.0, 1e4, 1e4)
    response = linear_response(level.junctions, 0.0, 300.0)
    assert response.lorenz_number[0, 0, 0] == pytest.approx(2.443e-8, rel=1e-3)
    assert response.conductance[0, 0, 0] == pytest.approx(CONDUCTANCE_QUANTUM, rel=1e-8)
    assert response.seebeck[0, 0, 0] == pytest.approx(0.0, abs=1e-12)
    expected = math.pi**2 / 3 * BOLTZMANN_EV**2 * 300.0 * CONDUCTANCE_QUANTUM
    assert response.thermal_conductance[0, 0, 0] == pytest.approx(expected, rel=1e-8)


def test_mott_formula_at_low_temperature() -> None:
    """S = -(pi^2/3) (k_B^2 theta / e) d ln T / dE."""
    level = SingleLevel(0.1, 0.1, 0.2)
    slope = -2.0 * (0.0 - 0.1) / ((0.0 - 0.1) ** 2 + 0.3**2 / 4)
    response = linear_response(level.junctions, 0.0, 1.0)
    expected = -(math.pi**2) / 3 * BOLTZMANN_EV**2 * slope
    assert response.seebeck[0, 0, 0] == pytest.approx(expected, rel=1e-5)


def test_zero_temperature_is_the_limit() -> None:
    junctions = random_ladder(3, 8)
    found = linear_response(junctions, [-0.1, 0.2], [0.0, 1e-3])
    assert (np.diff(found.log10_conductance_quanta, axis=-1) < 1e-6).all()
    np.testing.assert_array_equal(found.seebeck[..., 0], 0.0)
    np.testing.assert_allclose(found.variance, math.pi**2 / 3, rtol=1e-4)
    transmission = junctions.transmission(np.array([[-0.1, 0.2]])).plain
    np.testing.assert_allclose(found.conductance_quanta[0, :, 0], transmission[0], rtol=1e-12)


def test_a_scan_is_the_same_as_each_of_its_points() -> None:
    junctions = random_ladder(4, 6, batch=40)
    levels, kelvin = np.linspace(-0.3, 0.3, 4), np.array([0.0, 20.0, 300.0])
    scan = linear_response(junctions, levels, kelvin)
    for row, column, junction in ((0, 0, 0), (3, 1, 39), (1, 2, 33)):
        single = junctions.rows(slice(junction, junction + 1))
        one = linear_response(single, levels[row], kelvin[column])
        for name in ("log10_conductance_quanta", "mean", "variance"):
            found = getattr(scan, name)[junction, row, column]
            np.testing.assert_allclose(found, getattr(one, name)[0, 0, 0], rtol=1e-8, atol=1e-12)


def test_a_dense_matrix_gives_what_its_blocks_give() -> None:
    junctions = random_ladder(5, 5, batch=3)
    ladder, dense = (
        linear_response(one, [0.0, 0.2], [0.0, 300.0]) for one in (junctions, junctions.dense())
    )
    for name in ("log10_conductance_quanta", "mean", "variance"):
        np.testing.assert_allclose(
            getattr(ladder, name), getattr(dense, name), rtol=1e-8, atol=1e-12
        )


def test_a_conductance_below_all_numbers_keeps_its_logarithm_and_thermopower() -> None:
    junctions = duplex_junctions("A" * 200, gamma=0.1)
    response = linear_response(junctions, -5.0, [0.0, 10.0])
    assert (response.conductance_quanta == 0.0).all()
    assert (response.log10_conductance_quanta < -330.0).all()
    assert np.isfinite(response.log10_conductance_quanta).all()
    assert response.seebeck[0, 0, 1] > 0.0


def test_disconnected_contacts_conduct_nothing_and_have_no_thermopower() -> None:
    junctions = duplex_junctions("GG_G/C_CC")
    response = linear_response(junctions, GUANINE, [0.0, 300.0])
    assert np.isneginf(response.log10_conductance_quanta).all()
    assert np.isnan(response.seebeck).all()
    assert np.isnan(response.lorenz_number).all()


def test_missing_bases_are_no_orbitals() -> None:
    """Ladder with a missing base against the dense matrix of those that exist."""
    junctions = duplex_junctions("GGAG/CT_C")
    whole = junctions.dense()
    keep = whole.present[0]
    assert keep.sum() == 7
    small = DenseJunctions.of(
        whole.hamiltonian[:, keep][..., keep], whole.gamma_left[:, keep], whole.gamma_right[:, keep]
    )
    found, expected = (linear_response(one, GUANINE, 300.0) for one in (junctions, small))
    np.testing.assert_allclose(found.conductance_quanta, expected.conductance_quanta, rtol=1e-8)
    np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-8)


def test_reciprocity() -> None:
    junctions = random_ladder(6, 7)
    system = junctions.system
    exchanged = BlockJunctions.of(
        system.diagonal, system.step, junctions.gamma_right[0], junctions.gamma_left[0]
    )
    found, other = (linear_response(one, 0.1, 300.0) for one in (junctions, exchanged))
    np.testing.assert_allclose(found.conductance_quanta, other.conductance_quanta, rtol=1e-10)
    np.testing.assert_allclose(found.mean, other.mean, rtol=1e-8)


def test_a_known_spectrum_gives_the_conductance_of_its_junction() -> None:
    """`zero_bias_conductance` interpolates; on a fine grid of a broad spectrum both agree."""
    junctions = duplex_junctions("GCGC", gamma=0.3)
    energies = np.linspace(-9.5, -5.0, 20001)
    transmission = junctions.transmission(energies[None]).plain[0]
    grid = zero_bias_conductance(energies, transmission, fermi_energy=-7.0, temperature=300.0)
    exact = linear_response(junctions, -7.0, 300.0).conductance_quanta[0, 0, 0]
    assert grid.conductance_quanta == pytest.approx(exact, rel=1e-4)


@pytest.mark.parametrize("temperature", [-1.0, math.nan, math.inf, 1e-5])
def test_an_impossible_temperature_is_refused(temperature: float) -> None:
    with pytest.raises(UsageError, match="neither 0 nor finite"):
        linear_response(SingleLevel(0.0, 0.1, 0.1).junctions, 0.0, [300.0, temperature])


@pytest.mark.parametrize("fermi_energy", [math.nan, math.inf, [], [[0.0]]])
def test_an_impossible_fermi_energy_is_refused(fermi_energy: object) -> None:
    with pytest.raises(UsageError, match="must be finite numbers in one row"):
        linear_response(SingleLevel(0.0, 0.1, 0.1).junctions, fermi_energy, 300.0)  # type: ignore[arg-type]


def test_a_hamiltonian_that_is_not_finite_is_refused() -> None:
    blocks, step = np.full((1, 1, 1, 1), np.nan), np.zeros((1, 0, 1, 1))
    with pytest.raises(ValueError, match="Hamiltonian must be finite"):
        BlockJunctions.of(blocks, step, np.array([[0.1]]), np.array([[0.1]]))


def test_junctions_with_and_without_probes_are_what_observables_take() -> None:
    accepted: list[Transmitting] = [random_ladder(1, 3), random_ladder(1, 3).dense()]
    assert [len(one) for one in accepted] == [1, 1]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_scan_over_more_decades_than_numbers_have_is_that_of_each_energy(
    temperature: float,
) -> None:
    """T is 1 in the band of a chain, and 1e-400 beside it."""
    bands = np.zeros((200, 2, 2)), np.broadcast_to(-0.1 * np.eye(2), (199, 2, 2))
    ends = np.zeros((2, 200, 2))
    ends[0, 0], ends[1, -1] = 0.2, 0.2
    junctions = BlockJunctions.of(bands[0][None], bands[1][None], ends[:1], ends[1:])
    scan = [0.0, 5.0]
    found = linear_response(junctions, scan, temperature)
    alone = [linear_response(junctions, one, temperature) for one in scan]
    for name in ("log10_conductance_quanta", "mean", "variance"):
        each = [getattr(one, name).item() for one in alone]
        np.testing.assert_allclose(getattr(found, name).ravel(), each, rtol=1e-9)
    assert found.log10_conductance_quanta[0, 1, 0] < -600.0
