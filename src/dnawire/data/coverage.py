"""Which junctions a set of records holds: what a model that learned from it has seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from dnawire.data.dataset import TransportDataset
from dnawire.junction import LETTERS, Contact, Junction

_LETTERS = np.array(list(LETTERS))
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Coverage:
    """Ranges and kinds of the junctions in a set of records.

    Parameters
    ----------
    lengths
        Shortest and longest duplex in base pairs.
    couplings
        Weakest and strongest coupling of a contact to a base in eV.
    placements
        Where the contacts sit, up to the writing of the duplex and the exchange of left and right.
    pairs
        Base pairs as two letters in alphabetical order, ``_`` for a missing base.
    """

    lengths: tuple[int, int]
    couplings: tuple[float, float]
    placements: tuple[str, ...]
    pairs: tuple[str, ...]

    @classmethod
    def of_dataset(cls, dataset: TransportDataset) -> Self:
        """Look at every record."""
        lengths = dataset.lengths
        gamma = np.concatenate([dataset.left.values["gamma"], dataset.right.values["gamma"]])
        examples: dict[tuple[bytes, bytes, int], int] = {}
        for index, length in enumerate(lengths.tolist()):
            row = dataset.left[index].tobytes(), dataset.right[index].tobytes(), length
            examples.setdefault(row, index)
        junctions = (dataset.junction(index) for index in examples.values())
        pairs = _LETTERS[np.unique(dataset.codes.values, axis=0)]
        return cls(
            lengths=(int(lengths.min()), int(lengths.max())),
            couplings=(float(gamma.min()), float(gamma.max())),
            placements=tuple(sorted({placement(junction) for junction in junctions})),
            pairs=tuple(sorted({"".join(sorted(pair)) for pair in pairs})),
        )

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Self:
        """Take back what `to_plain` returned, perhaps by way of JSON.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is something else.
        """
        shortest, longest = map(int, values["lengths"])
        weakest, strongest = map(float, values["couplings"])
        placements, pairs = (tuple(map(str, values[name])) for name in ("placements", "pairs"))
        return cls((shortest, longest), (weakest, strongest), placements, pairs)

    def to_plain(self) -> dict[str, Sequence[Any]]:
        """Return values that JSON knows."""
        return {name: list(entries) for name, entries in asdict(self).items()}

    def out_of_domain(self, junction: Junction) -> dict[str, str]:
        """Say in which respects a junction is unlike all of the set.

        Parameters
        ----------
        junction
            The junction.

        Returns
        -------
        dict
            A sentence by name of the field; empty if the set holds such junctions.
        """
        found = {}
        left, right = junction.left, junction.right
        low, high = self.lengths
        if not low <= junction.length <= high:
            found["lengths"] = (
                f"its length is {junction.length}, not {range_text(low, high)} base pairs"
            )
        weakest, strongest = self.couplings
        attachments = (*left.attachments, *right.attachments)
        outside = [
            one.gamma
            for one in attachments
            if not weakest - _ROUNDING <= one.gamma <= strongest + _ROUNDING
        ]
        if outside:
            found["couplings"] = (
                f"a contact couples by {outside[0]:g} eV, not {range_text(weakest, strongest)} eV"
            )
        if placement(junction) not in self.placements:
            here = _placement(left, right, junction.length)
            found["placements"] = f"its contacts are at {here}, where those of no record are"
        unknown = [pair for pair in _pairs_of(junction) if pair not in self.pairs]
        if unknown:
            found["pairs"] = f"it has the base pair {unknown[0]}, not {', '.join(self.pairs)}"
        return found


def placement(junction: Junction) -> str:
    """Where the contacts sit, equal for all writings of a junction and of its exchanged contacts.

    Positions are counted from the nearer end of their strand, for example ``upper:0 | upper:-1``.
    """
    left, right = junction.left, junction.right
    flipped = left.flipped(), right.flipped()
    pairs = ((left, right), (right, left), flipped, flipped[::-1])
    return min(_placement(one, other, junction.length) for one, other in pairs)


def _placement(left: Contact, right: Contact, length: int) -> str:
    return f"{_positions(left, length)} | {_positions(right, length)}"


def range_text(low: float, high: float) -> str:
    """Ends of a range; one number where they are equal."""
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _positions(contact: Contact, length: int) -> str:
    positions = (
        (one.strand, one.position if 2 * one.position < length else one.position - length)
        for one in contact.attachments
    )
    return ",".join(f"{strand}:{position}" for strand, position in sorted(positions))


def _pairs_of(junction: Junction) -> list[str]:
    pairs = _LETTERS[np.unique(junction.duplex.codes, axis=0)]
    return sorted({"".join(sorted(pair)) for pair in pairs})
