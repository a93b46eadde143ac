"""Parameter sets of one's own: by path wherever a name is taken, told in the results."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dnawire as dw
from dnawire.cli import main
from dnawire.errors import (
    EXIT_CANNOT_WRITE,
    EXIT_FINISHED,
    EXIT_NOT_FOUND,
    EXIT_UNUSABLE_FILE,
    EXIT_USAGE,
    UnusableDataFileError,
)
from dnawire.tightbinding import load_parameters, parse_parameters, template


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(template("kordas2025", "mine").replace("GG = 126", "GG = 200"))
    return path


def test_a_template_is_a_set_that_can_be_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.toml"
    assert main(["parameters", "simserides2024", "--template", str(path)]) == EXIT_FINISHED
    found, origin = load_parameters(str(path)), load_parameters("simserides2024")
    assert found.name == "mine"
    assert found.verification.startswith("none: changed by hand; it began as simserides2024")
    assert found.alphabet == origin.alphabet
    np.testing.assert_array_equal(found.stacking, origin.stacking)
    assert main(["parameters", str(path)]) == EXIT_FINISHED
    assert "letter F: 5-methylcytosine, partner G" in capsys.readouterr().out
    assert main(["parameters", "kordas2025", "--template", str(path)]) == EXIT_CANNOT_WRITE
    again = ["parameters", "kordas2025", "--template", str(path), "--overwrite"]
    assert main(again) == EXIT_FINISHED
    assert main(["parameters", "--template", str(path)]) == EXIT_USAGE


def test_a_file_predicts_and_is_recorded(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = hashlib.sha256(own.read_bytes()).hexdigest()
    label = f"mine ({own}, SHA-256 {digest[:12]})"
    out = tmp_path / "out"
    words = ["predict", f"exact:{own}", "GGG", "--output", str(out)]
    assert main(words) == EXIT_FINISHED
    assert f"parameters    {label}" in capsys.readouterr().out
    with (out / "summary.csv").open(newline="") as file:
        assert [row["parameters"] for row in csv.DictReader(file)] == [label]
    assert dw.load(f"exact:{own}").hamiltonian("GG")[0, 2] == pytest.approx(0.2)
    ranking = dw.screen(f"exact:{own}", length=2)
    assert ranking.table()["parameters"][1] == [label] * len(ranking)


def test_a_file_generates_records_and_is_recorded(own: Path) -> None:
    digest = hashlib.sha256(own.read_bytes()).hexdigest()
    records = dw.generate(parameters=str(own), num_samples=3, seq_length=3, num_energy_points=5)
    assert records.source["parameters"] == "mine"
    assert records.source["parameters_file"] == [str(own), digest]
    published = dw.generate(num_samples=3, seq_length=3, num_energy_points=5)
    assert "parameters_file" not in published.source
    assert records.content_digest != published.content_digest


def test_a_file_is_read_anew_when_it_has_changed(own: Path) -> None:
    before = load_parameters(str(own)).digest
    own.write_text(own.read_text().replace("GG = 200", "GG = 201"))
    assert load_parameters(str(own)).digest != before


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("kordas2025", "that of a published set"),
        ("Kordas2025", "like 'kordas2025', the name of a published set"),
        ("kordas_2025", "like 'kordas2025', the name of a published set"),
        ("Roche_Voityuk", "like 'roche-voityuk', the name of a published set"),
    ],
)
def test_a_file_must_not_pass_for_a_published_set(own: Path, name: str, words: str) -> None:
    own.write_text(own.read_text().replace('name = "mine"', f'name = "{name}"'))
    with pytest.raises(UnusableDataFileError, match=words):
        load_parameters(str(own))


def test_a_mismatch_without_a_coupling_is_told_in_every_result(own: Path) -> None:
    own.write_text(own.read_text().replace("[pairing]\n", "[pairing]\nGT = 10\n"))
    asked: Any = {"left": "upper:0", "right": "upper:-1"}
    for model in (f"exact:{own}", "exact:kordas2025", "exact:roche-voityuk"):
        found = dw.predict(["ACGT", "ACGT/ATGT", "ACGG/ATGT"], model, **asked)
        first, second, third = (one.status for one in found)
        assert "unlisted_coupling" not in first
        assert ("unlisted_coupling" in second) != model.endswith(".toml")
        assert "unlisted_coupling" in third
        assert any("which is taken as 0" in one for one in found.warnings)
    pair = "ACGG/TCGT"
    dephased = dw.dephasing(pair, "exact:kordas2025", probe_coupling=0.01, fermi_energy=-7.1)
    for words in (
        dw.scan("ACG", "exact:kordas2025", fermi_energy=-7.1, **asked).table()["status"][1],
        dw.compare(pair, ["exact:kordas2025", "exact:simserides2024"]).table()["status"][1],
        dw.iv(pair, "exact:kordas2025", num_voltages=3, fermi_energy=-7.1).summary()["status"][1],
        dephased.summary()["status"][1],
    ):
        assert any("unlisted_coupling" in one for one in words)


@pytest.mark.parametrize(("left", "right"), [("upper:0", "lower:-1"), ("upper:1", "lower:2")])
def test_contacts_that_span_no_step_are_told(left: str, right: str) -> None:
    asked: Any = {"left": left, "right": right, "gamma_left": 0.1, "gamma_right": 0.1}
    found = dw.predict("ACGT", "exact:kordas2025", **asked)
    assert found.status == "one_pair"
    curves = dw.iv("ACGT", "exact:kordas2025", num_voltages=3, fermi_energy=-7.1, **asked)
    assert all("one_pair" in one for one in curves.summary()["status"][1])
    assert (
        "one_pair"
        not in dw.predict("A", "exact:kordas2025", left="upper:0", right="lower:0").status
    )


FAULTS = {
    "no letter of a pair": ("AT = 34\n", "", "pairing has no value for AT"),
    "carrier": ('carrier = "hole"', 'carrier = "ion"', "carrier = 'ion'"),
    "name": ('name = "mine"', 'name = "my set"', "name = 'my set'"),
    "title": ("title = ", "title = 3 # ", "title = 3 is not a text"),
    "typo": ("[stacking]", "[staking]", "missing key stacking"),
    "extra": ("[units]", "[unit]\nx = 1\n[units]", "unknown key unit"),
    "letter": ("[units]", '[letters.N]\nname = "x"\npartner = "A"\n[units]', "letter 'N'"),
    "half a letter": ("[units]", '[letters.F]\nname = "x"\n[units]', "letters.F = {'name': 'x'}"),
    "huge energy": ("G = -7.13", "G = 1e200", "onsite.G = 1e+200 is not allowed: it must be from"),
    "huge coupling": ("GG = 200", "GG = 2e6", "stacking.GG = 2000000.0 is not allowed"),
    "huge pairing": ("AT = 34", "AT = -1e300", "pairing.AT = -1e+300 is not allowed"),
    "infinite": ("G = -7.13", "G = inf", "onsite.G = inf is not a finite number"),
    "not a number": ("GG = 200", "GG = nan", "stacking.GG = nan is not a finite number"),
    "endless": ("GG = 200", f"GG = {'9' * 400}", "stacking.GG = 9999"),
    "window": ("[-9.0, -6.5]", "[-1e300, 1e300]", "energy_window = [-1e+300, 1e+300] is not"),
    "line break": ('title = "', 'title = "two\\nlines', "title = 'two\\nlines"),
    "long text": ('title = "', f'title = "{"x" * 2000}', "more than 1000 characters"),
    "letter without numbers": (
        "[units]",
        '[letters.F]\nname = "x"\npartner = "G"\n[units]',
        "onsite has no value for F",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_one_error(own: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    old, new, words = FAULTS[name]
    text = own.read_text()
    assert old in text
    own.write_text(text.replace(old, new, 1))
    assert main(["parameters", str(own)]) == EXIT_UNUSABLE_FILE
    error = capsys.readouterr().err
    assert f"{own}: " in error
    assert words in error
    assert "Remedy: " in error


def test_no_file(tmp_path: Path) -> None:
    assert main(["predict", f"exact:{tmp_path}/none.toml", "GG"]) == EXIT_NOT_FOUND
    assert main(["predict", f"exact:{tmp_path}/none.toml", "GG"]) == EXIT_NOT_FOUND


def test_a_watson_crick_pair_of_a_letter_is_needed() -> None:
    text = template("simserides2024", "mine").replace("GF = 28\n", "", 1)
    with pytest.raises(UnusableDataFileError, match="pairing has no value for FG"):
        parse_parameters(text, "mine.toml")
