"""The nearest right name for a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Final

_LIKENESS: Final = 0.6


def nearest(name: str, names: Iterable[str]) -> str:
    """Return ``Did you mean 'x'?`` for a name that is near to `name`, or an empty string."""
    return nearest_of(name, {one: one for one in names})


def nearest_of(name: str, meanings: Mapping[str, str]) -> str:
    """Return the same for a name that is near to a key: what that key means."""
    match = difflib.get_close_matches(name, list(meanings), n=1, cutoff=_LIKENESS)
    return f"Did you mean {meanings[match[0]]!r}?" if match else ""
