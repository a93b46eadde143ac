"""The one-line answers show the physics that they are asked for."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray

import dnawire as dw
from dnawire.constants import CONDUCTANCE_QUANTUM
from dnawire.transport import (
    BlockJunctions,
    ContactedSystem,
    DenseJunctions,
    DephasedJunctions,
    Eigensystem,
    PoleExpansion,
    PoleJunctions,
    coherent_conductance_quanta,
    current_voltage,
    linear_response,
)
from tests.physics.observable_references import GUANINE

EXACT: Final = "exact:kordas2025"
ENDS: Final[dict[str, Any]] = {
    "left": "upper:0=0.05,lower:-1=0.05",
    "right": "upper:-1=0.05,lower:0=0.05",
}
AT_GUANINE: Final[dict[str, Any]] = {"fermi_energy": GUANINE, **ENDS}


def probed(sequences: list[str], coupling: float, **more: Any) -> NDArray[np.float64]:  # noqa: ANN401
    """G in G0 with voltage probes on all bases."""
    found = dw.dephasing(sequences, EXACT, probe_coupling=coupling, **(AT_GUANINE | more))
    return found.conductance_quanta[:, 0]


def test_alternating_gc_is_ohmic() -> None:
    lengths = np.arange(8, 17, 2)
    resistance = 1.0 / probed(["GC" * (n // 2) for n in lengths.tolist()], 0.01)
    slope, intercept = np.polyfit(lengths, resistance, 1)
    residual = resistance - (slope * lengths + intercept)
    assert slope == pytest.approx(0.16, abs=0.01)
    assert 1.0 - residual.var() / resistance.var() > 0.9999


def test_stacked_gc_conducts_better_with_odd_halves() -> None:
    turns = np.diff(np.log10(probed(["G" * k + "C" * k for k in range(2, 9)], 0.01)))
    assert (turns[::2] > 0.0).all()
    assert (turns[1::2] < 0.0).all()


def test_tunneling_becomes_hopping_with_length() -> None:
    """Exponential while carriers tunnel; 1/G linear in the length once most of them hop."""
    bridges = [1, 2, 3, 4]
    coherent = np.log10(probed(["GGG" + "A" * m + "GGG" for m in bridges], 0.0, temperature=77.0))
    assert (np.diff(coherent) < -1.8).all()
    assert np.ptp(np.diff(coherent)) < 0.6
    lengths = np.arange(12, 31, 3)
    resistance = 1.0 / probed(["GGG" + "A" * m + "GGG" for m in lengths.tolist()], 0.05)
    slope, intercept = np.polyfit(lengths, resistance, 1)
    residual = resistance - (slope * lengths + intercept)
    assert 1.0 - residual.var() / resistance.var() > 0.9999
    assert slope > 0.0


def test_more_dephasing_makes_a_barrier_better_and_a_band_worse() -> None:
    both = dw.dephasing(
        ["GGGAAAAGGG", "GGGGGG"], EXACT, probe_coupling=[0, 1e-3, 1e-2], **AT_GUANINE
    )
    barrier, band = np.diff(both.conductance_quanta)
    assert (barrier > 0.0).all()
    assert (band < 0.0).all()
    assert (np.diff(both.coherent_quanta) < 0.0).all()
    total = both.coherent_quanta + both.incoherent_quanta
    np.testing.assert_allclose(total, both.conductance_quanta, rtol=1e-8)


def test_the_kinds_of_probes_agree_at_zero_temperature_and_differ_above() -> None:
    def found(probes: str, temperature: float) -> float:
        asked: Any = {"probes": probes, "temperature": temperature}
        return float(probed(["GGGAGGG"], 0.02, **asked)[0])

    cold = [found(kind, 0.0) for kind in ("dephasing", "voltage", "voltage_temperature")]
    np.testing.assert_allclose(cold, cold[0], rtol=1e-9)
    warm = [found(kind, 300.0) for kind in ("dephasing", "voltage", "voltage_temperature")]
    assert min(abs(np.diff(warm))) > 1e-4 * warm[0]


def test_two_sites_with_a_probe_by_hand() -> None:
    """A G and its partner, which alone couple: T_LR + T_LP T_PR / (T_LP + T_PR), written out."""
    hamiltonian = dw.load(EXACT).hamiltonian("G")
    (a, t), (_, b) = hamiltonian
    left, right, probe, energy = 0.05, 0.08, 0.03, -7.5
    determinant = (energy - a + 0.5j * (left + probe)) * (energy - b + 0.5j * right) - t * t
    g11 = abs((energy - b + 0.5j * right) / determinant) ** 2
    g12 = abs(t / determinant) ** 2
    direct, first, second = left * right * g12, left * probe * g11, probe * right * g12
    found = dw.dephasing(
        "G", EXACT, left=f"upper:0={left}", right=f"lower:0={right}", fermi_energy=energy,
        temperature=0.0, probe_coupling=probe, probe_sites="upper:0",
    )  # fmt: skip
    assert found.coherent_quanta[0, 0] == pytest.approx(direct, rel=1e-10)
    expected = direct + first * second / (first + second)
    assert found.conductance_quanta[0, 0] == pytest.approx(expected, rel=1e-10)


def test_the_coherent_part_at_a_temperature_is_an_integral_of_the_direct_transmission() -> None:
    hamiltonian = np.array([[[0.0, 0.1], [0.1, 0.05]]])
    junctions = DenseJunctions.of(hamiltonian, np.array([[0.05, 0.0]]), np.array([[0.0, 0.08]]))
    dephased = DephasedJunctions.of(junctions, np.array([0.02, 0.01]))
    thermal = 8.617333262e-5 * 300.0
    x = np.linspace(-40.0, 40.0, 20001)
    direct = dephased.between_terminals(thermal * x[None])[0, :, 0, 1]
    expected = np.trapezoid(direct / (2.0 + 2.0 * np.cosh(x)), x)
    found = coherent_conductance_quanta(dephased, 0.0, 300.0)
    assert found[0, 0, 0] == pytest.approx(expected, rel=1e-8)


def test_the_seebeck_coefficient_changes_its_sign_across_a_resonance() -> None:
    """The level of a single pair: holes carry above it, electrons below it."""
    at: dict[str, Any] = {"left": "upper:0=0.01", "right": "upper:0=0.01"}
    level = dw.load(EXACT).hamiltonian("G")[0, 0]
    found = dw.thermoelectric(
        "G", EXACT, fermi_min=level - 0.1, fermi_max=level + 0.1, num_fermi_energies=41,
        temperatures=[100.0, 300.0], **at,
    )  # fmt: skip
    peaks = found.fermi_energies[found.conductance_quanta[0].argmax(0)]
    for column, peak in enumerate(peaks):
        seebeck = found.seebeck[0, :, column]
        assert (seebeck[found.fermi_energies < peak - 0.02] < 0.0).all()
        assert (seebeck[found.fermi_energies > peak + 0.02] > 0.0).all()


def test_a_small_bias_gives_the_conductance_and_its_slope_the_differential_one() -> None:
    found = dw.iv("GACTG", EXACT, voltages=[-1e-4, 0.0, 1e-4, 0.4, 0.4 + 1e-4], **AT_GUANINE)
    response = dw.thermoelectric("GACTG", EXACT, num_fermi_energies=3, **AT_GUANINE)
    level = np.searchsorted(response.fermi_energies, GUANINE)
    slopes = np.diff(found.current[0])[[0, 1, 3]] / 1e-4
    np.testing.assert_allclose(slopes[:2], response.conductance[0, level, 0], rtol=1e-3)
    assert slopes[2] == pytest.approx(found.differential_conductance[0, 3:].mean(), rel=1e-6)
    siemens = CONDUCTANCE_QUANTUM * found.differential_conductance_quanta
    np.testing.assert_allclose(found.differential_conductance, siemens)


def test_unequal_drops_rectify_and_turn_around_with_the_junction() -> None:
    """All of the voltage at one contact: I(V) is not odd; the turned junction has it reversed."""

    def curve(division: float, left: str, right: str) -> NDArray[np.float64]:
        asked: Any = {"voltages": [-0.6, 0.6], "division": division, "fermi_energy": -7.4}
        curves = dw.iv("GA", EXACT, left=left, right=right, **asked)
        found: NDArray[np.float64] = curves.current[0]
        return found

    ends = "upper:0=0.05", "lower:0=0.05"
    minus, plus = curve(1.0, *ends)
    assert abs(minus) > 3.0 * abs(plus)
    np.testing.assert_allclose(curve(0.0, *ends[::-1]), (-plus, -minus), rtol=1e-8)
    even = curve(0.5, *ends)
    assert even[0] == pytest.approx(-even[1], rel=1e-10)


def test_disorder_lowers_the_typical_conductance_of_a_band_with_length() -> None:
    """Localization: the geometric mean falls exponentially, below the arithmetic one."""
    texts = ["G" * n for n in (4, 8, 12)]
    found = dw.disorder(texts, EXACT, onsite=0.15, samples=250, **AT_GUANINE)
    assert (np.diff(np.log10(found.geometric_mean_quanta)) < -0.1).all()
    assert (found.geometric_mean_quanta < found.mean_quanta).all()
    assert (np.diff(found.log10_deviation) > 0.0).all()


def test_bonds_carry_the_transmission_through_every_cut() -> None:
    one = dw.predict("GACT/AG_C", EXACT, left="upper:0=0.05,lower:-1=0.02", right="upper:-1=0.03")
    energy = -7.6
    bonds = one.bond_transmissions(energy)
    assert bonds.shape == one.hamiltonian.shape == (7, 7)
    np.testing.assert_allclose(bonds, -bonds.T)
    pairs = np.array([site.pair for site in one.junction.duplex.sites])
    transmission = dw.predict(one.junction, EXACT, energies=[energy, energy + 1e-3]).transmission[0]
    for cut in (1, 2, 3):
        crossing = bonds[np.ix_(pairs < cut, pairs >= cut)].sum()
        assert crossing == pytest.approx(transmission, rel=1e-9)
    channels, states = one.eigenchannels(energy)
    assert channels.sum() == pytest.approx(transmission, rel=1e-9)
    assert states.shape == (7, len(channels))


def test_poles_tell_what_the_ladder_tells() -> None:
    """I-V and linear response of a junction that is known by its poles in a window."""
    ladder = dw.load(EXACT).predictor.ladder(dw.Junction("GACTGA", "upper:0=0.05", "lower:0=0.05"))
    assert isinstance(ladder, BlockJunctions)
    dense = ladder.dense()
    contacted = ContactedSystem.of(
        Eigensystem.of(dense.hamiltonian[0]), dense.gamma_left[0], dense.gamma_right[0]
    )
    low, high = GUANINE - 1.6, GUANINE + 1.6
    poles = PoleJunctions(PoleExpansion.of(contacted, low, high), low, high)
    levels = [GUANINE, GUANINE + 0.1]
    for temperatures in ([0.0], [100.0, 300.0]):
        ours, theirs = (linear_response(one, levels, temperatures) for one in (poles, ladder))
        np.testing.assert_allclose(ours.conductance_quanta, theirs.conductance_quanta, rtol=1e-7)
        np.testing.assert_allclose(ours.mean, theirs.mean, atol=1e-6)
        curves = [
            current_voltage(one, [0.2, 0.5], temperatures, fermi_energy=GUANINE, division=0.5)
            for one in (poles, ladder)
        ]
        np.testing.assert_allclose(curves[0].current, curves[1].current, rtol=1e-7)
    with pytest.raises(ValueError, match="outside of the window"):
        poles.transmission(np.array([[high + 0.1]]))
