"""Current and differential conductance against closed forms and sums over poles to 40 digits."""

from __future__ import annotations

import math
from functools import partial

import mpmath
import numpy as np
import pytest

from dnawire.constants import CONDUCTANCE_QUANTUM
from dnawire.errors import UsageError
from dnawire.transport import CurrentVoltage, current_voltage, linear_response
from tests.physics.observable_references import (
    GUANINE,
    SingleLevel,
    duplex_junctions,
    exact_integral,
    fermi_pole,
    random_ladder,
)

VOLTAGES = np.array([-1.0, -1e-6, 1e-3, 0.3, 0.5, 1.0])


def potentials(division: float, fermi_energy: float = 0.0) -> list[tuple[float, float]]:
    return [
        (fermi_energy + division * v, fermi_energy - (1 - division) * v) for v in VOLTAGES.tolist()
    ]


def between_potentials(
    ends: tuple[float, float], temperature: float, pole: mpmath.mpc
) -> mpmath.mpc:
    """Integral of f_L - f_R over E - pole."""
    left, right = (fermi_pole(pole, one, temperature) for one in ends)
    return left - right


def curve(level: SingleLevel, temperature: float, division: float) -> CurrentVoltage:
    return current_voltage(
        level.junctions, VOLTAGES, temperature, fermi_energy=0.0, division=division
    )


@pytest.mark.parametrize("division", [0.0, 0.3, 0.5, 1.0])
@pytest.mark.parametrize("width", [0.2, 1e-4, 1e-7])
def test_a_single_level_at_zero_temperature_is_an_arc_tangent(
    width: float, division: float
) -> None:
    level = SingleLevel(0.1, 0.4 * width, 0.6 * width)
    found = curve(level, 0.0, division)
    for v, (left, right) in enumerate(potentials(division)):
        expected = CONDUCTANCE_QUANTUM * (level.area(left) - level.area(right))
        current = found.current[0, v, 0]
        assert current == pytest.approx(expected, rel=1e-8 if abs(VOLTAGES[v]) > 1e-5 else 1e-5)
    at_ends = level.transmission(np.array(potentials(division)))
    slopes = CONDUCTANCE_QUANTUM * at_ends @ [division, 1 - division]
    np.testing.assert_allclose(found.differential_conductance[0, :, 0], slopes, rtol=1e-8)


@pytest.mark.parametrize("temperature", [10.0, 300.0])
@pytest.mark.parametrize("width", [0.2, 1e-3, 1e-7])
def test_a_single_level_at_a_finite_temperature_is_a_digamma(
    width: float, temperature: float
) -> None:
    level = SingleLevel(0.1, 0.4 * width, 0.6 * width)
    found = curve(level, temperature, 0.3)
    for v, ends in enumerate(potentials(0.3)):
        with mpmath.workdps(40):
            integral = between_potentials(ends, temperature, level.pole)
            expected = CONDUCTANCE_QUANTUM * float(level.of(integral))
        assert found.current[0, v, 0] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("temperature", [0.0, 300.0])
def test_a_molecule_agrees_with_the_sum_over_its_poles(temperature: float) -> None:
    """At 0.5 and 1 V, where a plain grid is far too low (see the next test)."""
    junctions = duplex_junctions("GA", gamma=1e-3)
    dense = junctions.dense()
    found = current_voltage(
        junctions, [0.5, 1.0], temperature, fermi_energy=GUANINE + 0.3, division=0.5
    )
    for v, voltage in enumerate((0.5, 1.0)):
        ends = GUANINE + 0.3 + voltage / 2, GUANINE + 0.3 - voltage / 2
        expected = exact_integral(
            dense.hamiltonian[0],
            dense.gamma_left[0],
            dense.gamma_right[0],
            partial(between_potentials, ends, temperature),
        )
        current = found.current[0, v, 0] / CONDUCTANCE_QUANTUM
        assert current == pytest.approx(expected, rel=1e-8)


def test_a_plain_grid_misses_what_is_resolved_here() -> None:
    junctions = duplex_junctions("GACTGACT", gamma=1e-3)
    exact = current_voltage(junctions, 1.0, 0.0, fermi_energy=GUANINE, division=0.5)
    energies = np.linspace(GUANINE - 0.5, GUANINE + 0.5, 401)
    transmission = junctions.transmission(energies[None]).plain[0]
    plain = CONDUCTANCE_QUANTUM * np.trapezoid(transmission, energies)
    assert abs(plain / exact.current[0, 0, 0] - 1.0) > 0.2


def test_small_voltages_are_linear_response() -> None:
    junctions = random_ladder(2, 8, batch=2)
    response = linear_response(junctions, 0.05, [0.0, 77.0, 300.0])
    found = current_voltage(junctions, 1e-7, response.temperatures, fermi_energy=0.05, division=0.8)
    np.testing.assert_allclose(
        found.differential_conductance[:, 0], response.conductance[:, 0], rtol=1e-3
    )
    np.testing.assert_allclose(
        found.current[:, 0, 1:] / 1e-7, response.conductance[:, 0, 1:], rtol=1e-5
    )


@pytest.mark.parametrize("temperature", [0.0, 300.0])
def test_the_differential_conductance_is_the_slope_of_the_current(temperature: float) -> None:
    junctions, step = random_ladder(3, 8), 1e-5
    voltages = np.array([0.2 - step, 0.2, 0.2 + step])
    found = current_voltage(junctions, voltages, temperature, fermi_energy=0.0, division=0.4)
    slope = (found.current[0, 2, 0] - found.current[0, 0, 0]) / (2 * step)
    assert found.differential_conductance[0, 1, 0] == pytest.approx(slope, rel=1e-4)


def test_no_voltage_drives_no_current_and_the_saturated_current_is_known() -> None:
    level = SingleLevel(0.1, 1e-5, 3e-5)
    found = current_voltage(level.junctions, [0.0, 40.0], 300.0, fermi_energy=0.0, division=0.5)
    assert found.current[0, 0, 0] == 0.0
    saturated = CONDUCTANCE_QUANTUM * 2 * math.pi * 1e-5 * 3e-5 / 4e-5
    assert found.current[0, 1, 0] == pytest.approx(saturated, rel=1e-5)


@pytest.mark.parametrize("division", [-0.1, 1.1, math.nan])
def test_an_impossible_division_is_refused(division: float) -> None:
    with pytest.raises(UsageError, match="drops at the left contact is not between"):
        current_voltage(random_ladder(1, 2), 0.1, 300.0, fermi_energy=0.0, division=division)


@pytest.mark.parametrize("voltages", [math.nan, [], [[0.1]]])
def test_impossible_voltages_are_refused(voltages: object) -> None:
    with pytest.raises(UsageError, match="voltages of shape"):
        current_voltage(random_ladder(1, 2), voltages, 300.0, fermi_energy=0.0, division=0.5)  # type: ignore[arg-type]
