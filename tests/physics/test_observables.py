"""Zero-bias conductance against closed forms and limits."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import constants as codata

from dnawire.constants import BOLTZMANN_EV, CONDUCTANCE_QUANTUM
from dnawire.errors import UsageError
from dnawire.transport import (
    interpolate_transmission,
    poles,
    resolving_energies,
    zero_bias_conductance,
)

WIDE = np.linspace(-3.0, 3.0, 601)


def test_the_conductance_quantum_is_two_e_squared_over_h() -> None:
    assert pytest.approx(2.0 * codata.e**2 / codata.h, rel=1e-12) == CONDUCTANCE_QUANTUM
    assert pytest.approx(12906.4, rel=1e-5) == 1.0 / CONDUCTANCE_QUANTUM


@given(
    temperature=st.floats(0.0, 400.0),
    fermi_energy=st.floats(-2.0, 2.0),
    points=st.integers(2, 200),
)
def test_an_open_channel_conducts_one_quantum(
    temperature: float, fermi_energy: float, points: int
) -> None:
    energies = np.linspace(-3.0, 3.0, points)
    found = zero_bias_conductance(
        energies, np.ones(points), fermi_energy=fermi_energy, temperature=temperature
    )
    assert found.conductance_quanta == pytest.approx(1.0, rel=1e-8, abs=0.0)
    assert found.siemens == pytest.approx(7.748091729e-5, rel=1e-8)


@pytest.mark.parametrize("slope", [-30.0, -5.0, 3.0, 25.0])
@pytest.mark.parametrize("temperature", [30.0, 300.0])
def test_exponential_transmission_has_a_closed_form(slope: float, temperature: float) -> None:
    """For T = exp(a (E - mu)), the integral is pi a kT / sin(pi a kT) while |a| kT < 1."""
    argument = math.pi * slope * BOLTZMANN_EV * temperature
    found = zero_bias_conductance(
        WIDE, 1e-9 * np.exp(slope * (WIDE - 0.3)), fermi_energy=0.3, temperature=temperature
    )
    expected = 1e-9 * argument / math.sin(argument)
    assert found.conductance_quanta == pytest.approx(expected, rel=1e-4)


def test_low_temperature_approaches_the_transmission_at_the_fermi_energy() -> None:
    transmission = 1e-3 / ((WIDE - 0.2) ** 2 + 1e-3)
    limit = zero_bias_conductance(WIDE, transmission, fermi_energy=0.213, temperature=0.0)
    for temperature in (1.0, 1e-3, 1e-12):
        cold = zero_bias_conductance(
            WIDE, transmission, fermi_energy=0.213, temperature=temperature
        )
        assert cold.conductance_quanta == pytest.approx(limit.conductance_quanta, rel=1e-4)


def test_sommerfeld_correction() -> None:
    """G = T + (pi kT)^2 T''/6 for a smooth transmission."""
    energies = np.linspace(-1.0, 1.0, 20001)
    transmission = 0.5 + energies**2
    found = zero_bias_conductance(energies, transmission, fermi_energy=0.0, temperature=50.0)
    correction = (math.pi * BOLTZMANN_EV * 50.0) ** 2 * 2.0 / 6.0
    assert found.conductance_quanta - 0.5 == pytest.approx(correction, rel=1e-4)


def test_a_narrow_resonance_far_away_conducts_by_activation() -> None:
    """Area of the resonance times the thermal weight at its energy: 2e-4 eV at 20 kT."""
    temperature = 300.0
    thermal_energy = BOLTZMANN_EV * temperature
    energies = np.sort(np.concatenate([WIDE, 0.5 + np.linspace(-0.02, 0.02, 4001)]))
    width = 1e-3
    transmission = 1e-14 + (width / 2) ** 2 / ((energies - 0.5) ** 2 + (width / 2) ** 2)
    found = zero_bias_conductance(
        energies,
        np.where(np.abs(energies - 0.5) < 0.02, transmission, 1e-14),
        fermi_energy=0.0,
        temperature=temperature,
    )
    weight = math.exp(-0.5 / thermal_energy) / thermal_energy
    assert found.conductance_quanta == pytest.approx(math.pi * width / 2 * weight, rel=0.1)


def test_interpolation_is_linear_in_the_logarithm() -> None:
    found = interpolate_transmission(
        np.array([0.0, 1.0]), np.array([1e-8, 1e-2]), np.array([0.0, 0.5, 1.0])
    )
    np.testing.assert_allclose(found, [1e-8, 1e-5, 1e-2], rtol=1e-12)


def test_disconnected_contacts_do_not_conduct() -> None:
    for temperature in (0.0, 300.0):
        found = zero_bias_conductance(
            WIDE, np.zeros_like(WIDE), fermi_energy=0.0, temperature=temperature
        )
        assert found.conductance_quanta == 0.0


def test_a_window_without_the_thermal_weight_is_refused() -> None:
    energies = np.linspace(-0.1, 0.1, 11)
    with pytest.raises(UsageError, match=r"holds only 95\.9% [\s\S]* -0\.196 to 0\.196 eV"):
        zero_bias_conductance(energies, np.ones(11), fermi_energy=0.0, temperature=300.0)
    cold = zero_bias_conductance(energies, np.ones(11), fermi_energy=0.0, temperature=77.0)
    assert 0.0 < cold.unseen_quanta < 1e-3
    assert cold.conductance_quanta + cold.unseen_quanta == pytest.approx(1.0, rel=1e-8)


@pytest.mark.parametrize("fermi_energy", [-3.1, 3.1, math.nan])
def test_a_fermi_energy_outside_the_spectrum_is_refused(fermi_energy: float) -> None:
    with pytest.raises(UsageError, match="lies outside the spectrum, which runs from -3 to 3 eV"):
        zero_bias_conductance(WIDE, np.ones_like(WIDE), fermi_energy=fermi_energy, temperature=0.0)


@pytest.mark.parametrize("temperature", [-1.0, math.nan, math.inf])
def test_an_impossible_temperature_is_refused(temperature: float) -> None:
    with pytest.raises(UsageError, match="temperature is"):
        zero_bias_conductance(WIDE, np.ones_like(WIDE), fermi_energy=0.0, temperature=temperature)


def chain(coupling: float, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A disordered chain between weak contacts: its resonances are narrow."""
    generator = np.random.default_rng(seed)
    hamiltonian = np.diag(generator.uniform(-0.4, 0.4, 5))
    for site in range(4):
        hamiltonian[site, site + 1] = hamiltonian[site + 1, site] = 0.03
    return hamiltonian, np.array([coupling, 0.0, 0.0, 0.0, coupling])


