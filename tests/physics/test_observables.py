"""Zero-bias conductance against closed forms and limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants as codata

from dnawire.constants import BOLTZMANN_EV, CONDUCTANCE_QUANTUM
from dnawire.errors import UsageError
from dnawire.transport import interpolate_transmission, zero_bias_conductance

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
