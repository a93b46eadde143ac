"""Tables of measured conductance: units, what may be missing, and what is refused."""

from __future__ import annotations

import gzip
import math
from pathlib import Path

import numpy as np
import pytest

from dnawire.constants import CONDUCTANCE_QUANTUM
from dnawire.data import Measurements, read_measurements
from dnawire.errors import DnawireError, NotFoundError, UnusableDataFileError

FULL = """# measured by hand
Name;Sequence (5'-3');Temperature_C;conductance [nS];error_percent;length;note
long;"CGCGCGCG";25;100;10;8;"a;b"
short;gcgc;;50,;;4;
"""


def read(tmp_path: Path, text: str) -> Measurements:
    path = tmp_path / "measured.csv"
    path.write_text(text, encoding="utf-8-sig", newline="")
    return read_measurements(path)


def test_units_of_all_columns_become_siemens_and_kelvin(tmp_path: Path) -> None:
    found = read(tmp_path, FULL.replace("50,", "50").replace("\n", "\r\n"))
    assert [one.text for one in found.duplexes] == ["CGCGCGCG", "GCGC"]
    assert found.names == ("long", "short")
    assert found.file[1] == (3, 4)
    np.testing.assert_allclose(found.conductance, [100e-9, 50e-9], rtol=1e-15)
    np.testing.assert_allclose(found.error, [10e-9, math.nan], rtol=1e-15)
    np.testing.assert_allclose(found.temperature, [298.15, math.nan])
    np.testing.assert_array_equal(found.lengths, [8, 4])
    assert len(found) == 2


@pytest.mark.parametrize(
    ("head", "siemens"),
    [
        ("conductance_S", 1.0),
        ("conductance_mS", 1e-3),
        ("Conductance (uS)", 1e-6),
        ("conductance_\u00b5S", 1e-6),
        ("conductance_\u03bcS", 1e-6),
        ("conductance nS", 1e-9),
        ("conductance_pS", 1e-12),
        ("conductance_fS", 1e-15),
        ("conductance_G0", CONDUCTANCE_QUANTUM),
    ],
)
def test_every_unit_of_a_conductance(tmp_path: Path, head: str, siemens: float) -> None:
    found = read(tmp_path, f"{head}\tsequence\n0.01\tGC\n")
    assert found.conductance[0] == pytest.approx(0.01 * siemens, rel=1e-15)
    assert found.log10_conductance[0] == pytest.approx(
        math.log10(0.01 * siemens / CONDUCTANCE_QUANTUM)
    )
    assert np.isnan(found.error).all()
    assert np.isnan(found.temperature).all()


@pytest.mark.parametrize(
    ("head", "decades"),
    [
        ("error_decades", 0.2),
        ("error_G0", 0.2 / (0.01 * math.log(10.0))),
        ("error (percent)", 0.2e-2 / math.log(10.0)),
    ],
)
def test_errors_in_each_scale(tmp_path: Path, head: str, decades: float) -> None:
    found = read(tmp_path, f"sequence,conductance_G0,{head}\nGC,0.01,0.2\n")
    assert found.error_decades[0] == pytest.approx(decades, rel=1e-12)


def test_a_compressed_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "measured.tsv.gz"
    path.write_bytes(gzip.compress(b"sequence\tconductance_G0\ttemperature_K\nAT\t1e-4\t4.2\n"))
    found = read_measurements(path)
    assert found.conductance_quanta[0] == pytest.approx(1e-4, rel=1e-15)
    assert found.temperature[0] == 4.2


REFUSED: dict[str, tuple[str, type[DnawireError], str]] = {
    "comma": (
        FULL,
        UnusableDataFileError,
        "line 4, column 'conductance [nS]': '50,' is not a number",
    ),
    "no unit": ("sequence,conductance\nGC,1\n", UnusableDataFileError, "does not end with a unit"),
    "other unit": ("sequence,conductance_kS\nGC,1\n", UnusableDataFileError, "a unit of the"),
    "small letter": ("sequence,conductance_ns\nGC,1\n", UnusableDataFileError, "a unit of the"),
    "no conductance": ("sequence,current_nA\nGC,1\n", UnusableDataFileError, "with its unit"),
    "no sequence": ("dna,conductance_S\nGC,1\n", UnusableDataFileError, "no column 'sequence'"),
    "two": ("sequence,conductance_S,conductance_G0\nGC,1,1\n", UnusableDataFileError, "both hold"),
    "no rows": ("sequence,conductance_S\n", UnusableDataFileError, "it has no rows"),
    "zero": (
        "sequence,conductance_G0\nGC,0\n",
        UnusableDataFileError,
        "is no conductance of one molecule",
    ),
    "unit slip": (
        "sequence,conductance_S\nGC,120\n",
        UnusableDataFileError,
        "is no conductance of one",
    ),
    "letter": (
        "sequence,conductance_G0\nGC,1e-3\nGX,1\n",
        UnusableDataFileError,
        "line 3, column 'sequence'",
    ),
    "length": (
        "sequence,length,conductance_G0\nGC,3,1\n",
        UnusableDataFileError,
        "3 is not the length of GC",
    ),
    "error": (
        "sequence,conductance_G0,error_G0\nGC,1,0\n",
        UnusableDataFileError,
        "0 is not above 0",
    ),
    "cold": (
        "sequence,conductance_G0,temperature_C\nGC,1,-300\n",
        UnusableDataFileError,
        "no temperature",
    ),
    "gap": ("sequence,conductance_G0\nGC,\n", UnusableDataFileError, "'' is not a number"),
    "ragged": ("sequence,conductance_G0\nGC\n", UnusableDataFileError, "line 2: it has 1 columns"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_meant_is_named(tmp_path: Path, name: str) -> None:
    text, kind, words = REFUSED[name]
    with pytest.raises(kind) as caught:
        read(tmp_path, text)
    assert words in caught.value.problem
    assert "measured.csv" in caught.value.problem


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_measurements(tmp_path / "none.csv")
