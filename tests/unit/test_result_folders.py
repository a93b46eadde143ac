"""Folders of results belong to the command that made them."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

import dnawire as dw
from dnawire.api.folder import ResultPlace, result_folder
from dnawire.api.result_names import RESULT_NAMES
from dnawire.cli import main
from dnawire.errors import EXIT_CANNOT_WRITE, EXIT_FINISHED, NotWritableError
from dnawire.files.alone import in_turn
from dnawire.inference import FitSteps
from dnawire.shards import not_writable

EXACT: Final = "exact:kordas2025"
NOBODY: Final = 65534
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


def scan_place(output: Path) -> tuple[ResultPlace, str, str, re.Pattern[str]]:
    return ResultPlace(output), "scans", EXACT, RESULT_NAMES["scan"]


@contextmanager
def opened_folder(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


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
    with result_folder(*scan_place(tmp_path / "out")) as folder:
        (folder.path / "effects.csv").write_text("second")
        dw.scan("AC", EXACT, fermi_energy=-7.1).save(tmp_path / "out")
        before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
        with pytest.raises(
            NotWritableError, match=r"out holds earlier results: [\s\S]*--overwrite"
        ):
            folder.publish()
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


@contextmanager
def nobody() -> Iterator[None]:
    """Context without the rights of root."""
    own = os.geteuid()
    if own == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(own)


def test_a_folder_below_one_that_may_not_be_read_is_written() -> None:
    # Those of pytest are closed to others.
    with tempfile.TemporaryDirectory() as name:
        closed, out = Path(name), Path(name) / "out"
        out.mkdir()
        closed.chmod(0o311)
        if os.geteuid() == 0:
            os.chown(out, NOBODY, NOBODY)
        with nobody(), result_folder(*scan_place(out)) as folder:
            (folder.path / "effects.csv").write_text("new")
            folder.publish()
        closed.chmod(0o700)
        assert (out / "effects.csv").read_text() == "new"


WAITER: Final = """
import sys
from pathlib import Path
from dnawire.files.alone import in_turn
with in_turn(Path(sys.argv[1])):
    print("in, and finds", sorted(path.name for path in Path(sys.argv[1]).glob("*")))
"""


@pytest.mark.parametrize("exists", [True, False])
def test_a_second_process_says_that_it_waits_for_the_first(tmp_path: Path, exists: bool) -> None:
    out = tmp_path / "out"
    if exists:
        out.mkdir()
    command = [sys.executable, "-c", WAITER, str(out)]
    with in_turn(out):
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert process.stdout is not None
        said = process.stdout.readline()
        out.mkdir(exist_ok=True)
        (out / "results").touch()
    rest, _ = process.communicate()
    held = out if exists else tmp_path
    assert said == f"waiting for another process, which writes to {held}\n"
    assert rest == "in, and finds ['results']\n"


def test_who_waited_beside_a_folder_has_the_lock_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A third process, which finds the folder, locks it, and not the one around it."""
    out, flock = tmp_path / "out", fcntl.flock

    def made_meanwhile(descriptor: int, operation: int) -> None:
        out.mkdir(exist_ok=True)
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", made_meanwhile)
    with in_turn(out), opened_folder(out) as descriptor, pytest.raises(BlockingIOError):
        flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_errors_that_name_another_folder_keep_their_remedy(tmp_path: Path) -> None:
    """Those that name the hidden folder, which is gone, name that of the user."""
    place = scan_place(tmp_path / "out")
    gone = not_writable(tmp_path / "gone" / "1.json", FileNotFoundError())
    with (
        pytest.raises(NotWritableError, match="give the same command again"),
        result_folder(*place),
    ):
        raise gone
    with (
        pytest.raises(
            NotWritableError, match=r"/out/a\.csv [\s\S]*Choose another folder with --out"
        ),
        result_folder(*place) as folder,
    ):
        raise NotWritableError(f"{folder.path}/a.csv cannot be written", "Mend it.")


def test_a_folder_of_shards_that_is_gone_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "000001.json"
    error = not_writable(path, FileNotFoundError())
    assert "gone is gone: another process has finished the same work" in str(error)
    assert "000001.json cannot be written (denied)" in str(
        not_writable(path, PermissionError(errno.EACCES, "denied"))
    )


def test_a_folder_of_shards_that_cannot_be_made_is_told_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder, reason in ((Path("/proc/nope"), "No such"), (tmp_path / "file" / "a", "exists")):
        with pytest.raises(NotWritableError, match=rf"cannot be written \(.*{reason}"):
            FitSteps(folder, "a" * 64)


def test_a_folder_of_shards_that_may_not_be_read_is_told_as_such() -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o311)
        with nobody(), pytest.raises(NotWritableError, match=r"cannot be written \(Permission den"):
            FitSteps(Path(name), "a" * 64)
        Path(name).chmod(0o700)
