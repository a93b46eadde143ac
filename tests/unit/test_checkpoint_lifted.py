"""The checkpoint package, lifted out: copied with its ground floor, it keeps a foreign program."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

import dnawire

SOURCE: Final = Path(dnawire.__file__).parent
LIFTED: Final = ("checkpoint", "files", "errors.py")
"""What is copied: the package and the ground floor that it stands on."""

PROGRAM: Final = '''
"""Fits a line, in a loop of its own; dies in the middle of a step if it is asked to."""

import hashlib
import os
import signal
import sys
from pathlib import Path

import torch

from lifted.checkpoint import (
    Application, CheckpointStore, DirectoryLock, GlobalRandomness, SaveInterval, StateRegistry,
    check,
)

SETTINGS = {"rate": 0.05, "steps": 60}
MINE = Application(keys=("settings", "parts"), unusable="ask the author of this program")


class Progress:
    def __init__(self):
        self.losses = []

    def state_dict(self):
        return {"losses": list(self.losses)}

    def load_state_dict(self, state):
        self.losses = state["losses"]


def main(folder, last_step):
    torch.manual_seed(7)
    net = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Dropout(0.2), torch.nn.Linear(8, 1))
    optimizer = torch.optim.AdamW(net.parameters(), lr=SETTINGS["rate"])
    progress, due = Progress(), SaveInterval(3, 3600.0)
    parts = StateRegistry()
    for name, part in {
        "net": net, "optimizer": optimizer, "progress": progress, "draws": GlobalRandomness(),
    }.items():
        parts.register(name, part)
    with DirectoryLock(folder, content="fits") as lock:
        store = CheckpointStore(folder, lock, application=MINE)
        found = store.load_latest()
        if found is not None:
            check(found.payload["settings"], SETTINGS)
            parts.restore(found.payload["parts"])
            print("resumed after", len(progress.losses))
        while len(progress.losses) < SETTINGS["steps"]:
            x = torch.randn(16, 3)
            loss = (net(x) - x.sum(1, keepdim=True)).square().mean()
            optimizer.zero_grad()
            loss.backward()
            if len(progress.losses) == last_step:
                os.kill(os.getpid(), signal.SIGKILL)
            optimizer.step()
            progress.losses.append(loss.item())
            if due.due(len(progress.losses)):
                store.save({"settings": SETTINGS, "parts": parts.snapshot()})
    numbers = repr([progress.losses, [p.tolist() for p in net.parameters()]])
    print(hashlib.sha256(numbers.encode()).hexdigest())


main(Path(sys.argv[1]), int(sys.argv[2]))
'''


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder with an empty package into which the checkpoint package was copied."""
    package = tmp_path / "lifted"
    package.mkdir()
    (package / "__init__.py").touch()
    for name in LIFTED:
        if name.endswith(".py"):
            shutil.copy(SOURCE / name, package / name)
        else:
            unwanted = shutil.ignore_patterns("__pycache__")
            shutil.copytree(SOURCE / name, package / name, ignore=unwanted)
    for path in package.rglob("*.py"):
        text = path.read_text()
        path.write_text(re.sub(r"^(\s*(?:from|import)) dnawire\b", r"\1 lifted", text, flags=re.M))
    (tmp_path / "program.py").write_text(PROGRAM)
    return tmp_path


RUN: Final = """
import json, os, runpy, sys

import torch._dynamo

sys.modules.update(dnawire=None, numba=None, scipy=None, pydantic=None)
for line in sys.stdin:
    with open("output.txt", "w") as output:
        child = os.fork()
        if not child:
            for stream in (1, 2):
                os.dup2(output.fileno(), stream)
            sys.argv[1:] = json.loads(line)
            runpy.run_path("program.py")
            sys.exit()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with open("output.txt") as output:
        print(json.dumps([code, output.read()]), flush=True)
"""
"""Forks for every run, so that PyTorch, and what its first step needs, is imported once."""

Fit = Callable[..., tuple[int, str]]


@pytest.fixture
def fit(place: Path) -> Iterator[Fit]:
    """Return what runs the program where nothing but the copy can be imported of this project."""
    environment = {**os.environ, "PYTHONPATH": str(place), "OMP_NUM_THREADS": "1"}
    command, pipe = [sys.executable, "-c", RUN], subprocess.PIPE
    with subprocess.Popen(
        command, cwd=place, env=environment, stdin=pipe, stdout=pipe, text=True
    ) as process:
        questions, answers = process.stdin, process.stdout
        assert questions is not None
        assert answers is not None

        def run(folder: str, last_step: int = -1) -> tuple[int, str]:
            """Return exit code and output."""
            print(json.dumps([folder, str(last_step)]), file=questions, flush=True)
            code, output = json.loads(answers.readline())
            return code, output

        yield run


def test_a_foreign_program_is_killed_and_resumed_and_ends_with_the_same_bits(
    place: Path, fit: Fit
) -> None:
    code, peace = fit("peace")
    assert code == 0, peace
    for step in (2, 17, 31):
        assert fit("killed", step)[0] == -signal.SIGKILL
    code, resumed = fit("killed")
    assert code == 0, resumed
    assert resumed.splitlines() == ["resumed after 30", *peace.splitlines()]
    for path in (place / "killed").glob("*.pth"):
        path.write_bytes(path.read_bytes()[:-1])
    _, refused = fit("killed")
    assert "UnusableCheckpointError" in refused
    assert "Remedy: ask the author of this program" in refused