def end_to_end(
    hamiltonian: NDArray[np.float64], broadening: NDArray[np.float64], energies: NDArray[np.float64]
) -> NDArray[np.float64]:
    """T from the first site to the last one."""
    inverse = energies[:, None, None] * np.eye(len(hamiltonian)) - hamiltonian
    inverse = inverse + 0.5j * np.diag(broadening)
    greens = np.linalg.inv(inverse)[:, 0, -1]
    transmission: NDArray[np.float64] = broadening[0] * np.abs(greens) ** 2 * broadening[-1]
    return transmission


def thermal_pole(pole: mpmath.mpc, thermal_energy: float) -> mpmath.mpc:
    """Integral of -f'/(E - z), z below the real axis and mu = 0, by the residues of f'."""
    reduced = pole / thermal_energy
    argument = mpmath.mpf(1) / 2 + 1j * reduced / (2 * mpmath.pi)
    return -1j / (2 * mpmath.pi * thermal_energy) * mpmath.psi(1, argument)


def exact_conductance(
    hamiltonian: NDArray[np.float64], broadening: NDArray[np.float64], temperature: float
) -> float:
    """Conductance in G0 as a double sum over the poles of G; without any grid, to 40 digits."""
    thermal_energy = BOLTZMANN_EV * temperature
    with mpmath.workdps(40):
        matrix = mpmath.matrix(hamiltonian.tolist())
        for site, width in enumerate(broadening):
            matrix[site, site] -= mpmath.mpc(0, width / 2)
        poles, vectors = mpmath.eig(matrix)
        sites = range(len(poles))
        residues = [
            vectors[0, k] * vectors[len(poles) - 1, k] / sum(vectors[n, k] ** 2 for n in sites)
            for k in sites
        ]
        thermal = [thermal_pole(pole, thermal_energy) for pole in poles]
        total = sum(
            residues[k] * mpmath.conj(residues[m]) * (thermal[k] - mpmath.conj(thermal[m]))
            / (poles[k] - mpmath.conj(poles[m]))
            for k in sites for m in sites
        )  # fmt: skip
        return float(mpmath.re(total)) * float(broadening[0] * broadening[-1])


