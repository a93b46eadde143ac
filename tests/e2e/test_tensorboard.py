"""TensorBoard shows each epoch exactly once, whatever happens to the run."""

from __future__ import annotations

import csv
import random
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from harness import CHECKPOINTS, STEP, STEPS_PER_EPOCH, TINY, TrainingProcess, finish, real_command
from outcome import metrics
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from dnawire.errors import EXIT_USAGE
from dnawire.runs.events import EventFile
from dnawire.training.state import METRICS, EpochRecord

EPOCHS = 8
KILLS = 4
FLAGS = (*TINY, "--num_epochs", str(EPOCHS), "--checkpoint_dir", CHECKPOINTS, "--tensorboard")
RARELY = ("--checkpoint_frequency", "2")
EVENTS = "outputs/standard/tensorboard"
TAGS = {
    "loss/train": "train_loss",
    "loss/validation": "val_loss",
    "decades/transmission": "val_transmission_mae",
    "decades/dos": "val_dos_mae",
    "learning_rate": "learning_rate",
    "seconds": "seconds",
}


def watcher(folder: Path) -> EventAccumulator:
    keep_all = 0
    return EventAccumulator(str(folder), size_guidance={"scalars": keep_all})


def scalars(events: EventAccumulator) -> dict[str, list[tuple[int, float]]]:
    """Steps and values by tag."""
    events.Reload()
    tags = events.Tags()["scalars"]
    return {tag: [(item.step, item.value) for item in events.Scalars(tag)] for tag in tags}


def assert_shows(events: EventAccumulator, records: list[EpochRecord]) -> None:
    wanted = {
        tag: [(record.epoch, float(np.float32(record.row()[name]))) for record in records]
        for tag, name in TAGS.items()
        if records
    }
    assert scalars(events) == wanted


def records_of(folder: Path) -> list[EpochRecord]:
    path = folder / "outputs/standard/metrics.csv"
    with path.open(newline="") as file:
        _, *rows = csv.reader(file)
    return [
        EpochRecord.from_row(dict(zip(METRICS, [int(first), *map(float, rest)], strict=True)))
        for first, *rest in rows
    ]


def test_after_kills_each_epoch_is_there_once_also_for_who_watched_all_along(
    tmp_path: Path,
) -> None:
    draw = random.Random(5)
    live = watcher(tmp_path / EVENTS)
    (tmp_path / EVENTS).mkdir(parents=True)
    redone = 0
    for _ in range(KILLS):
        process = TrainingProcess(tmp_path, *FLAGS, *RARELY)
        process.wait_for(STEP, draw.randint(STEPS_PER_EPOCH + 2, 3 * STEPS_PER_EPOCH))
        process.send(signal.SIGKILL)
        process.end()
        shown = scalars(live)["loss/train"]
        redone += len(shown) % 2
    assert redone, "no process was killed after an epoch that is done again"
    finish(tmp_path, *FLAGS, *RARELY)
    records = records_of(tmp_path)
    assert [record.epoch for record in records] == list(range(1, EPOCHS + 1))
    assert len(metrics(tmp_path / "outputs/standard/metrics.csv")) == EPOCHS
    assert_shows(live, records)
    assert_shows(watcher(tmp_path / EVENTS), records)
    assert len(list((tmp_path / EVENTS).iterdir())) == 4


def without_tensorboard(flags: tuple[str, ...]) -> int:
    sys.modules["tensorboard"] = None  # type: ignore[assignment]
    return real_command(flags)


def test_the_package_is_asked_for_before_anything_is_done(tmp_path: Path) -> None:
    code, messages = TrainingProcess(tmp_path, *FLAGS, command=without_tensorboard).end()
    assert code == EXIT_USAGE
    assert "--tensorboard needs the package tensorboard" in messages
    assert "pip install tensorboard" in messages
    assert "Traceback" not in messages
    assert not (tmp_path / "outputs").exists()


def test_without_the_flag_nothing_is_written(tmp_path: Path) -> None:
    flags = (*TINY, "--num_epochs", "1", "--checkpoint_dir", CHECKPOINTS)
    finish(tmp_path, *flags)
    assert not (tmp_path / EVENTS).exists()


def history(epochs: int) -> list[EpochRecord]:
    scores = {"transmission": 0.25, "dos": 0.125}
    return [EpochRecord(n, 1.0 / n, 0.5, scores, 1e-3, 10.0) for n in range(1, epochs + 1)]


def test_a_torn_or_lost_tail_and_leftovers_are_made_up_for(tmp_path: Path) -> None:
    live, events = watcher(tmp_path), EventFile(tmp_path)
    events.rewrite([])
    for record in history(5):
        events.add(record)
    assert_shows(live, history(5))
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-7])
    (tmp_path / f".{file.name}.1-0-0.tmp").write_bytes(file.read_bytes())
    again = EventFile(tmp_path)
    again.rewrite(history(3))
    assert_shows(live, history(3))
    again.add(history(4)[-1])
    assert_shows(live, history(4))
    assert_shows(watcher(tmp_path), history(4))
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_that_somebody_removed_is_no_reason_to_stop(tmp_path: Path) -> None:
    events = EventFile(tmp_path)
    events.rewrite([])
    (file,) = tmp_path.iterdir()
    file.unlink()
    with pytest.raises(FileNotFoundError, match="no event file is left"):
        events.add(history(1)[0])


def test_times_leave_interruptions_out(tmp_path: Path) -> None:
    EventFile(tmp_path, clock=lambda: 1000.0).rewrite(history(3))
    events = watcher(tmp_path)
    events.Reload()
    assert [item.wall_time for item in events.Scalars("loss/train")] == pytest.approx(
        [980.0, 990.0, 1000.0]
    )
