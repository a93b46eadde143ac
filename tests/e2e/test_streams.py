"""Standard streams that are closed, full or left by their reader change nothing of what is done."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import Final, NamedTuple

import pytest
from harness import (
    CHECKPOINTS,
    STEP,
    TINY,
    TrainingProcess,
    code_of_doctor,
    raise_at,
    real_command,
)
from outcome import parts_of, state

from dnawire.errors import (
    EXIT_FINISHED,
    EXIT_INTERRUPTED,
    EXIT_STOPPED,
    EXIT_USAGE,
)

CLOSED: Final = [
    numbers for count in range(4) for numbers in itertools.combinations((0, 1, 2), count)
]
EXACT: Final = "exact:kordas2025"
COMMANDS: Final = {
    "train": ("train", *TINY, "--num_epochs", "1", "--checkpoint_dir", CHECKPOINTS),
    "status": ("status", "--json", "."),
    "doctor": ("doctor", "somewhere"),
    "predict": ("predict", EXACT, "GATTACA"),
    "screen": ("screen", EXACT, "--length", "3", "--top", "2"),
    "generate": ("generate", "records.h5", "--num_samples", "20"),
    "parameters": ("parameters",),
    "help": ("--help",),
}


def shell(folder: Path, words: tuple[str, ...], redirection: str) -> tuple[int, str]:
    """Exit code and messages of a command whose shell redirects its streams."""
    script = f'"$@" {redirection}'
    command = ["sh", "-c", script, "sh", sys.executable, "-m", "dnawire", *words]
    process = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    return process.returncode, process.stdout + process.stderr


def closing(numbers: tuple[int, ...]) -> str:
    return " ".join(f"{number}>&-" for number in numbers)


@pytest.mark.parametrize("numbers", CLOSED, ids=str)
def test_closed_streams_change_no_exit_code(tmp_path: Path, numbers: tuple[int, ...]) -> None:
    assert shell(tmp_path, ("parameters",), closing(numbers))[0] == EXIT_FINISHED


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_does_its_work_with_any_stream_closed(tmp_path: Path, name: str) -> None:
    for numbers in CLOSED:
        folder = tmp_path / f"closed{numbers}"
        (folder / CHECKPOINTS).mkdir(parents=True)
        code, messages = shell(folder, COMMANDS[name], closing(numbers))
        assert "Traceback" not in messages
        assert code == (code_of_doctor(folder) if name == "doctor" else EXIT_FINISHED), messages


@pytest.mark.parametrize("redirection", ["2> /dev/full", "2> /dev/null", "2< /dev/null"])
def test_messages_that_nobody_can_read_change_no_exit_code(
    tmp_path: Path, redirection: str
) -> None:
    assert shell(tmp_path, ("no_command",), redirection)[0] == EXIT_USAGE


class Closed(NamedTuple):
    """The train command as it finds itself where its caller has closed streams."""

    numbers: tuple[int, ...]

    def __call__(self, flags: tuple[str, ...]) -> int:
        for number in self.numbers:
            os.close(number)
            setattr(sys, ("stdin", "stdout", "stderr")[number], None)
        return real_command(flags)


@pytest.mark.parametrize("numbers", [(2,), (0, 1, 2)], ids=str)
def test_a_run_whose_streams_are_closed_trains_stops_and_goes_on(
    tmp_path: Path, numbers: tuple[int, ...]
) -> None:
    flags = (*TINY, "--num_epochs", "1", "--checkpoint_dir", CHECKPOINTS)
    for number, exit_code in ((SIGTERM, EXIT_STOPPED), (SIGINT, EXIT_INTERRUPTED)):
        action = raise_at(STEP, 1, number)
        process = TrainingProcess(tmp_path, *flags, action=action, command=Closed(numbers))
        assert process.end().exit_code == exit_code
    latest = state(tmp_path / CHECKPOINTS / "checkpoint_latest.pth")
    assert parts_of(latest)["run"]["batch"] == 2
