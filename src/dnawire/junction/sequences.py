"""Sequences of a text file, as people and programs write them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dnawire.errors import InvalidDuplexError, NotFoundError, UnusableFileError
from dnawire.files.text import NotTextError, read_text
from dnawire.junction.duplex import Duplex

_LARGEST: Final = 2**30
_COMMENT: Final = "#"
_COLUMN: Final = "sequence"
_DELIMITERS: Final = ",;\t"

_Written = tuple[int, str]
"""Number of a line, and a sequence in it."""


def read_duplexes(path: Path) -> list[Duplex]:
    """Read the duplexes of a text file, in their order.

    The file is FASTA (its first line starts with ``>``), or a table with a column ``sequence``
    (divided by commas, semicolons or tabs), or a list: sequences as `Duplex.parse` reads them, one
    a line, or several of equal length divided by blanks. ``#`` begins a comment. Any ends of lines,
    byte order marks and lower case are read.

    Raises
    ------
    NotFoundError
        If there is no such file.
    UnusableFileError
        If it is no text or holds no sequence.
    InvalidDuplexError
        If a sequence is none, or it is not sure what a line means; names the line.
    """
    try:
        text = read_text(path, largest=_LARGEST)
    except FileNotFoundError as error:
        raise NotFoundError(f"{path} does not exist.", "name a file of sequences.") from error
    except (OSError, NotTextError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _no_sequences(path, reason) from error
    lines = [_without_comment(line.strip()) for line in text.split("\n")]
    first = next((line for line in lines if line), "")
    if not first:
        raise _no_sequences(path, "it is empty")
    try:
        return [_parsed(path, *one) for one in _sequences(lines, first)]
    except _NotSureError as error:
        raise InvalidDuplexError(f"{path}, {error.problem}", error.remedy) from error


def _parsed(path: Path, number: int, sequence: str) -> Duplex:
    try:
        return Duplex.parse(sequence)
    except InvalidDuplexError as error:
        raise InvalidDuplexError(f"{path}, line {number}: {error.problem}", error.remedy) from error


def _without_comment(line: str) -> str:
    """Cut a comment off, but not out of the name of a record."""
    if line.startswith(">") or any(delimiter in line for delimiter in _DELIMITERS):
        return "" if line.startswith(_COMMENT) else line
    return line.partition(_COMMENT)[0].strip()


def _sequences(lines: list[str], first: str) -> Iterator[_Written]:
    if first.startswith(">"):
        return _fasta(lines)
    if any(delimiter in first for delimiter in _DELIMITERS):
        return _table(lines, first)
    return _list(lines)


def _fasta(lines: list[str]) -> Iterator[_Written]:
    """Join the lines of each record; blanks within a sequence count for nothing."""
    start, parts = 0, list[str]()
    for number, line in enumerate([*lines, ">"], start=1):
        if not line.startswith(">"):
            parts += line.split()
            continue
        if start:
            yield start, "".join(parts)
        start, parts = number, []


def _table(lines: list[str], first: str) -> Iterator[_Written]:
    delimiter = max(_DELIMITERS, key=first.count)
    names: list[str] = []
    for number, line in enumerate(lines, start=1):
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
        if not cells:
            continue
        if not names:
            names = [cell.lower() for cell in cells]
            if names.count(_COLUMN) != 1:
                found = f"{names.count(_COLUMN)} of its columns are called '{_COLUMN}'"
                raise _NotSureError(number, f"it is a table, and {found}")
        elif len(cells) != len(names):
            raise _NotSureError(number, f"it has {len(cells)} columns instead of {len(names)}")
        else:
            yield number, cells[names.index(_COLUMN)]


def _list(lines: list[str]) -> Iterator[_Written]:
    for number, line in enumerate(lines, start=1):
        words = [line] if "/" in line or "'" in line else line.split()
        if len({len(word) for word in words}) > 1:
            raise _NotSureError(number, f"'{line}' holds {len(words)} words of different lengths")
        yield from ((number, word) for word in words if word)


class _NotSureError(InvalidDuplexError):
    """A line may mean several things."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(
            f"line {line}: {problem}.",
            f"write one sequence a line, or FASTA, or a table with one column '{_COLUMN}'.",
        )


def _no_sequences(path: Path, problem: str) -> UnusableFileError:
    return UnusableFileError(
        f"{path} holds no sequences: {problem}.", "write one sequence a line into a text file."
    )
