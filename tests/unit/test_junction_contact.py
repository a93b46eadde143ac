"""Contacts: writing them, resolving them on a duplex, messages."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnawire.errors import InvalidContactError
from dnawire.junction import STRANDS, Attachment, Contact, Junction

_ATTACHMENTS = st.builds(
    Attachment,
    st.sampled_from(STRANDS),
    st.integers(-9, 9),
    st.just(0.0) | st.floats(1e-7, 10.0),
    st.lists(st.sampled_from(("O5'", "N1", "C6", "H5''")), max_size=3).map(tuple),
)
_CONTACTS = st.lists(_ATTACHMENTS, min_size=1, max_size=5).map(tuple).map(Contact)


@given(_CONTACTS)
def test_text_reads_back(contact: Contact) -> None:
    assert Contact.parse(contact.text) == contact


@given(_CONTACTS)
def test_flipping_twice_gives_the_contact_back(contact: Contact) -> None:
    assert contact.flipped().flipped() == contact


def test_own_couplings_win_over_the_common_one() -> None:
    contact = Contact.parse("upper:0, lower:-1=0.2", gamma=0.1)
    assert contact == Contact.at("upper", 0, 0.1) + Contact.at("lower", -1, 0.2)
    assert contact.text == "upper:0=0.1,lower:-1=0.2"


def test_primary_and_complementary_are_synonyms() -> None:
    words = Contact.parse("primary:1,Complementary:2", gamma=0.1)
    assert words == Contact.parse("upper:1,lower:2", gamma=0.1)


def test_several_positions_share_or_own_couplings() -> None:
    assert Contact.at("upper", [0, 1], 0.1).text == "upper:0=0.1,upper:1=0.1"
    assert Contact.at("upper", [0, 1], [0.1, 0.2]).text == "upper:0=0.1,upper:1=0.2"


def test_resolved_counts_from_the_5_end_and_sorts() -> None:
    contact = Contact.parse("lower:-1=0.3,upper:-1=0.2,upper:0=0.1")
    assert contact.resolved(4).text == "upper:0=0.1,upper:3=0.2,lower:3=0.3"


def test_ladder_gamma_reverses_the_lower_strand() -> None:
    gamma = Contact.parse("upper:0=0.1,lower:0=0.2").ladder_gamma(3)
    np.testing.assert_array_equal(gamma, [[0.1, 0.0], [0.0, 0.0], [0.0, 0.2]])


@pytest.mark.parametrize("gamma", [-0.1, math.nan, math.inf])
def test_impossible_gamma_is_named(gamma: float) -> None:
    with pytest.raises(InvalidContactError, match=f"upper:0: gamma is {gamma} eV"):
        Contact.at("upper", 0, gamma)


@pytest.mark.parametrize("position", [4, -5])
def test_position_outside_is_named_with_the_range(position: int) -> None:
    with pytest.raises(InvalidContactError, match=f"upper:{position} lies outside .* 4 base pairs"):
        Contact.at("upper", position, 0.1).resolved(4)


def test_a_base_that_is_named_twice_is_refused_after_resolving() -> None:
    contact = Contact.parse("upper:3,upper:-1", gamma=0.1)
    assert contact.resolved(5).text == "upper:3=0.1,upper:4=0.1"
    with pytest.raises(InvalidContactError, match="upper:3 twice"):
        contact.resolved(4)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("middle:0=0.1", "'middle' is not a strand"),
        ("0=0.1", "'0' is not a strand"),
        ("upper:x=0.1", "'x' is not a whole number"),
        ("upper=0.1", "'' is not a whole number"),
        ("upper:0=strong", "'strong' is not a number"),
        ("upper:0=nan", "'nan' is not a number"),
        ("upper:0=1e-300", "gamma is 1e-300 eV"),
        ("upper:0=1e155", "gamma is 1e.155 eV"),
        ("upper:0=1_0", "'1_0' is not a number"),
        ("upper:0", "has no coupling"),
        ("upper:0=0.1,", "'' is not a strand"),
        ("upper:0@=0.1", "upper:0: '' is not the name of an atom"),
        ("upper:0@N1,=0.1", "upper:0: '' is not the name of an atom"),
        ("upper:0@N 1=0.1", "'N 1' is not the name of an atom"),
        ("upper:0@N1=0.1,C6", "'C6' is not a strand"),
        ("upper:0@N1", "has no coupling"),
        ("", "'' is not a strand"),
    ],
)
def test_malformed_text_is_named(text: str, words: str) -> None:
    with pytest.raises(InvalidContactError, match=words):
        Contact.parse(text)


def test_atoms_are_named_behind_the_base() -> None:
    contact = Contact.parse("upper:0@o5*=0.1, lower:-1@N1, C6, upper:2", gamma=0.2)
    assert contact.text == "upper:0@O5'=0.1,lower:-1@N1,C6=0.2,upper:2=0.2"
    assert contact.attachments[1] == Attachment("lower", -1, 0.2, ("N1", "C6"))
    assert [one.base for one in contact.attachments] == ["upper:0", "lower:-1", "upper:2"]
    assert contact.flipped().text == "lower:0@O5'=0.1,upper:-1@N1,C6=0.2,lower:2=0.2"
    assert contact.names_atoms
    assert not Contact("upper:0=0.1").names_atoms


def test_resolved_sorts_atoms_and_knows_those_that_are_named_twice() -> None:
    contact = Contact("upper:-1@N1,C6=0.1,upper:3@C2=0.3")
    assert contact.resolved(4).text == "upper:3@C2=0.3,upper:3@C6,N1=0.1"
    with pytest.raises(InvalidContactError, match="names an atom of base upper:3 twice"):
        (contact + Contact("upper:3@C6=0.1")).resolved(4)
    with pytest.raises(InvalidContactError, match="names an atom of base upper:3 twice"):
        Contact("upper:3@N1,N1=0.1").resolved(4)
    with pytest.raises(InvalidContactError, match="names base upper:3 twice"):
        (contact + Contact("upper:3=0.1")).resolved(4)


def test_couplings_of_bases_are_refused_where_atoms_are_named() -> None:
    contact = Contact("upper:0@N1=0.1,lower:0=0.1")
    for ask in (contact.on_bases, lambda: contact.ladder_gamma(2)):
        with pytest.raises(InvalidContactError, match=r"'upper:0@N1=0\.1,.*' names atoms"):
            ask()
    plain = Contact("upper:0=0.1")
    assert plain.on_bases() is plain


def test_a_base_is_shared_whichever_atoms_are_named() -> None:
    junction = Junction("ACGT", "upper:0@N1=0.1", "upper:0@C6=0.1,lower:0=0.1")
    assert junction.shared_bases == ["upper:0"]
    assert junction.names_atoms
    assert not Junction("ACGT", "upper:0=0.1", "lower:0=0.1").names_atoms


def test_counts_of_positions_and_couplings_must_agree() -> None:
    with pytest.raises(InvalidContactError, match="2 positions and 3 gammas"):
        Contact.at("upper", [0, 1], [0.1, 0.1, 0.1])


def test_a_contact_needs_an_attachment_and_a_known_strand() -> None:
    with pytest.raises(InvalidContactError, match="attached to no base"):
        Contact(())
    with pytest.raises(InvalidContactError, match="'middle' does not exist"):
        Attachment("middle", 0, 0.1)  # type: ignore[arg-type]
