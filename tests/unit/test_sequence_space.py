"""Rules for sequences: counted, numbered, drawn and recognized as if all sequences were tried."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnawire.data import named_generator
from dnawire.errors import InvalidDuplexError, UsageError
from dnawire.inference import Mismatch, Rules, SequenceSpace
from dnawire.junction import BASES, IUPAC, reverse_complement

LENGTH = 6
ALL = ["".join(letters) for letters in itertools.product(BASES, repeat=LENGTH)]


def codes_of(texts: list[str]) -> np.ndarray:
    return np.array([[BASES.index(base) for base in text] for text in texts], dtype=np.int8)


def texts_of(codes: np.ndarray) -> list[str]:
    return ["".join(BASES[code] for code in row) for row in codes.tolist()]


def fits(letters: str, word: str) -> bool:
    return all(base in IUPAC[letter] for letter, base in zip(letters, word, strict=True))


def keeps(rules: Rules, text: str) -> bool:
    """The rules, one after the other, as a reader of the documentation would check them."""
    before, filler, after = rules.pattern.partition("*")
    letters = before + "N" * (len(text) - len(before) - len(after)) * bool(filler) + after
    parts = [text[a:b] for a in range(len(text)) for b in range(a + 1, len(text) + 1)]
    share = sum(base in "GC" for base in text) / len(text)
    return (
        fits(letters, text)
        and rules.gc_min <= share <= rules.gc_max
        and all(len(set(one)) > 1 or len(one) <= (rules.max_run or 99) for one in parts)
        and all(
            one != reverse_complement(one) or len(one) <= rules.max_palindrome
            for one in parts
            if rules.max_palindrome is not None
        )
        and not any(
            len(motif) == len(one) and (fits(motif, one) or fits(motif, reverse_complement(one)))
            for one in parts
            for motif in rules.forbidden
        )
    )


RULES = st.builds(
    Rules,
    pattern=st.sampled_from(["*", "G*", "*gy", "C*W", "NNRNNN", "ACG*T"]),
    gc_min=st.sampled_from([0.0, 1 / 3, 0.5]),
    gc_max=st.sampled_from([1.0, 2 / 3, 0.5]),
    max_run=st.sampled_from([None, 1, 2, 3]),
    max_palindrome=st.sampled_from([None, 0, 1, 2, 3, 4]),
    forbidden=st.lists(st.sampled_from(["TC", "GAT", "RCN", "GAATTC"]), max_size=2).map(tuple),
)


@settings(max_examples=20)
@given(RULES)
def test_a_space_is_what_trying_all_sequences_gives(rules: Rules) -> None:
    is_kept = [keeps(rules, text) for text in ALL]
    expected = list(itertools.compress(ALL, is_kept))
    space = SequenceSpace(LENGTH, rules)
    assert space.size == len(expected)
    assert texts_of(space.numbered(np.arange(len(expected)))) == expected
    assert space.holds(codes_of(ALL)).tolist() == is_kept


@pytest.mark.parametrize(
    "rules", [Rules(), Rules("A*N", gc_max=0.5, max_run=2, forbidden=("GAT",))], ids=["all", "some"]
)
def test_what_follows_in_the_alphabet_is_what_has_the_numbers(rules: Rules) -> None:
    space = SequenceSpace(LENGTH, rules)
    size = int(space.size)
    for first, last in ((0, size), (0, 1), (size - 1, size), (size // 3, size // 2), (7, 7)):
        found = space.between(first, last)
        assert np.array_equal(found, space.numbered(np.arange(first, last)))
    texts = texts_of(space.between(0, size))
    for begin in ("", "A", "AC", "ACGTA", "G", "AAA", texts[-1]):
        first, last = space.beginning_with(codes_of([begin])[0])
        assert texts[first:last] == [one for one in texts if one.startswith(begin)]


def test_draws_have_equal_probability() -> None:
    """Chi-squared per degree of freedom is 1 within five of its standard deviations."""
    space = SequenceSpace(LENGTH, Rules("G*", 0.3, 0.6, 2, 3, ("TTC",)))
    number, size = 40_000, int(space.size)
    drawn = space.draw(named_generator(1, "test"), number)
    assert space.holds(drawn).all()
    counts = np.unique(drawn, axis=0, return_counts=True)[1]
    expected = number / size
    chi = ((counts - expected) ** 2).sum() / expected + (size - len(counts)) * expected
    assert abs(chi / (size - 1) - 1.0) < 5.0 * np.sqrt(2.0 / size)


@pytest.mark.parametrize(
    ("length", "size"), [(1, 4.0), (26, 4.0**26), (500, 4.0**500)], ids=["1", "26", "500"]
)
def test_sizes_of_all_lengths(length: int, size: float) -> None:
    assert SequenceSpace(length, Rules()).size == size


def test_rules_that_contradict_each_other_leave_nothing() -> None:
    assert SequenceSpace(4, Rules("GGCC", gc_max=0.5)).size == 0.0


def test_a_mismatch_leaves_bases_that_do_not_pair() -> None:
    choices = Mismatch.parse("-1:nt").narrow(Rules().choices(3))
    assert choices.tolist() == [[True] * 4, [True] * 4, [False, True, True, True]]
    assert Mismatch.parse("0:GT").text == "0:GT"


@pytest.mark.parametrize("text", ["3:AT", "3:GX", "x:GT", "3GT", "3:G", "3:", "3:GN", ""])
def test_what_is_no_mismatch_is_refused(text: str) -> None:
    with pytest.raises(InvalidDuplexError, match="is none"):
        Mismatch.parse(text)


@pytest.mark.parametrize("position", [4, -5])
def test_a_mismatch_outside_is_refused(position: int) -> None:
    with pytest.raises(UsageError, match="lies outside of 4 base pairs"):
        Mismatch(position, "G", "T").narrow(Rules().choices(4))


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ({"pattern": "AXC"}, "pattern 'AXC': letter 'X'"),
        ({"pattern": ""}, "pattern '': it is empty"),
        ({"pattern": "A**C"}, r"letter '\*'"),
        ({"forbidden": ("GA", "")}, "forbidden motif '': it is empty"),
        ({"forbidden": ("G*",)}, r"letter '\*'"),
        ({"forbidden": ("N" * 8,)}, "stand for 65,536"),
    ],
)
def test_impossible_rules_are_refused(rules: dict[str, object], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        Rules(**rules)  # type: ignore[arg-type]


@pytest.mark.parametrize(("pattern", "length"), [("ACGT", 5), ("AC*GT", 3)])
def test_a_pattern_that_does_not_fit_is_refused(pattern: str, length: int) -> None:
    with pytest.raises(UsageError, match=f"does not fit {length} base pairs"):
        SequenceSpace(length, Rules(pattern))


def test_rules_of_too_many_states_are_refused() -> None:
    with pytest.raises(UsageError, match="need a table of"):
        SequenceSpace(500, Rules(gc_min=0.4, max_palindrome=8))
