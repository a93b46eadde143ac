"""What is screened: every sequence of a pattern, or those of a file, in pieces of one length."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from math import log10, prod
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from dnawire.data import duplex_texts
from dnawire.errors import InvalidDuplexError, UsageError
from dnawire.junction import BASES, IUPAC, Contact, Duplex, Junction, read_sequences
from dnawire.scalars import checked_text

MOST_CANDIDATES: Final = 10**10
"""Most sequences that a pattern may stand for: days of screening."""

_LAST_BASE: Final = len(BASES) - 1


class Piece(NamedTuple):
    """Some candidates of one length."""

    rows: NDArray[np.int64]
    """Their positions among all candidates, (B,), increasing."""
    codes: NDArray[np.int8]
    """Base codes, (B, L, 2)."""
    is_in_order: bool
    """Whether all candidates before the last of these are in this piece or in earlier ones."""


class Candidates(Protocol):
    """Duplexes to be screened, in a fixed order."""

    @property
    def name(self) -> str:
        """What they are, in words."""

    @property
    def count(self) -> int:
        """How many there are."""

    @property
    def names(self) -> Mapping[str, str]:
        """Names of their records by the texts of the duplexes; empty if they have none."""

    def junctions(self, left: Contact, right: Contact) -> Iterator[Junction]:
        """Every junction that can differ in whether the contacts fit it.

        Raises
        ------
        InvalidContactError
            If they do not.
        """

    @property
    def digest(self) -> str:
        """SHA-256 of all of them."""

    def pieces(self, size: int, rows: range | None = None) -> Iterator[Piece]:
        """At most ``size`` duplexes of one length, piece after piece; those of some rows, or all.

        A piece is in order if all candidates of these rows before its last are answered with it.
        """

    def holds(self, codes: NDArray[np.int8]) -> NDArray[np.bool_]:
        """Tell which of some duplexes (B, L, 2) are among them."""


_NAMELESS: Final[Mapping[str, str]] = MappingProxyType({})


class PatternCandidates:
    """Watson-Crick duplexes of all upper strands that a pattern stands for, in alphabetical order.

    Parameters
    ----------
    pattern
        IUPAC letters, 5' to 3', for example ``ACGTNNNN``; in either case.

    Raises
    ------
    InvalidDuplexError
        If the pattern is empty or holds another letter.
    UsageError
        If it stands for more than `MOST_CANDIDATES` sequences.
    """

    names = _NAMELESS

    def __init__(self, pattern: str) -> None:
        letters = checked_text("pattern", pattern, "ACGTNNNN").upper()
        unknown = [letter for letter in letters if letter not in IUPAC]
        if unknown or not letters:
            problem = f"letter '{unknown[0]}' stands for no bases" if unknown else "it is empty"
            raise InvalidDuplexError(
                f"pattern '{pattern}': {problem}.",
                f"use the letters {' '.join(IUPAC)}, for example ACGTNNNN.",
            )
        self.name = f"all sequences {letters}"
        self.count = prod(len(IUPAC[letter]) for letter in letters)
        if self.count > MOST_CANDIDATES:
            raise UsageError(
                f"pattern '{pattern}' stands for 10^{log10(self.count):.1f} sequences; at most "
                f"10^{log10(MOST_CANDIDATES):.0f} can be screened.",
                "fix more of its letters to A, C, G or T, or list the sequences in a file "
                "(--sequences).",
            )
        self._choices = [
            np.array([BASES.index(base) for base in IUPAC[letter]], np.int8) for letter in letters
        ]

    def junctions(self, left: Contact, right: Contact) -> Iterator[Junction]:
        """Return the first in alphabetical order: all have the same length and no blanks."""
        first = "".join(BASES[choices[0]] for choices in self._choices)
        yield Junction(Duplex.parse(first), left, right)

    @property
    def digest(self) -> str:
        """That of the choices."""
        return hashlib.sha256(
            repr([choices.tolist() for choices in self._choices]).encode()
        ).hexdigest()

    def pieces(self, size: int, rows: range | None = None) -> Iterator[Piece]:
        """Write the numbers of the rows in the mixed base of the choices."""
        every = range(self.count) if rows is None else rows
        for start in every[::size]:
            numbers = rest = np.arange(start, min(start + size, every.stop))
            upper = np.empty((len(rest), len(self._choices)), dtype=np.int8)
            for position in range(len(self._choices) - 1, -1, -1):
                choices = self._choices[position]
                rest, digit = np.divmod(rest, len(choices))
                upper[:, position] = choices[digit]
            yield Piece(numbers, np.stack((upper, _LAST_BASE - upper), axis=2), is_in_order=True)

    def holds(self, codes: NDArray[np.int8]) -> NDArray[np.bool_]:
        """Compare every position with its choices."""
        if codes.shape[1] != len(self._choices):
            return np.zeros(len(codes), dtype=np.bool_)
        paired = codes[..., 0] + codes[..., 1] == _LAST_BASE
        fits = [np.isin(codes[:, n, 0], choices) for n, choices in enumerate(self._choices)]
        found: NDArray[np.bool_] = np.logical_and.reduce([*fits, paired.all(axis=1)])
        return found


class ListedCandidates:
    """Given duplexes, in their order.

    Parameters
    ----------
    duplexes
        At least one.
    name
        What they are, in words.
    names
        Names of their records by the texts of the duplexes.
    """

    def __init__(
        self, duplexes: Sequence[Duplex], name: str, names: Mapping[str, str] = _NAMELESS
    ) -> None:
        self.name = name
        self.names = names
        self.count = len(duplexes)
        self._duplexes = list(duplexes)
        self._texts = {duplex.text.encode() for duplex in duplexes}

    @classmethod
    def read(cls, path: Path) -> ListedCandidates:
        """Read the sequences of a file; parameters and errors are those of `read_duplexes`."""
        names: dict[str, list[str]] = {}
        duplexes = []
        for record in read_sequences(path):
            duplexes.append(record.duplex())
            if record.name:
                names.setdefault(duplexes[-1].text, []).append(record.name)
        joined = {text: "; ".join(dict.fromkeys(found)) for text, found in names.items()}
        return cls(duplexes, f"the sequences of {path}", joined)

    def junctions(self, left: Contact, right: Contact) -> Iterator[Junction]:
        """Return all of them: each has a length and blanks of its own."""
        return (Junction(duplex, left, right) for duplex in self._duplexes)

    @property
    def digest(self) -> str:
        """That of the list."""
        return hashlib.sha256("\n".join(one.text for one in self._duplexes).encode()).hexdigest()

    def pieces(self, size: int, rows: range | None = None) -> Iterator[Piece]:
        """Group by length, whatever the order: pieces are as large as they can be."""
        every = range(self.count) if rows is None else rows
        lengths = np.array([self._duplexes[row].length for row in every])
        order = np.argsort(lengths, kind="stable")
        # Candidates before the last of the first n are all among them where n are as many.
        is_in_order = np.maximum.accumulate(order) == np.arange(len(order))
        sorted_rows = order + every.start
        ends = [*(np.flatnonzero(np.diff(lengths[order])) + 1).tolist(), len(order)]
        begin = 0
        for end in ends:
            for start in range(begin, end, size):
                stop = min(start + size, end)
                codes = np.stack(
                    [self._duplexes[row].codes for row in sorted_rows[start:stop].tolist()]
                )
                yield Piece(sorted_rows[start:stop], codes, bool(is_in_order[stop - 1]))
            begin = end

    def holds(self, codes: NDArray[np.int8]) -> NDArray[np.bool_]:
        """Look the duplexes up."""
        return np.array([text in self._texts for text in duplex_texts(codes)], dtype=np.bool_)
