"""Fits find what made the data, say how well, and name what the data do not tell."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

import dnawire as dw
from dnawire.constants import CONDUCTANCE_QUANTUM
from dnawire.data import Measurements, named_generator
from dnawire.inference import ConductanceModel, load_predictor
from dnawire.junction import Contact, Duplex, Junction

Doubles = NDArray[np.float64]
Kind = Literal["dephasing", "voltage", "voltage_temperature"]

EXACT: Final = "exact:kordas2025"
SEQUENCES: Final = ("GC", "GA", "AG", "AA", "CA", "GG/C_")
"""Of one length, which is cheap."""
CONTACTS: Final[dict[str, Any]] = {"left": "upper:0", "right": "lower:0"}
TRUE: Final = {
    "fermi_energy": 0.25,
    "gamma_left": 0.05,
    "gamma_right": 0.05,
    "probe_coupling": 0.02,
    "hopping_scale": 1.0,
    "hopping_shift": 0.0,
    "prefactor": 1.0,
}
NOISE: Final = 0.05
"""Decades."""


def model_of(
    sequences: tuple[str, ...] = SEQUENCES,
    kind: Kind = "voltage",
    reference: Literal["absolute", "homo"] = "homo",
) -> ConductanceModel:
    left, right = (Contact.parse(CONTACTS[side], 0.05) for side in ("left", "right"))
    junctions = [Junction(Duplex.parse(one), left, right) for one in sequences]
    kelvin = np.full(len(sequences), 300.0)
    return ConductanceModel(load_predictor(EXACT, "cpu"), junctions, kelvin, kind, None, reference)


def measured(log10_quanta: Doubles, error: float) -> Measurements:
    """A table of conductances, as if read."""
    conductance = CONDUCTANCE_QUANTUM * 10.0**log10_quanta
    return Measurements(
        duplexes=tuple(map(Duplex.parse, SEQUENCES)),
        names=SEQUENCES,
        conductance=conductance,
        error=error * math.log(10.0) * conductance,
        temperature=np.full(len(conductance), 300.0),
        file=(Path(__file__), tuple(range(1, len(conductance) + 1))),
    )


def noisy(draw: int) -> Measurements:
    noise = NOISE * named_generator(7, "noise", draw).normal(size=len(SEQUENCES))
    return measured(model_of().log10_conductance(TRUE) + noise, NOISE)


def fitted(table: Measurements, *vary: str, **more: Any) -> dw.Fit:  # noqa: ANN401
    asked: dict[str, Any] = {"fermi_reference": "homo", "starts": 2, **CONTACTS} | more
    return dw.fit(table, EXACT, vary=vary, **asked)


@pytest.mark.parametrize("reference", ["absolute", "homo"])
@pytest.mark.parametrize("kind", ["dephasing", "voltage", "voltage_temperature"])
def test_derivatives_are_differences(kind: Kind, reference: Literal["absolute", "homo"]) -> None:
    model = model_of(("GAC", "GG/C_"), kind, reference)
    level = 0.25 if reference == "homo" else -6.9
    values = TRUE | {"fermi_energy": level, "gamma_right": 0.03, "hopping_scale": 1.1}
    values |= {"hopping_shift": 0.003, "prefactor": 2.0}
    found = model.derivatives(values, list(values))
    for column, name in enumerate(values):
        step = 1e-3 * max(abs(values[name]), 0.01)

        def at(change: float, name: str = name) -> Doubles:
            return model.log10_conductance({**values, name: values[name] + change})

        close, wide = ((at(one) - at(-one)) / (2.0 * one) for one in (step, 2.0 * step))
        np.testing.assert_allclose(
            found[:, column], (4.0 * close - wide) / 3.0, rtol=1e-4, atol=1e-6, err_msg=name
        )


def test_it_conducts_as_the_command_for_probes_says() -> None:
    found = model_of(reference="absolute").log10_conductance(TRUE | {"fermi_energy": -6.9})
    asked: dict[str, Any] = {"fermi_energy": -6.9, "probe_coupling": 0.02, **CONTACTS}
    expected = dw.dephasing(list(SEQUENCES), EXACT, gamma_left=0.05, gamma_right=0.05, **asked)
    np.testing.assert_allclose(10.0**found, expected.conductance_quanta[:, 0], rtol=1e-7)


def test_a_level_of_each_duplex_is_subtracted() -> None:
    model = model_of()
    for row, text in enumerate(SEQUENCES):
        matrix = dw.load(EXACT).hamiltonian(text)
        highest = np.linalg.eigvalsh(matrix)[-1]
        assert model.homos()[row] == pytest.approx(highest, abs=1e-12)
        alone = model_of((text,), reference="absolute")
        moved = TRUE | {"fermi_energy": highest + TRUE["fermi_energy"]}
        assert alone.log10_conductance(moved)[0] == pytest.approx(
            model.log10_conductance(TRUE)[row], abs=1e-7
        )


def test_data_without_noise_give_their_parameters_back() -> None:
    table = measured(model_of().log10_conductance(TRUE), NOISE)
    found = fitted(table, "fermi_energy=0:1", "gamma", "probe_coupling")
    assert found.is_converged
    assert found.chi_squared == pytest.approx(0.0, abs=1e-6)
    assert found.values["fermi_energy"] == pytest.approx(0.25, rel=1e-3)
    assert found.values["gamma"] == pytest.approx(0.05, rel=1e-3)
    assert found.values["probe_coupling"] == pytest.approx(0.02, rel=1e-3)
    for name, (low, high) in found.intervals.items():
        assert low < found.values[name] < high
    np.testing.assert_allclose(found.correlation, found.correlation.T)
    np.testing.assert_allclose(np.diag(found.correlation), 1.0)


def covered(draws: range) -> Doubles:
    """Shares of the draws whose 95 % intervals hold what made the data."""
    hits = []
    for draw in draws:
        found = fitted(noisy(draw), "fermi_energy=0:1", "probe_coupling", gamma_left=0.05,
                       gamma_right=0.05, starts=1)  # fmt: skip
        intervals = found.intervals
        hits.append([low <= TRUE[name] <= high for name, (low, high) in intervals.items()])
    shares: Doubles = np.asarray(hits, np.float64).mean(axis=0)
    return shares


def test_intervals_hold_what_made_the_data() -> None:
    assert (covered(range(4)) >= 0.75).all()


@pytest.mark.slow
def test_intervals_cover_as_often_as_they_say() -> None:
    """Within three standard deviations of 95 % of 100."""
    shares = covered(range(100))
    assert (np.abs(shares - 0.95) <= 3.0 * math.sqrt(0.95 * 0.05 / 100.0)).all()


def test_the_scatter_gives_intervals_where_no_error_is_known() -> None:
    known, table = noisy(1), noisy(1)
    unknown = Measurements(
        table.duplexes, table.names, table.conductance, np.full(len(table), np.nan),
        table.temperature, table.file,
    )  # fmt: skip
    asked: dict[str, Any] = {"gamma_left": 0.05, "gamma_right": 0.05}
    ours = fitted(unknown, "fermi_energy=0:1", "probe_coupling", **asked)
    reference = fitted(known, "fermi_energy=0:1", "probe_coupling", **asked)
    assert math.isnan(ours.chi_squared)
    spread = math.sqrt(float((ours.residuals**2).sum()) / ours.degrees_of_freedom)
    np.testing.assert_allclose(ours.errors, spread, rtol=1e-6)
    assert ours.values == pytest.approx(reference.values, rel=1e-4)


def test_a_parameter_without_influence_is_said_to_be_unidentifiable() -> None:
    """Probes of less than a microelectronvolt change nothing."""
    table = noisy(2)
    found = fitted(table, "fermi_energy=0:1", "probe_coupling=1e-7:1e-6", gamma_left=0.05,
                   gamma_right=0.05)  # fmt: skip
    assert found.unidentifiable == ["probe_coupling"]
    assert math.isnan(found.values["probe_coupling"])
    [row] = [one for one in found.rows if one[0] == "probe_coupling"]
    assert row[1:] == ["-", "-", "-", "not identifiable"]
    assert any("probe_coupling is not identifiable" in one for one in found.warnings)
    assert np.isnan(found.correlation[1]).all()


def test_parameters_of_which_only_a_product_counts_are_said_to_be_unidentifiable() -> None:
    """Far from resonances T is proportional to both couplings: their bounds are no data."""
    weak = {"fermi_energy": 1.0, "probe_coupling": 0.0, "gamma_left": 0.003, "gamma_right": 0.003}
    table = measured(model_of().log10_conductance(TRUE | weak), NOISE)
    couplings = "gamma_left=0.001:0.01", "gamma_right=0.001:0.01"
    found = fitted(table, *couplings, fermi_energy=1.0)
    assert found.unidentifiable == ["gamma_left", "gamma_right"]
    assert any("the bounds of gamma_right alone hold it" in one for one in found.warnings)


def test_the_decay_of_xu_and_ohmic_gc_come_out_together() -> None:
    """The numbers of docs/fitting.md: beta of 0.43 per Angstrom within 0.1, 1/G linear."""
    at = {"fermi_energy": 0.097, "probe_coupling": 0.0291, "prefactor": 1.0}
    left, right = Contact.parse("upper:0,lower:-1", 0.05), Contact.parse("upper:-1,lower:0", 0.05)
    texts = ["GC" * k for k in (4, 5, 6, 7)] + ["CGCG" + "AT" * m + "CGCG" for m in (0, 1, 2)]
    junctions = [Junction(Duplex.parse(one), left, right) for one in texts]
    model = ConductanceModel(
        load_predictor(EXACT, "cpu"), junctions, np.full(7, 300.0), "voltage", None, "homo"
    )
    found = model.log10_conductance(TRUE | at)
    resistance, lengths = 10.0 ** -found[:4], np.array([8, 10, 12, 14])
    fit = np.polyval(np.polyfit(lengths, resistance, 1), lengths)
    assert 1.0 - ((resistance - fit) ** 2).sum() / resistance.var() / 4.0 > 0.98
    beta = (found[4] - found[6]) * math.log(10.0) / (4.0 * 3.4)
    assert beta == pytest.approx(0.43, abs=0.1)
