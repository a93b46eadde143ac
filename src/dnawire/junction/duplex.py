"""The DNA duplex: two strands of letters, and the order of their sites."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from dnawire.errors import InvalidDuplexError
from dnawire.junction.alphabet import BASES, DNA, IUPAC, LETTERS, METHYLCYTOSINE, MISSING, Alphabet

Strand = Literal["upper", "lower"]
"""``upper`` is the primary strand, ``lower`` the complementary one."""

STRANDS: Final[tuple[Strand, Strand]] = ("upper", "lower")
"""Strands in the order of the last axis of the ladder layout."""

_PRIMES: Final = r"['\u2019\u2032\u00b4`]"
_DASHES: Final = r"[-\u2010-\u2015]?"
_ENDS: Final = re.compile(
    rf"(?P<first>[53]){_PRIMES}\s*{_DASHES}\s*(?P<letters>.*?)\s*{_DASHES}\s*(?P<last>[53]){_PRIMES}"
)
_HINTS: Final = {
    "U": " (U is a base of RNA; if DNA is meant, write T)",
    **dict.fromkeys("-.", " (a missing base is written _)"),
    METHYLCYTOSINE.letter: " (F is 5-methylcytosine in `dnawire structure` and where a parameter "
    "set declares it; records and trained models have none)",
    **{
        letter: f" ({letter} stands for {' or '.join(bases)}: `dnawire predict` and "
        "--pattern of `dnawire screen` and `dnawire design` take it for a set of sequences)"
        for letter, bases in IUPAC.items()
        if letter not in BASES
    },
}


@dataclass(frozen=True)
class Site:
    """One present base of a duplex.

    Parameters
    ----------
    pair
        Index of the base pair along the helix, 0 at the 5' end of the upper strand.
    strand
        The strand of the base.
    position
        Position on its own strand, counted from the 5' end of that strand.
    base
        Its letter.
    """

    pair: int
    strand: Strand
    position: int
    base: str

    @property
    def label(self) -> str:
        """Base and place, as a contact names it: ``A upper:0`` begins the upper strand."""
        return f"{self.base} {self.strand}:{self.position}"


@dataclass(frozen=True, init=False)
class Duplex:
    """A DNA double strand, possibly with mismatches and missing bases.

    Both strings are written 5'->3' on their own strand, so that ``upper[i]`` pairs with
    ``lower[L - 1 - i]``. Lower case is accepted; ``_`` is a missing base.

    Parameters
    ----------
    upper
        Letters of the upper (primary) strand.
    lower
        Letters of the lower (complementary) strand; None reads both from ``upper``, see `parse`.
    alphabet
        Letters that may occur.

    Raises
    ------
    InvalidDuplexError
        If a letter is unknown, the strands differ in length or no base is present.
    """

    upper: str
    lower: str
    alphabet: Alphabet = field(compare=False, repr=False)

    def __init__(self, upper: str, lower: str | None = None, *, alphabet: Alphabet = DNA) -> None:
        _check_texts(upper, lower, alphabet)
        strands = _strands(upper, alphabet) if lower is None else (upper, lower)
        for strand, letters in zip(STRANDS, strands, strict=True):
            _check_letters(letters, strand, alphabet)
            object.__setattr__(self, strand, letters.upper())
        object.__setattr__(self, "alphabet", alphabet)
        _check_lengths(*strands)
        if not (self.upper + self.lower).strip(MISSING):
            raise InvalidDuplexError(
                f"duplex '{self.upper}/{self.lower}' holds no base.",
                f"give at least one of {', '.join(alphabet.bases)}.",
            )

    @classmethod
    def parse(cls, text: str, alphabet: Alphabet = DNA) -> Duplex:
        """Read a duplex from text.

        Parameters
        ----------
        text
            ``"ACGT"`` for the Watson-Crick duplex of that upper strand, or
            ``"ACGT/ACG_"`` with the lower strand written 5'->3'. The ends of a strand may be
            named: ``"5'-ACGT-3'"``.
        alphabet
            Letters that may occur, for example those of a `ParameterSet`.

        Returns
        -------
        Duplex
            The duplex; its ``text`` reads back to the same duplex.

        Raises
        ------
        InvalidDuplexError
            If the text is not one or two strands.
        """
        return cls(text, alphabet=alphabet)

    @classmethod
    def from_codes(cls, codes: NDArray[np.int8]) -> Duplex:
        """Read a duplex from the codes of its bases in ladder layout, (L, 2); undone by `codes`."""
        letters = np.array(list(LETTERS))[codes]
        return cls("".join(letters[:, 0]), "".join(letters[::-1, 1]))

    @property
    def length(self) -> int:
        """Number of base pairs L."""
        return len(self.upper)

    @property
    def text(self) -> str:
        """Shortest text that reads back to this duplex."""
        if self.lower == reverse_complement(self.upper, self.alphabet):
            return self.upper
        return f"{self.upper}/{self.lower}"

    @property
    def codes(self) -> NDArray[np.int8]:
        """Base codes in ladder layout (L, 2): A=0, C=1, G=2, T=3, missing=4.

        Raises
        ------
        InvalidDuplexError
            If the duplex has a base that is none of these four.
        """
        return self.codes_in(DNA)

    def codes_in(self, alphabet: Alphabet) -> NDArray[np.int8]:
        """Base codes in ladder layout (L, 2), by the letters of a model.

        Raises
        ------
        InvalidDuplexError
            If the duplex has a base that is none of them.
        """
        for letter in sorted(set(self.upper + self.lower).difference(LETTERS)):
            base = self.alphabet.extra_letter(letter)
            if base is not None and alphabet.extra_letter(letter) != base:
                raise InvalidDuplexError(
                    f"duplex '{self.text}': {letter} ({base.name}) is none of the bases "
                    f"{', '.join(alphabet.bases)}.",
                    f"use a parameter set that declares {letter}, or write another base.",
                )
        codes = alphabet.codes
        pairs = zip(self.upper, reversed(self.lower), strict=True)
        return np.array([[codes[up], codes[low]] for up, low in pairs], dtype=np.int8)

    @property
    def mask(self) -> NDArray[np.bool_]:
        """True where a base is present, in ladder layout (L, 2)."""
        pairs = zip(self.upper, reversed(self.lower), strict=True)
        return np.array([[up != MISSING, low != MISSING] for up, low in pairs])

    @property
    def num_sites(self) -> int:
        """Number of bases that are present."""
        return 2 * self.length - (self.upper + self.lower).count(MISSING)

    @property
    def sites(self) -> tuple[Site, ...]:
        """Sites in site order: pair by pair along the helix, upper before lower, no blanks."""
        last = self.length - 1
        ladder = (
            (Site(n, "upper", n, self.upper[n]), Site(n, "lower", last - n, self.lower[last - n]))
            for n in range(self.length)
        )
        return tuple(site for pair in ladder for site in pair if site.base != MISSING)

    def flipped(self) -> Duplex:
        """Write the same molecule from its other strand."""
        return Duplex(self.lower, self.upper, alphabet=self.alphabet)

    def canonical(self) -> Duplex:
        """Choose the writing of this molecule whose text sorts first."""
        return min(self, self.flipped(), key=lambda duplex: duplex.text)

    @property
    def key(self) -> str:
        """Text of the canonical writing: equal for both writings of one molecule."""
        return self.canonical().text

    def __str__(self) -> str:
        return self.text


def check_written(text: str, alphabet: Alphabet = DNA) -> None:
    """Refuse a text that is no duplex whatever its IUPAC letters stand for, as it is written.

    Parameters
    ----------
    text
        As `Duplex.parse` reads it, but with letters that stand for several bases.
    alphabet
        Letters that may occur beside them.

    Raises
    ------
    InvalidDuplexError
        If a letter is unknown, or the strands differ in length.
    """
    _check_texts(text, None, alphabet)
    strands = _strands(text, alphabet, IUPAC)
    for strand, letters in zip(STRANDS, strands, strict=True):
        _check_letters(letters, strand, alphabet, IUPAC)
    _check_lengths(*strands)


def reverse_complement(strand: str, alphabet: Alphabet = DNA) -> str:
    """Watson-Crick partner of a strand, both written 5'->3'.

    Parameters
    ----------
    strand
        Letters of the alphabet, in either case.
    alphabet
        Tells the partner of each letter.

    Returns
    -------
    str
        The partner in upper case; a blank stays blank.
    """
    return strand.upper().translate(alphabet.partners)[::-1]


def pair_index(strand: Strand, position: int, length: int) -> int:
    """Find the base pair of a position that is counted from the 5' end of its own strand.

    Parameters
    ----------
    strand
        The strand of the position.
    position
        Position from 0 at the 5' end of that strand.
    length
        Number of base pairs.

    Returns
    -------
    int
        Index along the helix, 0 at the 5' end of the upper strand.
    """
    return position if strand == "upper" else length - 1 - position


def _check_texts(upper: object, lower: object, alphabet: object) -> None:
    """Refuse what is none of these, whoever gives it."""
    for strand, letters in zip(STRANDS, (upper, upper if lower is None else lower), strict=True):
        if not isinstance(letters, str):
            raise InvalidDuplexError(
                f"{letters!r} is no text of the {strand} strand of a duplex",
                "Give a text like 'ACGT' or 'ACGT/AC_T'.",
            )
    if not isinstance(alphabet, Alphabet):
        raise InvalidDuplexError(
            f"alphabet = {alphabet!r} is none", "Give the alphabet of a parameter set, or none."
        )


def _strands(
    text: str, alphabet: Alphabet, others: Container[str] = frozenset()
) -> tuple[str, str]:
    """Letters of both strands of a text, of which one may be left to Watson and Crick."""
    strands = [_without_ends(part.strip()) for part in text.split("/")]
    if len(strands) > len(STRANDS):
        raise InvalidDuplexError(
            f"duplex '{text}' has {len(strands)} strands.",
            "write one strand, or two separated by a single '/', for example 'ACGT/ACG_'.",
        )
    upper = strands[0]
    _check_letters(upper, "upper", alphabet, others)
    return upper, strands[1] if len(strands) > 1 else reverse_complement(upper, alphabet)


def _check_letters(
    letters: str, strand: Strand, alphabet: Alphabet, others: Container[str] = frozenset()
) -> None:
    if not letters:
        raise InvalidDuplexError(f"the {strand} strand is empty.", _letter_remedy(alphabet))
    for position, letter in enumerate(letters):
        if letter.upper() not in alphabet.codes and letter.upper() not in others:
            name = "" if letter.isascii() else f", {unicodedata.name(letter, 'without a name')},"
            shown = letter if letter.isprintable() else ascii(letter).strip("'")
            raise InvalidDuplexError(
                f"{strand} strand {letters!r}: letter '{shown}'{name} at {strand}:{position} is "
                f"not a base{_HINTS.get(letter.upper(), '')}.",
                _letter_remedy(alphabet),
            )


def _check_lengths(upper: str, lower: str) -> None:
    if len(upper) != len(lower):
        raise InvalidDuplexError(
            f"strands of unequal length: upper '{upper}' has {len(upper)} letters, "
            f"lower '{lower}' has {len(lower)}.",
            "write the lower strand 5'->3' with one letter per base pair and _ for every "
            "missing base, for example 'ACGT/ACG_'.",
        )


def _letter_remedy(alphabet: Alphabet) -> str:
    *others, last = list(alphabet.bases)
    rna = "" if "U" in alphabet.letters else " (write T for U)"
    return f"use {', '.join(others)} and {last}, and _ for a missing base{rna}."


def _without_ends(strand: str) -> str:
    """Letters of a strand whose ends may be named."""
    named = _ENDS.fullmatch(strand)
    if named is None:
        return strand
    if (named["first"], named["last"]) != ("5", "3"):
        raise InvalidDuplexError(
            f"strand {strand!r} runs from {named['first']}' to {named['last']}'.",
            "write every strand from its 5' end to its 3' end.",
        )
    return named["letters"]
