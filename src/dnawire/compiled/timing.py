"""How long this process has compiled: time that the work itself did not take."""

from __future__ import annotations

import time
from typing import Final

from numba.core import event


class _Clock(event.Listener):  # type: ignore[misc]
    """Adds up the time from the begin of the outermost compilation to its end."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._depth = 0
        self._start = 0.0

    def on_start(self, event: event.Event) -> None:
        del event
        if self._depth == 0:
            self._start = time.perf_counter()
        self._depth += 1

    def on_end(self, event: event.Event) -> None:
        del event
        self._depth -= 1
        if self._depth == 0:
            self.seconds += time.perf_counter() - self._start


_CLOCK: Final = _Clock()
event.register("numba:compile", _CLOCK)


def working_seconds() -> float:
    """Seconds since some moment, without those in which kernels were compiled."""
    return time.perf_counter() - _CLOCK.seconds
