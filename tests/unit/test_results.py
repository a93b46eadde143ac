"""Every command with a result gives it as table, CSV, JSON and picture, and by one call."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
import pytest
from _pytest.mark import ParameterSet

import dnawire as dw
from dnawire.api.result_names import RESULT_NAMES
from dnawire.api.tables import data_frame
from dnawire.cli import COMMANDS, main
from dnawire.cli._flags import ResultMessages

EXACT: Final = "exact:kordas2025"
OTHER: Final = "exact:roche-voityuk"
ATOMS: Final = "pretrained:xtb"
AT: Final[dict[str, Any]] = {"fermi_energy": -7.1}
FEW: Final[dict[str, Any]] = {"num_energy_points": 20}
MEASURED: Final = "sequence,conductance_nS,error_decades\nGC,30,0.1\nGA,2,0.1\nAG,3,0.1\n"


class Case(NamedTuple):
    """What is asked for, and the files in which the answer lies."""

    words: tuple[str, ...]
    """In front of the flags of the command."""
    call: Callable[..., Any]
    """The same in Python, without the keywords."""
    keywords: Mapping[str, Any]
    """Of the call, and the flags of the command."""
    table: str
    picture: str


CASES: Final = {
    "predict": Case(
        (EXACT, "AC"), lambda **more: dw.predict(["AC"], EXACT, **more),
        AT | FEW, "summary", "spectra",
    ),
    "screen": Case(
        (EXACT,), lambda **more: dw.screen(EXACT, **more), {"length": 2, **AT}, "ranking",
        "distribution",
    ),
    "iv": Case(
        (EXACT, "ACGT"), lambda **more: dw.iv("ACGT", EXACT, **more), {"num_voltages": 3, **AT},
        "iv", "iv",
    ),
    "thermoelectric": Case(
        (EXACT, "ACGT"), lambda **more: dw.thermoelectric("ACGT", EXACT, **more),
        {"num_fermi_energies": 3, **AT}, "thermoelectric", "thermoelectric",
    ),
    "dephasing": Case(
        (EXACT, "ACGT"), lambda **more: dw.dephasing("ACGT", EXACT, **more), AT, "summary",
        "dephasing",
    ),
    "disorder": Case(
        (EXACT, "ACGT"), lambda **more: dw.disorder("ACGT", EXACT, **more),
        {"onsite": 0.05, "samples": 20, **AT}, "summary", "disorder",
    ),
    "uncertainty": Case(
        (EXACT, "ACGT"), lambda **more: dw.uncertainty("ACGT", EXACT, **more),
        {"onsite": 0.05, "samples": 20, **AT}, "summary", "uncertainty",
    ),
    "series": Case(
        (EXACT, "(GC)n"), lambda **more: dw.series("(GC)n", EXACT, **more),
        {"lengths": "2:8", **AT}, "series", "series",
    ),
    "scan": Case((EXACT, "AC"), lambda **more: dw.scan("AC", EXACT, **more), AT, "scan", "scan"),
    "compare": Case(
        (EXACT, OTHER, "ACGT"), lambda **more: dw.compare("ACGT", [EXACT, OTHER], **more),
        {"energy_min": -8.5, "energy_max": -7.0, **FEW}, "comparison", "spectra",
    ),
    "evaluate": Case(
        (EXACT, "records.h5"), lambda **more: dw.evaluate(EXACT, "records.h5", **more), {},
        "scores", "parity",
    ),
    "fit": Case(
        (EXACT, "measured.csv"), lambda **more: dw.fit("measured.csv", EXACT, **more),
        {"vary": "fermi_energy=-7.1:-6.5", "starts": 2}, "parameters", "residuals",
    ),
    "design": Case(
        (EXACT,), lambda **more: dw.design(EXACT, **more),
        {"target": "log10_transmission", "value": -4, "length": 2, **AT}, "ranking", "design",
    ),
    "ensemble": Case(
        (ATOMS, "GA"), lambda **more: dw.ensemble("GA", ATOMS, **more),
        {"frames": 2, "scf_steps": 0, "fermi_energy": -10.4, **FEW}, "summary", "ensemble",
    ),
}  # fmt: skip


OTHERWISE: Final = {
    "train": "it has a page of files: tests/e2e",
    "status": "JSON of its own: tests/e2e/test_status.py",
    "doctor": "JSON of its own: tests/unit/test_doctor.py",
    "runs": "runs that are trained: tests/unit/test_compare_runs.py",
    "report": "a page of pictures: tests/unit/test_report.py",
    "export": "a model: tests/unit/test_export.py",
    "calibrate": "calibration.json: tests/unit/test_uncertainty.py",
    "generate": "records",
    "import": "records",
    "structure": "coordinates",
    "parameters": "a file of parameters",
    "completion": "a script of the shell",
}
"""Commands whose result is of another kind, and of which."""


def test_every_command_is_a_case() -> None:
    assert {*CASES, *OTHERWISE} == set(COMMANDS)
    assert not CASES.keys() & OTHERWISE.keys()


def marked(name: str) -> ParameterSet:
    """All atoms take long; tests/unit/test_ensemble.py shares two geometries among its tests."""
    return pytest.param(name, marks=[pytest.mark.slow] if CASES[name].words[0] == ATOMS else [])


@pytest.mark.parametrize("name", [*map(marked, CASES)])
def test_json_csv_picture_and_call_of_a_command_say_the_same(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    case, folder = CASES[name], Path("out")
    monkeypatch.chdir(tmp_path)
    Path("measured.csv").write_text(MEASURED)
    if "records.h5" in case.words:
        dw.generate("records.h5", num_samples=6, seq_length=3, **FEW)
    flags = [word for one, value in case.keywords.items() for word in (f"--{one}", str(value))]
    assert main([name, *case.words, *flags, "--output", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    answer = case.call(**case.keywords)

    assert found.keys() == {"heading", "columns", "notes", "warnings"}
    assert found["heading"] == answer.heading
    assert found["warnings"] == answer.warnings
    table = {one["name"]: (one["unit"], one["values"]) for one in found["columns"]}
    written = pd.read_csv(folder / f"{case.table}.csv", keep_default_na=False)
    called = answer.to_dataframe()
    assert list(data_frame(table).columns) == list(written.columns) == list(called.columns)
    assert list(plain(data_frame(table))) == list(plain(called)) == list(plain(written))
    for line in (answer.heading[0], *answer.rows[0]):
        assert line in str(answer)
    assert all(RESULT_NAMES[name].fullmatch(path.name) for path in folder.iterdir())
    for suffix in ("png", "svg", "csv"):
        assert (folder / f"{case.picture}.{suffix}").stat().st_size > 0


def plain(frame: pd.DataFrame) -> Iterator[list[float | str | None]]:
    """Rows; what is no number is None, as in JSON."""
    for row in frame.itertuples(index=False):
        yield [cell(value) for value in row]


def cell(value: Any) -> float | str | None:  # noqa: ANN401
    """A number, or the text that is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value or None
    return number if math.isfinite(number) else None


def test_what_is_no_number_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    table: dict[str, tuple[str, Any]] = {
        "a": ("eV", np.array([1.5, np.nan, -np.inf])),
        "b": ("", ["x", "y", "z"]),
    }
    ResultMessages(json=True).show_result(["text"], ["head"], table, ["careful"])
    assert json.loads(capsys.readouterr().out) == {
        "heading": ["head"],
        "columns": [
            {"name": "a", "unit": "eV", "values": [1.5, None, None]},
            {"name": "b", "unit": "", "values": ["x", "y", "z"]},
        ],
        "notes": [],
        "warnings": ["careful"],
    }


@pytest.mark.parametrize("name", ["iv", "series", "scan", "design", "disorder"])
def test_a_loaded_model_gives_what_the_function_gives(name: str) -> None:
    case, model = CASES[name], dw.load(EXACT)
    asked = [word for word in case.words if word != EXACT]
    found = getattr(model, name)(*asked, **case.keywords)
    assert str(found) == str(case.call(**case.keywords))
