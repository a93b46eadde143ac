"""Standard streams: failures of the output are told, and those of messages are not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any, Final, TextIO, cast

_STREAMS: Final = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


class OutputError(Exception):
    """Standard output cannot be written: its disk is full, for example."""


class _Output:
    """A stream that raises `OutputError` for every failure but that of a reader who left."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with _told():
            return self._stream.write(text)

    def flush(self) -> None:
        with _told():
            self._stream.flush()


def open_closed_streams() -> None:
    """Put the null device in the place of standard streams that the caller has closed.

    A file that is opened later would take the number of such a stream, and all that is printed; and
    Python has no object for it, which libraries do not expect.
    """
    for number, (name, mode) in enumerate(_STREAMS):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            os.set_inheritable(number, True)
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, closefd=False))


def tell(message: str) -> None:
    """Print a message on the standard error stream, if that can be written."""
    with suppress(OSError):
        print(message, file=sys.stderr, flush=True)


@contextmanager
def checked(stream: TextIO) -> Iterator[None]:
    """Context in which standard output is a stream whose failures raise `OutputError`."""
    with redirect_stdout(cast("TextIO", _Output(stream))):
        yield


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(str(error)) from error
