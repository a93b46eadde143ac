"""The two strands of a duplex, found by the bonds between nucleotides and by what pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from dnawire.errors import InvalidStructureError
from dnawire.junction import MISSING
from dnawire.structures.nucleotides import Nucleotide
from dnawire.structures.template import Position

_LONGEST_LINKAGE: Final = 2.2
"""Angstrom between O3' and P; a bond has 1.6 (doi:10.1021/ja9528846), the next atoms 2.5."""
_PAIRED: Final = 4.0
"""Angstrom between N1 of purines and N3 of pyrimidines; in pairs 3, one level further 4.5."""
_MIDDLE: Final = {"A": "N1", "G": "N1", "C": "N3", "T": "N3", "F": "N3"}
"""Atom of a base that faces the other base of the pair."""

Strand = list[Nucleotide]


def find_strands(nucleotides: Sequence[Nucleotide]) -> tuple[Strand, Strand]:
    """Find the two strands of a duplex.

    Parameters
    ----------
    nucleotides
        In any order.

    Returns
    -------
    tuple of two lists of Nucleotide
        Each 5'->3', in the order of their bonds; first the strand of the first nucleotide.

    Raises
    ------
    InvalidStructureError
        If there are fewer or more than two strands, they do not pair antiparallel, or nucleotides
        have no partner; names them.
    """
    strands = _connected(nucleotides)
    if len(strands) != 2:
        raise _wrong_number(nucleotides, strands)
    _check_pairing(strands[0], strands[1])
    return strands[0], strands[1]


def _connected(nucleotides: Sequence[Nucleotide]) -> list[Strand]:
    following = dict(_linkages(nucleotides))
    starts = [one for one in range(len(nucleotides)) if one not in following.values()]
    strands = []
    for start in starts:
        strand = [start]
        while (after := following.get(strand[-1])) is not None:
            strand.append(after)
        strands.append(strand)
    joined = {one for strand in strands for one in strand}
    for one, nucleotide in enumerate(nucleotides):
        if one not in joined:
            raise InvalidStructureError(
                f"{nucleotide.place} is in a ring of nucleotides, which has no ends.",
                "use a duplex of two strands with ends.",
            )
    return [[nucleotides[one] for one in strand] for strand in sorted(strands, key=min)]


def _linkages(nucleotides: Sequence[Nucleotide]) -> Iterator[tuple[int, int]]:
    """Pairs of nucleotides, the one with O3' first, that a bond O3'-P joins."""
    ends = {
        name: [one for one, nucleotide in enumerate(nucleotides) if name in nucleotide.atoms]
        for name in ("O3'", "P")
    }
    if not all(ends.values()):
        return
    oxygens, phosphates = (
        np.array([nucleotides[one].atoms[name] for one in numbers])
        for name, numbers in ends.items()
    )
    bonded = cKDTree(oxygens).query_ball_tree(cKDTree(phosphates), _LONGEST_LINKAGE)
    taken: dict[int, int] = {}
    for one, found in zip(ends["O3'"], bonded, strict=True):
        partners = [ends["P"][number] for number in found]
        clashing = [taken[partner] for partner in partners if partner in taken] or partners[1:]
        if clashing:
            raise InvalidStructureError(
                f"{nucleotides[one].place} and {nucleotides[clashing[0]].place} lie in each other: "
                "the bond O3'-P of one nucleotide is not the only one.",
                "keep one copy of every nucleotide in the file.",
            )
        for partner in partners:
            taken[partner] = one
            yield one, partner


