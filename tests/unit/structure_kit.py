"""Files of structures to read, made from ideal ones and spoiled in one way each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dnawire.junction import Duplex
from dnawire.structures import AtomicStructure, build_duplex, pdb_text, read_structures

CRYSTAL = Path(__file__).parents[1] / "data" / "1bna.pdb"
"""Entry 1BNA: no hydrogens, 73 molecules of water."""

Edit = Callable[[str], str | None]
"""Changes a line of an atom; None takes it out."""

Read = Callable[..., AtomicStructure]
"""Reads the only model of a text."""


def reader(folder: Path) -> Read:
    def write_and_read(text: str, **options: Any) -> AtomicStructure:  # noqa: ANN401
        path = folder / "mine.pdb"
        path.write_text(text, encoding="ascii")
        (structure,) = read_structures(path, **options)
        return structure

    return write_and_read


def assert_same(one: AtomicStructure, other: AtomicStructure, largest: float = 6e-4) -> None:
    assert one.duplex == other.duplex
    assert one.names == other.names
    assert np.array_equal(one.nucleotides, other.nucleotides)
    assert abs(one.positions - other.positions).max() < largest


def ideal_text(text: str = "GACT") -> str:
    return pdb_text(build_duplex(Duplex.parse(text)))


def edited(text: str, edit: Edit) -> str:
    lines = []
    for line in text.split("\n"):
        changed = edit(line) if line.startswith(("ATOM", "HETATM")) else line
        if changed is not None:
            lines.append(changed)
    return "\n".join(lines)


def name_of(line: str) -> str:
    return line[12:16].strip()


def place_of(line: str) -> str:
    """Chain and number of the residue, for example ``A1``."""
    return line[21] + line[22:26].strip()


def renamed(line: str, name: str) -> str:
    padded = name if len(name) == 4 else f" {name:<3}"
    return line[:12] + padded + line[16:]


def renamed_atoms(residue: str, written: dict[str, str]) -> Edit:
    """Give atoms of the residues of one name other names."""

    def edit(line: str) -> str:
        name = name_of(line)
        is_meant = line[17:20] == residue and name in written
        return renamed(line, written[name]) if is_meant else line

    return edit


def without(*names: str, place: str = "") -> Edit:
    """Take out atoms of these names, of one residue or of all."""
    return lambda line: None if name_of(line) in names and place in ("", place_of(line)) else line


def without_hydrogens(line: str) -> str | None:
    return None if name_of(line).startswith("H") else line


def without_residue(place: str) -> Edit:
    return lambda line: None if place_of(line) == place else line
