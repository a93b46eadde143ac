"""Whether the owner of a folder lives, judged from another process."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dnawire.checkpoint.owner import Life, Owner

ME = replace(
    Owner.this_process(), host="node1", boot="b1", namespace="n1", cluster="c", job="", restart=""
)


def queue(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a job queue on the path that answers as a script does."""
    program = folder / "squeue"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.mark.parametrize(
    ("changes", "life"),
    [
        ({}, Life.ALIVE),
        ({"released": True}, Life.DEAD),
        ({"process": 2**22 + 1}, Life.DEAD),
        ({"process": 2**70}, Life.DEAD),
        ({"started": "1"}, Life.DEAD),
        ({"boot": "b0"}, Life.UNKNOWN),
        ({"host": "other name of the same kernel"}, Life.ALIVE),
        ({"namespace": "n2"}, Life.UNKNOWN),
        ({"host": "node2", "boot": "b2"}, Life.UNKNOWN),
    ],
)
def test_life_of_an_owner(changes: dict[str, Any], life: Life) -> None:
    assert replace(ME, **changes).life(ME) is life


@pytest.mark.parametrize(
    ("changes", "silence", "is_over"),
    [
        ({"boot": "b0"}, 1e12, True),
        ({"boot": "b0"}, 0.0, False),
        ({"boot": "b0", "host": "node2"}, 1e12, False),
        ({}, 1e12, False),
    ],
)
def test_an_owner_from_before_the_boot_was_silent_ever_since(
    changes: dict[str, Any], silence: float, is_over: bool
) -> None:
    assert replace(ME, **changes).ended_with_boot(ME, silence) is is_over


@pytest.mark.parametrize(
    ("script", "life"),
    [
        ("echo 17 RUNNING", Life.ALIVE),
        ("echo 17 COMPLETING", Life.ALIVE),
        ("echo 17 PENDING", Life.DEAD),
        ("echo 17 COMPLETED; echo 18 RUNNING", Life.DEAD),
        ("true", Life.DEAD),
        ("echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1", Life.DEAD),
        ("echo 'Unable to contact slurm controller' >&2; exit 1", Life.UNKNOWN),
        ('test "$1 $2 $3" = "--noheader --jobs 17" && echo 17 RUNNING', Life.ALIVE),
    ],
)
def test_queue_tells_the_life_of_an_owner_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, life: Life
) -> None:
    queue(tmp_path, script, monkeypatch)
    owner = replace(ME, host="node2", boot="b2", job="17")
    assert owner.life(ME) is life
    assert replace(owner, cluster="d").life(ME) is Life.UNKNOWN
    assert replace(owner, job="17 --help").life(ME) is Life.UNKNOWN


def test_later_start_of_the_same_job_succeeds_the_earlier_one_at_once() -> None:
    earlier = replace(ME, job="17")
    assert earlier.life(replace(ME, job="17", restart="1")) is Life.DEAD
    assert replace(earlier, restart="1").life(replace(ME, job="17", restart="1")) is Life.ALIVE
    assert earlier.life(replace(ME, job="18", restart="1")) is Life.ALIVE


def test_record_survives_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    owner = Owner.this_process()
    assert Owner.from_json(owner.to_json()) == owner
    assert f"process {os.getpid()} on {owner.host}, SLURM job 17, since 2" in str(owner)
    assert owner.life(Owner.this_process()) is Life.ALIVE
