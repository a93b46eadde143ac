"""What an examination says: a verdict, what was seen, and a remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """How good a finding is for a run."""

    OK = "OK"
    WARNING = "WARNING"
    """A run gets along with it, with less comfort."""
    PROBLEM = "PROBLEM"
    """A run cannot start, or its state is not safe."""


@dataclass(frozen=True)
class Finding:
    """One line of the examination."""

    subject: str
    verdict: Verdict
    text: str
    remedy: str = ""

    @classmethod
    def ok(cls, subject: str, text: str) -> Finding:
        """Nothing to do."""
        return cls(subject, Verdict.OK, text)

    @classmethod
    def warning(cls, subject: str, text: str, remedy: str) -> Finding:
        """Worth knowing."""
        return cls(subject, Verdict.WARNING, text, remedy)

    @classmethod
    def problem(cls, subject: str, text: str, remedy: str) -> Finding:
        """Has to be mended."""
        return cls(subject, Verdict.PROBLEM, text, remedy)
