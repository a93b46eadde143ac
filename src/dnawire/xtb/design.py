"""Which duplexes to compute: all of a length, random ones, or few that cover all surroundings."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Final

import numpy as np

from dnawire.data.random import named_generator
from dnawire.errors import UsageError
from dnawire.junction import BASES, Duplex, reverse_complement

_CANDIDATES: Final = 200
_DRAWS: Final = 1000


def all_duplexes(length: int) -> list[Duplex]:
    """All Watson-Crick duplexes of a length, each in the writing that sorts first."""
    strands = map("".join, itertools.product(BASES, repeat=length))
    return [Duplex.parse(one) for one in strands if one <= reverse_complement(one)]


def random_duplexes(count: int, lengths: range, seed: int) -> list[Duplex]:
    """Random Watson-Crick duplexes, no molecule twice, in the order of their drawing.

    Raises
    ------
    UsageError
        If there are not that many of these lengths.
    """
    generator = named_generator(seed, "xtb", "random duplexes")
    found: dict[str, Duplex] = {}
    for _ in range(_DRAWS * count):
        if len(found) == count:
            break
        duplex = _draw(generator, lengths)
        found.setdefault(duplex.text, duplex)
    if len(found) < count:
        raise UsageError(
            f"{count} different duplexes of {_named(lengths)} base pairs were not found.",
            "ask for fewer, or for more lengths.",
        )
    return list(found.values())


def covering_duplexes(count: int, lengths: range, times: int, seed: int) -> list[Duplex]:
    """Duplexes in which every triple and every end step occurs at least some times.

    Of random candidates the one is taken that has most of what is rare so far, per base pair; so
    that the first ones of the list cover as well as so few can.

    Parameters
    ----------
    count
        Smallest number of duplexes.
    lengths
        Lengths in base pairs, drawn evenly.
    times
        How often each of the 32 triples and 16 end steps must occur at least.
    seed
        Seed of all draws.
    """
    generator = named_generator(seed, "xtb", "covering duplexes")
    seen: Counter[str] = Counter()
    found: dict[str, Duplex] = {}
    while len(found) < count or any(seen[one] < times for one in surroundings_of(lengths)):
        candidates = [_draw(generator, lengths) for _ in range(_CANDIDATES)]
        new = [one for one in candidates if one.text not in found]
        if not new:
            raise UsageError(
                f"there are no more than {len(found)} duplexes of {_named(lengths)} base pairs.",
                "ask for fewer, or for more lengths.",
            )
        best = max(new, key=lambda one: _gain(one, seen))
        found[best.text] = best
        seen.update(surroundings(best))
    return list(found.values())


def surroundings(duplex: Duplex) -> Iterator[str]:
    """Triples of a Watson-Crick duplex up to strand symmetry, and the steps that begin its strands.

    Examples are ``CAG`` (the same as CTG) and ``^CA``, which is CA at a 5' end.
    """
    strand = duplex.upper
    for start in range(len(strand) - 2):
        triple = strand[start : start + 3]
        yield min(triple, reverse_complement(triple))
    for end in (duplex.upper, duplex.lower):
        yield f"^{end[:2]}"


def surroundings_of(lengths: range) -> Iterator[str]:
    """All that `surroundings` can be in duplexes of these lengths."""
    for letters in itertools.product(BASES, repeat=3):
        triple = "".join(letters)
        if triple <= reverse_complement(triple) and max(lengths) > 2:
            yield triple
    yield from ("^" + "".join(letters) for letters in itertools.product(BASES, repeat=2))


def _gain(duplex: Duplex, seen: Counter[str]) -> float:
    return sum(1.0 / (1 + seen[one]) ** 2 for one in surroundings(duplex)) / duplex.length


def _draw(generator: np.random.Generator, lengths: range) -> Duplex:
    length = lengths[int(generator.integers(len(lengths)))]
    strand = "".join(BASES[code] for code in generator.integers(len(BASES), size=length))
    return Duplex.parse(strand).canonical()


def _named(lengths: range) -> str:
    return f"{min(lengths)} to {max(lengths)}"
