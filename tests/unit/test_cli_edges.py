"""Every command with nothing but its defaults, and every number at its edges: never a traceback."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from pathlib import Path
from types import NoneType
from typing import Any

import pytest

from dnawire import errors
from dnawire.cli import COMMANDS, main
from dnawire.cli._last_resort import report_unexpected
from dnawire.cli.doctor import DoctorFlags
from dnawire.cli.ensemble import EnsembleFlags
from dnawire.cli.predict import PredictFlags
from dnawire.cli.screen import ScreenFlags
from dnawire.cli.series import SeriesFlags
from dnawire.cli.status import StatusFlags
from dnawire.cli.train import TrainFlags
from dnawire.errors import EXIT_NOT_FOUND, EXIT_UNEXPECTED, EXIT_USAGE

DOCUMENTED = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
EXACT = "exact:kordas2025"
EDGES = ("0", "-1", "nan", "inf", "-1e308", "1e308", "5e-324", "9" * 30, "abc")
PREFIXES: dict[str, tuple[type[Any], list[str]]] = {
    "predict": (
        PredictFlags,
        [EXACT, "AC", "--fermi_energy", "-7.1", "--num_energy_points", "9"],
    ),
    "screen": (
        ScreenFlags,
        [EXACT, "--length", "1", "--fermi_energy", "-7.1", "--num_energy_points", "9"],
    ),
    "series": (
        SeriesFlags,
        [EXACT, "A", "--lengths", "2:4", "--fermi_energy", "-7.1", "--num_energy_points", "9"],
    ),
    "ensemble": (EnsembleFlags, [EXACT, "AC", "--fermi_energy", "-7.1"]),
    "train": (TrainFlags, ["--print_config"]),
    "doctor": (DoctorFlags, ["folder"]),
    "status": (StatusFlags, ["--json"]),
}


def numbers(kind: type[Any]) -> Iterator[str]:
    """Names of the flags that hold a number, nested groups included."""
    hints = typing.get_type_hints(kind)
    for field in dataclasses.fields(kind):
        annotation = hints[field.name]
        members = [one for one in typing.get_args(annotation) or (annotation,) if one != NoneType]
        if dataclasses.is_dataclass(annotation):
            yield from numbers(typing.cast("type[Any]", annotation))
        elif members[0] in (int, float):
            yield field.name


CASES = [
    (name, flag)
    for name, (kind, _) in PREFIXES.items()
    for flag in numbers(kind)
    if flag not in ("verbose", "quiet")
]


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("train", "doctor")])
def test_a_command_with_nothing_but_its_defaults_answers(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([name]) in DOCUMENTED - {EXIT_UNEXPECTED}


def test_status_without_arguments_looks_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["status"]) == EXIT_NOT_FOUND
    assert "no run in ." in capsys.readouterr().err


def test_all_numbers_are_tried() -> None:
    assert {("predict", "temperature"), ("screen", "top"), ("train", "seed")} <= set(CASES)
    assert {("doctor", "mtbf"), ("status", "watch"), ("ensemble", "scf_steps")} <= set(CASES)


@pytest.mark.parametrize(("name", "flag"), CASES)
def test_a_number_at_its_edge_is_used_or_refused(
    name: str,
    flag: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.sleep", interrupt)
    for number, value in enumerate(EDGES):
        output = ["--output", str(number)] if name in ("predict", "screen", "series") else []
        code = main([name, *PREFIXES[name][1], *output, f"--{flag}={value}"])
        told = capsys.readouterr()
        assert code in DOCUMENTED - {EXIT_UNEXPECTED}, (value, told.err)
        assert "Traceback" not in told.err
        assert "NoneType" not in told.err
        if value == "abc":
            assert code == EXIT_USAGE
            assert f"--{flag}" in told.err


def interrupt(seconds: float) -> None:
    assert seconds > 0.0
    raise KeyboardInterrupt


def test_what_no_command_expects_is_told_in_a_few_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fail(*_: object) -> int:
        raise RuntimeError("the sky has fallen\nsecond line")

    monkeypatch.setattr("dnawire.cli.parameters.run", fail)
    assert main(["parameters", "kordas2025"]) == EXIT_UNEXPECTED
    told = capsys.readouterr().err
    assert "unexpected: RuntimeError: the sky has fallen\n" in told
    assert "Traceback (most recent call last)" not in told
    (file,) = tmp_path.iterdir()
    assert str(file) in told
    text = file.read_text()
    assert "Traceback (most recent call last)" in text
    assert "['parameters', 'kordas2025']" in text


def test_without_a_place_for_the_traceback_it_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    assert report_unexpected(MemoryError("728 TiB"), []) == EXIT_UNEXPECTED
    told = capsys.readouterr().err
    assert "unexpected: 728 TiB" in told
    assert "MemoryError: 728 TiB" in told
    assert "ask for less" in told
