"""States that no contact reaches: they cost little, and lose nothing."""

from __future__ import annotations

import numpy as np
import pytest

from dnawire.constants import BOLTZMANN_EV
from dnawire.inference import load_predictor
from dnawire.junction import Contact, Duplex, Junction
from dnawire.transport import resolving_energies
from dnawire.transport.quadrature import ThermalWindows, panel_edges, rule_on

LONG = Duplex.parse("".join(np.random.default_rng(0).choice(list("ACGT"), 300)))
JUNCTION = Junction(LONG, Contact.at("upper", 0, 0.1), Contact.at("upper", -1, 0.1))
ENERGIES = np.linspace(-9.0, -6.5, 11)


def test_levels_of_one_question_are_computed_once() -> None:
    exact = load_predictor("exact:kordas2025")
    first = exact.resonances(JUNCTION, ENERGIES, 0.0)
    assert exact.resonances(JUNCTION, ENERGIES[:2], 0.0) is first
    other = exact.resonances(JUNCTION, ENERGIES, 0.01)
    assert other is not None
    assert other is not first
    assert (other.imag <= -0.01).all()


def test_a_state_that_no_contact_reaches_takes_few_energies() -> None:
    levels = load_predictor("exact:kordas2025").resonances(JUNCTION, ENERGIES, 0.0)
    assert levels is not None
    unreached = levels[levels.imag == 0.0]
    assert len(unreached) > 0.5 * len(levels)
    energies = resolving_energies(unreached, ENERGIES)
    assert len(energies) < 80 * len(unreached)
    # The density of states has its peak at the level.
    inside = unreached.real[(unreached.real > -9.0) & (unreached.real < -6.5)]
    assert np.isin(inside, energies).all()


def test_a_state_that_no_contact_reaches_adds_nothing() -> None:
    exact = load_predictor("exact:kordas2025")
    ladder, levels = exact.ladder(JUNCTION), exact.resonances(JUNCTION, ENERGIES, 0.0)
    assert levels is not None
    windows = ThermalWindows(np.array([-7.1]), np.array([BOLTZMANN_EV * 300.0]))
    rule, passing = ladder.resolved_by(levels[None], windows, np.array(windows.bounds))
    every = rule_on(panel_edges(levels[None], windows, np.array(windows.bounds)))
    assert rule.energies.size < 0.7 * every.energies.size
    at = np.cosh(0.5 * (rule.energies + 7.1) / windows.thermal_energies)
    found = (rule.weights * passing.plain / at**2).sum()
    at = np.cosh(0.5 * (every.energies + 7.1) / windows.thermal_energies)
    expected = (every.weights * ladder.transmission(every.energies).plain / at**2).sum()
    assert found == pytest.approx(expected, rel=1e-6)
