"""What the commands share: parsing of flags and the volume of messages."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, TextIO, TypeVar

import tyro

from dnawire.cli._scalars import REGISTRY
from dnawire.errors import UsageError

Flags = TypeVar("Flags")

CONFIG: Final = (tyro.conf.OmitArgPrefixes, tyro.conf.PositionalMetavarFromFieldName)
"""How flags are named: nested groups lend no prefix."""

_LEVELS: Final = (logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to the standard error stream of the moment, which a notebook may have replaced."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


_HANDLER: Final = _StandardError()


@dataclass(frozen=True)
class Messages:
    """Volume of the messages, which go to the standard error stream."""

    verbose: Annotated[tyro.conf.UseCounterAction[int], tyro.conf.arg(aliases=["-v"])] = 0
    """Say more."""

    quiet: Annotated[tyro.conf.UseCounterAction[int], tyro.conf.arg(aliases=["-q"])] = 0
    """Say only warnings; twice: only errors."""

    debug: tyro.conf.FlagCreatePairsOff[bool] = False
    """Show where in the code an error arose; DNAWIRE_DEBUG=1 does the same."""

    def configure(self) -> None:
        """Send plain messages of the chosen level to the standard error stream."""
        position = _LEVELS.index(logging.INFO) + self.verbose - self.quiet
        logger = logging.getLogger("dnawire")
        logger.addHandler(_HANDLER)
        logger.setLevel(_LEVELS[min(max(position, 0), len(_LEVELS) - 1)])


def parse(
    kind: type[Flags], arguments: Sequence[str], command: str, default: Flags | None = None
) -> Flags:
    """Fill a dataclass from the command line.

    Parameters
    ----------
    kind
        Dataclass of flags; nested groups lend only a heading, not a prefix.
    arguments
        Words after the name of the command.
    command
        Name of the command, for the help.
    default
        Values of the flags that are not given; None takes those of the dataclass.

    Raises
    ------
    dnawire.errors.UsageError
        A value is impossible.
    SystemExit
        Code 0 after ``--help``; code 2 for an unknown flag, after naming the nearest one.
    """
    try:
        return tyro.cli(
            kind,
            prog=f"dnawire {command}",
            args=arguments,
            default=tyro.MISSING_NONPROP if default is None else default,
            use_underscores=True,
            registry=REGISTRY,
            config=CONFIG,
        )
    except UsageError as error:
        raise UsageError(f"command line: {error.problem}", error.remedy) from None
