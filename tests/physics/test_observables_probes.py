"""Buettiker probes: by hand, by W, conservation, sisl, and the physics that they are for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad_vec

from dnawire.constants import BOLTZMANN_EV
from dnawire.transport import (
    BlockJunctions,
    DenseJunctions,
    DephasedJunctions,
    current_voltage,
    linear_response,
    thermal_probe_response,
    voltage_probe_response,
)
from tests.physics.observable_references import GUANINE, duplex_junctions, random_ladder

Doubles = NDArray[np.float64]

ENERGIES = np.linspace(-0.6, 0.6, 41)


def every(junctions: BlockJunctions, gamma: float) -> DephasedJunctions:
    """A probe on every orbital."""
    return DephasedJunctions.of(junctions, np.full(junctions.gamma_left.shape[1:], gamma))


def some(junctions: BlockJunctions, seed: int) -> DephasedJunctions:
    """Unequal probes on half of the orbitals, contact orbitals too."""
    generator = np.random.default_rng(seed)
    shape = junctions.gamma_left.shape[1:]
    gamma = np.where(generator.random(shape) < 0.5, generator.uniform(0.0, 0.1, shape), 0.0)
    gamma[0, 0] = 0.03
    return DephasedJunctions.of(junctions, gamma)


def between(probed: DephasedJunctions, energy: float) -> Doubles:
    """T between left contact, right contact and the probes that are there; plain numpy."""
    dense, probes = probed.junctions.dense(), probed.probes[0]
    total = dense.gamma_left[0] + dense.gamma_right[0] + probes
    matrix = energy * np.eye(len(probes)) - dense.hamiltonian[0] + 0.5j * np.diag(total)
    squares = np.abs(np.linalg.inv(matrix)) ** 2
    rows = np.vstack((dense.gamma_left[0], dense.gamma_right[0], np.diag(probes)[probes > 0.0]))
    found: Doubles = rows @ squares @ rows.T
    return found


def laplacian(couplings: Doubles) -> Doubles:
    """Net current out of each terminal by the states of all: sums minus couplings."""
    couplings = couplings - np.diag(np.diag(couplings))
    found: Doubles = np.diag(couplings.sum(1)) - couplings
    return found


def effective(couplings: Doubles) -> float:
    """T_LR + T_Li [W^-1]_ij T_jR."""
    w = laplacian(couplings)[2:, 2:]
    return float(couplings[0, 1] + couplings[0, 2:] @ np.linalg.solve(w, couplings[2:, 1]))


def test_two_sites_by_hand() -> None:
    """A probe on each of two sites: Green's function and both potentials written out."""
    a, b, t, left, right, p, q, energy = 0.1, -0.05, 0.2, 0.05, 0.08, 0.03, 0.07, 0.02
    determinant = (energy - a + 0.5j * (left + p)) * (energy - b + 0.5j * (right + q)) - t * t
    g11 = abs((energy - b + 0.5j * (right + q)) / determinant) ** 2
    g22 = abs((energy - a + 0.5j * (left + p)) / determinant) ** 2
    g12 = abs(t / determinant) ** 2
    t_lr, t_l1, t_l2 = left * right * g12, left * p * g11, left * q * g12
    t_r1, t_r2, t_12 = right * p * g12, right * q * g22, p * q * g12
    w11, w22 = t_l1 + t_r1 + t_12, t_l2 + t_r2 + t_12
    v1 = (t_l1 * w22 + t_12 * t_l2) / (w11 * w22 - t_12**2)
    v2 = (t_l2 * w11 + t_12 * t_l1) / (w11 * w22 - t_12**2)
    expected = t_lr + t_r1 * v1 + t_r2 * v2
    for size in (1, 2):
        shape = (1, 2 // size, size, size)
        diagonal = np.diag([a, b]) if size == 2 else np.array([a, b])
        if size == 2:
            diagonal = diagonal + t * np.eye(2)[::-1]
        step = np.full((1, 1, 1, 1), t) if size == 1 else np.zeros((1, 0, 2, 2))
        orbitals = 2 // size, size
        couplings = (np.array(one).reshape(orbitals) for one in ((left, 0.0), (0.0, right)))
        junctions = BlockJunctions.of(diagonal.reshape(shape), step, *couplings)
        probed = DephasedJunctions.of(junctions, np.array((p, q)).reshape(orbitals))
        found = probed.transmission(np.array([[energy]])).plain[0, 0]
        assert found == pytest.approx(expected, rel=1e-10)
        response = voltage_probe_response(probed, energy, 0.0)
        assert response.conductance_quanta[0, 0, 0] == pytest.approx(expected, rel=1e-10)
        np.testing.assert_allclose(response.potentials[0, 0, 0], [v1, v2], rtol=1e-10)


def test_one_probe_adds_two_resistances_in_series() -> None:
    junctions = random_ladder(1, 4)
    gamma = np.zeros((4, 2))
    gamma[2, 1] = 0.05
    probed = DephasedJunctions.of(junctions, gamma)
    t = between(probed, 0.1)
    expected = t[0, 1] + t[0, 2] * t[2, 1] / (t[0, 2] + t[2, 1])
    found = probed.transmission(np.array([[0.1]])).plain[0, 0]
    assert found == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("length", [1, 5, 20])
def test_dephasing_probes_agree_with_the_inverse_of_w(seed: int, length: int) -> None:
    probed = some(random_ladder(seed, length), seed)
    found = probed.transmission(ENERGIES[None]).plain[0]
    expected = [effective(between(probed, energy)) for energy in ENERGIES.tolist()]
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_kernels_and_the_definition_agree() -> None:
    junctions = random_ladder(4, 8, batch=3)
    gamma = np.random.default_rng(4).uniform(0.0, 0.1, junctions.gamma_left.shape)
    gamma[1, 3:5] = 0.0
    ladder = DephasedJunctions.of(junctions, gamma)
    dense = DephasedJunctions.of(junctions.dense(), gamma.reshape(3, -1))
    grids = np.tile(ENERGIES, (3, 1))
    np.testing.assert_allclose(
        ladder.transmission(grids).values, dense.transmission(grids).plain, rtol=1e-10
    )
    ours, theirs = (
        voltage_probe_response(one, [0.0, 0.2], [0.0, 300.0]) for one in (ladder, dense)
    )
    np.testing.assert_allclose(ours.conductance_quanta, theirs.conductance_quanta, rtol=1e-9)
    np.testing.assert_allclose(ours.potentials, theirs.potentials, atol=1e-9)
    warm, other = (thermal_probe_response(one, 0.1, 300.0) for one in (ladder, dense))
    np.testing.assert_allclose(warm.mean, other.mean, rtol=1e-8)
    np.testing.assert_allclose(warm.variance, other.variance, rtol=1e-8)


def test_missing_bases_have_no_probe() -> None:
    junctions = duplex_junctions("GGAG/CT_C")
    whole = junctions.dense()
    keep = whole.present[0]
    small = DenseJunctions.of(
        whole.hamiltonian[:, keep][..., keep], whole.gamma_left[:, keep], whole.gamma_right[:, keep]
    )
    probes = DephasedJunctions.of(small, np.full(7, 0.01))
    energies = GUANINE + ENERGIES[None]
    found = every(junctions, 0.01).transmission(energies).plain
    np.testing.assert_allclose(found, probes.transmission(energies).plain, rtol=1e-9)


@pytest.mark.parametrize("temperature", [100.0, 300.0])
def test_voltage_probes_agree_with_integrals_over_an_adaptive_grid(temperature: float) -> None:
    probed, fermi_energy = some(random_ladder(6, 3), 6), 0.05
    thermal = BOLTZMANN_EV * temperature

    def weighted(x: float) -> Doubles:
        found: Doubles = between(probed, fermi_energy + thermal * x) / (2.0 + 2.0 * np.cosh(x))
        return found

    couplings = quad_vec(weighted, -60.0, 60.0, epsabs=1e-13, epsrel=1e-11, points=[-5, 0, 5])[0]
    found = voltage_probe_response(probed, fermi_energy, temperature)
    assert found.conductance_quanta[0, 0, 0] == pytest.approx(effective(couplings), rel=1e-8)
    present = probed.probes[0] > 0.0
    states = np.concatenate(([1.0, 0.0], found.potentials[0, 0, 0, present]))
    currents = laplacian(couplings) @ states
    np.testing.assert_allclose(currents[2:], 0.0, atol=1e-10)
    assert currents[0] == pytest.approx(-currents[1], rel=1e-9)
    assert currents[0] == pytest.approx(found.conductance_quanta[0, 0, 0], rel=1e-8)


def test_thermal_probes_carry_neither_charge_nor_heat() -> None:
    """All Onsager coefficients by plain numpy: 2 x 2 conductances and one linear system."""
    probed, temperature = some(random_ladder(7, 3), 7), 300.0
    thermal = BOLTZMANN_EV * temperature

    def weighted(x: float) -> Doubles:
        powers = np.array([[1.0, x], [x, x * x]])
        found: Doubles = np.kron(between(probed, thermal * x), powers) / (2.0 + 2.0 * np.cosh(x))
        return found

    couplings: Any = quad_vec(weighted, -60.0, 60.0, epsabs=1e-13, epsrel=1e-11, points=[0])[0]
    size = len(couplings) // 2
    blocks = couplings.reshape(size, 2, size, 2).swapaxes(1, 2)
    blocks[np.arange(size), np.arange(size)] = 0.0
    matrix = -blocks
    matrix[np.arange(size), np.arange(size)] = blocks.sum(1)
    full = matrix.swapaxes(1, 2).reshape(2 * size, 2 * size)
    kept, probes = full[:4, :4], full[4:, 4:]
    reduced = kept - full[:4, 4:] @ np.linalg.solve(probes, full[4:, :4])
    onsager = reduced[:2, :2]
    np.testing.assert_allclose(onsager, onsager.T, rtol=1e-9)
    np.testing.assert_allclose(reduced[:2, 2:], -onsager, rtol=1e-7, atol=1e-12)
    found = thermal_probe_response(probed, 0.0, temperature)
    assert found.conductance_quanta[0, 0, 0] == pytest.approx(onsager[0, 0], rel=1e-8)
    mean = onsager[0, 1] / onsager[0, 0]
    assert found.mean[0, 0, 0] == pytest.approx(mean, rel=1e-8)
    variance = onsager[1, 1] / onsager[0, 0] - mean**2
    assert found.variance[0, 0, 0] == pytest.approx(variance, rel=1e-8)


def test_without_coupling_probes_change_nothing() -> None:
    junctions = random_ladder(8, 6)
    for gamma, tolerance in ((0.0, 1e-10), (1e-9, 1e-5)):
        probed = every(junctions, gamma)
        coherent, found = (linear_response(one, [0.0, 0.2], 300.0) for one in (junctions, probed))
        np.testing.assert_allclose(
            found.conductance_quanta, coherent.conductance_quanta, rtol=tolerance
        )
    none = every(junctions, 0.0)
    expected = linear_response(junctions, 0.1, 300.0)
    thermal = thermal_probe_response(none, 0.1, 300.0)
    np.testing.assert_allclose(thermal.mean, expected.mean, rtol=1e-8)
    np.testing.assert_allclose(thermal.variance, expected.variance, rtol=1e-7)
    voltage = voltage_probe_response(none, 0.1, 300.0)
    np.testing.assert_allclose(voltage.conductance_quanta, expected.conductance_quanta, rtol=1e-9)


def test_all_probes_are_alike_at_zero_temperature() -> None:
    probed = every(random_ladder(9, 5), 0.02)
    dephased = linear_response(probed, 0.1, 0.0).conductance_quanta
    np.testing.assert_allclose(voltage_probe_response(probed, 0.1, 0.0)[0], dephased, rtol=1e-9)
    np.testing.assert_allclose(
        thermal_probe_response(probed, 0.1, 0.0).conductance_quanta, dephased, rtol=1e-9
    )
    cold = voltage_probe_response(probed, 0.1, 1e-3)[0]
    np.testing.assert_allclose(cold, dephased, rtol=1e-4)


def test_a_probe_between_equal_halves_has_half_of_the_voltage() -> None:
    hamiltonian = 0.1 * (np.eye(5, k=1) + np.eye(5, k=-1))[None]
    ends = np.zeros((1, 5)), np.zeros((1, 5))
    ends[0][0, 0] = ends[1][0, 4] = 0.05
    probed = DephasedJunctions.of(DenseJunctions.of(hamiltonian, *ends), np.full(5, 0.02))
    for temperature in (0.0, 300.0):
        potentials = voltage_probe_response(probed, 0.03, temperature).potentials[0, 0, 0]
        np.testing.assert_allclose(potentials + potentials[::-1], 1.0, atol=1e-9)
        assert ((potentials > 0.0) & (potentials < 1.0)).all()
        assert potentials[2] == pytest.approx(0.5, abs=1e-9)


def test_dephased_currents_are_integrals_of_the_effective_transmission() -> None:
    probed = every(random_ladder(10, 4), 0.02)
    curve = current_voltage(probed, [1e-7, 0.4], 300.0, fermi_energy=0.0, division=0.5)
    response = linear_response(probed, 0.0, 300.0)
    assert curve.current[0, 0, 0] / 1e-7 == pytest.approx(response.conductance[0, 0, 0], rel=1e-6)
    energies = np.linspace(-3.0, 3.0, 20001)
    x = energies / (BOLTZMANN_EV * 300.0)
    half = 0.2 / (BOLTZMANN_EV * 300.0)
    window = np.sinh(half) / (np.cosh(half) + np.cosh(x))
    plain = np.trapezoid(window * probed.transmission(energies[None]).plain[0], energies)
    quanta = curve.current[0, 1, 0] / response.conductance[0, 0, 0]
    assert quanta * response.conductance_quanta[0, 0, 0] == pytest.approx(plain, rel=1e-7)


def test_the_effective_transmission_is_resolved_where_its_own_singularities_are() -> None:
    """Strong probes beside weak contacts: T_eff is sharper than the poles of G tell."""
    gamma = np.full((8, 2), 0.5)
    gamma[::3] = 0.0
    probed = DephasedJunctions.of(duplex_junctions("GGGAAGGG", gamma=1e-3), gamma)
    found = linear_response(probed, GUANINE, 300.0).conductance_quanta[0, 0, 0]
    thermal = BOLTZMANN_EV * 300.0
    x = np.linspace(-40.0, 40.0, 400001)
    transmission = probed.transmission(GUANINE + thermal * x[None]).plain[0]
    expected = np.trapezoid(transmission / (2.0 + 2.0 * np.cosh(x)), x)
    assert found == pytest.approx(expected, rel=1e-8)


def test_a_coupling_of_another_shape_or_sign_is_refused() -> None:
    junctions = random_ladder(1, 3)
    with pytest.raises(ValueError, match="the coupling of the probes has the shape"):
        DephasedJunctions.of(junctions, np.zeros(3))
    for value in (-0.1, np.nan, np.inf):
        with pytest.raises(ValueError, match="finite and not negative"):
            every(junctions, value)


def response_of(sequence: str, gamma: float, temperature: float = 300.0) -> float:
    """Conductance in G0 at the level of guanine with voltage probes on all bases."""
    probed = every(duplex_junctions(sequence), gamma)
    response = voltage_probe_response(probed, GUANINE, temperature)
    return float(response.conductance_quanta[0, 0, 0])


def test_alternating_gc_with_probes_is_ohmic() -> None:
    lengths = np.arange(8, 17, 2)
    resistance = [1.0 / response_of("GC" * (n // 2), 0.01) for n in lengths.tolist()]
    slope, intercept = np.polyfit(lengths, resistance, 1)
    residual = resistance - (slope * lengths + intercept)
    assert slope == pytest.approx(0.16, abs=0.01)
    assert 1.0 - residual.var() / np.var(resistance) > 0.9999


def test_stacked_gc_shows_even_and_odd_lengths() -> None:
    """G_k C_k conducts better for odd k, and the difference fades."""
    found = np.log10([response_of("G" * k + "C" * k, 0.01) for k in range(2, 9)])
    turns = np.diff(found)
    assert (turns[::2] > 0.0).all()
    assert (turns[1::2] < 0.0).all()
    assert abs(turns[-1]) < 0.3 * abs(turns[0])
    alternating = np.diff(np.log10([response_of("GC" * k, 0.01) for k in range(2, 6)]))
    assert (alternating < 0.0).all()


def test_tunneling_becomes_hopping_with_length() -> None:
    """GGG A_m GGG: two decades a base pair while carriers tunnel, few once they hop."""
    lengths = (1, 2, 3, 4, 6, 8)
    coherent, hopping = (
        np.log10([response_of("GGG" + "A" * m + "GGG", gamma, temperature) for m in lengths])
        for gamma, temperature in ((0.0, 77.0), (0.01, 300.0))
    )
    slopes = np.diff(coherent) / np.diff(lengths)
    assert (slopes < -1.8).all()
    assert np.ptp(slopes) < 0.6
    steps = np.diff(hopping) / np.diff(lengths)
    assert steps[0] < -1.5
    assert steps[-1] > -0.25
    assert (np.diff(steps) > 0.0).all()


def test_without_probes_carriers_cross_a_long_barrier_above_it() -> None:
    """At 300 K the narrow levels of adenine, 18 k_B T away, end the tunneling too."""
    warm, cold = (
        [response_of("GGG" + "A" * m + "GGG", 0.0, temperature) for m in (6, 8)]
        for temperature in (300.0, 77.0)
    )
    assert warm[1] > 0.5 * warm[0]
    assert cold[1] < 1e-3 * cold[0]
    assert cold[1] < 1e-3 * warm[1]


def test_transmissions_between_terminals_agree_with_sisl() -> None:
    pytest.importorskip("sisl_toolbox.btd", reason="sisl, the independent code, is not installed")
    from tests.physics.sisl_reference import device_green

    junctions = duplex_junctions("GACG")
    gamma = np.full((4, 2), 0.01)
    gamma[0] = gamma[-1] = 0.0
    probed = DephasedJunctions.of(junctions, gamma)
    dense = junctions.dense()
    contacts = {"left": dense.gamma_left[0], "right": dense.gamma_right[0]}
    sites = np.flatnonzero(probed.probes[0])
    contacts |= {f"probe {n}": probed.probes[0] * (np.arange(8) == n) for n in sites.tolist()}
    greens = device_green(dense.hamiltonian[0], contacts)
    names = list(contacts)
    for energy in (-7.6, GUANINE):
        theirs = np.zeros((len(names), len(names)))
        for row, one in enumerate(names):
            for column, other in enumerate(names):
                if row != column:
                    theirs[row, column] = greens.transmission(energy, one, other)
        ours = probed.between_terminals(np.array([[energy]]))[0, 0]
        rows = np.concatenate(([0, 1], 2 + sites))
        ours = ours[np.ix_(rows, rows)] * (1.0 - np.eye(len(rows)))
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)
        found = probed.transmission(np.array([[energy]])).plain[0, 0]
        assert found == pytest.approx(effective(theirs), rel=1e-8)
