"""Programs that read the progress files while they are written always find a whole one."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from dataclasses import fields, replace
from pathlib import Path

import pytest
from checkpoint_kit import fork, wait

from dnawire.errors import LockedError
from dnawire.monitor import PROGRESS_NAME, STATUS_NAME, Progress, read_progress, write_progress

STATUS = re.compile(
    rb"Epoch: (\d+)\nTrain Loss: 0\.5000\nVal Loss: 0\.2500\nLast Update: [-\d]+ [:\d]+\n"
    rb"Status: running\nTotal Epochs: 1000000000\nCheckpoint Epoch: (\d+)\nTime Left: [:\d]+\n"
)


def progress_at(epoch: int) -> Progress:
    return Progress(
        epoch=epoch,
        num_epochs=10**9,
        train_loss=0.5,
        val_loss=0.25,
        timestamp=time.time(),
        status="running",
        checkpoint_epoch=epoch,
        eta_seconds=60.0,
        learning_rate=1e-3,
        epoch_seconds=1.0,
        starts=1,
        lock=1,
        args={f"setting {number}": "x" * (epoch % 50) for number in range(40)},
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    progress = replace(progress_at(7), status="diverged", detail="nan", rollbacks=2)
    write_progress(tmp_path, progress, lambda: None, "the loss is nan")
    found = read_progress(tmp_path)
    assert found is not None
    assert found == replace(progress, schema=found.schema)
    assert all(getattr(found, entry.name) is not None for entry in fields(Progress))
    assert "\nRollbacks: 2 (the loss is nan)\n" in (tmp_path / STATUS_NAME).read_text()


def test_losses_that_json_has_no_word_for_are_null(tmp_path: Path) -> None:
    progress = replace(progress_at(7), train_loss=float("inf"), val_loss=None)
    write_progress(tmp_path, progress, lambda: None)
    values = json.loads((tmp_path / PROGRESS_NAME).read_text())
    assert values["train_loss"] is None
    assert values["val_loss"] is None
    assert "\nTrain Loss: inf\nVal Loss: nan\n" in (tmp_path / STATUS_NAME).read_text()


def report_forever(directory: Path, told: int) -> int:
    epoch = 0
    while True:
        epoch += 1
        write_progress(directory, progress_at(epoch), lambda: None)
        if epoch == 1:
            os.write(told, b"!")


def test_who_loses_the_folder_between_two_files_writes_no_more(tmp_path: Path) -> None:
    asked = []

    def refuse_later() -> None:
        asked.append(True)
        if len(asked) > 1:
            raise LockedError("lost", "let the new owner go on")

    with pytest.raises(LockedError):
        write_progress(tmp_path, progress_at(1), refuse_later)
    assert [path.name for path in tmp_path.iterdir()] == [PROGRESS_NAME]


def test_who_lost_the_folder_reports_nothing(tmp_path: Path) -> None:
    def refuse() -> None:
        raise LockedError("lost", "let the new owner go on")

    write_progress(tmp_path, progress_at(1), lambda: None)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(before) == {PROGRESS_NAME, STATUS_NAME}
    with pytest.raises(LockedError):
        write_progress(tmp_path, progress_at(2), refuse)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("reads", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_readers_racing_the_writer_find_whole_files_and_growing_epochs(
    tmp_path: Path, reads: int
) -> None:
    wake, told = os.pipe()
    writer = fork(lambda: report_forever(tmp_path, told))
    os.close(told)
    assert os.read(wake, 1) == b"!"
    seen = json_seen = changes = 0
    try:
        for _ in range(reads // 2):
            status = STATUS.fullmatch((tmp_path / STATUS_NAME).read_bytes())
            assert status is not None
            epoch = int(status[1])
            assert epoch == int(status[2])
            assert epoch >= seen
            found = json.loads((tmp_path / PROGRESS_NAME).read_bytes())
            assert found["epoch"] == found["checkpoint_epoch"] >= max(epoch, json_seen)
            assert len(found["args"]) == 40
            changes += found["epoch"] > json_seen
            seen, json_seen = epoch, found["epoch"]
    finally:
        os.kill(writer, signal.SIGKILL)
        ended = wait(writer)
    assert ended == -signal.SIGKILL
    assert changes > reads // 1000
    os.close(wake)
