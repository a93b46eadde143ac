"""``dnawire uncertainty``: every source alone, against the command that knows it, and refusals."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from inference_kit import provenance, trained

import dnawire as dw
from dnawire.cli import main
from dnawire.errors import EXIT_FINISHED, UsageError
from dnawire.models import save_model
from dnawire.tightbinding import template

EXACT: Final = "exact:kordas2025"
OTHER: Final = "exact:roche-voityuk"


@pytest.fixture
def members(tmp_path: Path) -> list[str]:
    found = []
    for value in (126, 140):
        path = tmp_path / f"set{value}.toml"
        path.write_text(template("kordas2025", path.stem).replace("GG = 126", f"GG = {value}"))
        found.append(f"exact:{path}")
    return found


def log10_conductance(model: str, fermi_energy: float) -> float:
    found = dw.predict("GGAC", model, fermi_energy=fermi_energy, energy_min=-9, energy_max=2)
    return float(np.log10(found.conductance().conductance_quanta))


def test_every_source_is_what_its_own_command_says(members: list[str]) -> None:
    model = f"members:{','.join(members)}"
    asked: dict[str, Any] = {"fermi_energy": -0.3, "zeros": [-7.1, 0.2], "sets": OTHER}
    found = dw.uncertainty(
        "GGAC", model, fermi_range=0.1, onsite=0.05, samples=301, seed=3, **asked
    )
    assert not any("another scale" in one for one in found.warnings)
    [answer] = found.answers
    names = ["seeds", "parameter sets", "Fermi level", "static disorder"]
    assert [one.name for one in answer.sources] == names
    assert answer.sources[0].deviation > 0.05
    seeds = [log10_conductance(one, -7.4) for one in members]
    np.testing.assert_allclose(found.log10_values("seeds")[0], seeds, atol=2e-3)
    assert answer.central == pytest.approx(np.mean(seeds), abs=2e-3)
    sets = found.log10_values("parameter sets")[0]
    np.testing.assert_allclose(sets, [answer.central, log10_conductance(OTHER, -0.1)], atol=2e-3)
    levels = found.log10_values("Fermi level")[0]
    assert levels[50] == pytest.approx(answer.central, abs=2e-3)
    for place, level in ((0, -7.5), (100, -7.3)):
        expected = np.mean([log10_conductance(one, level) for one in members])
        assert levels[place] == pytest.approx(expected, abs=2e-3)
    drawn = found.log10_values("static disorder")[0]
    for number, (own, samples) in enumerate(zip(members, (151, 150), strict=True)):
        alone = dw.disorder(
            "GGAC", own, fermi_energy=-7.4, onsite=0.05, samples=samples, seed=3 + number
        )
        shift = np.log10(alone.clean_quanta[0]) - answer.central
        part = drawn[:151] if number == 0 else drawn[151:]
        expected = alone.log10_conductance_quanta[0] - shift
        np.testing.assert_allclose(part, expected, atol=2e-3)
    with pytest.raises(UsageError, match="'luck' is no source"):
        found.log10_values("luck")


def test_ends_are_all_of_few_and_quantiles_of_many() -> None:
    compared: dict[str, Any] = {"sets": "exact:roche-voityuk", "zeros": [0.0, 0.0]}
    found = dw.uncertainty("GACG", EXACT, fermi_energy=-7.4, fermi_range=0.1, **compared)
    few, many = found.answers[0].sources
    assert few.range_kind == "all"
    assert few.ends == (few.log10_values.min(), few.log10_values.max())
    assert few.deviation == pytest.approx(few.log10_values.std(ddof=1))
    assert many.range_kind == "5 to 95 %"
    assert many.ends == tuple(np.sort(many.log10_values)[[5, -6]])


def test_the_command_is_the_call_and_writes_its_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["--fermi_energy=-7.4", "--fermi_range", "0.1", "--hopping", "0.1", "--samples", "30"]
    arguments = ["uncertainty", EXACT, "GACG", "ACG/C_T", *words, "--output", str(out)]
    assert main(arguments) == EXIT_FINISHED
    asked: dict[str, Any] = {"fermi_energy": -7.4, "fermi_range": 0.1, "hopping": 0.1}
    found = dw.uncertainty(["GACG", "ACG/C_T"], EXACT, samples=30, **asked)
    printed = capsys.readouterr().out.splitlines()
    assert printed == repr(found).splitlines()[: len(printed)]
    stems = {"uncertainty_1_GACG", "uncertainty_2_ACG-C_T"}
    figures = {f"{stem}{end}" for stem in stems for end in (".png", ".svg", ".csv")}
    written = {path.name for path in out.iterdir()}
    assert written == figures | {"summary.csv", "samples.csv"}
    rows = list(csv.DictReader((out / "summary.csv").read_text().splitlines()))
    assert [one["source"] for one in rows] == ["Fermi level", "static disorder"] * 2
    assert {one["fermi_range_eV"] for one in rows} == {"0.1"}
    samples = list(csv.DictReader((out / "samples.csv").read_text().splitlines()))
    assert len(samples) == 2 * (101 + 30)
    assert len(found[1].answers) == 1
    assert found[0].plot() is not None


def test_the_eta_of_the_model_is_said() -> None:
    found = dw.uncertainty("GA", "pretrained:xtb", fermi_energy=-10.2, temperature=0)
    assert found.heading[2] == "T(E_F)        at 0 K, E_F = -10.2 eV, eta 0.005 eV"
    assert found.summary()["eta"] == ("eV", [0.005])
    footer = re.sub(r"\s+", " ", found.plot().get_supxlabel())
    assert "eta 0.005 eV; GFN1-xTB/ALPB(water);" in footer
    predicted = dw.predict("GA", "pretrained:xtb", fermi_energy=-10.2).summary.at_fermi_energy
    assert predicted is not None
    assert found.answers[0].central == pytest.approx(predicted.log10_transmission)


def test_t_on_a_grid_has_the_interval_of_the_calibration(tmp_path: Path) -> None:
    members = tmp_path / "members"
    for number, mean in enumerate((-4.0, -4.5)):
        save_model(members / str(number) / "model", *trained("standard", mean), provenance())
    asked: dict[str, Any] = {"fermi_energy": -7.7, "temperature": 0.0}
    found = dw.uncertainty("ACG", members, **asked)
    assert [one.name for one in found.answers[0].sources] == ["seeds"]
    known = {"coverage": 0.9, "factors": {"log10_transmission": 3.0}, "duplexes": 12}
    known |= {"num_records": 12, "lengths": [3, 5], "records": "", "members": identity(members)}
    (members / "calibration.json").write_text(json.dumps(known))
    found = dw.uncertainty("ACG", members, **asked)
    seeds, interval = found.answers[0].sources
    assert interval.range_kind == "90% interval"
    assert np.isnan(interval.deviation)
    low, high = interval.ends
    assert (high - low) / 2 == pytest.approx(3.0 * seeds.deviation)
    predicted = dw.predict("ACG", members, fermi_energy=-7.7).summary.at_fermi_energy
    assert predicted is not None
    assert found.answers[0].central == pytest.approx(predicted.log10_transmission)
    assert predicted.spread is not None
    assert predicted.spread.interval == pytest.approx((low, high))
    assert "T(E_F)        at 0 K" in repr(found)
    with pytest.raises(UsageError, match=r"energies of its grid only(.|\n)*temperature 0"):
        dw.uncertainty("ACG", members, fermi_energy=-7.7)
    with pytest.raises(UsageError, match="knows no Hamiltonian"):
        dw.uncertainty("ACG", members, onsite=0.1, **asked)
    with pytest.raises(UsageError, match="lies outside the energies of"):
        dw.uncertainty("ACG", members, fermi_range=1.0, **asked)


def identity(members: Path) -> str:
    from dnawire.inference import digest_of_model, find_members

    found = find_members(str(members))
    assert found is not None
    return found.digest(digest_of_model)


def test_the_certificate_of_all_atoms_is_a_source() -> None:
    found = dw.uncertainty("AC", "pretrained:xtb", fermi_energy=-8.0, temperature=0.0)
    [source] = found.answers[0].sources
    assert source.name == "certificate"
    certificate = dw.predict("AC", "pretrained:xtb").certificate
    assert certificate is not None
    ends = [-8.0 - 1e-3 * certificate, -8.0 + 1e-3 * certificate]
    predicted = dw.predict("AC", "pretrained:xtb", energies=[-9.0, *ends, -7.0])
    values = predicted.log10_transmission[1:3]
    np.testing.assert_allclose(source.log10_values[[0, -1]], values, atol=0.02)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "nothing is uncertain"),
        ({"fermi_range": -0.1}, "fermi_range = -0.1 is not allowed"),
        ({"zeros": [0.0, 1.0]}, "zeros has no effect without sets"),
        ({"sets": OTHER, "zeros": [0.0]}, "1 zeros of the energy for 2 models"),
        ({"onsite": -0.1}, "onsite = -0.1 is not allowed"),
        ({"fermi_energy": None, "fermi_range": 0.1}, "the Fermi energy is not given"),
    ],
)
def test_impossible_questions_are_refused(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        dw.uncertainty("GACG", EXACT, **({"fermi_energy": -7.4} | asked))


@pytest.mark.parametrize(
    "sets", [["exact:roche-voityuk"] * 2, [EXACT], ["exact:roche-voityuk", EXACT]]
)
def test_nothing_is_compared_with_itself(sets: list[str]) -> None:
    with pytest.raises(UsageError, match="is there twice"):
        dw.uncertainty("ACGT", EXACT, fermi_energy=-7.1, sets=sets, zeros=[0.0] * (1 + len(sets)))


def test_at_zero_temperature_the_columns_are_those_of_t() -> None:
    cold, warm = (
        dw.uncertainty("ACGT", EXACT, fermi_energy=-7.1, fermi_range=0.1, temperature=kelvin)
        for kelvin in (0.0, 300.0)
    )
    assert "model log10 T" in cold.rows[0]
    assert "model log10 G" in warm.rows[0]
    for one, name, other in ((cold, "log10_transmission", "log10_conductance_quanta"),
                             (warm, "log10_conductance_quanta", "log10_transmission")):  # fmt: skip
        for table in (one.table(), one.extra_tables()["samples.csv"]):
            assert name in table
            assert other not in table
