"""Storage that is away for a while, cleaned up or taken: a run loses nothing that it computed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from harness import (
    CHECKPOINTS,
    STEP,
    STEPS_PER_EPOCH,
    TINY,
    assert_refused,
    contents,
    finish,
    run,
)
from outcome import assert_identical, outcome, results, state

from dnawire.errors import EXIT_LOCKED

MODEL: Final = "standard"
RESULTS: Final = Path("outputs") / MODEL
OFTEN: Final = (*TINY, "--num_epochs", "4", "--checkpoint_frequency", "1")
AWAY: Final = "away"


class At(NamedTuple):
    """Does something to the folders of a run in which it lives, after a number of steps."""

    deeds: dict[int, Callable[[], object]]

    def __call__(self, moment: str, count: int) -> None:
        if moment == STEP and count in self.deeds:
            self.deeds[count]()


def purge() -> None:
    """Remove what no program seems to have used for long."""
    for path in (*Path(CHECKPOINTS).glob("*.lock"), *RESULTS.glob("*.lock")):
        path.unlink()


def take_away() -> None:
    os.rename(CHECKPOINTS, AWAY)


def bring_back() -> None:
    os.rename(AWAY, CHECKPOINTS)


def empty_mount_point() -> None:
    """What an unmounted file system leaves."""
    take_away()
    os.mkdir(CHECKPOINTS)


def mount() -> None:
    shutil.rmtree(CHECKPOINTS)
    bring_back()


def remove_results() -> None:
    shutil.rmtree(RESULTS)


def remove_everything() -> None:
    shutil.rmtree(RESULTS)
    shutil.rmtree(CHECKPOINTS)


FIRST, SECOND, LAST = STEPS_PER_EPOCH + 2, 2 * STEPS_PER_EPOCH + 2, 4 * STEPS_PER_EPOCH - 1
CASES: Final = {
    "locks purged": {FIRST: purge},
    "renamed and back": {FIRST: take_away, SECOND: bring_back},
    "unmounted and back": {FIRST: empty_mount_point, SECOND: mount},
    "results removed": {FIRST: remove_results},
    "all removed": {LAST: remove_everything},
}


@pytest.fixture(scope="module")
def in_peace(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("peace")
    finish(folder, *OFTEN)
    return outcome(folder, MODEL)


@pytest.mark.parametrize("deeds", CASES.values(), ids=CASES)
def test_a_run_outlives_storage_that_is_away(
    tmp_path: Path, in_peace: dict[str, Any], deeds: dict[int, Callable[[], object]]
) -> None:
    finish(tmp_path, *OFTEN, action=At(deeds))
    latest = state(tmp_path / CHECKPOINTS / "checkpoint_latest.pth")
    assert_identical(latest, in_peace["latest"])
    left = results(tmp_path, MODEL)
    assert_identical(left, {name: in_peace[name] for name in left})
    said = json.loads((tmp_path / CHECKPOINTS / "training_progress.json").read_text())
    assert (said["status"], said["checkpoint_epoch"]) == ("finished", 4)
    written = {Path(name).name for name in contents(tmp_path / RESULTS)}
    assert {"run.json", "config.yaml", "starts.jsonl", "splits.json", "metrics.csv"} <= written


def give_results_away() -> None:
    """Let another run own the results."""
    lock = max(RESULTS.glob("run-*.lock"))
    record = json.loads(lock.read_text()) | {"token": "another"}
    lock.with_name("run-000009.lock").write_text(json.dumps(record))


def test_a_run_that_loses_only_its_results_saves_first(
    tmp_path: Path, in_peace: dict[str, Any]
) -> None:
    ended = run(tmp_path, *OFTEN, action=At({SECOND: give_results_away}))
    assert_refused(ended, EXIT_LOCKED, "does not own outputs/standard")
    said = json.loads((tmp_path / CHECKPOINTS / "training_progress.json").read_text())
    assert (said["status"], said["checkpoint_epoch"]) == ("stopped", 3)
    shutil.rmtree(tmp_path / RESULTS)
    assert "checkpoint_latest.pth: 3 epochs and 0 batches" in finish(tmp_path, *OFTEN)
    assert_identical(outcome(tmp_path, MODEL), in_peace)
