"""Paths as people write them, where no shell has read them before: after ``=``, or in a file."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

_VARIABLE: Final = re.compile(r"\$(\w+|\{[^}]*\})")
_NOTHING: Final = frozenset({"none", "null"})


def read_path(text: str) -> Path:
    """Read a path: ``~`` and ``$NAME`` stand for what they do in a shell.

    Raises
    ------
    ValueError
        It is empty, or names a variable or user that does not exist; says what a path must be.
    """
    if not text.strip():
        raise ValueError("a path that is not empty (is a shell variable not set?)")
    if text.strip().lower() in _NOTHING:
        raise ValueError("a path; where it may be left out, write None")
    if "\0" in text:
        raise ValueError("a path without a zero byte")
    expanded = os.path.expanduser(os.path.expandvars(text))
    unknown = _VARIABLE.search(expanded)
    if unknown is not None:
        raise ValueError(f"a path whose variables are set, unlike {unknown[0]}")
    if expanded.startswith("~"):
        raise ValueError(f"a path below a home folder that exists, unlike {expanded.split('/')[0]}")
    return Path(expanded)


def is_file(word: str) -> bool:
    """Whether a word names a file, and no sequence, which has no suffix."""
    return Path(word).suffix != ""