def _wrong_number(
    nucleotides: Sequence[Nucleotide], strands: Sequence[Strand]
) -> InvalidStructureError:
    listed = "; ".join(_describe(strand) for strand in strands)
    if len(strands) == 1:
        return InvalidStructureError(
            f"there is one strand and not two: {listed}.",
            "give both strands; where a crystal makes the second one by symmetry, take its "
            "biological assembly in the mmCIF format.",
        )
    breaks = list(_breaks(nucleotides, strands))
    if breaks:
        return InvalidStructureError(
            f"there are {len(strands)} strands and not two, since strands are broken: "
            f"{'; '.join(breaks)}.",
            "complete the strands; make molecules whole across the faces of a periodic box.",
        )
    return InvalidStructureError(
        f"there are {len(strands)} strands and not two: {listed}.",
        "choose the chains of one duplex (chains), or keep them alone in the file.",
    )


def _describe(strand: Strand) -> str:
    letters = "".join(nucleotide.base for nucleotide in strand)
    return f"{letters} ({strand[0].place} to {strand[-1].place})"


def _breaks(nucleotides: Sequence[Nucleotide], strands: Sequence[Strand]) -> Iterator[str]:
    """Where neighbors in one chain of the file are an end and a beginning of strands."""
    first = {strand[0].place for strand in strands}
    last = {strand[-1].place for strand in strands}
    for one, other in pairwise(nucleotides):
        if one.segment == other.segment and one.place in last and other.place in first:
            yield _break(one, other)


def _break(one: Nucleotide, other: Nucleotide) -> str:
    for nucleotide, name in ((one, "O3'"), (other, "P")):
        if name not in nucleotide.atoms:
            return f"{nucleotide.place} has no {name}"
    distance = float(np.linalg.norm(one.atoms["O3'"] - other.atoms["P"]))
    return f"O3' of {one.place} and P of {other.place} are {distance:.2f} Angstrom apart"


def _check_pairing(upper: Strand, lower: Strand) -> None:
    """Refuse strands that do not pair antiparallel from end to end."""
    distances = _middle_distances(upper, lower)
    known = np.isfinite(distances)
    if not known.any():
        raise InvalidStructureError(
            f"no pair of {_describe(upper)} and {_describe(lower)} has two bases to tell how they "
            "pair.",
            "use a duplex with a whole base pair.",
        )
    near = distances < _PAIRED
    sums = np.add.outer(np.arange(len(upper)), np.arange(len(lower)))
    # A base can be near two others; the nearer one is its partner.
    closeness = np.bincount(sums[near], _PAIRED - distances[near], minlength=1)
    register = int(closeness.argmax())
    best = int((near & (sums == register)).sum())
    possible = int((known & (sums == register)).sum())
    if 2 * best < possible or best == 0:
        raise InvalidStructureError(
            f"{_describe(upper)} and {_describe(lower)} do not pair antiparallel: of {possible} "
            f"pairs at best {best} have N1 and N3 within {_PAIRED:g} Angstrom.",
            "use both strands of one duplex; make molecules whole across the faces of a periodic "
            "box.",
        )
    unpaired = [
        nucleotide.place
        for strand, length in ((upper, len(lower)), (lower, len(upper)))
        for number, nucleotide in enumerate(strand)
        if not 0 <= register - number < length
    ]
    if unpaired:
        raise InvalidStructureError(
            f"the strands overhang: {', '.join(unpaired)} have no partner.",
            "take them out of the file: every nucleotide must be one of a pair.",
        )


def _middle_distances(upper: Strand, lower: Strand) -> Float[NDArray[np.float64], "N M"]:
    """Angstrom; NaN where a base is missing."""
    middles = []
    for strand in (upper, lower):
        middles.append([_middle(nucleotide) for nucleotide in strand])
    found: Float[NDArray[np.float64], "N M"] = cdist(*middles)
    return found


def _middle(nucleotide: Nucleotide) -> Position:
    if nucleotide.base == MISSING:
        return np.full(3, np.nan)
    name = _MIDDLE[nucleotide.base]
    if name not in nucleotide.atoms:
        raise InvalidStructureError(
            f"{nucleotide.place} has no {name}.", "complete its atoms; only hydrogens are added."
        )
    return nucleotide.atoms[name]
