"""Commands that write results, killed whenever they touch a file: whole results, or none."""

from __future__ import annotations

import hashlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from harness import CHECKPOINTS, FILE, TrainingProcess, any_command, code_of_doctor, raise_at

from dnawire.errors import EXIT_FINISHED

AAAC: Final = Path(__file__).parents[1] / "data" / "aaac"
EXACT: Final = "exact:kordas2025"
# Moments are announced for files in a folder of this name.
RESULT: Final = f"{CHECKPOINTS}/result"
COMMANDS: Final = {
    "import": ("import", str(AAAC), RESULT, "--window", "homo"),
    "generate": ("generate", RESULT, "--num_samples", "20"),
    "screen": ("screen", EXACT, "--length", "3", "--save_all", "--output", RESULT),
    "predict": ("predict", EXACT, "AC", "--num_energy_points", "9", "--output", RESULT),
}


def content(path: Path) -> Any:  # noqa: ANN401
    if path.is_dir():
        return {one.name: content(one) for one in sorted(path.iterdir())}
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def kill_everywhere(folder: Path, name: str, number: signal.Signals) -> int:
    """Kill at the first file, at the second and so on; return how often that was possible."""
    words, whole = COMMANDS[name], folder / "whole"
    (whole / CHECKPOINTS).mkdir(parents=True)
    assert TrainingProcess(whole, *words, command=any_command).end().exit_code == EXIT_FINISHED
    expected = content(whole / RESULT)
    for count in itertools.count(1):
        place = folder / str(count)
        (place / CHECKPOINTS).mkdir(parents=True)
        action = raise_at(FILE, count, number)
        ended = TrainingProcess(place, *words, action=action, command=any_command).end()
        assert content(place / RESULT) in (None, expected)
        if ended.exit_code == EXIT_FINISHED:
            return count - 1
        assert ended.exit_code == -number, ended.messages
        again = () if content(place / RESULT) is None else ("--overwrite",)
        ended = TrainingProcess(place, *words, *again, command=any_command).end()
        assert ended.exit_code == EXIT_FINISHED, ended.messages
        assert content(place / RESULT) == expected
        assert os.listdir(place / CHECKPOINTS) == ["result"]
        shutil.rmtree(place)
    raise AssertionError


@pytest.mark.parametrize("name", ["generate", pytest.param("import", marks=pytest.mark.slow)])
def test_a_killed_command_leaves_no_half_file(tmp_path: Path, name: str) -> None:
    assert kill_everywhere(tmp_path, name, signal.SIGKILL) > 2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["screen", "predict"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_command_leaves_no_half_folder(
    tmp_path: Path, name: str, number: signal.Signals
) -> None:
    assert kill_everywhere(tmp_path, name, number) > 5


WITHOUT_LOCKS: Final = "#include <errno.h>\nint flock(int f, int o) { errno = ENOLCK; return -1; }"
MAIN: Final = Path(__file__).parents[2] / "main.py"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler")
def test_everything_works_on_storage_without_locks(tmp_path: Path) -> None:
    (tmp_path / "locks.c").write_text(WITHOUT_LOCKS)
    library = tmp_path / "locks.so"
    build = ["gcc", "-shared", "-fPIC", "-o", str(library), str(tmp_path / "locks.c")]
    subprocess.run(build, check=True)
    train = "train --num_epochs 1 --hidden_dim 16 --checkpoint_dir checkpoints --data records.h5"
    for words in (
        "generate records.h5 --num_samples 40 --seq_length 4 --num_energy_points 10",
        train,
        train,
        f"import {AAAC} imported.h5 --window homo",
        "predict outputs/standard ACGT",
        "screen outputs/standard --length 2",
        "status",
        "doctor checkpoints",
    ):
        ended = subprocess.run(
            [sys.executable, "-m", "dnawire", *words.split()],
            cwd=tmp_path,
            env={**os.environ, "LD_PRELOAD": str(library)},
            check=False,
        )
        assert ended.returncode == (code_of_doctor(tmp_path) if "doctor" in words else 0)
    assert (tmp_path / "outputs/standard/figures/parity.png").exists()
