"""Abasic nucleotides: 2'-deoxyribose with hydrogen in the place of the base.

What stands where a base is missing is 1',2'-dideoxyribose (tetrahydrofuran), the stable analogue of
abasic sites that experiments use (doi:10.1002/bip.23098), in the Protein Data Bank the chemical
component 3DR. It leaves duplexes in B form (C. A. Gelfand et al., Biochemistry 37, 7321, 1998). The
hydrogen has the direction of the glycosidic bond that it replaces, and the length of the other C-H
bonds of the sugar; nothing relaxes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

BOND: Final = 1.09
"""Angstrom between C1' and the hydrogen that replaces the base."""

_REPLACING: Final = "H1'1"
"""On the side of the base, by the coordinates of the component."""
_OTHER: Final = "H1'2"
"""H1' of all other nucleotides."""

Part = Mapping[str, tuple[float, float, float]]


def without_base(adenine: Part, carbon: tuple[float, float, float]) -> Part:
    """Atoms of an abasic nucleotide that stand for those of adenine, Angstrom.

    Adenine, since purines are lost most often (doi:10.1021/bi00769a018); other bases have their
    nitrogen in the same place.

    Parameters
    ----------
    adenine
        The base, with the H1' of its sugar.
    carbon
        C1' of the sugar, which was bonded to N9.
    """
    bond = np.subtract(adenine["N9"], carbon)
    x, y, z = (np.array(carbon) + BOND * bond / np.linalg.norm(bond)).tolist()
    return {_REPLACING: (x, y, z), _OTHER: adenine["H1'"]}
