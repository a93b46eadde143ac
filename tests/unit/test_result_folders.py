"""Folders of results belong to the command that made them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

import dnawire as dw
from dnawire.api.folder import ResultPlace, result_folder
from dnawire.api.result_names import RESULT_NAMES
from dnawire.cli import main
from dnawire.errors import EXIT_CANNOT_WRITE, EXIT_FINISHED, NotWritableError
from dnawire.shards import not_writable

EXACT: Final = "exact:kordas2025"
AT: Final = ["--fermi_energy", "-7.1"]
COMMANDS: Final = {
    "predict": ["predict", EXACT, "AC"],
    "iv": ["iv", EXACT, "AC", *AT, "--num_voltages", "3"],
    "dephasing": ["dephasing", EXACT, "AC", *AT, "--probe_coupling", "0.01"],
    "scan": ["scan", EXACT, "AC", *AT],
    "series": ["series", EXACT, "A", "--lengths", "2:4", *AT],
    "screen": ["screen", EXACT, "--length", "2"],
    "compare": ["compare", EXACT, EXACT, "AC"],
}


def test_no_command_writes_into_the_folder_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, words in COMMANDS.items():
        assert main([*words, "--output", name]) == EXIT_FINISHED
        written = [path.name for path in Path(name).iterdir()]
        assert all(RESULT_NAMES[name].fullmatch(one) for one in written)
        assert main([*words, "--output", name, "--overwrite"]) == EXIT_FINISHED
    capsys.readouterr()
    for name in COMMANDS:
        before = {path.name: path.read_bytes() for path in Path(name).iterdir()}
        for other, words in COMMANDS.items():
            for more in ([], ["--overwrite"]) if other != name else ():
                assert main([*words, "--output", name, *more]) == EXIT_CANNOT_WRITE
                assert f"{name} holds results of dnawire {name}: " in capsys.readouterr().err
        assert {path.name: path.read_bytes() for path in Path(name).iterdir()} == before


def test_a_run_of_a_training_is_no_folder_of_results(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    found = dw.predict(["AC"], EXACT)
    with pytest.raises(NotWritableError, match="holds results of dnawire train: run"):
        found.save(tmp_path, overwrite=True)


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    for name in ("README.md", "summary.csv", "notes.txt"):
        (tmp_path / name).write_text("mine")
    dw.scan("AC", EXACT, fermi_energy=-7.1).save(tmp_path)
    assert (tmp_path / "summary.csv").read_text() == "mine"


def test_results_that_another_process_wrote_meanwhile_are_not_replaced(tmp_path: Path) -> None:
    place = ResultPlace(tmp_path / "out"), "scans", EXACT, RESULT_NAMES["scan"]
    with result_folder(*place) as folder:
        (folder.path / "effects.csv").write_text("second")
        dw.scan("AC", EXACT, fermi_energy=-7.1).save(tmp_path / "out")
        before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
        with pytest.raises(
            NotWritableError, match=r"out holds earlier results: [\s\S]*--overwrite"
        ):
            folder.publish()
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_a_folder_of_shards_that_is_gone_is_told_as_such(tmp_path: Path) -> None:
    error = not_writable(tmp_path / "gone" / "000001.json", FileNotFoundError())
    assert "gone is gone: another process has finished the same work" in str(error)
