"""Signals that ask for a stop, from the first moment of a command to its last."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

REQUESTS: Final = tuple(
    getattr(signal, name)
    for name in ("SIGTERM", "SIGUSR1", "SIGUSR2", "SIGHUP")
    if hasattr(signal, name)
)
"""What batch systems and users send; Ctrl+C is not among them, which may end an import."""


SAME_REQUEST_SECONDS: Final = 1.0
"""Time after a Ctrl+C in which another one is the same: wrappers send it to process and group."""


def is_repeated(first: float) -> bool:
    """Whether a Ctrl+C of this moment is the one of the moment ``first``, by `time.monotonic`."""
    return time.monotonic() - first < SAME_REQUEST_SECONDS


def interrupted() -> None:
    """Let the same Ctrl+C, which ends the process already, change nothing when it comes again."""
    first = time.monotonic()

    def note(number: int, frame: FrameType | None) -> None:
        if not is_repeated(first):
            raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, note)


def block() -> None:
    """Let requests to stop wait for `unblock` instead of ending the process.

    One that comes while libraries are imported is then not lost. One that comes after `unblock`,
    when the run has stopped and gives back its handlers, changes nothing. What the caller ignores
    or handles itself stays as it is.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, REQUESTS)
    for number in REQUESTS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _do_nothing)


def unblock() -> None:
    """Deliver the requests that wait, to the present handlers."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, REQUESTS)


def restore_defaults() -> None:
    """Let requests end the process again."""
    for number in REQUESTS:
        if signal.getsignal(number) is _do_nothing:
            signal.signal(number, signal.SIG_DFL)
    unblock()


@contextmanager
def keyboard_interrupts() -> Iterator[None]:
    """Context out of which a Ctrl+C comes as KeyboardInterrupt, also if it came in compiled code.

    A compiled function that finds an exception where it expects none reports a SystemError.
    """
    try:
        yield
    except SystemError as error:
        if any(isinstance(one, KeyboardInterrupt) for one in _reasons(error)):
            raise KeyboardInterrupt from error
        raise


def _reasons(error: BaseException) -> Iterator[BaseException]:
    """Yield what an error came from, one after the other: compiled functions call each other."""
    reason = error.__cause__ or error.__context__
    while reason is not None:
        yield reason
        reason = reason.__cause__ or reason.__context__


def _do_nothing(number: int, frame: FrameType | None) -> None:
    """Whoever runs has ended already, or takes over soon."""
