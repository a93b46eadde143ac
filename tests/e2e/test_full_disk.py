"""Storage that refuses: training goes on, says so, tries again, and loses nothing it had."""

from __future__ import annotations

import itertools
import json
import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from harness import (
    CHECKPOINTS,
    STEP,
    STEPS_PER_EPOCH,
    TINY,
    VALIDATION,
    TrainingProcess,
    assert_refused,
    drawing,
    finish,
    fit,
    run,
)
from outcome import assert_identical, outcome, results

from dnawire.checkpoint import SaveInterval, load_checkpoint
from dnawire.errors import (
    EXIT_CANNOT_WRITE,
    EXIT_FINISHED,
    EXIT_IO_ERROR,
    NotWritableError,
)

EPOCHS = 6
LENGTH = (*TINY, "--num_epochs", str(EPOCHS), "--checkpoint_frequency", "1")
FLAGS = (*LENGTH, "--checkpoint_dir", CHECKPOINTS)
STATUS = f"{CHECKPOINTS}/training_status.txt"
SMALL = 10_000
"""Bytes of the largest file that may be written: light files fit, checkpoints do not."""
NEVER = 10**6


def first_step_of(epoch: int) -> int:
    return (epoch - 1) * STEPS_PER_EPOCH + 1


class Quota(NamedTuple):
    """Action: the system refuses large files from one moment to another."""

    moment: str
    start: int
    end: int
    largest: int = SMALL

    def __call__(self, moment: str, count: int) -> None:
        if moment != self.moment:
            return
        if count == self.start:
            set_largest_file(self.largest)
        if count == self.end:
            shutil.copy(STATUS, "kept.txt")
            set_largest_file(resource.RLIM_INFINITY)


def set_largest_file(size: int) -> None:
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))


