"""``dnawire iv``, ``thermoelectric``, ``dephasing`` and ``disorder``: calls, files, refusals."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from inference_kit import save

import dnawire as dw
from dnawire.cli import main
from dnawire.constants import CONDUCTANCE_QUANTUM
from dnawire.errors import EXIT_FINISHED, EXIT_USAGE, InvalidContactError, UsageError

EXACT: Final = "exact:kordas2025"
GUANINE: Final = -7.13
BOTH_ENDS: Final = ("upper:0=0.05,lower:-1=0.05", "upper:-1=0.05,lower:0=0.05")
CALLS: Final[dict[str, dict[str, Any]]] = {
    "iv": {"fermi_energy": -7.4, "voltages": [-0.5, 0.0, 0.5]},
    "thermoelectric": {"fermi_energy": -7.4, "num_fermi_energies": 5, "temperatures": [0, 300]},
    "dephasing": {"fermi_energy": GUANINE, "probe_coupling": [0.0, 0.01]},
    "disorder": {"fermi_energy": GUANINE, "onsite": 0.1, "samples": 20},
}
FILES: Final = {"disorder": {"samples.csv"}}


def words(keywords: dict[str, Any]) -> list[str]:
    """Keywords as flags."""
    found = []
    for name, value in keywords.items():
        found += [f"--{name}", *map(str, value if isinstance(value, list) else [value])]
    return found


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


@pytest.mark.parametrize("name", CALLS)
def test_a_command_is_a_call_and_its_files_are_its_numbers(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = getattr(dw, name)("GACT/AG_C", EXACT, **CALLS[name])
    arguments = [name, EXACT, "GACT/AG_C", *words(CALLS[name]), "--output", str(tmp_path / "out")]
    assert main(arguments) == EXIT_FINISHED
    printed = capsys.readouterr()
    assert printed.out.splitlines() == repr(found).splitlines()[: len(printed.out.splitlines())]
    assert [f"warning: {one}" in printed.err for one in found.warnings] == [True] * len(
        found.warnings
    )
    figures = {f"{name}{suffix}" for suffix in (".png", ".svg", ".csv")}
    expected = {"summary.csv"} | figures | FILES.get(name, set())
    assert {path.name for path in (tmp_path / "out").iterdir()} == expected
    summary = rows(tmp_path / "out" / "summary.csv")
    assert len(summary) == len(found.rows) - 1
    assert {one["sequence"] for one in summary} == {"GACT/AG_C"}
    assert {one["right_contact_eV"] for one in summary} == {"upper:3=0.1"}
    assert len(found.to_dataframe()) >= len(summary)


def test_a_result_saves_what_the_command_writes_and_shows_itself(tmp_path: Path) -> None:
    arguments = ["disorder", EXACT, "GACT", *words(CALLS["disorder"])]
    assert main([*arguments, "--output", str(tmp_path / "out")]) == EXIT_FINISHED
    found = dw.disorder("GACT", EXACT, **CALLS["disorder"])
    assert found.save(tmp_path / "call") == tmp_path / "call"
    written, saved = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("out", "call")
    )
    assert written == saved
    assert "<table>" in found._repr_html_()
    assert "data:image/png" in found._repr_html_()


def test_units_of_the_files() -> None:
    response = dw.thermoelectric("GGGG", EXACT, **CALLS["thermoelectric"])
    table = response.to_dataframe().to_dict("records")
    assert len(table) == 2 * len(response.fermi_energies)
    number = 3
    row = table[2 * number + 1]
    assert float(row["temperature_K"]) == 300.0
    assert float(row["fermi_energy_eV"]) == response.fermi_energies[number]
    for column, values in (
        ("conductance_quanta", response.conductance_quanta),
        ("conductance_S", response.conductance),
        ("seebeck_uV_per_K", response.seebeck),
        ("thermal_conductance_W_per_K", response.thermal_conductance),
        ("figure_of_merit", response.figure_of_merit),
    ):
        assert float(row[column]) == values[0, number, 1]
    quanta = response.conductance_quanta[0, number, 1]
    assert response.conductance[0, number, 1] == pytest.approx(CONDUCTANCE_QUANTUM * quanta)
    warm = response.power_factor[..., 1], response.thermal_conductance[..., 1]
    np.testing.assert_allclose(
        response.figure_of_merit[..., 1], 300.0 * warm[0] / warm[1], rtol=1e-9
    )


@pytest.mark.parametrize("kelvin", [0.0, 77.0, 300.0])
def test_all_of_them_give_the_conductance_of_a_prediction(kelvin: float) -> None:
    at: dict[str, Any] = {"fermi_energy": GUANINE, "left": "upper:0=0.05", "right": "lower:0=0.05"}
    heat: dict[str, Any] = {"temperature": kelvin}
    texts = ["GGAGG", "GATTACA"]
    predicted = [
        one.conductance().conductance_quanta
        for one in dw.predict(texts, EXACT, energy_max=-5, **at, **heat)
    ]
    curves = dw.iv(texts, EXACT, voltages=0.0, **at, **heat)
    response = dw.thermoelectric(texts, EXACT, temperatures=kelvin, **at)
    level = np.searchsorted(response.fermi_energies, GUANINE)
    probes = dw.dephasing(texts, EXACT, probe_coupling=0.0, **at, **heat)
    disorder = dw.disorder(texts, EXACT, onsite=1e-6, samples=2, **at, **heat)
    doubts = dw.uncertainty(texts, EXACT, fermi_range=0.01, **at, **heat)
    ranked = dw.screen(
        EXACT, sequences=texts, rank_by="log10_conductance", energy_max=-5, **at, **heat
    )
    order = [ranked.sequences.index(text) for text in texts]
    single = [
        float(dw.series(text, EXACT, lengths=str(len(text)), energy_max=-5, **at, **heat)
              .log10_conductance[0])
        for text in texts
    ]  # fmt: skip
    for found in (
        curves.differential_conductance_quanta[:, 0],
        response.conductance_quanta[:, level, 0],
        probes.conductance_quanta[:, 0],
        probes.coherent_quanta[:, 0],
        disorder.clean_quanta,
        10.0 ** np.array([one.central for one in doubts.answers]),
        10.0 ** np.array([ranked[place].values["log10_conductance"] for place in order]),
        10.0 ** np.array(single),
    ):
        np.testing.assert_allclose(found, predicted, rtol=1e-8)
    np.testing.assert_allclose(disorder.geometric_mean_quanta, predicted, rtol=1e-2)
    assert not probes.incoherent_quanta.any()


def test_a_learned_hamiltonian_is_asked_alike(tmp_path: Path) -> None:
    run = save(tmp_path / "mine", "hamiltonian")
    known = dw.predict("ACGT", run, fermi_energy=-7.4, energy_min=-9, energy_max=-6, eta=0.0)
    found = dw.iv("ACGT", run, fermi_energy=-7.4, voltages=[0.0])
    quanta = found.differential_conductance_quanta[0, 0]
    assert quanta == pytest.approx(known.conductance().conductance_quanta, rel=1e-8)


@pytest.mark.parametrize("name", CALLS)
def test_a_model_of_a_grid_is_refused(name: str, tmp_path: Path) -> None:
    run = save(tmp_path / "mine", "standard")
    problem = "resonances" if name in ("iv", "thermoelectric") else "Hamiltonian"
    with pytest.raises(UsageError, match=f"mine knows no {problem}"):
        getattr(dw, name)("ACGT", run, **CALLS[name])


def test_draws_depend_on_seed_sequence_and_number_alone() -> None:
    asked: dict[str, Any] = CALLS["disorder"] | {"samples": 300}
    both = dw.disorder(["GACT", "GGGG"], EXACT, **asked)
    alone = dw.disorder("GGGG", EXACT, **asked)
    np.testing.assert_array_equal(
        both.log10_conductance_quanta[1], alone.log10_conductance_quanta[0]
    )
    fewer = dw.disorder("GGGG", EXACT, **(asked | {"samples": 260}))
    np.testing.assert_array_equal(
        fewer.log10_conductance_quanta, alone.log10_conductance_quanta[:, :260]
    )
    other = dw.disorder("GGGG", EXACT, **(asked | {"seed": 1}))
    assert (other.log10_conductance_quanta != alone.log10_conductance_quanta).all()
    assert both.num_steps == 4
    values = 10.0**both.log10_conductance_quanta
    np.testing.assert_allclose(both.mean_quanta, values.mean(1))
    np.testing.assert_allclose(both.quantiles([0.0, 1.0])[:, 0], values.min(1))
    np.testing.assert_allclose(both.histogram.sum(1), 1.0)


def test_parts_are_chosen_by_index(tmp_path: Path) -> None:
    texts = ["GGGG", "GGAGG", "GGCC", "CCGG", "GCGC", "CGCG", "GATC", "CTAG"]
    curves = dw.iv(texts, EXACT, **CALLS["iv"])
    assert len(curves) == 8
    assert curves[-1].sequences == ["CTAG"]
    assert curves[1:3].sequences == ["GGAGG", "GGCC"]
    np.testing.assert_array_equal(curves[2].current[0], curves.current[2])
    with pytest.raises(IndexError):
        curves[8]
    with pytest.raises(UsageError, match="do not fit into one figure"):
        curves.plot()
    curves.save(tmp_path / "out")
    drawn = {path.name for path in (tmp_path / "out").glob("*.png")}
    assert drawn == {"iv_1.png", "iv_2.png"}
    assert len(rows(tmp_path / "out" / "iv_2.csv")) == 3
    responses = dw.thermoelectric(texts[:2], EXACT, **CALLS["thermoelectric"])
    assert [page.name for page in responses.pages()] == ["_1_GGGG", "_2_GGAGG"]


def test_junctions_bring_their_contacts() -> None:
    junctions = [dw.Junction("GGGG", *BOTH_ENDS), dw.Junction("GGG", "upper:0=0.1", "lower:0=0.1")]
    found = dw.iv(junctions, EXACT, **CALLS["iv"])
    assert "contacts      of each junction" in found.heading
    alone = dw.iv("GGGG", EXACT, left=BOTH_ENDS[0], right=BOTH_ENDS[1], **CALLS["iv"])
    np.testing.assert_array_equal(found.current[0], alone.current[0])
    with pytest.raises(UsageError, match="gamma_left has no effect on junctions"):
        dw.iv(junctions, EXACT, gamma_left=0.1, **CALLS["iv"])


def test_disconnected_contacts_are_told() -> None:
    broken = "G_G/C_C"
    for name, keywords in CALLS.items():
        found = getattr(dw, name)(broken, EXACT, **keywords)
        assert any("not connected" in one for one in found.warnings), name
        assert found.rows[1][-1] == "disconnected"
        found.plot().draw_without_rendering()


@pytest.mark.parametrize(
    ("name", "keywords", "problem"),
    [
        ("iv", {}, "the Fermi energy is not given"),
        ("iv", {"fermi_energy": 1e9}, "fermi_energy = 1000000000.0 is not allowed"),
        ("iv", {"fermi_energy": -7, "temperature": -1}, "temperature = -1 is not allowed"),
        ("iv", {"fermi_energy": -7, "voltages": [0.1, 99]}, "voltages = 99 is not allowed"),
        ("iv", {"fermi_energy": -7, "voltages": []}, "voltages holds no value"),
        ("iv", {"fermi_energy": -7, "voltages": [0.1], "max_bias": 1}, "both given"),
        ("iv", {"fermi_energy": -7, "voltages": [0.1], "num_voltages": 5}, "both given"),
        ("iv", {"fermi_energy": -7, "max_bias": 0}, "max_bias = 0 is not allowed"),
        ("iv", {"fermi_energy": -7, "num_voltages": 1}, "num_voltages = 1 is not allowed"),
        ("iv", {"fermi_energy": -7, "division": 1.5}, "division = 1.5 is not allowed"),
        ("thermoelectric", {}, "neither fermi_energy nor fermi_min"),
        ("thermoelectric", {"fermi_min": -7}, "neither fermi_energy nor fermi_max"),
        ("thermoelectric", {"fermi_min": -7, "fermi_max": -7}, "from -7 to -7 eV"),
        ("thermoelectric", {"fermi_energy": -7, "temperatures": []}, "temperatures holds no value"),
        ("thermoelectric", {"fermi_energy": -7, "temperatures": [-1]}, "temperatures = -1"),
        ("thermoelectric", {"fermi_energy": -7, "num_fermi_energies": 1}, "num_fermi_energies = 1"),
        ("dephasing", {"fermi_energy": -7, "probes": "thermal"}, "probes = 'thermal'"),
        ("dephasing", {"fermi_energy": -7, "probe_coupling": [-0.1]}, "probe_coupling = -0.1"),
        ("dephasing", {"fermi_energy": -7, "probe_coupling": []}, "probe_coupling holds no value"),
        ("dephasing", {"fermi_energy": -7, "probe_sites": "upper:0=1"}, "holds couplings"),
        ("disorder", {"fermi_energy": -7}, "there is no disorder"),
        ("disorder", {"fermi_energy": -7, "onsite": -1}, "onsite = -1 is not allowed"),
        ("disorder", {"fermi_energy": -7, "hopping": -1}, "hopping = -1 is not allowed"),
        ("disorder", {"fermi_energy": -7, "correlation_length": -1}, "correlation_length = -1"),
        ("disorder", {"fermi_energy": -7, "onsite": 0.1, "samples": 1}, "samples = 1"),
        ("disorder", {"fermi_energy": -7, "onsite": 0.1, "seed": -1}, "seed = -1"),
        ("disorder", {"fermi_energy": -7, "onsite": 0.1, "distribution": "flat"}, "distribution"),
    ],
)
def test_impossible_questions_are_refused(
    name: str, keywords: dict[str, Any], problem: str
) -> None:
    with pytest.raises(UsageError) as refused:
        getattr(dw, name)("ACGT", EXACT, **keywords)
    assert problem in str(refused.value)


def test_probes_on_bases_that_are_not_there_are_refused() -> None:
    at: dict[str, Any] = {"fermi_energy": GUANINE}
    with pytest.raises(UsageError, match="is missing"):
        dw.dephasing("GACT/AG_C", EXACT, probe_sites="lower:2", **at)
    with pytest.raises(InvalidContactError, match="upper:9"):
        dw.dephasing("GACT", EXACT, probe_sites="upper:9", **at)


def test_the_command_line_refuses_files_and_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for words_, problem in (
        (["frames.pdb"], "geometries: dnawire ensemble MODEL frames.pdb\n"),
        (["mine.fa"], "'mine.fa' is a file, and no sequence"),
        (["mine.fa"], "Remedy: Give its sequences with --sequences mine.fa.\n"),
        ([], "there is no sequence to be asked for"),
    ):
        assert main(["iv", EXACT, *words_, "--fermi_energy", "-7"]) == EXIT_USAGE
        assert problem in capsys.readouterr().err


def test_a_scan_without_a_fermi_energy_chooses_the_largest_power_factor() -> None:
    found = dw.thermoelectric("GGGG", EXACT, fermi_min=-8, fermi_max=-7, num_fermi_energies=11)
    assert len(found.fermi_energies) == 11
    (choice,) = found.summary()["choice"][1]
    (energy,) = found.summary()["fermi_energy"][1]
    best = found.power_factor[0, :, 0].argmax()
    assert (choice, energy) == ("largest S^2 G", found.fermi_energies[best])


def test_letters_of_a_set_are_known_to_its_observables() -> None:
    found = dw.iv("GFGC", "exact:simserides2024", fermi_energy=-7.0, voltages=[0.5])
    native = dw.iv("GCGC", "exact:simserides2024", fermi_energy=-7.0, voltages=[0.5])
    assert found.current[0, 0] != native.current[0, 0]


def test_sequences_come_in_as_to_a_prediction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a file with names, from words, and with letters that stand for several bases."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "mine.fasta"
    file.write_text(">first\nACG\n>both\nGRC\n")
    names, texts = ["first", "both", "both"], ["ACG", "GAC", "GGC"]
    for name, keywords in CALLS.items():
        given = [name, EXACT, "--sequences", str(file), *words(keywords), "--output", name]
        assert main(given) == EXIT_FINISHED
        written = [(row["name"], row["sequence"]) for row in rows(Path(name, "summary.csv"))]
        assert list(dict.fromkeys(written)) == list(zip(names, texts, strict=True))
        found = getattr(dw, name)(file, EXACT, **keywords)
        assert (found.names, found.sequences) == (names, texts)
        assert found[1:].names == names[1:]
        assert list(dict.fromkeys(found.to_dataframe()["name"])) == ["first", "both"]
        for table in {f"{name}.csv", "samples.csv"} & {one.name for one in Path(name).iterdir()}:
            assert [one["name"] for one in rows(Path(name, table))][-1] == "both"
    compared = dw.compare(file, [EXACT, "exact:simserides2024"])
    assert compared.table()["name"][1] == [name for name in names for _ in "12"]
    given = ["compare", EXACT, EXACT, "AN", "--sequences", str(file), "--output", "compared"]
    assert main(given) == EXIT_FINISHED
    spectra = [row for path in Path("compared").glob("spectra*.csv") for row in rows(path)]
    assert {(row["name"], row["sequence"]) for row in spectra} == {
        *zip(names, texts, strict=True), *(("", f"A{base}") for base in "ACGT"),
    }  # fmt: skip


def test_a_fermi_energy_on_another_scale_is_told() -> None:
    far, near = (
        dw.iv("ACGT", f"exact:{name}", fermi_energy=-7.1, voltages=[0.1]).warnings
        for name in ("roche-voityuk", "kordas2025")
    )
    assert far[0].startswith("E_F = -7.1 eV lies outside of -3 to 3 eV")
    assert not any("lies outside" in one for one in near)


FRAGILE: dict[str, Any] = {"fermi_energy": -7.1, "left": "upper:0=0.1", "right": "upper:-1=0.1"}
"""Conditions at which most of the conductance of ACGTACGT passes through narrow levels at 300 K."""


def test_without_a_probe_the_status_is_that_of_coherent_transport() -> None:
    predicted = dw.predict("ACGTACGT", EXACT, **FRAGILE)
    assert predicted.status == "fragile_conductance"
    scan = dw.dephasing("ACGTACGT", EXACT, probe_coupling=[0.0, 0.02], **FRAGILE)
    assert [row[-1] for row in scan.rows[1:]] == ["fragile_conductance", "ok"]
    assert any("without probes: G means little" in one for one in scan.warnings)
    assert [row[-1] for row in scan[0].rows[1:]] == ["fragile_conductance", "ok"]


def test_every_row_of_a_response_has_the_status_of_its_own_prediction() -> None:
    scan = dw.thermoelectric("ACGTACGT", EXACT, temperatures=[4.0, 300.0],
                             num_fermi_energies=11, **FRAGILE)  # fmt: skip
    columns = (scan.summary()[name][1] for name in ("temperature", "fermi_energy", "status"))
    found = list(zip(*columns, strict=True))
    assert {word for *_, word in found} == {"ok", "fragile_conductance"}
    for kelvin, level, word in found:
        at = FRAGILE | {"fermi_energy": level, "energy_min": -9.0, "energy_max": -5.0}
        predicted = dw.predict("ACGTACGT", EXACT, temperature=kelvin, **at)
        assert predicted.status == word, (kelvin, level)
    assert any("at 300 K and -7.1000 eV: G means little" in one for one in scan.warnings)


def test_uncertain_is_as_fragile_as_predicted() -> None:
    found = dw.uncertainty("ACGTACGT", EXACT, fermi_range=0.1, **FRAGILE)
    assert found.rows[1][-1] == "fragile_conductance"
    cold = dw.uncertainty("ACGTACGT", EXACT, fermi_range=0.1, temperature=0.0, **FRAGILE)
    assert cold.rows[1][-1] == "ok"
