"""Tables in text files, as people and office programs write them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

DELIMITERS: Final = ",;\t"
"""What can divide the columns of a table; the one that divides its head most often does."""

_COMMENT: Final = "#"
_SEPARATOR: Final = re.compile(r"sep=(.)", re.IGNORECASE)
_IN_BRACKETS: Final = re.compile(r"\s*[(\[].*[)\]]\s*$")


class TableError(ValueError):
    """A line of a table may mean several things.

    Parameters
    ----------
    line
        Its number, from 1.
    problem
        What is wrong with it.
    """

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line
        self.problem = problem


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Parameters
    ----------
    line
        Number of its last line in the file, from 1.
    cells
        Its texts without blanks around them, by the heads of the columns.
    """

    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class TextTable:
    """A table with a head.

    Parameters
    ----------
    line
        Number of the line of the head.
    heads
        Heads of the columns as they are written, those of empty ones left out.
    rows
        Every row that is not empty.
    """

    line: int
    heads: tuple[str, ...]
    rows: tuple[Row, ...]

    def column(self, *names: str) -> str | None:
        """Head of the first of some columns, whatever its case and what it says in brackets.

        Raises
        ------
        TableError
            If several columns have that name.
        """
        for name in names:
            found = [head for head in self.heads if plain_head(head) == name]
            if len(found) > 1:
                raise TableError(self.line, f"{len(found)} of its columns are called '{name}'")
            if found:
                return found[0]
        return None


def plain_head(head: str) -> str:
    """Name of a column without what stands in brackets at its end, in lower case."""
    return _IN_BRACKETS.sub("", head).strip().lower()


def read_table(lines: Sequence[str]) -> TextTable:
    """Read a table: its head is the first line that is neither empty nor a comment.

    Columns are divided by commas, semicolons or tabs; a first line ``sep=;`` says by which. Cells
    may be quoted, and then hold anything. Empty rows and lines that begin with ``#`` are no rows.

    Raises
    ------
    TableError
        If there is nothing, two columns have one name, a row has another number of columns, or a
        quotation does not end.
    """
    kept = ["" if line.lstrip().startswith(_COMMENT) else line for line in lines]
    first = next((number for number, line in enumerate(kept) if line.strip()), None)
    if first is None:
        raise TableError(1, "it is empty")
    stated = _SEPARATOR.fullmatch(kept[first].strip())
    if stated is not None:
        kept[first] = ""
        first = next((number for number, line in enumerate(kept) if line.strip()), first)
    delimiter = stated[1] if stated else max(DELIMITERS, key=kept[first].count)
    (head_line, heads), *rows = _cells(kept, delimiter) or [(first + 1, [])]
    named = [head for head in heads if head]
    repeated = [head for head in named if named.count(head) > 1]
    if repeated:
        raise TableError(
            head_line, f"{named.count(repeated[0])} of its columns are called '{repeated[0]}'"
        )
    return TextTable(head_line, tuple(named), tuple(_rows(rows, heads)))


def _cells(lines: Sequence[str], delimiter: str) -> list[tuple[int, list[str]]]:
    """Cells of every row that is not empty."""
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, strict=True)
    found = []
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                found.append((reader.line_num, stripped))
    except csv.Error as error:
        problem = f"it cannot be divided into cells ({error})"
        raise TableError(max(1, reader.line_num), problem) from error
    return found


def _rows(rows: Sequence[tuple[int, list[str]]], heads: list[str]) -> Iterator[Row]:
    for line, cells in rows:
        if len(cells) != len(heads):
            raise TableError(line, f"it has {len(cells)} columns instead of {len(heads)}")
        nameless = [cell for head, cell in zip(heads, cells, strict=True) if cell and not head]
        if nameless:
            raise TableError(line, f"'{nameless[0]}' stands in a column without a name")
        yield Row(line, {head: cell for head, cell in zip(heads, cells, strict=True) if head})
