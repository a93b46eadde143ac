"""Sequences of a text file, as people and programs write them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dnawire.errors import InvalidDuplexError, NotFoundError, UnusableFileError, UsageError
from dnawire.files.tables import DELIMITERS, TableError, plain_head, read_table
from dnawire.files.text import NotTextError, read_packed_text
from dnawire.junction.alphabet import DNA, IUPAC, Alphabet
from dnawire.junction.ambiguity import meant_by
from dnawire.junction.duplex import Duplex

_LARGEST: Final = 2**30
_LONGEST_NAME: Final = 200
_SHOWN: Final = 40
_COMMENT: Final = "#"
_COLUMN: Final = "sequence"
_NAMES: Final = ("name", "identifier", "id", "label")
_SEPARATOR: Final = "sep="

_Part = tuple[int, str]
"""Number of a line, and what of a sequence stands in it."""


@dataclass(frozen=True)
class SequenceRecord:
    """One sequence of a file.

    Parameters
    ----------
    path
        The file.
    name
        Name of the record; empty if it has none.
    parts
        Numbers of the lines it stands in, with what stands in each of them.
    """

    path: Path
    name: str
    parts: tuple[_Part, ...]

    @property
    def text(self) -> str:
        """The sequence as it is written."""
        return "".join(text for _, text in self.parts)

    def duplex(self, alphabet: Alphabet = DNA) -> Duplex:
        """Read it as one duplex.

        Raises
        ------
        InvalidDuplexError
            If it is none; names the file, the line, the record and the letter.
        """
        with self._named(alphabet.letters):
            return Duplex.parse(self.text, alphabet)

    def meant(self, alphabet: Alphabet = DNA) -> list[Duplex]:
        """Read all duplexes that it means; see `meant_by`.

        Raises
        ------
        UsageError
            If there are none, or too many; names the file, the line and the record.
        """
        with self._named(alphabet.letters + "".join(IUPAC)):
            return meant_by(self.text, alphabet)

    @contextmanager
    def _named(self, known: str) -> Iterator[None]:
        """Context whose errors say where the sequence stands."""
        try:
            yield
        except UsageError as error:
            wrong = (line for line, text in self.parts if set(text.upper()).difference(known, "/"))
            first = next((line for line, text in self.parts if text), self.parts[0][0])
            where = f"{self.path}, line {next(wrong, first)}"
            where += f", record '{self.name}'" if self.name else ""
            raise type(error)(f"{where}: {error.problem}", error.remedy) from error


def read_sequences(path: Path) -> list[SequenceRecord]:
    """Read the sequences of a text file, in their order.

    The file is FASTA (its first line starts with ``>``), or a table with a column ``sequence``
    and perhaps one of names (``name``, ``identifier``, ``id`` or ``label``, the first that is
    there), divided by commas, semicolons or tabs, or a list: sequences as `Duplex.parse` reads
    them, one a line, or several of equal length divided by blanks. ``#`` begins a comment. Any ends
    of lines, byte order marks, lower case and compression by gzip are read.

    Raises
    ------
    NotFoundError
        If there is no such file.
    UnusableFileError
        If it is no text or holds no sequence.
    InvalidDuplexError
        If it is not sure what a line means, or a name holds control characters or is too long;
        names the line.
    """
    try:
        text = read_packed_text(path, largest=_LARGEST)
    except FileNotFoundError as error:
        raise NotFoundError(f"{path} does not exist.", "name a file of sequences.") from error
    except (OSError, NotTextError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _no_sequences(path, reason) from error
    lines = [line.strip() for line in text.split("\n")]
    first = next((line for line in lines if line and not line.startswith(_COMMENT)), "")
    if not first:
        raise _no_sequences(path, "it is empty")
    try:
        found = [
            SequenceRecord(path, _plain_name(name, parts), parts)
            for name, parts in _records(lines, first)
        ]
    except TableError as error:
        raise InvalidDuplexError(
            f"{path}, {error}.",
            f"write one sequence a line, or FASTA, or a table with one column '{_COLUMN}', and "
            f"names of at most {_LONGEST_NAME} printable letters.",
        ) from error
    if not found:
        raise _no_sequences(path, "it has a head and no rows")
    return found


def read_duplexes(path: Path, alphabet: Alphabet = DNA) -> list[Duplex]:
    """Read the duplexes of a text file, in their order; see `read_sequences`.

    Raises
    ------
    DnawireError
        If the file cannot be read, or a sequence is no duplex.
    """
    return [one.duplex(alphabet) for one in read_sequences(path)]


def _plain_name(name: str, parts: tuple[_Part, ...]) -> str:
    """Name of a record in one line, as tables and figures need it: each blank is one space.

    Raises
    ------
    TableError
        It holds control characters, or is too long.
    """
    plain, line = " ".join(name.split()), parts[0][0]
    if not plain.isprintable():
        raise TableError(line, f"the name {plain[:_SHOWN]!a} holds control characters")
    if len(plain) > _LONGEST_NAME:
        problem = f"the name '{plain[:_SHOWN]}...' has {len(plain)} letters; {_LONGEST_NAME} may be"
        raise TableError(line, problem)
    return plain


def _records(lines: list[str], first: str) -> Iterator[tuple[str, tuple[_Part, ...]]]:
    """Names of records, and their parts."""
    if first.startswith(">"):
        return _fasta(lines)
    head = plain_head(first.strip('"'))
    if head == _COLUMN or first.lower().startswith(_SEPARATOR) or set(first) & set(DELIMITERS):
        return _table(lines)
    return _list(lines)


def _fasta(lines: list[str]) -> Iterator[tuple[str, tuple[_Part, ...]]]:
    """Join the lines of each record; blanks within a sequence count for nothing."""
    name: str | None = None
    parts: list[_Part] = []
    for number, line in enumerate([*lines, ">"], start=1):
        if line.startswith(">"):
            if name is not None:
                yield name, tuple(parts)
            name, parts = line[1:].strip(), [(number, "")]
        else:
            parts.append((number, "".join(line.partition(_COMMENT)[0].split())))


def _table(lines: list[str]) -> Iterator[tuple[str, tuple[_Part, ...]]]:
    table = read_table(lines)
    column = table.column(_COLUMN)
    if column is None:
        problem = f"it is a table, and 0 of its columns are called '{_COLUMN}'"
        raise TableError(table.line, problem)
    name = table.column(*_NAMES)
    for row in table.rows:
        yield row.cells[name] if name else "", ((row.line, row.cells[column]),)


def _list(lines: list[str]) -> Iterator[tuple[str, tuple[_Part, ...]]]:
    for number, line in enumerate(lines, start=1):
        written = line.partition(_COMMENT)[0].strip()
        words = [written] if "/" in written or "'" in written else written.split()
        if len({len(word) for word in words}) > 1:
            problem = f"'{written}' holds {len(words)} words of different lengths"
            raise TableError(number, problem)
        yield from (("", ((number, word),)) for word in words if word)


def _no_sequences(path: Path, problem: str) -> UnusableFileError:
    return UnusableFileError(
        f"{path} holds no sequences: {problem}.", "write one sequence a line into a text file."
    )
