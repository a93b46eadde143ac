"""Atoms of a file in the PDB format, version 3.3 (wwPDB, 2012) and what is like it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from dnawire.data.importers.atoms import Atom, element_of
from dnawire.data.importers.structure import ForeignDataError
from dnawire.scalars import InvalidNumberError, read_integer, read_number

_RECORDS = ("ATOM  ", "HETATM")
_SHORTEST = 26


def read_pdb(text: str) -> list[Atom]:
    """Read the atoms in the order of the file.

    Strands are told apart by chain and by ``TER`` records.

    Raises
    ------
    ForeignDataError
        If a line has not its columns, or there is more than one model; names the line.
    """
    models = sum(line.startswith("MODEL ") for line in text.split("\n"))
    if models > 1:
        raise ForeignDataError(f"it holds {models} models; keep the one that was calculated")
    return list(_atoms(text))


def _atoms(text: str) -> Iterator[Atom]:
    segment = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("TER"):
            segment += 1
        elif line.startswith(_RECORDS):
            try:
                yield _atom(line, segment)
            except InvalidNumberError as error:
                raise ForeignDataError(
                    f"line {number} has not the columns of PDB (18-20 name, 22 chain, 23-26 number "
                    f"of the residue, 31-54 position): {error}"
                ) from error


def _atom(line: str, segment: int) -> Atom:
    if len(line) < _SHORTEST:
        raise InvalidNumberError(f"it has {len(line)} columns")
    name = line[12:16].strip()
    return Atom(
        chain=line[21].strip(),
        segment=segment,
        number=read_integer(line[22:26]),
        insertion=line[26:27].strip(),
        residue=line[17:20].strip().upper(),
        name=name.replace("*", "'"),
        element=element_of(line[76:78].strip(), name),
        position=_position(line),
    )


def _position(line: str) -> tuple[float, float, float] | None:
    columns = [line[start : start + 8] for start in (30, 38, 46)]
    if not "".join(columns).strip():
        return None
    x, y, z = (read_number(column) for column in columns)
    if not all(map(math.isfinite, (x, y, z))):
        raise InvalidNumberError(f"its position is {x}, {y}, {z}")
    return x, y, z
