"""Families of sequences: a unit that is repeated, perhaps between fixed ends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from dnawire.errors import InvalidDuplexError, UsageError
from dnawire.junction import Duplex, reverse_complement
from dnawire.scalars import InvalidNumberError, Range, check_count, checked_text, read_integer

_GROUP: Final = re.compile(r"([^()]*)\(([^()]+)\)[nN]?([^()]*)")
_REMEDY: Final = (
    "write the unit that is repeated in parentheses, perhaps between fixed ends: '(GC)n', "
    "'A(T)nG'; without parentheses all of it is repeated."
)
_LENGTH: Final = Range(1, 10**5, "base pairs")


class _Strand(NamedTuple):
    """One strand of a family, 5' to 3'."""

    head: str
    unit: str
    tail: str

    @classmethod
    def of(cls, pattern: str, text: str) -> _Strand:
        if "(" not in text and ")" not in text:
            return cls("", text, "")
        group = _GROUP.fullmatch(text)
        if group is None:
            raise InvalidDuplexError(
                f"family '{pattern}': '{text}' has not one unit in parentheses.", _REMEDY
            )
        return cls(*group.groups())

    @property
    def partner(self) -> _Strand:
        """The Watson-Crick partner."""
        return _Strand(*(reverse_complement(part) for part in reversed(self)))

    def repeated(self, number: int) -> str:
        return self.head + number * self.unit + self.tail


class Family:
    """Duplexes with one unit repeated a number of times.

    Parameters
    ----------
    pattern
        The upper strand, 5' to 3', with its Watson-Crick partner: ``(GC)n`` or ``A(T)nG``, and
        ``GC`` for ``(GC)n``. Or both strands, both 5' to 3', as in ``(G)n/(_)n``, where ``_`` is a
        missing base.

    Raises
    ------
    InvalidDuplexError
        If it is no such pattern, or its strands differ in length.
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = checked_text("pattern", pattern, "(GC)n")
        strands = [_Strand.of(pattern, part.strip()) for part in pattern.split("/")]
        if len(strands) > 2:
            raise InvalidDuplexError(f"family '{pattern}' has {len(strands)} strands.", _REMEDY)
        # A letter that is no base is told before its partner is asked for.
        Duplex(strands[0].repeated(1))
        self._upper = strands[0]
        self._lower = strands[1] if len(strands) > 1 else strands[0].partner
        for number in (1, 2):
            self._duplex(number)

    @property
    def unit(self) -> int:
        """Base pairs of the unit."""
        return len(self._upper.unit)

    def units_in(self, length: int) -> int | None:
        """How many units a member of a length in base pairs has; None if there is none."""
        units, rest = divmod(length - len(self._upper.head + self._upper.tail), self.unit)
        return units if units > 0 and rest == 0 else None

    def member(self, length: int) -> Duplex:
        """The duplex of a length in base pairs.

        Raises
        ------
        UsageError
            If there is none.
        """
        units = self.units_in(length)
        if units is None:
            raise UsageError(
                f"no member of the family '{self.pattern}' has {length} base pairs",
                f"Choose among {self.units_text}.",
            )
        return self._duplex(units)

    @property
    def units_text(self) -> str:
        """The lengths that there are, in words."""
        first = len(self._upper.repeated(1))
        return f"{first}, {first + self.unit}, {first + 2 * self.unit}, ... base pairs"

    def _duplex(self, number: int) -> Duplex:
        return Duplex(self._upper.repeated(number), self._lower.repeated(number))


class GivenFamily:
    """Sequences of different lengths, which need no pattern in common.

    Parameters
    ----------
    duplexes
        In any order.
    pattern
        What they are, in words.
    names
        Those that have one, by their lengths.

    Raises
    ------
    UsageError
        If two have one length, of which a law of the length knows one value.
    """

    def __init__(self, duplexes: Sequence[Duplex], pattern: str, names: Mapping[int, str]) -> None:
        self.pattern = pattern
        self.names = names
        self._members: dict[int, Duplex] = {}
        for one in duplexes:
            if one.length in self._members:
                raise UsageError(
                    f"'{self._members[one.length].text}' and '{one.text}' both have {one.length} "
                    "base pairs: a series has one sequence of each length",
                    "Leave one of them out, or compare them with `dnawire predict`.",
                )
            self._members[one.length] = one

    @property
    def lengths(self) -> list[int]:
        """Base pairs, increasing."""
        return sorted(self._members)

    def member(self, length: int) -> Duplex:
        """The sequence of a length."""
        return self._members[length]


def family_lengths(family: Family, text: str) -> list[int]:
    """Lengths in base pairs that are asked for, increasing.

    Parameters
    ----------
    family
        Whose members are meant.
    text
        Numbers and ranges ``FIRST:LAST`` or ``FIRST:LAST:STEP``, both ends included, separated by
        commas. Of a range those lengths are taken that the family has; a number must be one.

    Raises
    ------
    UsageError
        If the text is malformed, or the family has no such member.
    """
    found: set[int] = set()
    for piece in text.split(","):
        asked = list(_asked(piece))
        if ":" not in piece:
            family.member(asked[0])
        members = [length for length in asked if family.units_in(length) is not None]
        if not members:
            raise UsageError(
                f"lengths {piece.strip()}: the family '{family.pattern}' has no such member",
                f"Choose among {family.units_text}.",
            )
        found.update(members)
    return sorted(found)


def _asked(piece: str) -> Iterator[int]:
    try:
        numbers = [read_integer(part) for part in piece.split(":")]
    except InvalidNumberError as error:
        raise _malformed(piece, str(error)) from error
    if len(numbers) > 3:
        raise _malformed(piece, "it has more than three numbers")
    for number in numbers:
        check_count("lengths", number, _LENGTH)
    first, last, step = (*numbers, *(numbers[0], numbers[0], 1)[len(numbers) :])
    yield from range(first, last + 1, step)


def _malformed(piece: str, problem: str) -> UsageError:
    return UsageError(
        f"lengths {piece.strip()!r}: {problem}",
        "Give numbers of base pairs and ranges, e.g. 2:20, 4:40:4 or 2,4,8.",
    )
