"""Owners that are stopped in the middle of writing, lose their folders, and wake up again."""

from __future__ import annotations

import os
import re
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from harness import CHECKPOINTS, TINY, TrainingProcess, contents, drawing, finish
from test_two_writers import take_for_dead

from dnawire.checkpoint import advisory
from dnawire.plots import save_figure, training_figure, training_table
from dnawire.plots.training import read_metrics

RUN: Final = (*TINY, "--num_epochs", "2", "--checkpoint_frequency", "1")
SAFE: Final = (*RUN, "--checkpoint_dir", CHECKPOINTS)
OTHER: Final = (*SAFE, "--seed", "1", "--fresh")
TRACE: Final = "trace.txt"
OUTPUTS: Final = "outputs/standard"
RESULTS: Final = (
    *("run.json", "config.yaml", "starts.jsonl", "environment.json", "splits.json", "metrics.csv"),
    *("scores.csv", "test_reference.h5", "test_predicted.h5"),
    *("model/model.safetensors", "model/config.json"),
    *("figures/loss.png", "figures/loss.svg", "figures/loss.csv"),
)
STATES: Final = (
    *("training_progress.json", "training_status.txt"),
    *("checkpoint_best.pth", "checkpoint_latest.pth", "checkpoint_previous.pth"),
)
ARCHIVED: Final = (
    *(
        rf"{CHECKPOINTS}/\.set_aside.*/checkpoint_(previous|latest).pth",
        f"{CHECKPOINTS}/set_aside.*",
    ),
    *(rf"{OUTPUTS}/\.earlier-1\..*/(run.json|model)", f"{OUTPUTS}/earlier-1"),
)
CHANGES: Final = frozenset({"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "open"})


def draw_the_loss(folder: Path) -> None:
    """Draw the smallest of the figures of a run."""
    metrics = read_metrics(folder / "metrics.csv")
    figure, table = training_figure(metrics, [], ""), training_table(metrics)
    save_figure(figure, folder / "figures/loss", table)


def change_of(event: str, arguments: tuple[object, ...]) -> str:
    """Return what is about to be done to which file of the run; empty if nothing is changed."""
    if event not in CHANGES or (event == "open" and not int(str(arguments[2])) & os.O_ACCMODE):
        return ""
    path = os.path.relpath(str(arguments[event in ("os.rename", "os.link")]))
    return f"{event} {path}" if path.startswith((CHECKPOINTS, "outputs")) else ""


def stop_at(pattern: str, number: int, gates: tuple[Path, Path], flags: tuple[str, ...]) -> int:
    """Train; stop right before the given change of a file until somebody lets the process go on.

    Python tells of a change after our last check of ownership and right before the system call.
    """
    count = iter(range(number, -1, -1))

    def before(event: str, arguments: tuple[object, ...]) -> None:
        change = change_of(event, arguments)
        if change and re.fullmatch(pattern, change) and next(count, None) == 0:
            # An owner on another host, whose kernel locks are not seen here.
            advisory._forget_in_child()
            gates[0].write_bytes(b"!")
            gates[1].read_bytes()

    sys.addaudithook(before)
    return drawing(flags, draw_the_loss)


def trace(flags: tuple[str, ...]) -> int:
    """Train and note every change of a file."""
    changes: list[str] = []
    sys.addaudithook(lambda *event: changes.append(change_of(*event)))
    code = drawing(flags, draw_the_loss)
    Path(TRACE).write_text("\n".join(filter(None, changes)))
    return code


class Orphan:
    """A run that is stopped before a change of a file and has lost its folders."""

    def __init__(self, folder: Path, flags: tuple[str, ...], pattern: str, number: int = 0) -> None:
        folder.mkdir(exist_ok=True)
        index = len(list(folder.glob("told-*")))
        told, self._go_on = folder / f"told-{index}", folder / f"go-on-{index}"
        for gate in (told, self._go_on):
            os.mkfifo(gate)
        command = partial(stop_at, pattern, number, (told, self._go_on))
        self.process = TrainingProcess(folder, *flags, command=command)
        assert told.read_bytes() == b"!"
        assert self.process.send(signal.SIGSTOP)
        for lock in folder.rglob("run-*.lock"):
            take_for_dead(lock)

    def wake_up(self) -> tuple[int, str]:
        """Let the run go on to its end."""
        assert self.process.send(signal.SIGCONT)
        self._go_on.write_bytes(b"!")
        return self.process.end()


def files(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """Content and identity of every file: a run that is repeated replaces many by equal ones."""
    return {
        name: (content, (folder / name).stat().st_ino, (folder / name).stat().st_mtime_ns)
        for name, content in contents(folder).items()
    }


def assert_nothing_changes(folder: Path, orphans: list[Orphan]) -> None:
    """Let the former owners go on, one after the other, in a folder that has a new one."""
    before = files(folder)
    assert not [name for name in before if ".tmp" in name]
    for orphan in orphans:
        code, messages = orphan.wake_up()
        assert files(folder) == before
        assert code == 1, messages
        assert messages.splitlines()[-2].startswith("dnawire.errors.LockedError"), messages


def test_owners_stopped_before_each_replacement_change_nothing_of_the_last_run(
    tmp_path: Path,
) -> None:
    places = [f"{CHECKPOINTS}/{name}" for name in STATES]
    places += [f"{OUTPUTS}/{name}" for name in RESULTS]
    orphans = [Orphan(tmp_path, SAFE, f"os.rename {place}") for place in places]
    finish(tmp_path, *SAFE)
    assert_nothing_changes(tmp_path, orphans)


def test_runs_without_checkpoints_stopped_before_each_replacement_do_no_harm_either(
    tmp_path: Path,
) -> None:
    orphans = [Orphan(tmp_path, RUN, f"os.rename {OUTPUTS}/{name}") for name in RESULTS]
    finish(tmp_path, *RUN)
    assert_nothing_changes(tmp_path, orphans)


@pytest.mark.parametrize("place", ARCHIVED)
def test_an_owner_stopped_while_it_archives_moves_nothing_more(tmp_path: Path, place: str) -> None:
    finish(tmp_path, *SAFE)
    old = contents(tmp_path / OUTPUTS) | contents(tmp_path / CHECKPOINTS)
    orphan = Orphan(tmp_path, OTHER, f"os.rename {place}")
    finish(tmp_path, *OTHER)
    present = set(contents(tmp_path).values())
    assert all(content in present for content in old.values()), "an old file is lost"
    assert_nothing_changes(tmp_path, [orphan])


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_an_owner_stopped_before_any_change_of_a_file_changes_nothing(tmp_path: Path) -> None:
    """Every file that is opened, linked, renamed or removed, and every folder that is made."""
    code, messages = TrainingProcess(tmp_path / "traced", *SAFE, command=trace).end()
    assert code == 0, messages
    changes = (tmp_path / "traced" / TRACE).read_text().splitlines()
    renames = [change for change in changes if change.startswith("os.rename")]
    last = len(changes) - 1 - changes[::-1].index(f"os.rename {OUTPUTS}/figures/loss.csv")
    assert len(renames) > len(STATES) + len(RESULTS)
    first = changes.index(f"os.mkdir {OUTPUTS}", changes.index(f"os.mkdir {OUTPUTS}") + 1)
    for number in range(first, last + 1):
        folder = tmp_path / str(number)
        orphan = Orphan(folder, SAFE, ".*", number)
        finish(folder, *SAFE)
        assert_nothing_changes(folder, [orphan])
