"""What the commands share: parsing of flags and the volume of messages."""

from __future__ import annotations

import json
import logging
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, TextIO, TypeVar

import tyro

from dnawire.cli._scalars import REGISTRY
from dnawire.errors import UsageError

if TYPE_CHECKING:
    from dnawire.plots import Table

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


@dataclass(frozen=True)
class ResultMessages(Messages):
    """The same, and the form of the result on the standard output stream."""

    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print one JSON object instead of text, for programs: heading, columns (name, unit, values),
    notes and warnings; null stands for what is no number."""

    def show(self, lines: Iterable[str]) -> None:
        """Print a part of the text, unless JSON is asked for."""
        if not self.json:
            print("\n".join(lines), flush=True)

    def show_result(
        self,
        lines: Iterable[str],
        heading: Sequence[str],
        table: Table,
        warnings: Sequence[str],
        notes: Sequence[str] = (),
    ) -> None:
        """Print the rest of the text, or all of the result as JSON.

        Parameters
        ----------
        lines
            The text.
        heading, table, warnings, notes
            The same for programs; notes are what the text says below the table.
        """
        self.show(lines)
        if self.json:
            print(_json_text(heading, table, warnings, notes))


def _json_text(
    heading: Sequence[str], table: Table, warnings: Sequence[str], notes: Sequence[str]
) -> str:
    columns = [
        {"name": name, "unit": unit, "values": [_plain(one) for one in values]}
        for name, (unit, values) in table.items()
    ]
    words = {"heading": heading, "notes": notes, "warnings": warnings}
    found = {"columns": columns, **{name: list(lines) for name, lines in words.items()}}
    return json.dumps(found, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:  # noqa: ANN401
    """A value of a table as JSON has it."""
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain


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
