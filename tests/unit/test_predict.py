"""``dnawire predict``: table, files, defaults and refusals."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from inference_kit import (
    ENERGIES,
    FAIR_SCORES,
    LEFT,
    POOR_SCORES,
    provenance,
    save,
    trained,
)
from model_kit import SPECTRAL

from dnawire.api.contact_texts import contact
from dnawire.cli import main
from dnawire.cli._main import EXIT_BROKEN_PIPE
from dnawire.errors import (
    EXIT_CANNOT_WRITE,
    EXIT_FINISHED,
    EXIT_NOT_FOUND,
    EXIT_UNUSABLE_FILE,
    EXIT_USAGE,
    UsageError,
)
from dnawire.inference import load_predictor
from dnawire.junction import Contact, Duplex, Junction
from dnawire.models import save_model

EXACT = "exact:kordas2025"
FERMI = ("--fermi_energy", "-7.1")


def predict(folder: Path, model: object, *arguments: str) -> int:
    return main(["predict", str(model), *arguments, "--output", str(folder)])


def rows(path: Path) -> list[dict[str, str]]:
    """Rows of a table by the names of its columns, which hold the units."""
    return list(csv.DictReader(path.read_text().splitlines()))


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def files(*stems: str) -> set[str]:
    return {stem + suffix for stem in stems for suffix in (".png", ".svg", ".csv")}


def maps(*names: str) -> set[str]:
    return files(*(f"{kind}_{name}" for kind in ("hamiltonian", "ldos") for name in names))


def test_table_and_files_agree_with_the_predictor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, out = save(tmp_path / "mine", "hamiltonian"), tmp_path / "out"
    assert predict(out, run, "ACGT/ACG_", "gcgc", *FERMI, "--temperature", "77") == EXIT_FINISHED
    table, log = capsys.readouterr()
    assert f"results: {out}" in log
    assert "model         mine" in table
    assert f"contacts      upper:0=0.1 | upper:-1=0.2 eV (training of {run / 'model'})" in table
    assert "energies      9 from -8.5 to -6.9 eV, eta 0.01 eV" in table
    assert "conductance   at 77 K, E_F = -7.1 eV" in table
    assert names(out) == {"summary.csv"} | files("spectra") | maps("1_ACGT-ACG_", "2_GCGC")

    first, second = rows(out / "summary.csv")
    assert (first["sequence"], first["length_base_pairs"]) == ("ACGT/ACG_", "4")
    assert second["right_contact_eV"] == "upper:3=0.2"
    for row in (first, second):
        printed = next(line for line in table.splitlines() if line.startswith(row["sequence"]))
        assert f"{float(row['log10_transmission']):.3f}" in printed
        assert f"{float(row['conductance_quanta']):.3e}" in printed
        assert f"{float(row['conductance_S']):.3e}" in printed
        assert f"{float(row['level_distance_eV']):+.4f}" in printed
        assert f"{float(row['max_transmission']):.3e}" in printed

    predictor = load_predictor(str(run))
    contacts = predictor.conditions.contacts
    assert contacts is not None
    together = [Junction(Duplex.parse(text), *contacts) for text in ("ACGT/ACG_", "GCGC")]
    _, record = predictor.predict(together)
    spectra = rows(out / "spectra.csv")
    drawn = {
        float(row["energy_eV"]): float(row["dos_per_eV"])
        for row in spectra
        if row["sequence"] == "GCGC"
    }
    at_grid = [drawn[energy] for energy in record.energies.tolist()]
    np.testing.assert_allclose(at_grid, record.dos, rtol=1e-6)


def test_columns_are_aligned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert predict(tmp_path, EXACT, "GG", "ACGTACGT", *FERMI) == EXIT_FINISHED
    head, *lines = capsys.readouterr().out.splitlines()[-3:]
    for name in ("length", "log10 T(E_F)", "G (G0)", "G (S)", "max T", "at (eV)"):
        end = head.index(name) + len(name)
        assert all(line[end - 1] != " " and line[end] == " " for line in lines), name


def test_without_a_fermi_energy_there_is_no_conductance(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert predict(tmp_path, EXACT, "ACGT") == EXIT_FINISHED
    table = capsys.readouterr().out
    assert "conductance   not computed: it needs the Fermi energy (--fermi_energy, eV)" in table
    assert "G (S)" not in table
    assert "conductance" not in (tmp_path / "summary.csv").read_text()


def test_a_standard_model_has_no_hamiltonian(tmp_path: Path) -> None:
    run = save(tmp_path / "run", "standard")
    assert predict(tmp_path / "out", run, "ACGT") == EXIT_FINISHED
    assert names(tmp_path / "out") == {"summary.csv"} | files("spectra")


def test_more_sequences_than_colors_take_several_figures(tmp_path: Path) -> None:
    run = save(tmp_path / "run", "standard")
    sequences = ["ACG", "AAA", "CCC", "GGG", "TTT", "GCA", "TGC", "CAT"]
    assert predict(tmp_path / "out", run, *sequences) == EXIT_FINISHED
    assert names(tmp_path / "out") == {"summary.csv"} | files("spectra_1", "spectra_2")
    assert {row["sequence"] for row in rows(tmp_path / "out" / "spectra_2.csv")} == {"CAT"}


def test_results_go_below_predictions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number, sequence in enumerate(("A", "C"), start=1):
        assert main(["predict", EXACT, sequence]) == EXIT_FINISHED
        folder = tmp_path / "predictions" / "exact-kordas2025"
        assert rows(folder / str(number) / "summary.csv")[0]["sequence"] == sequence
    assert names(folder) == {"1", "2"}


def test_energies_and_eta_are_taken_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grid = ["--energy_min", "-8", "--energy_max", "-7", "--num_energy_points", "3"]
    assert predict(tmp_path, EXACT, "AC", *grid, "--eta", "0.1") == EXIT_FINISHED
    assert "3 from -8 to -7 eV, eta 0.1 eV" in capsys.readouterr().out
    energies = [row["energy_eV"] for row in rows(tmp_path / "spectra.csv")]
    assert {"-8.0", "-7.5", "-7.0"} < set(energies)
    assert (energies[0], energies[-1]) == ("-8.0", "-7.0")


def test_energies_that_are_not_given_are_those_of_the_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = save(tmp_path / "run", "hamiltonian")
    assert predict(tmp_path / "out", run, "AC", "--energy_max", "-7") == EXIT_FINISHED
    assert f"{len(ENERGIES)} from -8.5 to -7 eV" in capsys.readouterr().out


def test_contacts_are_taken_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--left_contact", "lower:-1", "--gamma_right", "0.3"]
    assert predict(tmp_path, EXACT, "ACG", *flags) == EXIT_FINISHED
    assert "contacts      lower:-1=0.1 | upper:-1=0.3 eV (given)" in capsys.readouterr().out
    assert rows(tmp_path / "summary.csv")[0]["left_contact_eV"] == "lower:2=0.1"


def test_what_is_not_said_of_a_contact_is_as_in_the_training() -> None:
    both = Contact.parse("upper:0=0.1,lower:-1=0.2")
    assert contact("left", None, None, both) == both
    assert contact("left", None, 0.3, both) == Contact.parse("upper:0,lower:-1", 0.3)
    assert contact("left", "upper:1", None, LEFT) == Contact.at("upper", 1, 0.1)
    assert contact("left", "upper:1", 0.4, LEFT) == Contact.at("upper", 1, 0.4)
    assert contact("left", "upper:1=0.5", None, None) == Contact.at("upper", 1, 0.5)
    for other in (both, None):
        with pytest.raises(UsageError, match="has no coupling"):
            contact("left", "upper:1", None, other)
    with pytest.raises(UsageError, match="no right contact is the obvious one"):
        contact("right", None, 0.1, None)


def test_without_contacts_in_the_training_they_must_be_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = provenance()["config"] | {"data": "records.h5"}
    run = save(tmp_path / "run", "standard", config=config, source={"kind": "g3nat-archive"})
    assert predict(tmp_path / "out", run, "ACG") == EXIT_USAGE
    assert "--left_contact upper:0=0.1" in capsys.readouterr().err
    contacts = ["--left_contact", "upper:0=0.1", "--right_contact", "lower:0=0.1"]
    assert predict(tmp_path / "out", run, "ACG", *contacts) == EXIT_FINISHED


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        ([EXACT], EXIT_USAGE, "no sequence"),
        ([EXACT, "ACGX"], EXIT_USAGE, "letter 'X' at upper:3"),
        ([EXACT, "_CG/CGT"], EXIT_USAGE, "base upper:0 is missing"),
        ([EXACT, "ACG", "--left_contact", "upper:5"], EXIT_USAGE, "outside a duplex of 3"),
        ([EXACT, "ACG", "--gamma_left", "-1"], EXIT_USAGE, "gamma_left = -1.0 is not allowed"),
        ([EXACT, "ACG", "--eta", "-1"], EXIT_USAGE, "eta = -1.0 is not allowed"),
        ([EXACT, "ACG", "--energy_min", "0"], EXIT_USAGE, "energies from 0 to -6.5 eV"),
        ([EXACT, "ACG", "--num_energy_points", "1"], EXIT_USAGE, "num_energy_points = 1"),
        ([EXACT, "ACG", "--fermi_energy", "-5"], EXIT_USAGE, "outside the energies"),
        ([EXACT, "ACG", "--fermi_energy", "-6.51"], EXIT_USAGE, "of the carriers"),
        ([EXACT, "ACG", *FERMI, "--temperature", "-1"], EXIT_USAGE, "temperature = -1.0"),
        (["exact:kordas", "ACG"], EXIT_USAGE, "kordas2025"),
        (["no/such/model", "ACG"], EXIT_NOT_FOUND, "no model in"),
    ],
)
def test_a_wrong_command_line_says_what_is_right(
    arguments: list[str],
    code: int,
    word: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert predict(tmp_path / "out", *arguments) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert word in captured.err
    assert "Remedy: " in captured.err


def test_a_standard_model_refuses_other_energies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = save(tmp_path / "run", "standard")
    assert predict(tmp_path / "out", run, "ACG", "--num_energy_points", "5") == EXIT_USAGE
    assert "knows all energies" in capsys.readouterr().err


def test_a_damaged_model_exits_65(tmp_path: Path) -> None:
    run = save(tmp_path / "run", "standard")
    (run / "model" / "model.safetensors").write_bytes(b"torn")
    assert predict(tmp_path / "out", run, "ACG") == EXIT_UNUSABLE_FILE


def test_earlier_results_are_replaced_on_request_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    precious = tmp_path / "hamiltonian_1_A.svg"
    precious.write_text("precious")
    assert predict(tmp_path, EXACT, "A") == EXIT_CANNOT_WRITE
    assert "--overwrite" in capsys.readouterr().err
    assert names(tmp_path) == {precious.name}
    assert precious.read_text() == "precious"
    (tmp_path / "mine_1_A.svg").write_text("not of this command")
    assert predict(tmp_path, EXACT, "A", "--temperature", "-1") == EXIT_USAGE
    assert predict(tmp_path, EXACT, "C", "--overwrite") == EXIT_FINISHED
    expected = {"summary.csv", "mine_1_A.svg"} | files("spectra") | maps("1_C")
    assert names(tmp_path) == expected


def test_a_folder_that_cannot_be_made_exits_73(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert predict(tmp_path / "file" / "out", EXACT, "A") == EXIT_CANNOT_WRITE
    assert "--output" in capsys.readouterr().err


@pytest.mark.parametrize("model_type", SPECTRAL)
def test_transmission_is_at_most_the_number_of_open_channels(
    tmp_path: Path, model_type: str
) -> None:
    """Whatever its weights say, at its own lengths and at others."""
    wild = trained(model_type, mean_log10_transmission=3.0)
    save_model(tmp_path / "run" / "model", *wild, provenance())
    contacts = ("--left_contact", "upper:0=0.1,lower:-1=0.1", "--right_contact", "upper:-1=0.1")
    for number, flags in ((1, ()), (1, contacts)):
        out = tmp_path / f"out {len(flags)}"
        assert predict(out, tmp_path / "run", "ACG", "ACGTACGTACGTACG", *flags) == EXIT_FINISHED
        highest = [float(row["max_transmission"]) for row in rows(out / "summary.csv")]
        assert max(highest) <= number + 1e-9


def test_a_model_that_is_no_better_than_a_baseline_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    poor, fair = save(tmp_path / "poor", "standard", scores=POOR_SCORES), tmp_path / "fair"
    save(fair, "standard", scores=FAIR_SCORES)
    assert predict(tmp_path / "one", poor, "ACG", "ACGT") == EXIT_FINISHED
    table, told = capsys.readouterr()
    assert told.count("no better than a baseline: log10 DOS: 0.4, training mean 0.3") == 1
    assert [row["status"] for row in rows(tmp_path / "one" / "summary.csv")] == ["poor_model"] * 2
    assert all(line.endswith("poor_model") for line in table.splitlines()[-2:])
    assert predict(tmp_path / "two", fair, "ACG") == EXIT_FINISHED
    assert "no better" not in capsys.readouterr().err
    assert rows(tmp_path / "two" / "summary.csv")[0]["status"] == "ok"


def test_a_junction_unlike_all_training_records_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for model_type in SPECTRAL:
        run = save(tmp_path / model_type, model_type)
        # Exact transport holds at any length.
        length_matters = not load_predictor(str(run)).knows_hamiltonian
        assert predict(tmp_path / f"{model_type} out", run, "ACGTACGT", "ACG") == EXIT_FINISHED
        warning = "ACGTACGT: unlike all training records: its length is 8, not 3 to 5 base pairs"
        told = capsys.readouterr().err
        assert (warning in told) == length_matters
        assert "ACG:" not in told
        assert predict(tmp_path / f"{model_type} two", run, "ACG/CTT") == EXIT_FINISHED
        assert "it has the base pair CT" in capsys.readouterr().err


def test_contacts_that_are_not_connected_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contacts = ["--left_contact", "lower:0", "--right_contact", "upper:0"]
    assert predict(tmp_path, EXACT, "A/A", *contacts) == EXIT_FINISHED
    table, log = capsys.readouterr()
    assert "warning: A/A: the contacts are not connected, T = 0" in log
    assert table.splitlines()[-1].split()[:4] == ["A/A", "1", "0.000e+00", "-"]
    assert rows(tmp_path / "summary.csv")[0]["max_transmission_energy_eV"] == "nan"


@pytest.mark.parametrize("model_type", SPECTRAL)
def test_there_is_no_conductance_off_a_grid_unless_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], model_type: str
) -> None:
    run = save(tmp_path / model_type, model_type)
    is_resolved = load_predictor(str(run)).knows_hamiltonian
    assert predict(tmp_path / "out", run, "ACG", *FERMI) == EXIT_FINISHED
    assert ("conductance   not computed" in capsys.readouterr().out) != is_resolved
    (row,) = rows(tmp_path / "out" / "summary.csv")
    assert (row["conductance_quanta"], row["conductance_S"]).count("nan") == (
        0 if is_resolved else 2
    )
    flags = (*FERMI, "--conductance_from_grid")
    assert predict(tmp_path / "from grid", run, "ACG", *flags) == EXIT_FINISHED
    (row,) = rows(tmp_path / "from grid" / "summary.csv")
    assert float(row["conductance_quanta"]) > 0.0
    assert ("unresolved_conductance" in row["status"]) != is_resolved
    assert ("orders of magnitude" in capsys.readouterr().err) != is_resolved


def test_who_reads_only_the_head_of_the_table_gets_all_results(tmp_path: Path) -> None:
    words = ["predict", EXACT, "ACGT", "--output", str(tmp_path)]
    with subprocess.Popen(
        [sys.executable, "-m", "dnawire", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
    assert process.returncode == EXIT_BROKEN_PIPE
    assert names(tmp_path) == {"summary.csv"} | files("spectra") | maps("1_ACGT")


@pytest.mark.parametrize(("length", "is_fragile"), [(4, False), (24, True)])
def test_a_conductance_that_any_dephasing_destroys_is_told(
    length: int, is_fragile: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """G of poly-A is 2e-8 G0 at 4 and 24 base pairs, while T(E_F) falls by 38 decades."""
    assert predict(tmp_path, EXACT, "A" * length, *FERMI) == EXIT_FINISHED
    told = capsys.readouterr().err
    assert ("of it passes through levels narrower than 10 meV" in told) == is_fragile
    (row,) = rows(tmp_path / "summary.csv")
    assert float(row["conductance_quanta"]) == pytest.approx(1.9e-8, rel=0.2)
    assert (float(row["narrow_level_share"]) > 0.5) == is_fragile
    assert float(row["level_distance_eV"]) == pytest.approx(-0.457, abs=0.01)


def test_the_maximum_of_the_table_is_in_the_curve(tmp_path: Path) -> None:
    assert predict(tmp_path, EXACT, "ACGTACGT") == EXIT_FINISHED
    (row,) = rows(tmp_path / "summary.csv")
    curve = [float(one["transmission"]) for one in rows(tmp_path / "spectra.csv")]
    assert max(curve) == pytest.approx(float(row["max_transmission"]))
    assert max(curve) > 0.9


def test_both_contacts_on_one_base_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contacts = ("--left_contact", "upper:0,lower:0", "--right_contact", "upper:-3,upper:2")
    assert predict(tmp_path, EXACT, "ACG", *contacts) == EXIT_FINISHED
    assert "ACG: both contacts are on upper:0: part of T" in capsys.readouterr().err


@pytest.mark.parametrize("model_type", SPECTRAL)
def test_weights_that_are_not_finite_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], model_type: str
) -> None:
    model, specification = trained(model_type)
    with torch.no_grad():
        next(model.parameters()).view(-1)[0] = torch.nan
    save_model(tmp_path / "run" / "model", model, specification, provenance())
    assert predict(tmp_path / "out", tmp_path / "run", "ACG") == EXIT_UNUSABLE_FILE
    assert "holds a number that is not finite" in capsys.readouterr().err
