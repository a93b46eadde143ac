"""Standard output of a command, whose failures are told from those of all other files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any, TextIO, cast


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
