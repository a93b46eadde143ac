"""When a run has to stop: limits decide when it does, never what it computes."""

from __future__ import annotations

import logging
import math
import os
import time
from collections.abc import Callable
from typing import Final, Protocol

from dnawire.cluster.job import NoAnswerError, SlurmJob

ASK_AGAIN_SECONDS: Final = 600.0
"""Time between two questions: the limit of a job can be changed while it runs."""

ROUNDING_SECONDS: Final = 2.0
"""Differences between two answers that mean nothing: SLURM counts in whole seconds."""

LARGEST_SHARE: Final = 0.25
"""Largest share of the time left that the margin before the end of a job may take."""

logger = logging.getLogger(__name__)


_PARENTS: Final = {os.getpid(): os.getppid()}
"""Parent of the process that has imported this, which a command does first; forks have others."""

TIME: Final = "time limit"


class Limit(Protocol):
    """Says when it is time to stop, and why."""

    @property
    def reason(self) -> str:
        """Why, in words; `TIME` where another start may go on."""

    def is_over(self) -> bool:
        """Whether the run shall stop at the next step boundary."""


class Duration:
    """A time from now on.

    Parameters
    ----------
    seconds
        Time after which the run shall stop.
    clock
        Monotonic clock in seconds.
    """

    reason: Final = TIME

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stop_at = clock() + seconds

    def is_over(self) -> bool:
        """Whether the time has passed."""
        return self._clock() >= self._stop_at


class ParentEnd:
    """The end of the process that started this one.

    In a batch job that is the shell of the job script. SLURM counts the job as ended when the shell
    has died, of a warning signal for example, and not every site kills what the shell has started.
    Of several processes it is their launcher, without which nobody watches over them.
    """

    reason: Final = "the end of its job script or launcher"

    def __init__(self) -> None:
        # A parent that ends while libraries are imported is replaced by another one.
        self._parent = _PARENTS.get(os.getpid(), os.getppid())

    def is_over(self) -> bool:
        """Whether the parent has ended."""
        return os.getppid() != self._parent


class JobEnd:
    """The end of a SLURM job, less a margin.

    The end is asked for at the start, every ten minutes, and once more before it is acted upon: the
    limit of a job can be extended while it runs. Without an answer the last one holds.

    Parameters
    ----------
    job
        The job.
    margin
        Seconds before its end at which the run shall stop; at most a quarter of the time that is
        left when the end becomes known, so that a short job works for most of its time.
    clock
        Monotonic clock in seconds.
    """

    reason: Final = TIME

    def __init__(
        self, job: SlurmJob, margin: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._job = job
        self._wanted_margin = margin
        self._clock = clock
        self._margin = 0.0
        self._end = math.inf
        self._is_over = False
        self._problem = ""
        self._ask(job.expected_seconds_left)
        if not self._problem:
            logger.info("%s", self._plan())

    def is_over(self) -> bool:
        """Whether the margin before the end has begun."""
        if not self._is_over and self._clock() >= self._ask_at:
            self._ask(self._job.seconds_left)
            self._is_over = self._clock() >= self._stop_at
        return self._is_over

    @property
    def _stop_at(self) -> float:
        return self._end - self._margin

    def _ask(self, question: Callable[[], float]) -> None:
        before = self._stop_at
        try:
            left = question()
        except NoAnswerError as error:
            self._warn(str(error))
        else:
            self._problem = ""
            self._end = self._clock() + left
            if left < math.inf:
                share = LARGEST_SHARE * left
                self._margin = max(self._margin, min(self._wanted_margin, share))
        now = self._clock()
        if before <= now < self._stop_at - ROUNDING_SECONDS:
            logger.info("the limit was extended: %s", self._plan())
        self._ask_at = min(now + ASK_AGAIN_SECONDS, self._stop_at)

    def _warn(self, problem: str) -> None:
        if self._problem:
            return
        self._problem = problem
        known = "its last answer holds" if self._end < math.inf else (
            "the run does not know when the job ends and saves as usual; --time_limit HH:MM:SS, or "
            "`#SBATCH --signal=B:USR1@120` with `exec python main.py`, stops it in time"
        )  # fmt: skip
        logger.warning("SLURM does not tell the time left (%s): %s", problem, known)

    def _plan(self) -> str:
        if self._end == math.inf:
            return f"{self._job} has no time limit"
        left = max(0.0, self._end - self._clock())
        return (
            f"{self._job} ends in {left:.0f} s; the run stops and saves {self._margin:.0f} s before"
        )
