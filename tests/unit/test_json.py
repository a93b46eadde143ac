"""``--json``: one object on the standard output stream, which says what the tables say."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dnawire.cli import main
from dnawire.cli._flags import ResultMessages

AT = ("--fermi_energy", "-7.1")
COMMANDS = {
    "predict": ("ACGT", "GNC", *AT),
    "screen": ("--length", "2", *AT),
    "iv": ("ACGT", "--num_voltages", "3", *AT),
    "series": ("(GC)n", "--lengths", "2:6", *AT),
    "scan": ("AC", *AT),
    "design": ("--target", "log10_transmission", "--value", "-4", "--length", "2", *AT),
}
FILES = {"predict": "summary", "screen": "ranking", "design": "ranking"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_prints_one_object_that_says_what_its_table_says(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [name, "exact:kordas2025", *COMMANDS[name], "--output", str(tmp_path / "out"), "--json"]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.keys() == {"heading", "columns", "notes", "warnings"}
    assert bool(found["notes"]) == (name in ("series", "scan", "screen"))
    assert found["heading"][0] == "model         exact:kordas2025"
    with (tmp_path / "out" / f"{FILES.get(name, name)}.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert {len(one["values"]) for one in found["columns"]} == {len(rows) - 1}
    values = {one["name"]: one["values"] for one in found["columns"]}
    sequence = rows[0].index("sequence") if "sequence" in rows[0] else None
    if sequence is not None:
        assert values["sequence"] == [row[sequence] for row in rows[1:]]


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
