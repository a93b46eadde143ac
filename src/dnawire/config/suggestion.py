"""The nearest right name for a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

_LIKENESS: Final = 0.6


def nearest(name: str, names: Iterable[str]) -> str:
    """Return ``Did you mean 'x'?`` for a name that is near to `name`, or an empty string."""
    match = difflib.get_close_matches(name, list(names), n=1, cutoff=_LIKENESS)
    return f"Did you mean {match[0]!r}?" if match else ""
