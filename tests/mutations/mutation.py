"""A row of the tables."""

from __future__ import annotations

from typing import NamedTuple


class Mutation(NamedTuple):
    """One protection, and what becomes of the source without it."""

    name: str
    file: str
    old: str
    new: str
    tests: str
    """Arguments of pytest."""
