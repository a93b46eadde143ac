"""Molecules in a periodic box, made whole: each atom at the image that is next to its neighbors."""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree
from scipy.spatial import cKDTree

from dnawire.errors import InvalidStructureError

Doubles = NDArray[np.float64]

_REACH: Final = 4.0
"""Angstrom: above bonds, hydrogen bonds and the distance of stacked bases."""


def made_whole(
    positions: Float[Doubles, "A 3"], box: Float[Doubles, "3 3"]
) -> Float[Doubles, "A 3"]:
    """Move atoms by vectors of the box, so that what is bonded or paired lies together.

    Atoms are joined by the shortest distances between their images (a minimum spanning tree:
    bonds, then hydrogen bonds); the first atom of what is joined stays where it is.

    Parameters
    ----------
    positions
        Angstrom.
    box
        Vectors of the box as rows, Angstrom; triclinic ones, too.

    Returns
    -------
    positions
        Angstrom; those of a molecule that is whole are the given ones.

    Raises
    ------
    InvalidStructureError
        If the box is so small that an atom is near to its own images.
    """
    inverse = np.asarray(np.linalg.inv(box), dtype=np.float64)
    widths: Float[Doubles, " 3"] = 1.0 / np.sqrt((inverse**2).sum(0))
    if widths.min() <= 2.0 * _REACH:
        raise InvalidStructureError(
            f"the periodic box is {widths.min():.1f} Angstrom wide, too small for a duplex.",
            "mend the box, or take it out of the file.",
        )
    shifts = np.zeros_like(positions)
    tree = _tree(positions, box, inverse, _REACH / widths)
    reached = np.zeros(len(positions), dtype=bool)
    while not reached.all():
        order, before = breadth_first_order(tree, int(reached.argmin()), directed=False)
        for atom in order[1:]:
            last = before[atom]
            apart = (positions[atom] - positions[last]) @ inverse
            shifts[atom] = shifts[last] - np.round(apart)
        reached[order] = True
    return positions + shifts @ box


def _tree(
    positions: Float[Doubles, "A 3"],
    box: Float[Doubles, "3 3"],
    inverse: Float[Doubles, "3 3"],
    margin: Float[Doubles, " 3"],
) -> csr_array:
    """Tree over atoms by the distances of their nearest images, Angstrom, (A, A)."""
    inside = (positions @ inverse) % 1.0
    images, owners = [], []
    for shift in product((-1.0, 0.0, 1.0), repeat=3):
        image = inside + shift
        near = np.flatnonzero(((image >= -margin) & (image <= 1.0 + margin)).all(1))
        images.append(image[near])
        owners.append(near)
    around = cKDTree(np.concatenate(images) @ box)
    found = cKDTree(inside @ box).sparse_distance_matrix(around, _REACH, output_type="ndarray")
    one, other = found["i"], np.concatenate(owners)[found["j"]]
    between = one != other
    shape = len(positions), len(positions)
    # An entry of zero would be none; atoms in each other are refused later.
    lengths = np.maximum(found["v"][between], 1e-6)
    near = coo_array((lengths, (one[between], other[between])), shape=shape)
    return csr_array(minimum_spanning_tree(csr_array(near)))
