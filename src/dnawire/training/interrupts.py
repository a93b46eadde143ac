"""Requests to stop: signals and limits set a flag, and the loop stops at a step boundary."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Final, Self

from dnawire.cluster import TIME, Limit, ParentEnd, signals
from dnawire.errors import EXIT_INTERRUPTED, EXIT_STOPPED

_SIGNALS: Final = (signal.SIGINT, *signals.REQUESTS)

_LIMITS: Final = ("", TIME, ParentEnd.reason)
_URGENCIES: Final = (*_LIMITS, "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGTERM", "SIGINT")
"""Reasons for a stop, the most urgent last."""


def reason_of(urgency: int) -> str:
    """Who asks for a stop of this urgency: the name of the signal, or the limit."""
    return _URGENCIES[urgency]


def is_signal(urgency: int) -> bool:
    """Whether a signal asks for it."""
    return urgency >= len(_LIMITS)


def is_due_to_time(urgency: int) -> bool:
    """Whether the stop comes from a lack of time, of which SIGUSR1 is the warning of SLURM.

    Every other signal means that somebody wants the run to end.
    """
    return reason_of(urgency) in (TIME, "SIGUSR1")


def exit_code_of(urgency: int) -> int:
    """Exit code of a run that stopped on this request with its state saved."""
    return EXIT_INTERRUPTED if reason_of(urgency) == "SIGINT" else EXIT_STOPPED


def _urgency_of(number: signal.Signals) -> int:
    return _URGENCIES.index(number.name)


class StopRequest:
    """Context in which signals and limits ask the run to stop instead of killing it.

    The handlers only note the request: state is saved by the loop, never in a handler, where it
    could be half-way through a step. A second Ctrl+C ends the process at once. A signal that is
    ignored stays so: ``nohup`` shields a run from the end of its terminal.

    Parameters
    ----------
    limits
        Of which the first that is over stops the run.
    """

    def __init__(self, limits: Sequence[Limit] = ()) -> None:
        self._limits = limits
        self._signal: signal.Signals | None = None
        self._previous: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._previous[number] = signal.signal(number, self._note)
        signals.hear()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _note(self, number: int, frame: FrameType | None) -> None:
        del frame
        if number == signal.SIGINT and self._signal == signal.SIGINT:
            raise KeyboardInterrupt
        found = signal.Signals(number)
        if self._signal is None or _urgency_of(found) > _urgency_of(self._signal):
            self._signal = found

    @property
    def requested(self) -> bool:
        """Whether the run shall stop at the next step boundary."""
        return self.is_signaled or self._limit_over() is not None

    @property
    def is_signaled(self) -> bool:
        """Whether a signal has asked for the stop."""
        return self._signal is not None

    @property
    def urgency(self) -> int:
        """How urgent the request is, 0 if there is none; of several the largest counts."""
        return _URGENCIES.index(self.reason) if self.requested else 0

    @property
    def reason(self) -> str:
        """Who asked: the name of the signal, or the limit."""
        if self._signal is not None:
            return self._signal.name
        limit = self._limit_over()
        return "" if limit is None else limit.reason

    @property
    def exit_code(self) -> int:
        """Exit code of a run that stopped on this request with its state saved."""
        return EXIT_INTERRUPTED if self._signal == signal.SIGINT else EXIT_STOPPED

    @property
    def is_due_to_time(self) -> bool:
        """Whether the stop comes from a lack of time."""
        return is_due_to_time(self.urgency)

    def _limit_over(self) -> Limit | None:
        return next((limit for limit in self._limits if limit.is_over()), None)
