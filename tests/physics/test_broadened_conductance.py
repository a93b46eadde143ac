"""Conductance with eta: every command has it alike, and it is the integral."""

from __future__ import annotations

import numpy as np
import pytest

from dnawire.constants import BOLTZMANN_EV
from dnawire.inference import Evaluator, load_predictor, summarize
from dnawire.inference.conductance import Carriers, carrier_window
from dnawire.junction import Contact, Duplex, Junction

ETA, KELVIN, LEVEL = 0.003, 300.0, -7.1
LEFT, RIGHT = Contact.at("upper", 0, 0.1), Contact.at("upper", -1, 0.1)


def test_a_broadened_conductance_is_the_integral_over_a_fine_grid() -> None:
    exact = load_predictor("exact:kordas2025")
    junction = Junction(Duplex.parse("GATTACA"), LEFT, RIGHT)
    [record] = exact.predict([junction], np.linspace(-9.0, -6.0, 7), ETA)
    found = summarize(exact, record, LEVEL, KELVIN).at_fermi_energy
    assert found is not None
    thermal = BOLTZMANN_EV * KELVIN
    fine = np.linspace(LEVEL - 40 * thermal, LEVEL + 40 * thermal, 100_001)
    [whole] = exact.predict([junction], fine, ETA)
    weights = 0.25 / thermal / np.cosh((fine - LEVEL) / (2.0 * thermal)) ** 2
    expected = np.trapezoid(weights * whole.transmission, fine)
    assert found.conductance.conductance_quanta == pytest.approx(expected, rel=1e-8)


def test_levels_beyond_the_thermal_window_carry_what_a_long_gap_does_not() -> None:
    exact = load_predictor("exact:kordas2025")
    junction = Junction(Duplex.parse("ACGTTGCAACGTTGCA"), LEFT, RIGHT)
    window = carrier_window(np.array([-5.0]), KELVIN)
    found = []
    for eta in (1e-12, 0.0):
        carriers = Carriers.of(exact, junction, window, eta)
        assert carriers is not None
        found.append(carriers.log10_conductances(np.array([-5.0]), KELVIN))
    assert found[0] == pytest.approx(found[1], abs=1e-5)


@pytest.mark.parametrize("eta", [0.0, ETA])
def test_a_search_finds_what_a_prediction_says(eta: float) -> None:
    exact = load_predictor("exact:kordas2025")
    duplex, grid = Duplex.parse("GATTACA"), np.linspace(-9.0, -6.0, 7)
    evaluator = Evaluator(exact, LEFT, RIGHT, grid, eta, LEVEL, KELVIN)
    codes = duplex.codes_in(exact.conditions.alphabet)[None]
    at_fermi = evaluator.summary(duplex).at_fermi_energy
    assert at_fermi is not None
    [found] = evaluator.of(codes, "log10_conductance")
    assert found == pytest.approx(at_fermi.conductance.log10_conductance_quanta, abs=1e-10)
    [transmission] = evaluator.of(codes, "log10_transmission")
    assert transmission == pytest.approx(at_fermi.log10_transmission, abs=1e-10)
