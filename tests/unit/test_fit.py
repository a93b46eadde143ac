"""``dnawire fit`` and ``dw.fit``: calls, files, refusals."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any, Final

import pytest

import dnawire as dw
from dnawire.cli import main
from dnawire.data import available_measurements, load_measurements
from dnawire.errors import DnawireError, NotFoundError, UsageError

EXACT: Final = "exact:kordas2025"
TABLE: Final = """name,sequence,conductance_nS,error_decades,temperature_K
first,GC,30,0.1,300
second,GA,2,0.1,
third,AG,3,0.1,300
"""
ASKED: Final[dict[str, Any]] = {
    "vary": "fermi_energy=-7.1:-6.5",
    "left": "upper:0=0.05",
    "right": "lower:0=0.05",
    "probe_coupling": 0.02,
    "starts": 2,
}


def table_in(folder: Path, text: str = TABLE) -> Path:
    path = folder / "measured.csv"
    path.write_text(text)
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_command_writes_what_the_call_gives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, output = table_in(tmp_path), tmp_path / "out"
    words = ["fit", EXACT, str(path), "--vary", "fermi_energy=-7.1:-6.5", "--starts", "2"]
    words += ["--left_contact", "upper:0=0.05", "--right_contact", "lower:0=0.05"]
    assert main([*words, "--probe_coupling", "0.02", "--output", str(output)]) == 0
    printed = capsys.readouterr().out
    found = dw.fit(path, EXACT, **ASKED)
    assert "\n".join(found.heading) in printed
    assert all(line in printed for line in found.text)
    assert {one.name for one in output.iterdir()} == {
        "parameters.csv", "correlation.csv", "starts.csv", "settings.csv",
        *(f"{stem}.{kind}" for stem in ("residuals", "profiles") for kind in ("png", "svg", "csv")),
    }  # fmt: skip
    [parameter] = rows_of(output / "parameters.csv")
    assert parameter["parameter"] == "fermi_energy"
    assert float(parameter["value"]) == found.values["fermi_energy"]
    assert float(parameter["profile_lower"]) == found.intervals["fermi_energy"][0]
    residuals = rows_of(output / "residuals.csv")
    assert [one["name"] for one in residuals] == ["first", "second", "third"]
    assert [float(one["residual_decades"]) for one in residuals] == found.residuals.tolist()
    assert [one["temperature_K"] for one in residuals] == ["300.0"] * 3
    settings = {one["name"]: one["value"] for one in rows_of(output / "settings.csv")}
    assert settings["seed"] == "42"
    assert settings["bounds_fermi_energy"] == "-7.1:-6.5"
    assert settings["held_probe_coupling"] == "0.02"
    assert len(settings["table_sha256"]) == 64
    assert len(rows_of(output / "starts.csv")) == 2
    assert "fermi_energy" in found._repr_html_()
    assert list(found.to_dataframe()["parameter"]) == ["fermi_energy"]


def test_the_same_seed_gives_the_same_starts_and_another_one_others(tmp_path: Path) -> None:
    path = table_in(tmp_path)
    starts = [
        [one.start.tolist() for one in dw.fit(path, EXACT, **ASKED, seed=seed).solution.minima]
        for seed in (1, 1, 2)
    ]
    assert starts[0] == starts[1]
    assert starts[0][0] == starts[2][0]
    assert starts[0][1] != starts[2][1]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"vary": "gama"}, "there is no parameter 'gama'"),
        ({"vary": []}, "vary names no parameter"),
        ({"vary": ["gamma", "gamma_left"]}, "counts gamma_left twice"),
        ({"vary": ["prefactor", "prefactor"]}, "counts prefactor twice"),
        ({"vary": "fermi_energy=1:0"}, "impossible bounds"),
        ({"vary": "fermi_energy=1"}, "no two bounds"),
        ({"vary": "gamma=0:1"}, "impossible bounds"),
        ({"fermi_energy": -7.0}, "fermi_energy is both fitted and held at -7.0"),
        ({"vary": "gamma"}, "the Fermi energy is neither fitted nor given"),
        ({"vary": ["fermi_energy", "gamma"], "gamma_left": 0.1}, "gamma_left is both fitted"),
        ({"probes": "thermal"}, "probes = 'thermal'"),
        ({"fermi_reference": "lumo"}, "fermi_reference = 'lumo'"),
        ({"confidence": 1.0}, "confidence = 1.0"),
        ({"starts": 0}, "starts = 0"),
        ({"error_decades": 0.0}, "error_decades = 0.0"),
    ],
)
def test_what_cannot_be_fitted_is_refused(
    tmp_path: Path, changed: dict[str, Any], problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        dw.fit(table_in(tmp_path), EXACT, **(ASKED | changed))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (TABLE.replace("GA,2,0.1", "GA,2,"), "line 3: the row has no error"),
        (TABLE.replace("GA,2", "G_A/T_C,2"), "line 3: the contacts are not connected in 'G_A'"),
        (TABLE.replace("name", "Weight"), "does not read its column 'weight'"),
        (TABLE.replace("name", "left_contact"), "does not read its column 'left_contact'"),
        ("sequence,conductance_nS\nGC,1\n", "no scatter tells the errors"),
    ],
)
def test_tables_that_cannot_be_fitted_are_refused(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(DnawireError, match=problem):
        dw.fit(table_in(tmp_path, text), EXACT, **ASKED)


def test_an_error_of_rows_that_have_none_may_be_given(tmp_path: Path) -> None:
    path = table_in(tmp_path, TABLE.replace("GA,2,0.1", "GA,2,"))
    found = dw.fit(path, EXACT, **ASKED, error_decades=0.3)
    assert found.errors.tolist() == pytest.approx([0.1, 0.3, 0.1])


def test_published_tables_are_relative_and_have_a_doi() -> None:
    assert available_measurements() == ("xu2004",)
    table = load_measurements("published:xu2004")
    assert len(table) == 7
    quanta = dict(zip(table.names, table.conductance_quanta.tolist(), strict=True))
    beta = math.log(quanta["no A:T"] / quanta["4 A:T"]) / (4.0 * 3.4)
    assert beta == pytest.approx(0.43, rel=1e-5)
    assert quanta["14 base pairs"] == pytest.approx(8.0 / 14.0, rel=1e-8)
    assert "10.1021/nl0494295" in table.file[0].read_text()
    with pytest.raises(NotFoundError, match="no published table 'xu2005'"):
        load_measurements("published:xu2005")
    with pytest.raises(UsageError, match="are relative, and no prefactor is fitted"):
        dw.fit("published:xu2004", EXACT, **ASKED)


def test_a_table_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="does not exist"):
        dw.fit(tmp_path / "none.csv", EXACT, **ASKED)
