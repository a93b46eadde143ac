"""What a program that uses this package tells it: keys of its checkpoints, advice to its users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Application:
    """A program, as far as its checkpoints and messages differ from those of others.

    Parameters
    ----------
    keys
        Keys that every checkpoint of the program has.
    unusable
        What to do about a checkpoint that cannot be trusted.
    not_writable
        What to do about a folder that cannot be written, beside mending it.
    """

    keys: tuple[str, ...] = ()
    unusable: str = "resume from another checkpoint of the folder, or start anew in another folder"
    not_writable: str = "choose another folder"


ANY_APPLICATION: Final = Application()
"""A program with no keys of its own, and advice that fits every one."""
