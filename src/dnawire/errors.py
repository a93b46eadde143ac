"""Exceptions that a user can cause, each with a remedy and a documented exit code.

The exit codes follow ``sysexits.h`` where a code exists there; ``docs/exit_codes.md`` lists them.
"""

from __future__ import annotations

from typing import ClassVar

EXIT_FINISHED = 0
EXIT_PROBLEM_FOUND = 1
EXIT_USAGE = 64
EXIT_UNUSABLE_FILE = 65
EXIT_NOT_FOUND = 66
EXIT_LOST_PROCESS = 69
EXIT_DIVERGED = 70
EXIT_UNEXPECTED = 71
EXIT_CANNOT_WRITE = 73
EXIT_IO_ERROR = 74
EXIT_STOPPED = 75
EXIT_LOCKED = 76
EXIT_CONFIGURATION_MISMATCH = 78
EXIT_INTERRUPTED = 130


class DnawireError(Exception):
    """Base of every error that a user can cause and mend.

    Parameters
    ----------
    problem
        What is wrong: names the file, the field and the value.
    remedy
        What to do about it.
    """

    exit_code: ClassVar[int] = EXIT_USAGE

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}\n  Remedy: {remedy}")
        self.problem = problem
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[DnawireError], tuple[str, str]]:
        """How an error of a worker comes to its parent process."""
        return type(self), (self.problem, self.remedy)


class UsageError(DnawireError):
    """A command line flag, configuration key or argument has an impossible value."""


class InvalidDuplexError(UsageError):
    """A sequence is not a DNA duplex."""


class InvalidStructureError(UsageError):
    """Atoms of a duplex are not where those of DNA can be."""


class NotConvergedError(DnawireError):
    """A quantum-chemical calculation has no result that can be trusted."""

    exit_code = EXIT_DIVERGED


class InvalidContactError(UsageError):
    """A contact cannot be attached where it is asked for."""


class UnknownParameterSetError(UsageError):
    """No tight-binding parameter set has the given name."""


class MissingDependencyError(UsageError):
    """An optional package is needed and not installed."""


class TooFewRecordsError(UsageError):
    """A dataset is too small to be split into training, validation and test."""


class MixedEnergyGridError(UsageError):
    """Records that must share one energy grid do not."""


class UnusableFileError(DnawireError):
    """A file exists but is truncated, corrupt, foreign or of a newer format."""

    exit_code = EXIT_UNUSABLE_FILE


class UnusableDataFileError(UnusableFileError):
    """A data file cannot be trusted."""


class UnusableCheckpointError(UnusableFileError):
    """A checkpoint cannot be trusted."""


class NotFoundError(DnawireError):
    """A file that was asked for does not exist."""

    exit_code = EXIT_NOT_FOUND


class NotReadableError(DnawireError):
    """A file exists and the permissions forbid to read it."""

    exit_code = EXIT_IO_ERROR


class NotWritableError(DnawireError):
    """A file or folder cannot be written."""

    exit_code = EXIT_CANNOT_WRITE

    @classmethod
    def exists(cls, path: object) -> NotWritableError:
        """Return the error of a file that is there and may not be replaced."""
        return cls(
            f"{path}: the file exists",
            "Choose another name, or let it be replaced (--overwrite, overwrite=True in Python).",
        )


class NotSavedError(DnawireError):
    """The file system refused to store the training state."""

    exit_code = EXIT_IO_ERROR


class NotFiniteError(DnawireError):
    """A training state holds a NaN or an infinity and is not stored."""

    exit_code = EXIT_DIVERGED


class LockedError(DnawireError):
    """Another process owns the checkpoint directory, or is at the same fit."""

    exit_code = EXIT_LOCKED


class LostProcessError(DnawireError):
    """One of several processes of a run has ended or cannot be reached."""

    exit_code = EXIT_LOST_PROCESS


class ProcessesDisagreeError(DnawireError):
    """The processes of a run do not have the same records or weights."""

    exit_code = EXIT_LOST_PROCESS


class ConfigurationMismatchError(DnawireError):
    """A run is resumed with other settings than it was started with."""

    exit_code = EXIT_CONFIGURATION_MISMATCH


class DivergedError(DnawireError):
    """Training produced a loss, a gradient or a state that is not finite."""

    exit_code = EXIT_DIVERGED
