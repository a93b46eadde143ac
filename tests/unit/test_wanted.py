"""Sequences of a file and letters that stand for several bases: in `predict`, `screen`, Python."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import dnawire as dw
from dnawire.cli import main
from dnawire.constants import CONDUCTANCE_QUANTUM
from dnawire.errors import EXIT_FINISHED, EXIT_USAGE, UsageError
from dnawire.inference import average

EXACT = "exact:kordas2025"
FERMI = ["--fermi_energy", "-7.1"]
FASTA = ">first\nACG\nT\n>second\nGGRC\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.fasta"
    path.write_text(FASTA)
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as opened:
        return list(csv.DictReader(opened))


def test_names_patterns_and_averages_stand_in_all_tables(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["predict", EXACT, "TTT", "--sequences", str(file), "--output", str(out), *FERMI]
    assert main([*words, "--average"]) == EXIT_FINISHED
    table, log = capsys.readouterr()
    assert "GGRC stands for 2 sequences" in log
    assert "second GGRC" in table
    summary = rows(out / "summary.csv")
    found = [(one["name"], one["pattern"], one["sequence"]) for one in summary]
    expected = [("", "", "TTT"), ("first", "", "ACGT")]
    expected += [("second", "GGRC", f"GG{base}C") for base in "AG"]
    assert found == expected
    spectra = rows(out / "spectra.csv")
    assert {one["name"] for one in spectra if one["sequence"] == "ACGT"} == {"first"}

    *alone, row = rows(out / "averages.csv")
    assert [one["sequences"] for one in alone] == ["1", "1"]
    quanta = np.array([float(one["conductance_quanta"]) for one in summary if one["pattern"]])
    assert row["sequences"] == "2"
    assert float(row["mean_conductance_quanta"]) == pytest.approx(quanta.mean())
    geometric = 10.0 ** np.log10(quanta).mean()
    assert float(row["geometric_mean_conductance_quanta"]) == pytest.approx(geometric)
    assert float(row["lowest_conductance_S"]) == pytest.approx(quanta.min() * CONDUCTANCE_QUANTUM)
    assert float(row["highest_conductance_quanta"]) == pytest.approx(quanta.max())


def test_an_average_over_nothing_or_of_nothing_is_refused(tmp_path: Path) -> None:
    out = ["--output", str(tmp_path / "out")]
    assert main(["predict", EXACT, "ACGT", "--average", *out, *FERMI]) == EXIT_USAGE
    assert main(["predict", EXACT, "ACGN", "--average", *out]) == EXIT_USAGE
    assert not (tmp_path / "out").exists()


def test_a_geometric_mean_with_a_zero_is_zero() -> None:
    found = average([0.0, 1e-2])
    assert found == (2, 5e-3, 0.0, 0.0, 1e-2)


def test_python_takes_files_and_lists_of_patterns(file: Path) -> None:
    found = dw.predict(file, EXACT)
    assert [one.name for one in found][:2] == ["first", "second"]
    assert len(dw.predict(["NN"], EXACT)) == 16
    assert len(found.to_dataframe()["pattern"].unique()) == 2
    with pytest.raises(UsageError, match="'ACGN' stands for 4 sequences"):
        dw.predict("ACGN", EXACT)
    averages = dw.predict(["AN"], EXACT, fermi_energy=-7.1).averages
    assert averages["AN"].number == 4


def test_many_warnings_are_counted() -> None:
    found = dw.predict(["ANNT"], EXACT, fermi_energy=-7.1)
    fragile = sum("fragile_conductance" in one.status for one in found)
    (said,) = found.warnings
    assert said.startswith(f"{fragile} of the 16 sequences: fragile_conductance, e.g. ")


def test_a_word_that_is_a_file_is_told_its_flag(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", EXACT, str(file)]) == EXIT_USAGE
    assert f"--sequences {file}" in capsys.readouterr().err
    assert main(["predict", EXACT]) == EXIT_USAGE


def test_a_screening_names_the_records_of_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = tmp_path / "mine.csv", tmp_path / "out"
    file.write_text("label,sequence\nred,ACGT\nblue,GGCC\ngreen,ACGT\n,TTTT\n")
    words = ["screen", EXACT, "--sequences", str(file), "--save_all", "--output", str(out)]
    assert main(words) == EXIT_FINISHED
    assert "red; green" in capsys.readouterr().out
    names = {"ACGT": "red; green", "GGCC": "blue", "TTTT": ""}
    for table in ("ranking.csv", "scores.csv"):
        assert all(one["name"] == names[one["sequence"]] for one in rows(out / table))
    assert dw.screen(EXACT, sequences=file).names["GGCC"] == "blue"
    assert "name" not in dw.screen(EXACT, sequences=["ACGT"]).table()
