"""Static disorder: distributions, closed forms of their means, and statistics."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import voigt_profile

from dnawire.data.random import named_generator
from dnawire.errors import UsageError
from dnawire.transport import BlockJunctions, LogStatistics, StaticDisorder, linear_response
from tests.physics.observable_references import GUANINE, SingleLevel, duplex_junctions

WEAK = StaticDisorder(onsite=0.1, hopping=0.0, distribution="gaussian", correlation_length=0.0)


def disorder(**changes: object) -> StaticDisorder:
    return replace(WEAK, **changes)  # type: ignore[arg-type]


def onsite_changes(drawn: BlockJunctions, clean: BlockJunctions) -> NDArray[np.float64]:
    difference = drawn.system.diagonal - clean.system.diagonal
    found: NDArray[np.float64] = np.einsum("blii->bli", difference)
    return found


@pytest.mark.parametrize(("distribution", "fourth"), [("gaussian", 3.0), ("uniform", 9.0 / 5.0)])
@pytest.mark.parametrize("length", [0.0, 3.0])
def test_onsite_energies_have_the_moments_and_correlations_asked_for(
    distribution: str, fourth: float, length: float
) -> None:
    clean = duplex_junctions("GATTACAG")
    settings = disorder(distribution=distribution, correlation_length=length)
    drawn = settings.draw(clean, 40000, named_generator(1, "test"))
    changes = onsite_changes(drawn, clean) / 0.1
    assert changes.mean() == pytest.approx(0.0, abs=0.02)
    assert changes.var() == pytest.approx(1.0, rel=0.02)
    assert (changes**4).mean() == pytest.approx(fourth, rel=0.05)
    for distance in (1, 4):
        alike = math.exp(-distance / length) if length else 0.0
        if distribution == "uniform":
            alike = 6.0 / math.pi * math.asin(alike / 2.0)
        found = (changes[:, :-distance] * changes[:, distance:]).mean()
        assert found == pytest.approx(alike, abs=0.02)
    assert (changes[..., 0] * changes[..., 1]).mean() == pytest.approx(0.0, abs=0.02)
    if distribution == "uniform":
        assert abs(changes).max() <= math.sqrt(3.0)


def test_hoppings_change_in_proportion_and_stay_symmetric() -> None:
    clean = duplex_junctions("GATC")
    drawn = disorder(onsite=0.0, hopping=0.3).draw(clean, 20000, named_generator(2, "test"))
    step, pairing = clean.system.step[0], clean.system.diagonal[0, :, 0, 1]
    ratios = drawn.system.step[:, step != 0.0] / step[step != 0.0]
    assert ratios.std() == pytest.approx(0.3, rel=0.02)
    assert (drawn.system.step[:, step == 0.0] == 0.0).all()
    inner = drawn.system.diagonal[..., 0, 1] / pairing
    assert inner.std() == pytest.approx(0.3, rel=0.02)
    np.testing.assert_array_equal(drawn.system.diagonal, drawn.system.diagonal.swapaxes(2, 3))
    np.testing.assert_array_equal(onsite_changes(drawn, clean), 0.0)
    assert abs(np.corrcoef(ratios.T)[0, 1]) < 0.03


def test_missing_bases_stay_missing() -> None:
    clean = duplex_junctions("GA_C/GT_C")
    drawn = disorder(hopping=0.2).draw(clean, 5, named_generator(3, "test"))
    missing = ~clean.system.present[0]
    assert missing.sum() == 2
    assert (onsite_changes(drawn, clean)[:, missing] == 0.0).all()
    np.testing.assert_array_equal(drawn.system.present, np.repeat(clean.system.present, 5, 0))


def test_draws_are_those_of_the_generator() -> None:
    clean, settings = duplex_junctions("GATC"), disorder(hopping=0.1, correlation_length=2.0)
    one, same = (settings.draw(clean, 3, named_generator(4, "test")) for _ in range(2))
    other = settings.draw(clean, 3, named_generator(5, "test"))
    np.testing.assert_array_equal(one.system.diagonal, same.system.diagonal)
    np.testing.assert_array_equal(one.system.step, same.system.step)
    assert (one.system.diagonal != other.system.diagonal).any()


def test_the_mean_of_a_single_level_is_a_voigt_profile() -> None:
    level, samples = SingleLevel(0.1, 0.02, 0.03), 60000
    drawn = disorder(onsite=0.05).draw(level.junctions, samples, named_generator(6, "test"))
    response = linear_response(drawn, [0.0, 0.1], 0.0)
    ensemble = LogStatistics(response.log10_conductance_quanta)
    width = 0.05
    for row, energy in enumerate((0.0, 0.1)):
        profile = voigt_profile(energy - 0.1, 0.05, width / 2)
        expected = 2.0 * math.pi * 0.02 * 0.03 / width * profile
        error = response.conductance_quanta[:, row].std() / math.sqrt(samples)
        assert ensemble.mean()[row, 0] == pytest.approx(expected, abs=4.0 * error)
        assert error < 0.02 * expected


def test_the_geometric_mean_of_a_single_level_far_away_is_known() -> None:
    """log T = log(gl gr) - 2 log |e| for |e| far above the width; uniform e has a closed form."""
    level = SingleLevel(1.0, 1e-5, 1e-5)
    settings = disorder(onsite=0.1 / math.sqrt(3.0), distribution="uniform")
    drawn = settings.draw(level.junctions, 50000, named_generator(7, "test"))
    ensemble = LogStatistics(linear_response(drawn, 0.0, 0.0).log10_conductance_quanta[:, 0, 0])
    mean_log = (1.1 * math.log(1.1) - 0.9 * math.log(0.9)) / 0.2 - 1.0
    expected = 1e-10 * math.exp(-2.0 * mean_log)
    assert ensemble.geometric_mean() == pytest.approx(expected, rel=2e-3)
    quantiles = ensemble.quantiles([0.0, 0.25, 0.5, 1.0])
    exact = [1e-10 / e**2 for e in (1.1, 1.05, 1.0, 0.9)]
    np.testing.assert_allclose(quantiles, exact, rtol=5e-3)


def test_statistics_of_known_samples() -> None:
    ensemble = LogStatistics(np.array([[-3.0], [-2.0], [-2.0], [-1.0]]))
    assert ensemble.mean()[0] == pytest.approx((1e-3 + 2e-2 + 1e-1) / 4)
    assert ensemble.geometric_mean()[0] == pytest.approx(1e-2)
    assert ensemble.log10_deviation()[0] == pytest.approx(math.sqrt(2.0 / 3.0))
    shares, outside = ensemble.histogram(np.array([-2.5, -1.5, -0.5]))
    np.testing.assert_allclose(shares, [[0.5], [0.25]])
    np.testing.assert_allclose(outside, [0.25])


def test_what_vanishes_is_in_no_bin_and_ends_the_geometric_mean() -> None:
    ensemble = LogStatistics(np.array([-np.inf, -1.0]))
    assert ensemble.mean() == pytest.approx(0.05)
    assert ensemble.geometric_mean() == 0.0
    shares, outside = ensemble.histogram(np.array([-2.0, 0.0]))
    assert shares[0] == 0.5
    assert outside == pytest.approx(0.5)
    assert ensemble.num_vanishing == 1
    assert np.isnan(ensemble.log10_deviation())
    np.testing.assert_allclose(ensemble.quantiles([0.0, 0.5, 1.0]), [0.0, 0.0, 0.1])


def test_one_sample_has_no_deviation() -> None:
    found = LogStatistics(np.array([[-9.0, -np.inf]]))
    assert np.isnan(found.log10_deviation()).all()
    np.testing.assert_allclose(found.quantiles([0.1, 0.9]), [[1e-9, 0.0]] * 2)
    np.testing.assert_allclose(found.geometric_mean(), found.mean())


def test_disorder_localizes() -> None:
    """The typical conductance of a uniform strand falls with disorder, and below the mean."""
    clean = duplex_junctions("GGGGGGGG")
    found = []
    for sigma in (0.0, 0.05, 0.2):
        drawn = disorder(onsite=sigma).draw(clean, 200, named_generator(8, "test"))
        response = linear_response(drawn, GUANINE, 300.0)
        found.append(LogStatistics(response.log10_conductance_quanta))
    typical = [float(one.geometric_mean()[0, 0]) for one in found]
    assert typical[0] > 1.2 * typical[1] > 12 * typical[2]
    assert found[0].mean()[0, 0] == pytest.approx(typical[0])
    assert found[2].mean()[0, 0] > 2.0 * typical[2]


@pytest.mark.parametrize("name", ["onsite", "hopping", "correlation_length"])
@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf])
def test_an_impossible_number_is_refused(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=f"the {name} of static disorder is"):
        disorder(**{name: value})


def test_an_unknown_distribution_is_refused() -> None:
    with pytest.raises(UsageError, match="'cauchy' of static disorder is unknown"):
        disorder(distribution="cauchy")


def test_other_than_one_junction_or_no_sample_is_refused() -> None:
    clean = duplex_junctions("GC")
    two = disorder().draw(clean, 2, named_generator(1, "test"))
    for junctions, samples in ((two, 1), (clean, 0)):
        with pytest.raises(UsageError, match="samples of"):
            disorder().draw(junctions, samples, named_generator(1, "test"))


def test_quantiles_next_to_a_sample_that_vanishes_are_zero() -> None:
    values = LogStatistics(np.array([-np.inf, -np.inf, -2.0, -1.0]))
    found = values.quantiles([0.0, 0.25, 0.5, 2.0 / 3.0, 1.0])
    np.testing.assert_allclose(found, [0.0, 0.0, 0.0, 0.01, 0.1])
    assert math.isnan(values.log10_deviation())
