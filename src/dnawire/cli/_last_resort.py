"""What a user is told of an error that no command expected, and where its traceback lies."""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from dnawire import __version__
from dnawire.cli._output import tell
from dnawire.errors import EXIT_UNEXPECTED
from dnawire.files.durable import replace_atomically


def report_unexpected(error: Exception, arguments: Sequence[str]) -> int:
    """Say what happened, write the traceback into a file, and return the exit code."""
    kind = "" if isinstance(error, MemoryError) else f"{type(error).__name__}: "
    what = f"{kind}{error}".strip().splitlines() or [type(error).__name__]
    shortage = isinstance(error, MemoryError | OSError)
    remedy = (
        "This machine refused it: ask for less, or give it more memory, space or open files."
        if shortage
        else "This is a mistake of the program: please report it with the traceback."
    )
    tell(
        f"dnawire: error: unexpected: {what[0]}\n"
        f"  Traceback: {_traceback_place(error, arguments)}\n"
        "  What was saved before is intact; a run with checkpoints goes on with the same command.\n"
        f"  Remedy: {remedy}"
    )
    return EXIT_UNEXPECTED


def _traceback_place(error: Exception, arguments: Sequence[str]) -> str:
    """Write the traceback into the folder for temporary files, or return it."""
    text = "".join(traceback.format_exception(error))
    name = f"dnawire-error-{time.time_ns()}.txt"
    head = f"dnawire {__version__}, Python {sys.version}\narguments: {list(arguments)}\n\n"
    try:
        path = Path(tempfile.gettempdir()) / name
        replace_atomically(path, (head + text).encode(errors="backslashreplace"))
    except OSError:
        return f"no file can be written for it\n{text.rstrip()}"
    return str(path)
