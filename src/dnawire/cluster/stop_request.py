"""Requests to stop: signals and limits set a flag, and the loop stops at a step boundary."""

from __future__ import annotations

import math
import os
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from types import FrameType
from typing import Final, Self

from dnawire.cluster import signals
from dnawire.cluster.limits import TIME, Limit, ParentEnd
from dnawire.errors import EXIT_INTERRUPTED, EXIT_STOPPED

_SIGNALS: Final = (signal.SIGINT, *signals.REQUESTS)

_LIMITS: Final = ("", TIME, ParentEnd.reason)
_URGENCIES: Final = (*_LIMITS, "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGTERM", "SIGINT")
"""Reasons for a stop, the most urgent last."""

_STDERR: Final = 2
_NOTED: Final = b"\nCtrl+C: stopping after this step; another one later ends at once, unsaved\n"


class Request(ABC):
    """A request to stop, of which the urgency tells everything."""

    @property
    @abstractmethod
    def urgency(self) -> int:
        """How urgent it is, 0 if there is none; of several the largest counts."""

    @property
    def requested(self) -> bool:
        """Whether the run shall stop at the next step boundary."""
        return self.urgency > 0

    @property
    def is_signaled(self) -> bool:
        """Whether a signal has asked for the stop."""
        return self.urgency >= len(_LIMITS)

    @property
    def reason(self) -> str:
        """Who asked: the name of the signal, or the limit."""
        return _URGENCIES[self.urgency]

    @property
    def is_due_to_time(self) -> bool:
        """Whether the stop comes from a lack of time, of which SIGUSR1 is the warning of SLURM.

        Every other signal means that somebody wants the run to end.
        """
        return self.reason in (TIME, "SIGUSR1")

    @property
    def exit_code(self) -> int:
        """Exit code of a run that stopped on this request with its state saved."""
        return EXIT_INTERRUPTED if self.reason == "SIGINT" else EXIT_STOPPED


def _urgency_of(number: signal.Signals) -> int:
    return _URGENCIES.index(number.name)


class StopRequest(Request):
    """Context in which signals and limits ask the run to stop instead of killing it.

    The handlers only note the request: state is saved by the loop, never in a handler, where it
    could be half-way through a step. A second Ctrl+C ends the process at once, unless it is the
    same that has come twice; see `signals.is_repeated`. A signal that is ignored stays so:
    ``nohup`` shields a run from the end of its terminal.

    Parameters
    ----------
    limits
        Of which the first that is over stops the run.
    """

    def __init__(self, limits: Sequence[Limit] = ()) -> None:
        self._limits = limits
        self._signal: signal.Signals | None = None
        self._interrupted = math.nan
        self._previous: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._previous[number] = signal.signal(number, self._note)
        signals.unblock()
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            if number != signal.SIGINT or math.isnan(self._interrupted):
                signal.signal(number, handler)  # type: ignore[arg-type]

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        if number == signal.SIGINT:
            self._note_interrupt()
        found = signal.Signals(number)
        if self._signal is None or _urgency_of(found) > _urgency_of(self._signal):
            self._signal = found

    def _note_interrupt(self) -> None:
        if signals.is_repeated(self._interrupted):
            return
        if not math.isnan(self._interrupted):
            raise KeyboardInterrupt
        self._interrupted = time.monotonic()
        if os.isatty(_STDERR):
            # Logging may be what was interrupted, and must not be entered twice.
            os.write(_STDERR, _NOTED)

    @property
    def urgency(self) -> int:
        """That of the most urgent signal, else that of the first limit that is over."""
        if self._signal is not None:
            return _urgency_of(self._signal)
        over = next((limit for limit in self._limits if limit.is_over()), None)
        return 0 if over is None else _URGENCIES.index(over.reason)
