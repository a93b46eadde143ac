"""Letters of bases: the four of DNA, and what a parameter set declares beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

from dnawire.errors import UsageError

BASES: Final = "ACGT"
"""Base letters; the index of a letter is its code."""

MISSING: Final = "_"
"""Letter of a missing base."""

LETTERS: Final = BASES + MISSING
"""All letters of DNA; the index of a letter is its code, in arrays and tensors alike."""

NUM_BASES: Final = len(BASES)

MISSING_CODE: Final = NUM_BASES
"""Code of a missing base: one more than that of the last base."""

IUPAC: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{base: base for base in BASES},
        "R": "AG",
        "Y": "CT",
        "S": "CG",
        "W": "AT",
        "K": "GT",
        "M": "AC",
        "B": "CGT",
        "D": "AGT",
        "H": "ACT",
        "V": "ACG",
        "N": "ACGT",
    }
)
"""Bases that a letter stands for (IUPAC-IUB, doi:10.1093/nar/13.9.3021)."""

_PARTNERS: Final = dict(zip(LETTERS, "TGCA" + MISSING, strict=True))


@dataclass(frozen=True)
class Letter:
    """A base beside the four of DNA.

    Parameters
    ----------
    letter
        One capital letter.
    name
        Name of the base, for example ``5-methylcytosine``.
    partner
        Letter of the base that the partner strand has where nothing else is said.
    """

    letter: str
    name: str
    partner: str


@dataclass(frozen=True)
class Alphabet:
    """The letters that a duplex can be written in.

    Parameters
    ----------
    extra
        Bases beside the four of DNA, in the order of their codes, which follow that of a missing
        base.

    Raises
    ------
    UsageError
        If a letter is taken, or stands for several bases, or its partner is no letter of these.
    """

    extra: tuple[Letter, ...] = ()

    def __post_init__(self) -> None:
        for one in self.extra:
            problem = self._problem(one)
            if problem:
                raise UsageError(
                    f"letter '{one.letter}': {problem}.",
                    "declare one capital letter that no base has and that stands for no set of "
                    f"bases ({' '.join(IUPAC)}), with a name and the letter of its partner.",
                )

    @cached_property
    def letters(self) -> str:
        """All letters; the index of a letter is its code."""
        return LETTERS + "".join(one.letter for one in self.extra)

    @property
    def bases(self) -> str:
        """All letters but that of a missing base."""
        return self.letters.replace(MISSING, "")

    @cached_property
    def codes(self) -> Mapping[str, int]:
        """Code of every letter."""
        return {letter: code for code, letter in enumerate(self.letters)}

    @cached_property
    def partners(self) -> Mapping[int, str]:
        """Watson-Crick partner of every letter, for `str.translate`."""
        extra = {one.letter: one.partner for one in self.extra}
        return str.maketrans({**_PARTNERS, **extra})

    @cached_property
    def partner_codes(self) -> tuple[int, ...]:
        """Code of the Watson-Crick partner of every letter, in the order of the codes."""
        return tuple(self.codes[self.partners[ord(letter)]] for letter in self.letters)

    def extra_letter(self, letter: str) -> Letter | None:
        """What a letter beside the four of DNA stands for; None if it is not among these."""
        return next((one for one in self.extra if one.letter == letter), None)

    def _problem(self, one: Letter) -> str:
        is_letter = len(one.letter) == 1 and one.letter.isascii() and one.letter.isupper()
        if not is_letter:
            return "it is not one capital letter"
        if one.letter in IUPAC:
            return f"it stands for {' or '.join(IUPAC[one.letter])} already"
        if [other.letter for other in self.extra].count(one.letter) > 1:
            return "it is declared twice"
        if one.partner not in self.bases:
            return f"its partner '{one.partner}' is no base of {self.bases}"
        return "" if one.name.strip() else "it has no name"


DNA: Final = Alphabet()
"""The four bases of DNA alone."""

METHYLCYTOSINE: Final = Letter("F", "5-methylcytosine", "G")
"""As parameter sets declare it, for example ``simserides2024``."""

WITH_METHYLCYTOSINE: Final = Alphabet((METHYLCYTOSINE,))
"""The bases of which all atoms are known."""