@pytest.mark.parametrize("coupling", [0.1, 1e-3, 1e-6])
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("temperature", [30.0, 300.0])
def test_resolved_resonances_give_the_conductance_without_a_grid(
    coupling: float, seed: int, temperature: float
) -> None:
    hamiltonian, broadening = chain(coupling, seed)
    energies = resolving_energies(poles(hamiltonian, broadening), np.linspace(-2.0, 2.0, 11))
    found = zero_bias_conductance(
        energies,
        end_to_end(hamiltonian, broadening, energies),
        fermi_energy=0.0,
        temperature=temperature,
    )
    expected = exact_conductance(hamiltonian, broadening, temperature)
    assert found.conductance_quanta == pytest.approx(expected, rel=2e-3)


def test_resolving_energies_keep_the_grid_and_its_bounds() -> None:
    hamiltonian, broadening = chain(0.1, 1)
    grid = np.linspace(-0.1, 0.3, 7)
    found = resolving_energies(poles(hamiltonian - 7.0 * np.eye(5), broadening), grid - 7.0)
    assert (np.diff(found) > 0).all()
    assert set(grid - 7.0) <= set(found)
    assert (found[0], found[-1]) == (grid[0] - 7.0, grid[-1] - 7.0)
    assert len(found) < 7 + 5 * 320


@pytest.mark.parametrize("eta", [0.0, 1e-5])
def test_every_pole_is_resolved_however_weakly_it_is_coupled(eta: float) -> None:
    """In a long disordered chain most states reach no contact, and some barely do."""
    size, gamma = 60, 0.2
    disorder = np.random.default_rng(4).uniform(-1.0, 1.0, size)
    hamiltonian = np.diag(disorder) + 0.2 * (np.eye(size, k=1) + np.eye(size, k=-1))
    broadening = np.full(size, 2.0 * eta)
    broadening[[0, -1]] += gamma
    found = resolving_energies(poles(hamiltonian, broadening), np.array([-3.0, 3.0]))
    expected = np.linalg.eigvals(hamiltonian - 0.5j * np.diag(broadening))
    widths = np.maximum(-expected.imag, 1e-13)
    assert widths.max() > 0.01
    assert (widths.min() == 1e-13) == (eta == 0.0)
    offsets = found[:, None] - expected.real
    for side in (offsets, -offsets):
        nearest = np.where(side > -1e-14, side, np.inf).min(axis=0)
        assert (nearest < 0.3 * widths + 1e-14).all()
    reach = np.arcsinh((3.0 - expected.real) / widths) + np.arcsinh((3.0 + expected.real) / widths)
    assert len(found) <= 2 + (reach / 0.2 + 1.0).sum()


def test_a_level_without_width_is_no_obstacle() -> None:
    found = resolving_energies(poles(np.diag([0.0, 0.1]), np.zeros(2)), np.array([-1.0, 1.0]))
    assert np.isfinite(found).all()
