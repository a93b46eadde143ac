"""All upper strands of one length that keep some rules: how many, which one is the n-th, a draw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from math import ceil, floor, prod
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Int, Int8
from numpy.typing import NDArray

from dnawire.errors import InvalidDuplexError, UsageError
from dnawire.junction import BASES, IUPAC, reverse_complement
from dnawire.scalars import checked_row, checked_text

LARGEST_COUNTED: Final = 2**53
"""Sizes below it are exact, those above it are rounded."""

_FILLER: Final = "*"
_MOST_MOTIFS: Final = 2**14
_LARGEST_TABLE: Final = 2**26
_GC: Final = np.array([base in "CG" for base in BASES], dtype=np.int64)
_ROUNDING: Final = 1e-9

_Choice = Callable[[int, NDArray[np.float64]], NDArray[np.int64]]
"""Position and ways to go on with each base, (B, 4), to chosen base codes, (B,)."""


@dataclass(frozen=True)
class Rules:
    """What every sequence must keep.

    Parameters
    ----------
    pattern
        IUPAC letters, 5' to 3'; one ``*`` in it stands for as many bases as the length needs.
    gc_min, gc_max
        Least and greatest share of G and C.
    max_run
        Most equal bases in a row; None allows any.
    max_palindrome
        Most bases of a motif that is its own reverse complement; None allows any.
    forbidden
        Motifs of IUPAC letters that neither strand may hold.

    Raises
    ------
    InvalidDuplexError
        If the pattern or a motif is empty, or holds a letter that stands for no bases.
    UsageError
        If the motifs are too many.
    """

    pattern: str = _FILLER
    gc_min: float = 0.0
    gc_max: float = 1.0
    max_run: int | None = None
    max_palindrome: int | None = None
    forbidden: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        pattern = checked_text("pattern", self.pattern, "ACGTNNNN")
        _check_letters("pattern", pattern, pattern.replace(_FILLER, "", 1))
        for motif in checked_row("forbidden", self.forbidden):
            checked_text("forbidden", motif, "GGGG")
            _check_letters("forbidden motif", motif, motif)
        object.__setattr__(self, "pattern", self.pattern.upper())
        object.__setattr__(self, "forbidden", tuple(one.upper() for one in self.forbidden))
        number = sum(prod(len(IUPAC[letter]) for letter in one) for one in self.forbidden)
        if number > _MOST_MOTIFS:
            raise UsageError(
                f"the forbidden motifs {' '.join(self.forbidden)} stand for {number:,} of the "
                f"letters {BASES}; at most {_MOST_MOTIFS:,} can be forbidden",
                "Forbid shorter ones, or fix more of their letters.",
            )

    @property
    def fixed_length(self) -> int | None:
        """Number of base pairs of the pattern; None if it fits several."""
        return None if _FILLER in self.pattern else len(self.pattern)

    @property
    def sentences(self) -> list[str]:
        """The rules in words; what allows everything is left out."""
        share = f"{self.gc_min:.0%} to {self.gc_max:.0%} of G and C"
        return [
            words
            for words, is_rule in (
                (f"pattern {self.pattern}", self.pattern != _FILLER),
                (share, (self.gc_min, self.gc_max) != (0.0, 1.0)),
                (f"runs of at most {self.max_run}", self.max_run is not None),
                (f"palindromes of at most {self.max_palindrome}", self.max_palindrome is not None),
                (f"without {' '.join(self.forbidden)}", self.forbidden),
            )
            if is_rule
        ]

    def choices(self, length: int) -> Bool[NDArray[np.bool_], "L 4"]:
        """Which bases each position may have.

        Raises
        ------
        UsageError
            If the pattern does not fit the length.
        """
        before, filler, after = self.pattern.partition(_FILLER)
        missing = length - len(before) - len(after)
        if missing < 0 or (missing and not filler):
            raise UsageError(
                f"pattern '{self.pattern}' does not fit {length} base pairs",
                f"Drop --length, or write {_FILLER} where bases are to be filled in.",
            )
        letters = before + "N" * missing + after
        return np.array([[base in IUPAC[letter] for base in BASES] for letter in letters])

    def motifs(self) -> set[str]:
        """All that an upper strand may not hold, in the letters A, C, G and T."""
        found = {motif for one in self.forbidden for motif in _expanded(one)}
        found |= {reverse_complement(motif) for motif in found}
        if self.max_run is not None:
            found |= {base * (self.max_run + 1) for base in BASES}
        if self.max_palindrome is not None:
            # A longer one has one of this length in its middle.
            found |= set(_palindromes(self.max_palindrome // 2 + 1))
        return found

    def gc_counts(self, length: int) -> tuple[int, int]:
        """Least and greatest number of G and C."""
        return ceil(self.gc_min * length - _ROUNDING), floor(self.gc_max * length + _ROUNDING)


class SequenceSpace:
    """All upper strands of one length that keep the rules, in alphabetical order.

    Forbidden motifs make an automaton (doi:10.1145/360825.360855) that reads a sequence from its
    5' end. A table of how many ways there are to end a sequence from each of its states gives the
    size, any sequence by its number, and draws of equal probability, without trying.

    Parameters
    ----------
    length
        Number of base pairs.
    rules
        What every sequence must keep.
    choices
        Which bases each position may have, (L, 4); None asks the pattern alone.

    Raises
    ------
    UsageError
        If the pattern does not fit the length, or rules and length need too large a table.
    """

    def __init__(
        self, length: int, rules: Rules, choices: Bool[NDArray[np.bool_], "L 4"] | None = None
    ) -> None:
        self.length = length
        self.choices = rules.choices(length) if choices is None else choices
        self._next = _automaton(rules.motifs())
        low, high = rules.gc_counts(length)
        is_free = low <= 0 and high >= length
        self._gc = _GC * (not is_free)
        counts = np.arange(1 if is_free else length + 1)
        entries = (length + 1) * len(self._next) * len(counts)
        if entries > _LARGEST_TABLE:
            raise UsageError(
                f"the rules for {length} base pairs need a table of {entries:,} numbers; at most "
                f"{_LARGEST_TABLE:,} are allowed",
                "Design shorter sequences, forbid fewer motifs, or leave the GC content free.",
            )
        ends = is_free | ((counts >= low) & (counts <= high))
        self._ways = self._table(np.broadcast_to(ends, (len(self._next), len(counts))))

    @property
    def size(self) -> float:
        """Number of sequences; exact below `LARGEST_COUNTED`."""
        return float(self._ways[0, 0, 0])

    def numbered(self, numbers: Int[NDArray[np.int64], " B"]) -> Int8[NDArray[np.int8], "B L"]:
        """Base codes of sequences by their numbers from 0, which must be below the size."""
        rest = numbers.astype(np.float64)

        def chosen(position: int, ways: Float[NDArray[np.float64], "B 4"]) -> NDArray[np.int64]:
            del position
            sums = np.cumsum(ways, axis=1)
            letters: NDArray[np.int64] = (sums <= rest[:, None]).sum(axis=1)
            rest[:] -= (sums - ways)[np.arange(len(rest)), letters]
            return letters

        return self._walked(len(numbers), chosen)

    def between(self, first: int, last: int) -> Int8[NDArray[np.int8], "B L"]:
        """Base codes of the sequences of the numbers from ``first`` to below ``last``, in order.

        Faster than `numbered`: common beginnings are written once.
        """
        states, counts = self._start(1)
        before = np.zeros(1)
        levels = []
        for position in range(self.length):
            ways = self._ways_on(position, states, counts)
            ends = before[:, None] + np.cumsum(ways, axis=1)
            kept = (ways > 0.0) & (ends - ways < last) & (ends > first)
            parents, letters = np.nonzero(kept)
            levels.append((parents, letters.astype(np.int8)))
            before = (ends - ways)[parents, letters]
            states, counts = self._step(states[parents], counts[parents], letters)
        upper = np.empty((len(states), self.length), dtype=np.int8)
        rows = np.arange(len(states))
        for position in range(self.length - 1, -1, -1):
            above, written = levels[position]
            upper[:, position], rows = written[rows], above[rows]
        return upper

    def beginning_with(self, upper: Int8[NDArray[np.int8], " K"]) -> tuple[int, int]:
        """Numbers of the first sequence that begins so, and of the first one after these."""
        states, counts = self._start(1)
        first = 0.0
        ways = np.array([self.size])
        for position, letter in enumerate(upper.tolist()):
            ways = self._ways_on(position, states, counts)[0]
            first += ways[:letter].sum()
            states, counts = self._step(states, counts, np.array([letter]))
            ways = ways[letter : letter + 1]
        return int(first), int(first + ways[0])

    def draw(self, generator: np.random.Generator, number: int) -> Int8[NDArray[np.int8], "B L"]:
        """Base codes of sequences of equal probability; some may be the same."""
        uniform = generator.random((number, self.length))

        def chosen(position: int, ways: Float[NDArray[np.float64], "B 4"]) -> NDArray[np.int64]:
            sums = np.cumsum(ways, axis=1)
            # What a product with a number just below 1 rounds up to is no part of any base.
            limit = np.nextafter(sums[:, -1], 0.0)
            limit = np.minimum(uniform[:, position] * sums[:, -1], limit)
            letters: NDArray[np.int64] = (sums > limit[:, None]).argmax(axis=1)
            return letters

        return self._walked(number, chosen)

    def holds(self, upper: Int8[NDArray[np.int8], "B L"]) -> Bool[NDArray[np.bool_], " B"]:
        """Tell which of some sequences keep all rules."""
        states, counts = self._start(len(upper))
        kept = self.choices[np.arange(self.length), upper].all(axis=1)
        for position in range(self.length):
            letters = upper[:, position]
            states, counts = self._step(states, counts, letters)
            kept &= states >= 0
            states = np.maximum(states, 0)
        found: NDArray[np.bool_] = kept & (self._ways[self.length, states, counts] > 0.0)
        return found

    def _table(self, ends: Bool[NDArray[np.bool_], "S G"]) -> Float[NDArray[np.float64], "P S G"]:
        """Ways to end a sequence, by what is written, the state and the number of G and C."""
        ways = np.zeros((self.length + 1, *ends.shape))
        ways[-1] = ends
        for position in range(self.length - 1, -1, -1):
            for letter in np.flatnonzero(self.choices[position]):
                lives = self._next[:, letter] >= 0
                after = ways[position + 1][self._next[lives, letter]]
                shift = self._gc[letter]
                ways[position, lives, : ends.shape[1] - shift] += after[:, shift:]
        return ways

    def _walked(self, number: int, chosen: _Choice) -> Int8[NDArray[np.int8], "B L"]:
        """Write sequences from their 5' ends; each base is chosen by the ways to go on."""
        upper = np.empty((number, self.length), dtype=np.int8)
        states, counts = self._start(number)
        for position in range(self.length):
            ways = self._ways_on(position, states, counts)
            upper[:, position] = letters = chosen(position, ways)
            states, counts = self._step(states, counts, letters)
        return upper

    def _ways_on(
        self, position: int, states: NDArray[np.int64], counts: NDArray[np.int64]
    ) -> Float[NDArray[np.float64], "B 4"]:
        """Ways to go on with each base."""
        after = self._next[states]
        going = np.minimum(counts[:, None] + self._gc, self._ways.shape[2] - 1)
        ways = self._ways[position + 1, after, going]
        return np.where((after >= 0) & self.choices[position], ways, 0.0)

    def _start(self, number: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return np.zeros(number, dtype=np.int64), np.zeros(number, dtype=np.int64)

    def _step(
        self, states: NDArray[np.int64], counts: NDArray[np.int64], letters: NDArray[np.integer]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return self._next[states, letters], counts + self._gc[letters]


def _automaton(motifs: Iterable[str]) -> Int[NDArray[np.int64], "S 4"]:
    """Next state by state and base code; -1 where a motif is complete. It begins in state 0."""
    found = set(motifs)
    prefixes = sorted({one[:end] for one in found for end in range(len(one))} | {""})
    numbers = {prefix: number for number, prefix in enumerate(prefixes)}
    return np.array(
        [[_state(prefix + base, numbers, found) for base in BASES] for prefix in prefixes]
    )


def _state(read: str, numbers: dict[str, int], motifs: set[str]) -> int:
    """Number of the longest end of what is read that begins a motif; -1 if an end is a motif."""
    ends = [read[start:] for start in range(len(read) + 1)]
    if any(end in motifs for end in ends):
        return -1
    return next(numbers[end] for end in ends if end in numbers)


def _palindromes(half: int) -> Iterator[str]:
    for letters in product(BASES, repeat=half):
        word = "".join(letters)
        yield word + reverse_complement(word)


def _expanded(motif: str) -> Iterator[str]:
    return ("".join(letters) for letters in product(*(IUPAC[letter] for letter in motif)))


def _check_letters(what: str, text: str, letters: str) -> None:
    unknown = [letter for letter in letters if letter.upper() not in IUPAC]
    if unknown or not text:
        problem = f"letter '{unknown[0]}' stands for no bases" if unknown else "it is empty"
        raise InvalidDuplexError(
            f"{what} '{text}': {problem}.", f"use the letters {' '.join(IUPAC)}."
        )
