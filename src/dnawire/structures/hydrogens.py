"""Hydrogens that a file has not, and names of atoms that only geometry tells apart.

The surroundings of the heavy atom that a hydrogen is bonded to are superposed with those in the
ideal nucleotide (Kabsch, doi:10.1107/S0567739476001873): length and angles of the bond are those
of the ideal helix, and so is the rotation of a group that can rotate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from dnawire.structures.superposition import directions, kabsch
from dnawire.structures.template import Position, Template

_EXCHANGEABLE: Final = (
    ("OP1", "OP2"),
    ("H5'", "H5''"),
    ("H2'", "H2''"),
    ("H1'1", "H1'2"),
    ("H61", "H62"),
    ("H41", "H42"),
    ("H21", "H22"),
)
"""Atoms on one atom that programs name in either way."""


def missing_hydrogens(
    atoms: Mapping[str, Position], template: Template
) -> Iterator[tuple[str, Position]]:
    """Place the hydrogens that a nucleotide has not.

    Parameters
    ----------
    atoms
        Positions in Angstrom by name, with all heavy atoms of the template.
    template
        What the nucleotide must have.

    Yields
    ------
    name, position
        One hydrogen, Angstrom.
    """
    for name in template.names:
        if name.startswith("H") and name not in atoms:
            yield name, _place(name, atoms, template)


def exchanged(
    atoms: Mapping[str, Position], template: Template
) -> tuple[dict[str, Position], tuple[str, ...]]:
    """Give atoms on one atom the names that those in the same place of the ideal nucleotide have.

    Returns
    -------
    atoms, names
        Positions by name, and the names that were exchanged.
    """
    found = dict(atoms)
    names: list[str] = []
    for pair in _EXCHANGEABLE:
        if not all(one in found and one in template.positions for one in pair):
            continue
        ideal = [_place(one, found, template) for one in pair]
        here = [found[one] for one in pair]
        as_named, crossed = (
            sum(float(np.sum((one - other) ** 2)) for one, other in zip(ideal, order, strict=True))
            for order in (here, here[::-1])
        )
        if crossed < as_named:
            found[pair[0]], found[pair[1]] = found[pair[1]], found[pair[0]]
            names += pair
    return found, tuple(names)


def _place(name: str, atoms: Mapping[str, Position], template: Template) -> Position:
    """Where an atom would be by the atom that it is bonded to, and the neighbors of that."""
    (parent,) = (one for one in template.neighbors[name] if not one.startswith("H"))
    around = _surroundings(name, parent, template)
    ideal, here = (
        np.array([known[one] - known[parent] for one in around])
        for known in (template.positions, atoms)
    )
    turn = kabsch(directions(ideal), directions(here))
    return atoms[parent] + turn @ (template.positions[name] - template.positions[parent])


def _surroundings(name: str, parent: str, template: Template) -> tuple[str, ...]:
    """Heavy atoms that fix the orientation about an atom; one alone cannot, so that its own do."""
    others = {one for pair in _EXCHANGEABLE if name in pair for one in pair}
    near = tuple(one for one in template.heavy_neighbors(parent) if one not in others)
    if len(near) > 1:
        return near
    beyond = template.heavy_neighbors(near[0])
    return (*near, *(one for one in beyond if one != parent))