class Asking(NamedTuple):
    """Action: a quota, and a request to stop while it lasts."""

    quota: Quota
    step: int

    def __call__(self, moment: str, count: int) -> None:
        self.quota(moment, count)
        if (moment, count) == (STEP, self.step):
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture(scope="module")
def in_peace(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("peace")
    finish(folder, *FLAGS)
    return outcome(folder, "standard")


def test_training_goes_on_while_nothing_can_be_saved(
    tmp_path: Path, in_peace: dict[str, Any]
) -> None:
    quota = Quota(STEP, first_step_of(3), first_step_of(5))
    messages = finish(tmp_path, *FLAGS, action=quota)
    assert messages.count("checkpoint not saved, training goes on") == 2
    kept = (tmp_path / "kept.txt").read_text()
    assert kept.startswith("Epoch: 4\n")
    assert "\nCheckpoint Epoch: 2\n" in kept
    assert "\nStatus: running (Failed to save checkpoint checkpoints/checkpoint_" in kept
    assert "\nStatus: finished\n" in (tmp_path / STATUS).read_text()
    assert_identical(outcome(tmp_path, "standard"), in_peace)


def test_a_state_that_could_never_be_saved_exits_74_and_costs_only_what_was_not_saved(
    tmp_path: Path, in_peace: dict[str, Any]
) -> None:
    ended = run(tmp_path, *FLAGS, action=Quota(STEP, first_step_of(3), NEVER))
    assert_refused(ended, EXIT_IO_ERROR, "Failed to save checkpoint", "the last good checkpoint")
    assert f"epoch {EPOCHS}/{EPOCHS}" in ended.messages
    assert "\nStatus: not saved (" in (tmp_path / STATUS).read_text()
    found = load_checkpoint(tmp_path / CHECKPOINTS)
    assert (found.payload["epoch"], found.rejected) == (2, ())
    assert not list((tmp_path / CHECKPOINTS).glob(".*.tmp"))
    messages = finish(tmp_path, *FLAGS)
    assert "2 epochs and 0 batches are done" in messages
    assert_identical(outcome(tmp_path, "standard"), in_peace)


def test_a_limit_below_one_state_is_found_before_training_starts(tmp_path: Path) -> None:
    ended = run(tmp_path, *FLAGS, action=Quota("b", 1, NEVER))
    assert_refused(ended, EXIT_CANNOT_WRITE, "Cannot write checkpoints in checkpoints")
    assert "epoch 1" not in ended.messages


def test_a_request_to_stop_that_cannot_save_exits_74(tmp_path: Path) -> None:
    step = first_step_of(4)
    ended = run(tmp_path, *FLAGS, action=Asking(Quota(STEP, first_step_of(3), NEVER), step))
    assert_refused(ended, EXIT_IO_ERROR, "Failed to save checkpoint")
    assert "resume with" not in ended.messages
    assert "\nStatus: not saved (" in (tmp_path / STATUS).read_text()
    assert load_checkpoint(tmp_path / CHECKPOINTS).payload["epoch"] == 2


def save_every_five_steps(flags: tuple[str, ...]) -> int:
    """Count time in steps; return the number of saves."""
    return fit(flags, lambda run: SaveInterval(1000, 5.0, clock=lambda: float(run.step)))


def test_a_save_by_time_that_fails_is_not_tried_again_before_its_time(tmp_path: Path) -> None:
    flags = (*TINY, "--num_epochs", "4", "--checkpoint_dir", CHECKPOINTS)
    command = save_every_five_steps
    ended = TrainingProcess(tmp_path, *flags, action=Quota(STEP, 1, NEVER), command=command).end()
    assert ended.exit_code == 0
    at_the_end = 1
    attempts = 4 * STEPS_PER_EPOCH // 5 + at_the_end
    assert ended.messages.count("checkpoint not saved") == attempts


def test_results_that_cannot_be_written_exit_73_and_are_made_up_for(
    tmp_path: Path, in_peace: dict[str, Any]
) -> None:
    at_the_end = Quota(VALIDATION, EPOCHS + 1, NEVER, largest=3000)
    ended = run(tmp_path, *FLAGS, action=at_the_end)
    assert_refused(ended, EXIT_CANNOT_WRITE, "outputs/standard")
    assert "\nStatus: results not written (" in (tmp_path / STATUS).read_text()
    messages = finish(tmp_path, *FLAGS)
    assert "already complete" in messages
    assert_identical(outcome(tmp_path, "standard"), in_peace)


def test_without_checkpoints_it_is_no_traceback_either(tmp_path: Path) -> None:
    at_the_end = Quota(VALIDATION, EPOCHS + 1, NEVER, largest=3000)
    ended = run(tmp_path, *TINY, "--num_epochs", str(EPOCHS), action=at_the_end)
    assert_refused(ended, EXIT_CANNOT_WRITE, "outputs/standard")


def without_room(folder: Path) -> None:
    raise NotWritableError(f"{folder}/figures/loss cannot be written", "Make room.")


def draw_without_room(flags: tuple[str, ...]) -> int:
    with pytest.raises(NotWritableError):
        drawing(flags, without_room)
    return EXIT_FINISHED


def test_a_run_whose_figures_find_no_room_is_not_finished(
    tmp_path: Path, in_peace: dict[str, Any]
) -> None:
    assert (
        TrainingProcess(tmp_path, *FLAGS, command=draw_without_room).end().exit_code
        == EXIT_FINISHED
    )
    status = (tmp_path / STATUS).read_text()
    assert "\nStatus: results not written (outputs/standard/figures/loss cannot be" in status
    assert results(tmp_path, "standard")["weights"] == in_peace["weights"]
    assert "already complete" in finish(tmp_path, *FLAGS)
    assert_identical(outcome(tmp_path, "standard"), in_peace)


def block_metrics(moment: str, count: int) -> None:
    """Put a folder in the place of ``metrics.csv`` during two epochs."""
    path = Path("outputs/standard/metrics.csv")
    if (moment, count) == (STEP, first_step_of(3)):
        path.unlink()
        path.mkdir()
    if (moment, count) == (STEP, first_step_of(5)):
        path.rmdir()


def test_training_goes_on_without_its_metrics_and_writes_them_in_the_end(
    tmp_path: Path, in_peace: dict[str, Any]
) -> None:
    messages = finish(tmp_path, *FLAGS, action=block_metrics)
    assert messages.count("metrics not written") == 2
    assert_identical(outcome(tmp_path, "standard"), in_peace)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte, where the user may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        pytest.skip("needs the right to mount a file system")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def use_up_inodes(moment: str, count: int) -> None:
    """Let no file be made on the disk from the third epoch on."""
    if (moment, count) == (STEP, first_step_of(3)):
        with suppress(OSError):
            for number in itertools.count():
                Path(f"disk/{number}").touch()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs the right to mount a file system")
def test_the_progress_is_told_where_no_inode_is_left(tmp_path: Path, tiny_disk: Path) -> None:
    limit = ["mount", "-o", "remount,nr_inodes=60", str(tiny_disk)]
    subprocess.run(limit, check=True)
    flags = (*LENGTH, "--checkpoint_dir", "disk/checkpoints")
    ended = run(tmp_path, *flags, action=use_up_inodes)
    assert_refused(ended, EXIT_IO_ERROR, "No space left on device")
    said = json.loads((tiny_disk / CHECKPOINTS / "training_progress.json").read_text())
    assert (said["status"], said["epoch"], said["checkpoint_epoch"]) == ("not saved", EPOCHS, 2)
    assert "\nStatus: not saved (" in (tiny_disk / CHECKPOINTS / "training_status.txt").read_text()


def fill_disk(moment: str, count: int) -> None:
    """Let nothing be left on the disk during two epochs."""
    filler = Path("disk/filler")
    if (moment, count) == (STEP, first_step_of(3)):
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(512))
    if (moment, count) == (STEP, first_step_of(5)):
        filler.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs the right to mount a file system")
def test_a_full_disk(tmp_path: Path, tiny_disk: Path, in_peace: dict[str, Any]) -> None:
    flags = (*LENGTH, "--checkpoint_dir", "disk/checkpoints", "--output_dir", "disk/outputs")
    messages = finish(tmp_path, *flags, action=fill_disk)
    assert messages.count("checkpoint not saved, training goes on") == 2
    assert "No space left on device" in messages
    assert "progress files not written" not in messages
    ours = load_checkpoint(tiny_disk / CHECKPOINTS).payload
    assert_identical(dict(ours["model_state_dict"]), in_peace["latest"]["model_state_dict"])
    assert results(tiny_disk, "standard")["weights"] == in_peace["weights"]
