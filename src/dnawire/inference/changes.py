"""Every change of one base pair of a duplex: mutations, mismatches, missing bases, repairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final, Literal

from dnawire.junction import (
    BASES,
    LETTERS,
    MISSING,
    STRANDS,
    Contact,
    Duplex,
    Strand,
    pair_index,
    reverse_complement,
)

Kind = Literal["mutation", "mismatch", "missing", "repair"]

KINDS: Final[dict[Kind, str]] = {
    "mutation": "both bases replaced by another Watson-Crick pair, or one without a partner",
    "mismatch": "one base replaced, so that the pair is no Watson-Crick pair",
    "missing": "one base taken out",
    "repair": "one base replaced or put in, so that the pair becomes a Watson-Crick pair",
}


@dataclass(frozen=True)
class Change:
    """One base pair of a duplex is another one."""

    pair: int
    """Index along the helix, 0 at the 5' end of the upper strand."""
    before: tuple[str, str]
    """Letters of the upper and of the lower strand."""
    after: tuple[str, str]
    """Letters that replace them."""

    @property
    def kind(self) -> Kind:
        """What is done."""
        if len(self.strands) == len(STRANDS):
            return "mutation"
        if _is_watson_crick(*self.after):
            return "repair"
        (strand,) = self.strands
        if self.after[STRANDS.index(strand)] == MISSING:
            return "missing"
        return "mutation" if MISSING in self.after else "mismatch"

    @property
    def strands(self) -> tuple[Strand, ...]:
        """Strands whose base is another one."""
        letters = zip(STRANDS, self.before, self.after, strict=True)
        return tuple(strand for strand, one, other in letters if one != other)

    @property
    def text(self) -> str:
        """The pair before and after, for example ``A-T > A-C``."""
        return f"{'-'.join(self.before)} > {'-'.join(self.after)}"

    def lost_contacts(self, length: int, **contacts: Contact) -> list[str]:
        """Which contacts, by name, would lose a base that they are attached to."""
        removed = {
            strand
            for strand, letter in zip(STRANDS, self.after, strict=True)
            if letter == MISSING and strand in self.strands
        }
        return [
            name
            for name, contact in contacts.items()
            if any(
                one.strand in removed and pair_index(one.strand, one.position, length) == self.pair
                for one in contact.resolved(length).attachments
            )
        ]

    def applied(self, duplex: Duplex) -> Duplex:
        """The changed duplex."""
        upper, lower = list(duplex.upper), list(reversed(duplex.lower))
        upper[self.pair], lower[self.pair] = self.after
        return Duplex("".join(upper), "".join(reversed(lower)))


def single_changes(duplex: Duplex) -> Iterator[Change]:
    """Every change of one base pair, pair by pair along the helix.

    Both bases are replaced by every other Watson-Crick pair, each of them by every other base and
    by none. Into a pair of which both bases are missing only whole pairs are put.
    """
    for number, before in enumerate(zip(duplex.upper, reversed(duplex.lower), strict=True)):
        for upper, lower in product(LETTERS, LETTERS):
            change = Change(number, before, (upper, lower))
            is_single = len(change.strands) == 1 and before != (MISSING, MISSING)
            is_double = len(change.strands) == len(STRANDS) and _is_watson_crick(upper, lower)
            if is_single or is_double:
                yield change


def _is_watson_crick(upper: str, lower: str) -> bool:
    return upper in BASES and reverse_complement(upper) == lower
