"""Who owns a folder of checkpoints, and whether that owner is still alive."""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum
from typing import Final, Self

from dnawire.files import processes

_TYPES: Final = {"process": int, "released": bool}
JobProbe = Callable[[str], bool | None]
"""Tells whether the batch job of this number still runs; None if nobody knows."""


class OwnerState(Enum):
    """What is known about the owner of a folder."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Owner:
    """One process, named so that it can be told from every other one, anywhere and at any time.

    Parameters
    ----------
    token
        Unique name of the record.
    host, boot, namespace, process, started
        Host name, boot identifier of the kernel, process namespace, process number and its start
        in clock ticks since boot; empty where the system does not tell.
    cluster, job, restart
        SLURM cluster name, job number and restart count; empty outside of SLURM.
    since
        Local time of the record, for people.
    released
        Whether the owner gave the folder back.
    folder
        Where the owner has the folder; empty if it does not say.
    """

    token: str
    host: str
    boot: str
    namespace: str
    process: int
    started: str
    cluster: str
    job: str
    restart: str
    since: str
    released: bool = False
    folder: str = ""

    @classmethod
    def this_process(cls) -> Self:
        """Describe the running process."""
        return cls(
            token=secrets.token_hex(16),
            host=socket.gethostname(),
            boot=processes.boot(),
            namespace=processes.namespace(),
            process=os.getpid(),
            started=processes.start_of(os.getpid()),
            cluster=os.environ.get("SLURM_CLUSTER_NAME", ""),
            job=_job_number(),
            restart=os.environ.get("SLURM_RESTART_COUNT", ""),
            since=datetime.now().isoformat(sep=" ", timespec="seconds"),
        )

    @classmethod
    def from_json(cls, data: bytes) -> Self | None:
        """Read a record; None if it is not one."""
        try:
            fields = dict(json.loads(data))
            sound = all(type(value) is _TYPES.get(name, str) for name, value in fields.items())
            return cls(**fields) if sound else None
        except (ValueError, TypeError, RecursionError):
            return None

    def to_json(self) -> bytes:
        """Write the record."""
        return json.dumps(asdict(self), indent=1).encode() + b"\n"

    def __str__(self) -> str:
        job = f", SLURM job {self.job}" if self.job else ""
        return f"process {self.process} on {self.host}{job}, since {self.since}"

    def state(self, me: Owner, job_runs: JobProbe) -> OwnerState:
        """Judge from the running process ``me`` whether this owner is alive.

        A later start of the same batch job is its successor by definition. On the same kernel the
        process table decides. Elsewhere ``job_runs`` is asked; see also `ended_with_boot`.
        """
        if self.released or self._is_earlier_start_of(me):
            return OwnerState.DEAD
        if self.boot == me.boot and (self.boot or self.host == me.host):
            return self._state_by_process(me)
        return self._state_by_job(me, job_runs)

    def ended_with_boot(self, me: Owner, silence: float) -> bool:
        """Whether this owner ran on the host of ``me`` before that was booted.

        The name of the host alone does not tell: machines may share one. An owner on a machine that
        still runs, however, sends heartbeats.

        Parameters
        ----------
        me
            The running process.
        silence
            Seconds since the last heartbeat.
        """
        is_other_boot = self.host == me.host and bool(me.boot) and self.boot != me.boot
        return is_other_boot and silence >= processes.uptime()

    def _is_earlier_start_of(self, me: Owner) -> bool:
        same_job = bool(self.job) and (self.cluster, self.job) == (me.cluster, me.job)
        return same_job and _number(self.restart) < _number(me.restart)

    def _state_by_process(self, me: Owner) -> OwnerState:
        if self.namespace != me.namespace:
            return OwnerState.UNKNOWN
        start = processes.start_of(self.process)
        is_same = start == self.started or not start
        is_alive = is_same and processes.is_running(self.process)
        return OwnerState.ALIVE if is_alive else OwnerState.DEAD

    def _state_by_job(self, me: Owner, job_runs: JobProbe) -> OwnerState:
        is_of_this_cluster = self.job.isdecimal() and self.cluster == me.cluster
        runs = job_runs(self.job) if is_of_this_cluster else None
        if runs is None:
            return OwnerState.UNKNOWN
        return OwnerState.ALIVE if runs else OwnerState.DEAD


def no_batch_jobs(job: str) -> bool | None:
    """Probe of a program that knows no batch system."""
    del job
    return None


def _job_number() -> str:
    """Number of the batch job of this process; empty in a shell that is left from an ended one."""
    end = os.environ.get("SLURM_JOB_END_TIME", "")
    is_over = end.isdecimal() and time.time() > float(end)
    return "" if is_over else os.environ.get("SLURM_JOB_ID", "")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
