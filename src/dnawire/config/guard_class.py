"""What a changed setting means for a run that is resumed."""

from __future__ import annotations

from enum import Enum


class GuardClass(Enum):
    """Whether a setting may differ between the start of a run and its continuation.

    Every field of every configuration group carries one of these in its annotation, so that a new
    flag cannot be added without deciding.
    """

    MUST_MATCH = "must match"
    """The setting shapes a number of the result: a difference is refused."""

    MAY_CHANGE = "may change"
    """The setting shapes no number: a difference is allowed and reported."""

    IGNORED = "ignored"
    """The setting belongs to one start of the program only: it is not compared."""


MUST_MATCH = GuardClass.MUST_MATCH
MAY_CHANGE = GuardClass.MAY_CHANGE
IGNORED = GuardClass.IGNORED
