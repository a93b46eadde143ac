"""What compiled libraries print on the standard output stream, kept away from results there."""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Printed:
    """What was printed.

    Parameters
    ----------
    text
        It is complete when the context has ended.
    """

    text: str = ""


@contextmanager
def captured_stdout() -> Iterator[Printed]:
    """Take what is written to file descriptor 1 meanwhile, from Python and from libraries."""
    found = Printed()
    _flush()
    kept = os.dup(1)
    try:
        with tempfile.TemporaryFile() as file:
            os.dup2(file.fileno(), 1)
            try:
                yield found
            finally:
                _flush()
                os.dup2(kept, 1)
                file.seek(0)
                found.text = file.read().decode("utf-8", "replace")
    finally:
        os.close(kept)


def _flush() -> None:
    """Write what Python and the C library hold back."""
    sys.stdout.flush()
    ctypes.CDLL(None).fflush(None)
