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
from dnawire.junction import (
    BASES,
    DNA,
    IUPAC,
    Alphabet,
    Contact,
    Duplex,
    Junction,
    read_sequences,
)
from dnawire.scalars import checked_text, power_of_ten

MOST_CANDIDATES: Final = 10**10
"""Most sequences that a pattern may stand for: days of screening."""

_ANY: Final = "N"
_PAIR: Final = np.int16
"""Two codes side by side, which are copied as one."""


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
    """Watson-Crick duplexes of all upper strands that a pattern stands for.

    They are in alphabetical order, letters beside A, C, G and T behind these. The lower strand has
    the partner of each letter; where that one's own partner is another base, the other writing of
    the duplex is none of these.

    Parameters
    ----------
    pattern
        IUPAC letters, 5' to 3', for example ``ACGTNNNN``, and those of the alphabet; in either
        case.
    alphabet
        Letters that may occur.
    letters
        Bases that N stands for, letters of the alphabet.

    Raises
    ------
    InvalidDuplexError
        If the pattern is empty or holds another letter, or a letter is none of the alphabet, or is
        there twice.
    UsageError
        If it stands for more than `MOST_CANDIDATES` sequences.
    """

    names = _NAMELESS

    def __init__(self, pattern: str, alphabet: Alphabet = DNA, letters: str = BASES) -> None:
        bases = checked_letters(letters, alphabet)
        own = {one.letter: one.letter for one in alphabet.extra}
        meanings: dict[str, str] = {**IUPAC, **own, _ANY: bases}
        written = checked_text("pattern", pattern, "ACGTNNNN").upper()
        unknown = [letter for letter in written if letter not in meanings]
        if unknown or not written:
            problem = f"letter '{unknown[0]}' stands for no bases" if unknown else "it is empty"
            raise InvalidDuplexError(
                f"pattern '{pattern}': {problem}.",
                f"use the letters {' '.join(meanings)}, for example ACGTNNNN.",
            )
        of_letters = "" if bases == BASES else f", N one of {' '.join(bases)}"
        self.name = f"all sequences {written}{of_letters}"
        self.count = prod(len(meanings[letter]) for letter in written)
        if self.count > MOST_CANDIDATES:
            raise UsageError(
                f"pattern '{pattern}' stands for {power_of_ten(log10(self.count))} sequences; at "
                f"most {MOST_CANDIDATES:,} can be screened.",
                "fix more of its letters to A, C, G or T, or list the sequences in a file "
                "(--sequences).",
            )
        self._alphabet = alphabet
        self._partners = np.array(alphabet.partner_codes, dtype=np.int8)
        self._choices = [
            np.array([alphabet.codes[base] for base in meanings[letter]], np.int8)
            for letter in written
        ]
        both = [np.stack((one, self._partners[one]), axis=1) for one in self._choices]
        self._pairs = [pairs.view(_PAIR)[:, 0] for pairs in both]

    def junctions(self, left: Contact, right: Contact) -> Iterator[Junction]:
        """Return the first in alphabetical order: all have the same length and no blanks."""
        first = "".join(self._alphabet.letters[choices[0]] for choices in self._choices)
        yield Junction(Duplex.parse(first, self._alphabet), left, right)

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
            joined = np.empty((len(rest), len(self._pairs)), dtype=_PAIR)
            for position in range(len(self._pairs) - 1, -1, -1):
                pairs = self._pairs[position]
                rest, digit = np.divmod(rest, len(pairs))
                joined[:, position] = pairs[digit]
            codes = joined.view(np.int8).reshape(*joined.shape, 2)
            yield Piece(numbers, codes, is_in_order=True)

    def holds(self, codes: NDArray[np.int8]) -> NDArray[np.bool_]:
        """Compare every position with its choices."""
        if codes.shape[1] != len(self._choices):
            return np.zeros(len(codes), dtype=np.bool_)
        paired = self._partners[codes[..., 0]] == codes[..., 1]
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
    alphabet
        Letters that may occur.
    names
        Names of their records by the texts of the duplexes.
    """

    def __init__(
        self,
        duplexes: Sequence[Duplex],
        name: str,
        alphabet: Alphabet = DNA,
        names: Mapping[str, str] = _NAMELESS,
    ) -> None:
        self.name = name
        self.names = names
        self.count = len(duplexes)
        self._alphabet = alphabet
        self._duplexes = list(duplexes)
        self._texts = {duplex.text.encode() for duplex in duplexes}

    @classmethod
    def read(cls, path: Path, alphabet: Alphabet) -> ListedCandidates:
        """Read the sequences of a file; parameters and errors are those of `read_duplexes`."""
        names: dict[str, list[str]] = {}
        duplexes = []
        for record in read_sequences(path):
            duplexes.append(record.duplex(alphabet))
            if record.name:
                names.setdefault(duplexes[-1].text, []).append(record.name)
        joined = {text: "; ".join(dict.fromkeys(found)) for text, found in names.items()}
        return cls(duplexes, f"the sequences of {path}", alphabet, joined)

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
                rows_of_piece = sorted_rows[start:stop]
                some = [self._duplexes[row] for row in rows_of_piece.tolist()]
                codes = np.stack([duplex.codes_in(self._alphabet) for duplex in some])
                yield Piece(rows_of_piece, codes, bool(is_in_order[stop - 1]))
            begin = end

    def holds(self, codes: NDArray[np.int8]) -> NDArray[np.bool_]:
        """Look the duplexes up."""
        texts = duplex_texts(codes, self._alphabet)
        return np.array([text in self._texts for text in texts], dtype=np.bool_)


def checked_letters(letters: str, alphabet: Alphabet) -> str:
    """Return bases of an alphabet in the order of their codes.

    Raises
    ------
    InvalidDuplexError
        If there is none, or one is no base of the alphabet, or is there twice.
    """
    written = checked_text("letters", letters, "ACGT").upper()
    wrong = next((one for one in written if one not in alphabet.bases), None)
    twice = next((one for one in written if written.count(one) > 1), None)
    if wrong is None and twice is None and written:
        return "".join(sorted(written, key=alphabet.letters.index))
    problem = f"'{twice}' is there twice" if twice else "there is none"
    if wrong is not None:
        problem = f"'{wrong}' is none of the bases of this model"
    raise InvalidDuplexError(
        f"letters '{letters}': {problem}.",
        f"choose among {' '.join(alphabet.bases)}, each once; a parameter set may declare others "
        "(docs/parameter_sets.md).",
    )
