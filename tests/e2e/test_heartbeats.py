"""A run that lives says so: both of its lock files are touched while it trains."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from harness import CHECKPOINTS, STEP, TINY, TrainingProcess, without_figures

from dnawire.checkpoint import lock
from dnawire.errors import EXIT_FINISHED

FLAGS = (*TINY, "--num_epochs", "1", "--output_dir", "out")
BEATS = "beats.txt"


def beat_always(flags: tuple[str, ...]) -> int:
    """Train without a pause between two heartbeats."""
    lock.BEAT_SECONDS = 0.0  # type: ignore[misc]
    return without_figures(flags)


def watch(moment: str, count: int) -> None:
    """Let the owner look long silent after one step, and note which locks a later one finds new."""
    locks = sorted(Path().rglob("run-*.lock"))
    if (moment, count) == (STEP, 3):
        for path in locks:
            os.utime(path, (0, 0))
    if (moment, count) == (STEP, 5):
        fresh = [f"{path.parent}\n" for path in locks if path.stat().st_mtime > 0]
        Path(BEATS).write_text("".join(fresh))


@pytest.mark.parametrize(
    ("flags", "folders"),
    [(("--checkpoint_dir", CHECKPOINTS), [CHECKPOINTS, "out/standard"]), ((), ["out/standard"])],
    ids=["with checkpoints", "without"],
)
def test_every_lock_of_a_run_is_touched_within_an_epoch(
    tmp_path: Path, flags: tuple[str, ...], folders: list[str]
) -> None:
    ended = TrainingProcess(tmp_path, *FLAGS, *flags, action=watch, command=beat_always).end()
    assert ended.exit_code == EXIT_FINISHED, ended.messages
    assert (tmp_path / BEATS).read_text().split() == folders
