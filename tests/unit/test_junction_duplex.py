"""Duplexes: parsing, writing from the other strand, site order, messages."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnawire.errors import InvalidDuplexError
from dnawire.junction import MISSING, Duplex, reverse_complement


@st.composite
def duplexes(draw: st.DrawFn, max_length: int = 8) -> Duplex:
    length = draw(st.integers(1, max_length))
    strand = st.text(st.sampled_from("ACGT_"), min_size=length, max_size=length)
    pair = st.tuples(strand, strand).filter(lambda two: set(two[0] + two[1]) != {MISSING})
    return Duplex(*draw(pair))


@given(duplexes())
def test_flipping_twice_gives_the_duplex_back(duplex: Duplex) -> None:
    assert duplex.flipped().flipped() == duplex


@given(duplexes())
def test_both_writings_share_one_key_that_reads_back_to_the_molecule(duplex: Duplex) -> None:
    assert duplex.key == duplex.flipped().key
    assert Duplex.parse(duplex.key) in (duplex, duplex.flipped())


@given(duplexes())
def test_text_reads_back(duplex: Duplex) -> None:
    assert Duplex.parse(duplex.text) == duplex
    assert Duplex.parse(duplex.text.lower()) == duplex


@given(duplexes())
def test_codes_of_the_other_writing_are_reversed_on_both_axes(duplex: Duplex) -> None:
    np.testing.assert_array_equal(duplex.flipped().codes, duplex.codes[::-1, ::-1])


@given(duplexes())
def test_sites_are_the_flattened_ladder_without_blanks(duplex: Duplex) -> None:
    assert len(duplex.sites) == duplex.num_sites == duplex.mask.sum()
    pairs, strands = np.nonzero(duplex.mask)
    assert [site.pair for site in duplex.sites] == pairs.tolist()
    assert [site.strand == "lower" for site in duplex.sites] == strands.astype(bool).tolist()
    letters = {"upper": duplex.upper, "lower": duplex.lower}
    assert all(letters[site.strand][site.position] == site.base for site in duplex.sites)


def test_ladder_layout_of_a_duplex_with_a_missing_base() -> None:
    duplex = Duplex.parse("aCGT/ACG_")
    np.testing.assert_array_equal(duplex.codes, [[0, 4], [1, 2], [2, 1], [3, 0]])
    assert duplex.codes.dtype == np.int8
    assert [site.label for site in duplex.sites] == [
        "A upper:0", "C upper:1", "G lower:2", "G upper:2", "C lower:1", "T upper:3", "A lower:0",
    ]  # fmt: skip
    assert [site.position for site in duplex.sites] == [0, 1, 2, 2, 1, 3, 0]


def test_one_strand_gets_its_watson_crick_partner() -> None:
    assert Duplex.parse("AAAC") == Duplex("AAAC", "GTTT")
    assert Duplex.parse("AAAC").text == "AAAC"
    assert Duplex.parse("A_GC") == Duplex("A_GC", "GC_T")
    assert Duplex.parse("GGA/TTC").text == "GGA/TTC"


def test_canonical_prefers_the_text_that_sorts_first() -> None:
    assert Duplex.parse("GTTT").canonical() == Duplex.parse("AAAC")
    assert Duplex.parse("GTTT").key == "AAAC"


@given(st.text(st.sampled_from("ACGT_"), min_size=1))
def test_reverse_complement_is_an_involution(strand: str) -> None:
    assert reverse_complement(reverse_complement(strand)) == strand


@pytest.mark.parametrize(
    ("upper", "lower", "words"),
    [
        ("ACXT", "ACGT", ["upper", "'X'", "upper:2"]),
        ("ACGT", "AC-T", ["lower", "'-'", "lower:2"]),
        ("ACGU", "ACGT", ["'U'", "T for U"]),
        ("ACGT", "ACG", ["'ACGT' has 4", "'ACG' has 3", "_"]),
        ("", "", ["upper strand is empty"]),
        ("__", "__", ["holds no base"]),
        ("AßG", "CT", ["'ß'", "upper:1"]),
    ],
)
def test_impossible_strands_are_named(upper: str, lower: str, words: list[str]) -> None:
    with pytest.raises(InvalidDuplexError) as caught:
        Duplex(upper, lower)
    assert all(word in str(caught.value) for word in words)
    assert caught.value.exit_code == 64


@pytest.mark.parametrize(
    ("text", "words"),
    [("A/T/C", ["3 strands"]), ("AC#", ["'#'", "upper:2"]), ("ACG/", ["lower strand is empty"])],
)
def test_impossible_texts_are_named(text: str, words: list[str]) -> None:
    with pytest.raises(InvalidDuplexError) as caught:
        Duplex.parse(text)
    assert all(word in str(caught.value) for word in words)
