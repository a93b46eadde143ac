"""Requests to stop: signals and time limits set a flag, and the loop stops at a step boundary."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Final, Self

from dnawire.errors import EXIT_INTERRUPTED, EXIT_STOPPED

_SIGNALS: Final = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGHUP")
    if hasattr(signal, name)
)

_URGENCIES: Final = ("", "time limit", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGTERM", "SIGINT")
"""Reasons for a stop, the most urgent last."""


def reason_of(urgency: int) -> str:
    """Who asks for a stop of this urgency: the name of the signal, or the time limit."""
    return _URGENCIES[urgency]


def is_signal(urgency: int) -> bool:
    """Whether a signal asks for it."""
    return urgency > _URGENCIES.index("time limit")


def exit_code_of(urgency: int) -> int:
    """Exit code of a run that stopped on this request with its state saved."""
    return EXIT_INTERRUPTED if reason_of(urgency) == "SIGINT" else EXIT_STOPPED


class StopRequest:
    """Context in which signals and a deadline ask the run to stop instead of killing it.

    The handlers only note the request: state is saved by the loop, never in a handler, where it
    could be half-way through a step. A second Ctrl+C ends the process at once. A signal that is
    ignored stays so: ``nohup`` shields a run from the end of its terminal.

    Parameters
    ----------
    seconds
        Time from now after which the run shall stop; None for no limit.
    clock
        Monotonic clock in seconds.
    """

    def __init__(
        self, seconds: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._deadline = None if seconds is None else clock() + seconds
        self._signal: signal.Signals | None = None
        self._previous: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._previous[number] = signal.signal(number, self._note)
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
        if self._signal is None or number == signal.SIGINT:
            self._signal = signal.Signals(number)

    @property
    def requested(self) -> bool:
        """Whether the run shall stop at the next step boundary."""
        return self.is_signaled or self._is_late()

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
        """Who asked: the name of the signal, or the time limit."""
        return "time limit" if self._signal is None else self._signal.name

    @property
    def exit_code(self) -> int:
        """Exit code of a run that stopped on this request with its state saved."""
        return EXIT_INTERRUPTED if self._signal == signal.SIGINT else EXIT_STOPPED

    def _is_late(self) -> bool:
        return self._deadline is not None and self._clock() >= self._deadline
