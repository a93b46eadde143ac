"""The nearest right name for a wrong one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, names: Iterable[str]) -> str:
    """Return ``Did you mean 'x'?`` for the name most like `name`, or an empty string."""
    match = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f"Did you mean {match[0]!r}?" if match else ""
