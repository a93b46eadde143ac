"""5-methylcytosine: cytosine with the methyl group of thymine in the place of H5.

The group of the ideal thymine has C5-C7 = 1.500 Angstrom, where crystals of bases have 1.496 with a
deviation of 0.006 (doi:10.1021/ja952883d), C-H = 1.09 Angstrom and tetrahedral angles. Its atoms
have the names of the chemical component 5CM of the Protein Data Bank.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from dnawire.junction import METHYLCYTOSINE
from dnawire.structures.superposition import directions, kabsch

_GROUP: Final = {"C7": "C5A", "H71": "H5A1", "H72": "H5A2", "H73": "H5A3"}
"""Names in thymine, and here."""
_REPLACED: Final = "H5"
_PARENTS: Final = str.maketrans({METHYLCYTOSINE.letter: "C"})

Part = Mapping[str, tuple[float, float, float]]


def unmodified(letters: str) -> str:
    """Letters with those of A, C, G and T in the place of modified bases."""
    return letters.translate(_PARENTS)


def methylated(cytosine: Part, thymine: Part) -> Part:
    """Atoms of 5-methylcytosine from those of cytosine and thymine, Angstrom."""
    center = np.array(thymine["C5"])
    around = ("C4", "C6")
    here, there = (
        directions(np.array([base[name] for name in around]) - np.array(base["C5"]))
        for base in (cytosine, thymine)
    )
    turn = kabsch(there, here)
    found: dict[str, tuple[float, float, float]] = {}
    for name, position in cytosine.items():
        if name != _REPLACED:
            found[name] = position
            continue
        for other, new in _GROUP.items():
            x, y, z = (np.array(cytosine["C5"]) + turn @ (thymine[other] - center)).tolist()
            found[new] = (x, y, z)
    return found
