"""However SLURM ends a job, it leaves a valid checkpoint and nobody who still writes."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from cluster import Cluster, processes_of
from outcome import assert_identical, outcome

from conftest import DESCRIBED, EXAMPLE, Work, has_trained

pytestmark = pytest.mark.slurm
LONG = 900
COMMAND = "python main.py --checkpoint_dir ./checkpoints"


@dataclass(frozen=True)
class Row:
    """A way to start Python, and what SLURM is asked to send."""

    command: str
    signal: str
    says: str
    """How the run says that it was stopped."""
    comes_back: bool
    """Whether the job goes back into the queue."""


ROWS = {
    "no exec, USR1 to steps": Row(COMMAND, "USR1@30", "stopped by time limit", True),
    "no exec, USR1 to the shell": Row(
        COMMAND, "B:USR1@30", "stopped by the end of its job script or launcher", False
    ),
    "exec, USR1 to the shell": Row(f"exec {COMMAND}", "B:USR1@30", "stopped by SIGUSR1", True),
    "srun, USR1 to steps": Row(f"srun {COMMAND}", "USR1@30", "stopped by SIGUSR1", True),
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> dict[str, tuple[Work, str]]:
    """A job for every row, all at the same time; each until it has ended or come back."""
    folder = tmp_path_factory.mktemp("rows")
    jobs: dict[str, tuple[Work, str]] = {}
    for number, (name, row) in enumerate(ROWS.items()):
        work = Work(folder / str(number), LONG, 0.3)
        script = work.script(row.command)
        jobs[name] = work, work.submit(cluster, script, "--time=2", f"--signal={row.signal}")
    for work, job in jobs.values():
        cluster.wait(partial(was_stopped, cluster, job), seconds=300.0)
        cluster.wait(partial(says_how_to_resume, work), seconds=120.0)
    return jobs


def says_how_to_resume(work: Work) -> bool:
    return "resume with:" in work.log


def was_stopped(cluster: Cluster, job: str) -> bool:
    return cluster.has_ended(job) or cluster.description(job)["Restarts"] != "0"


def end(cluster: Cluster, work: Work, job: str) -> None:
    """Cancel a job, wait until it has ended, and look at what it leaves."""
    cluster.call("scancel", job)
    cluster.wait(lambda: cluster.has_ended(job))
    cluster.wait(lambda: processes_of(work.folder) == [], seconds=60.0)
    work.assert_safe()


@pytest.mark.parametrize("name", ROWS)
def test_time_limits(cluster: Cluster, rows: dict[str, tuple[Work, str]], name: str) -> None:
    work, job = rows[name]
    assert ROWS[name].says in work.log
    assert (cluster.description(job)["Restarts"] != "0") == ROWS[name].comes_back
    end(cluster, work, job)


@pytest.mark.parametrize("script", [DESCRIBED, EXAMPLE], ids=["described", "example"])
def test_a_canceled_job_saves_and_does_not_come_back(
    tmp_path: Path, cluster: Cluster, script: Path
) -> None:
    work = Work(tmp_path, LONG, 0.1)
    job = work.submit(cluster, script, "--mem=1G")
    cluster.wait(work.has_trained)
    end(cluster, work, job)
    assert cluster.state(job) == "CANCELLED"
    assert cluster.description(job)["Restarts"] == "0"
    assert "stopped by SIGTERM" in work.log


@pytest.mark.parametrize("script", [DESCRIBED, EXAMPLE], ids=["described", "example"])
def test_a_requeued_job_goes_on(tmp_path: Path, cluster: Cluster, script: Path) -> None:
    work = Work(tmp_path / "stopped", 12, 0.2)
    job = work.submit(cluster, script, "--mem=1G")
    cluster.wait(work.has_trained)
    cluster.call("scontrol", "requeue", job)
    cluster.wait(lambda: cluster.has_ended(job), seconds=400.0)
    assert cluster.state(job) == "COMPLETED", work.log
    assert "resuming from checkpoints/checkpoint_latest.pth" in work.log
    peace = Work(tmp_path / "peace", 12, 0.0)
    peace.run_here(script)
    assert_identical(*(outcome(one.folder, "standard") for one in (work, peace)))


def test_a_restart_of_the_node_daemon_is_not_noticed(tmp_path: Path, cluster: Cluster) -> None:
    work = Work(tmp_path, 12, 0.2)
    job = work.submit(cluster, DESCRIBED, "--mem=1G")
    cluster.wait(work.has_trained)
    cluster.stop_node()
    cluster.start_node()
    cluster.wait(lambda: cluster.has_ended(job), seconds=400.0)
    assert cluster.state(job) == "COMPLETED", work.log
    assert work.log.count("starting fresh") == 1
    assert "resuming" not in work.log


def test_a_task_of_an_array_requeues_itself_and_no_other(tmp_path: Path, cluster: Cluster) -> None:
    """The number of the last task is that of the whole array."""
    work = Work(tmp_path, LONG, 0.2)
    script = work.script(
        "mkdir -p $SLURM_ARRAY_TASK_ID", "cd $SLURM_ARRAY_TASK_ID", f"exec {COMMAND}"
    )
    job = work.submit(cluster, script, "--array=0-1", f"--output={tmp_path}/%a.log")
    cluster.wait(lambda: all(has_trained(tmp_path / task) for task in "01"))
    last = next(task for task in (0, 1) if cluster.description(f"{job}_{task}")["JobId"] == job)
    cluster.call("scancel", "--batch", "--signal=USR1", f"{job}_{last}")
    cluster.wait(lambda: cluster.description(f"{job}_{last}")["Restarts"] == "1")
    assert cluster.description(f"{job}_{1 - last}")["Restarts"] == "0"
    assert cluster.state(f"{job}_{1 - last}") == "RUNNING"
    cluster.call("scancel", job)
    cluster.wait(lambda: processes_of(tmp_path) == [])


def test_the_doctor_sees_the_job(tmp_path: Path, cluster: Cluster) -> None:
    work = Work(tmp_path, LONG, 0.1)
    doctor = f"{sys.executable} -m dnawire doctor ./checkpoints --num_parameters 1000"
    script = work.script("#SBATCH --signal=B:USR1@10", doctor, "exit 0", COMMAND)
    job = work.submit(cluster, script, "--time=5")
    cluster.wait(lambda: cluster.has_ended(job))
    assert f"SLURM job {job} ends in 0:0" in work.log
    assert "the job comes back by itself; restarts so far: 0" in work.log
    assert "--signal=B:USR1@10 kills the shell of the job" in work.log


PREEMPTION = {
    "no exec": (COMMAND, "USR1@60", "preempt_youngest_first"),
    "exec, user signal": (f"exec {COMMAND}", "B:USR1@60", "preempt_send_user_signal"),
}


@pytest.mark.parametrize("name", PREEMPTION)
def test_a_preempted_job_comes_back_and_goes_on(
    tmp_path: Path, start_cluster: Callable[..., Cluster], name: str
) -> None:
    command, warning, parameters = PREEMPTION[name]
    cluster = start_cluster(GraceTime="20", Scheduler=parameters)
    work = Work(tmp_path / "work", LONG, 0.1)
    job = work.submit(cluster, work.script(command), "--exclusive", f"--signal={warning}")
    cluster.wait(work.has_trained)
    urgent = tmp_path / "urgent.sh"
    urgent.write_text("#!/bin/bash\nread < /dev/zero\n")
    other = cluster.submit(urgent, "--partition=urgent", "--exclusive", folder=tmp_path)
    cluster.wait(lambda: cluster.state(other) == "RUNNING", seconds=120.0)
    # Whether the user signal comes, at the start of the grace time, depends on the version.
    stopped = re.compile("stopped by SIG(TERM|USR1)")
    cluster.wait(lambda: stopped.search(work.log) is not None, seconds=60.0)
    cluster.wait(lambda: processes_of(work.folder) == [], seconds=60.0)
    work.assert_safe()
    cluster.call("scancel", other)
    cluster.wait(lambda: "resuming from" in work.log, seconds=120.0)
    end(cluster, work, job)
