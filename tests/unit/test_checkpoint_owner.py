"""Whether the owner of a folder is alive, judged from another process."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest

from dnawire.checkpoint.owner import Owner, OwnerState, no_batch_jobs

ME = replace(
    Owner.this_process(), host="node1", boot="b1", namespace="n1", cluster="c", job="", restart=""
)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, OwnerState.ALIVE),
        ({"released": True}, OwnerState.DEAD),
        ({"process": 2**22 + 1}, OwnerState.DEAD),
        ({"process": 2**70}, OwnerState.DEAD),
        ({"started": "1"}, OwnerState.DEAD),
        ({"boot": "b0"}, OwnerState.UNKNOWN),
        ({"host": "other name of the same kernel"}, OwnerState.ALIVE),
        ({"namespace": "n2"}, OwnerState.UNKNOWN),
        ({"host": "node2", "boot": "b2"}, OwnerState.UNKNOWN),
    ],
)
def test_state_of_an_owner(changes: dict[str, Any], state: OwnerState) -> None:
    assert replace(ME, **changes).state(ME, no_batch_jobs) is state


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
    ("runs", "state"),
    [(True, OwnerState.ALIVE), (False, OwnerState.DEAD), (None, OwnerState.UNKNOWN)],
)
def test_the_batch_system_tells_the_state_of_an_owner_elsewhere(
    runs: bool | None, state: OwnerState
) -> None:
    asked: list[str] = []

    def job_runs(job: str) -> bool | None:
        asked.append(job)
        return runs

    owner = replace(ME, host="node2", boot="b2", job="17")
    assert owner.state(ME, job_runs) is state
    assert replace(owner, cluster="d").state(ME, job_runs) is OwnerState.UNKNOWN
    assert replace(owner, job="17 --help").state(ME, job_runs) is OwnerState.UNKNOWN
    assert asked == ["17"]


def test_later_start_of_the_same_job_succeeds_the_earlier_one_at_once() -> None:
    earlier = replace(ME, job="17")
    assert earlier.state(replace(ME, job="17", restart="1"), no_batch_jobs) is OwnerState.DEAD
    assert (
        replace(earlier, restart="1").state(replace(ME, job="17", restart="1"), no_batch_jobs)
        is OwnerState.ALIVE
    )
    assert earlier.state(replace(ME, job="18", restart="1"), no_batch_jobs) is OwnerState.ALIVE


@pytest.mark.parametrize(("end", "job"), [("1", ""), (str(2**40), "17"), ("", "17")])
def test_a_shell_that_is_left_from_an_ended_job_is_in_none(
    monkeypatch: pytest.MonkeyPatch, end: str, job: str
) -> None:
    """The queue would tell of such a job that it is over, though the owner lives."""
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    monkeypatch.setenv("SLURM_JOB_END_TIME", end)
    assert Owner.this_process().job == job


def test_record_survives_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "17")
    owner = Owner.this_process()
    assert Owner.from_json(owner.to_json()) == owner
    assert f"process {os.getpid()} on {owner.host}, SLURM job 17, since 2" in str(owner)
    assert owner.state(Owner.this_process(), no_batch_jobs) is OwnerState.ALIVE
