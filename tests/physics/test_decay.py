"""Decay with length: closed forms of the complex bands, and the laws that noise supports."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

import dnawire as dw
from dnawire.inference import CONDUCTANCE, TRANSMISSION, fit_decay
from dnawire.tightbinding import load_parameters

Doubles = NDArray[np.float64]

EXACT = "exact:kordas2025"
BOTH = {"left": "upper:0=0.05,lower:-1=0.05", "right": "upper:-1=0.05,lower:0=0.05"}
"""Contacts on both bases of the first and of the last pair."""
LENGTHS = np.arange(2, 21)


def complex_band(family: str, energy: float) -> float:
    """Smallest decay of T per unit, of the periodic ladder: 2 |Im k| from its transfer matrix."""
    hamiltonian = dw.load(EXACT).hamiltonian(dw.Duplex(family * 4))
    size = 2 * len(family)
    cell, hop = hamiltonian[size : 2 * size, size : 2 * size], hamiltonian[:size, size : 2 * size]
    # (E - h) u = t^T u z^-1 + t u z with u_n = u z^n, as an eigenvalue problem for z.
    identity, zero = np.eye(size), np.zeros((size, size))
    left = np.block([[energy * identity - cell, -hop.T], [identity, zero]])
    right = np.block([[hop, zero], [zero, identity]])
    decays = np.abs(np.log(np.abs(np.linalg.eigvals(np.linalg.pinv(right) @ left))))
    return float(2.0 * decays.min())


@pytest.mark.parametrize("energy", [-6.8, -6.75, -6.7])
def test_beta_of_a_uniform_chain_is_the_closed_form(energy: float) -> None:
    """One strand: beta = 2 arccosh(|E - e| / 2 t) per site."""
    parameters = load_parameters("kordas2025")
    guanine = "ACGT".index("G")
    onsite = parameters.onsite[guanine]
    hopping = parameters.stacking[guanine, guanine]
    expected = 2.0 * math.acosh(abs(energy - onsite) / (2.0 * hopping))
    series = dw.series("(G)n/(_)n", EXACT, fermi_energy=energy, lengths="4:20")
    decay = series.decays[TRANSMISSION]
    assert decay is not None
    assert decay.law == "exponential"
    assert decay.crossover is None
    found = decay.tunneling
    assert found.beta == pytest.approx(expected, abs=1e-4)
    assert abs(found.beta - expected) < 20.0 * found.standard_error < 1e-3


@pytest.mark.parametrize("energy", [-6.8, -6.7])
def test_beta_of_stacked_guanine_is_that_of_its_complex_band(energy: float) -> None:
    series = dw.series("(G)n", EXACT, fermi_energy=energy, lengths="6:30")
    decay = series.decays[TRANSMISSION]
    assert decay is not None
    assert decay.law == "exponential"
    assert decay.tunneling.beta == pytest.approx(complex_band("G", energy), abs=1e-3)


def test_beta_of_thymine_after_adenine_is_that_of_its_complex_band() -> None:
    """The fixed end changes the conductance, not how it decays."""
    series = dw.series("A(T)n", EXACT, fermi_energy=-7.1, lengths="8:30")
    decay = series.decays[TRANSMISSION]
    assert decay is not None
    assert decay.tunneling.beta == pytest.approx(complex_band("T", -7.1), abs=3e-3)
    assert series.rise == 3.38


def test_alternating_guanine_is_ohmic_with_probes_and_tells_the_resistance_of_a_pair() -> None:
    """docs/observables.md, (GC)_k: the table of G; 1/G is linear in the length."""
    series = dw.series("GC", EXACT, fermi_energy=-7.13, probe_coupling=0.01, lengths="4:16", **BOTH)  # type: ignore[arg-type]
    tabulated = [0.477, 0.411, 0.362, 0.324, 0.293, 0.268, 0.247]
    np.testing.assert_allclose(10.0**series.log10_conductance, tabulated, rtol=2e-3)
    decay = series.decay
    assert decay is not None
    assert decay.law == "ohmic"
    slope = np.polyfit(series.lengths, 10.0**-series.log10_conductance, 1)[0]
    assert 10.0**decay.ohmic.log10_each == pytest.approx(slope, rel=0.02)


def test_a_block_of_adenine_tunnels_then_hops_with_probes_alone() -> None:
    given = {"fermi_energy": -7.13, "lengths": "7:16", **BOTH}
    hopping = dw.series("GGG(A)nGGG", EXACT, probe_coupling=0.01, **given)  # type: ignore[arg-type]
    tabulated = [0.135, 8.2e-4, 2.1e-5, 3.0e-6, 1.6e-6, 1.1e-6]
    np.testing.assert_allclose(10.0 ** hopping.log10_conductance[:6], tabulated, rtol=0.03)
    decay = hopping.decay
    assert decay is not None
    assert decay.law == "crossover"
    assert decay.crossover is not None
    assert decay.beyond is not None
    assert 9.0 < decay.crossover < 11.0
    assert decay.tunneling.beta > 10.0 * decay.beyond.beta > 0.0
    coherent = dw.series("GGG(A)nGGG", EXACT, **given)  # type: ignore[arg-type]
    transmission = coherent.decays[TRANSMISSION]
    assert transmission is not None
    assert transmission.law == "exponential"


def test_weak_probes_change_nothing() -> None:
    given = {"fermi_energy": -7.13, "lengths": "4", **BOTH}
    coherent = dw.series("GC", EXACT, **given)  # type: ignore[arg-type]
    probed = dw.series("GC", EXACT, probe_coupling=1e-7, **given)  # type: ignore[arg-type]
    for name in (TRANSMISSION, CONDUCTANCE):
        ours, theirs = coherent.table()[name][1], probed.table()[name][1]
        # The coherent conductance ends with the energies.
        np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=1e-3)


def parallel(lengths: NDArray[np.int64], beta: float, slow: float) -> Doubles:
    """Log10 of tunneling beside a second channel."""
    found: Doubles = np.log10(np.exp(-beta * lengths) + 1e-6 * np.exp(-slow * lengths))
    return found


def test_beta_and_its_error_are_those_of_linear_regression() -> None:
    generator = np.random.default_rng(0)
    found = []
    for _ in range(400):
        noise = generator.normal(0.0, 0.2, len(LENGTHS))
        decay = fit_decay(LENGTHS, (1.0 - 0.7 * LENGTHS + noise) / math.log(10.0))
        assert decay is not None
        found.append(decay)
    line = [one.tunneling for one in found if one.law == "exponential"]
    assert len(line) == len(found)
    betas = np.array([one.beta for one in line])
    errors = np.array([one.standard_error for one in line])
    assert betas.mean() == pytest.approx(0.7, abs=3.0 * betas.std() / 20.0)
    assert betas.std() == pytest.approx(np.sqrt((errors**2).mean()), rel=0.1)


def test_a_second_channel_is_found_where_both_are_equal() -> None:
    decay = fit_decay(LENGTHS, parallel(LENGTHS, 1.5, 0.05))
    assert decay is not None
    assert decay.law == "crossover"
    assert decay.crossover == pytest.approx(6.0 * math.log(10.0) / 1.45, abs=0.7)
    assert decay.beyond is not None
    assert decay.beyond.beta == pytest.approx(0.05, abs=0.03)
    assert decay.tunneling.beta == pytest.approx(1.5, abs=0.1)


def test_a_slope_that_does_not_halve_is_no_crossover() -> None:
    """However significant the bend is."""
    bend = np.where(LENGTHS < 11, -1.0 * LENGTHS, -11.0 - 0.6 * (LENGTHS - 11))
    decay = fit_decay(LENGTHS, bend)
    assert decay is not None
    assert decay.law == "exponential"


def test_noise_is_no_crossover() -> None:
    """Of a bend within the noise nothing is said: the evidence is too weak."""
    generator = np.random.default_rng(1)
    laws = [
        fit_decay(LENGTHS, parallel(LENGTHS, 0.05, 0.0) + generator.normal(0.0, 0.3, 19))
        for _ in range(200)
    ]
    assert sum(one is not None and one.law == "crossover" for one in laws) <= 2


def test_what_is_not_finite_is_left_out_and_two_values_are_too_few() -> None:
    values = -0.5 * LENGTHS.astype(float)
    values[[0, 5]] = -np.inf, np.nan
    decay = fit_decay(LENGTHS, values)
    assert decay is not None
    assert decay.tunneling.beta == pytest.approx(0.5 * math.log(10.0))
    assert decay.tunneling.first == 3
    values[2:] = -np.inf
    assert fit_decay(LENGTHS, values) is None


@pytest.mark.parametrize("number", [3, 4, 5, 6])
def test_a_law_needs_more_values_than_parameters(number: int) -> None:
    """1/G grows linearly without noise: three values do not show it, six do."""
    lengths = np.arange(2, 2 + number)
    found = fit_decay(lengths, -np.log10(1.0 + 3.0 * lengths))
    assert found is not None
    assert (found.law == "ohmic") == found.is_told == (number == 6)


def test_what_both_laws_describe_is_not_told() -> None:
    lengths = np.arange(2, 12)
    noise = np.random.default_rng(0).normal(0.0, 0.3, len(lengths))
    found = fit_decay(lengths, -0.02 * lengths + noise)
    assert found is not None
    assert found.law == "exponential"
    assert not found.is_told
