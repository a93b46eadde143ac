"""``dnawire screen --letters``: bases that a parameter set declares beside A, C, G and T."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dnawire as dw
from dnawire.api.conditions import AskedConditions
from dnawire.api.selection import Selection
from dnawire.cli import main
from dnawire.data import duplex_texts
from dnawire.errors import EXIT_FINISHED, EXIT_USAGE, InvalidDuplexError, UsageError
from dnawire.inference import CRITERIA, PatternCandidates, load_predictor
from dnawire.inference._answers import shares_beginnings
from dnawire.inference._row_remarks import CommonRemarks
from dnawire.junction import DNA, Alphabet, Duplex, Letter
from dnawire.predictors import HamiltonianPredictor, PairwisePredictor
from dnawire.tightbinding import load_parameters

SET = "exact:simserides2024"
METHYL = load_parameters("simserides2024").alphabet
ACROSS: dict[str, Any] = {"left": "upper:0", "right": "lower:0"}
AT: dict[str, Any] = {"fermi_energy": -7.1, "rank_by": "log10_transmission"}


def words(letters: str, length: int) -> list[str]:
    return ["".join(one) for one in itertools.product(letters, repeat=length)]


@pytest.mark.parametrize("letters", ["FTGCA", "fg", "T"])
def test_all_sequences_of_some_letters_are_screened(letters: str) -> None:
    found = dw.screen(SET, length=3, letters=letters, top=10**4, **AT)
    ordered = "".join(sorted(letters.upper(), key=METHYL.letters.index))
    assert sorted(found.sequences) == sorted(words(ordered, 3))
    energies = np.union1d(np.linspace(-9.0, -6.5, 6), [-7.1])
    alone = dw.predict(found.sequences, SET, energies=energies)
    np.testing.assert_allclose(
        found.to_dataframe()["log10_transmission"],
        [one.log10_transmission[energies == -7.1].item() for one in alone],
        rtol=0.0,
        atol=1e-10,
    )


@pytest.mark.parametrize("rank_by", CRITERIA)
def test_every_quantity_is_that_of_the_same_pairs_in_other_letters(rank_by: str) -> None:
    """All letters of DNA with a set that has more: the numbers of the set without."""
    asked: dict[str, Any] = {
        "pattern": "GNCA",
        "fermi_energy": -7.1,
        "rank_by": rank_by,
        "energies": np.linspace(-8, -6.5, 5),
    }
    plain = dw.screen("exact:kordas2025", **asked)
    more = dw.screen(SET, **asked)
    name = more.to_dataframe()[rank_by]
    assert plain.sequences == more.sequences
    np.testing.assert_allclose(name, plain.to_dataframe()[rank_by], rtol=0.0, atol=1e-12)
    methylated = dw.screen(SET, sequences=["GFCA"], **{**asked, "pattern": None})
    assert not np.isclose(methylated[0].values[rank_by], name).any()


def test_beginnings_are_shared_with_further_letters() -> None:
    predictor = load_predictor(SET)
    assert isinstance(predictor, PairwisePredictor)
    found = dw.screen(SET, pattern="GNNA", letters="ACF", top=99, **AT)
    whole = HamiltonianPredictor("whole", predictor.conditions, predictor._source)
    alone = dw.Model(whole).screen(pattern="GNNA", letters="ACF", top=99, **AT)
    assert found.sequences == alone.sequences
    for one, other in zip(found, alone, strict=True):
        assert abs(one.values["log10_transmission"] - other.values["log10_transmission"]) < 1e-10
    assert shares_beginnings(predictor, found._question)


def test_two_writings_are_one_junction_by_the_partners_of_the_letters() -> None:
    """A methylated duplex has a G there on its other strand, whose own partner is C."""
    every = dw.screen(SET, length=3, letters="ACGTF", top=125, **ACROSS, **AT)
    unique = dw.screen(SET, length=3, letters="ACGTF", top=125, unique=True, **ACROSS, **AT)
    kept = set(unique.sequences)
    assert kept == {
        text for text in every.sequences if "F" in text or text <= Duplex.parse(text).flipped().text
    }
    assert len(kept) == 125 - 32
    for row, other in zip(every, every.table()["same_junction"][1], strict=True):
        flipped = Duplex.parse(row.text, METHYL).flipped()
        assert other == ("" if flipped.text == row.text else flipped.text)
        if "F" in row.text:
            assert flipped.upper in words("ACGT", 3)
            assert flipped.lower == row.text
    listed = dw.screen(SET, sequences=["GGG/CFC", "CFC"], unique=True, **ACROSS, **AT)
    assert listed.sequences == ["CFC"]


def test_texts_of_many_duplexes_are_those_of_each() -> None:
    texts = ["ACF", "GFT", "F__/__G", "GGG/CFC", "GGG/FCC", "AC_/_GT"]
    for text in texts:
        duplex = Duplex.parse(text, METHYL)
        (found,) = duplex_texts(duplex.codes_in(METHYL)[None], METHYL)
        assert found.decode() == duplex.text


def test_a_pattern_and_a_file_may_hold_them(tmp_path: Path) -> None:
    found = dw.screen(SET, pattern="fnR", top=99)
    assert sorted(found.sequences) == [f"F{any_}{purine}" for any_ in "ACGT" for purine in "AG"]
    (tmp_path / "mine.txt").write_text("GFCG\nGACG/CGTC\n")
    found = dw.screen(SET, sequences=tmp_path / "mine.txt")
    assert sorted(found.sequences) == ["GACG", "GFCG"]
    out = tmp_path / "out"
    flags = ["--length", "2", "--letters", "cf", "--save_all", "--output", str(out), "-q"]
    assert main(["screen", SET, *flags, "--shard_size", "3"]) == EXIT_FINISHED
    lines = (out / "scores.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["sequence", "CC", "CF", "FC", "FF"]
    assert [line.split(",")[-1] for line in lines[1:]] == ["ok"] * 4


def test_each_of_several_duplexes_has_its_own_remarks() -> None:
    texts = ["ACGT", "ACGT/AAGT", "FCGT", "FCGT/AAGT", "ACGT/ACGT", "ACGT/AAAT"]
    found = dw.screen(SET, sequences=texts, **ACROSS)
    alone = [dw.screen(SET, sequences=[text], **ACROSS)[0] for text in texts]
    assert {row.text: row.remarks for row in found} == {row.text: row.remarks for row in alone}
    assert len({row.remarks for row in found}) > 2


def test_base_pairs_may_be_of_more_kinds_than_an_integer_has_bits() -> None:
    predictor = load_predictor(SET)
    alphabet = Alphabet(tuple(Letter(one, "another base", "G") for one in "EFJL"))
    assert isinstance(predictor, HamiltonianPredictor)
    unlisted = frozenset({"AL"})
    own = replace(predictor.conditions, alphabet=alphabet, unlisted_pairs=unlisted)
    question = Selection(length=2).question(predictor, AskedConditions())
    said = CommonRemarks(HamiltonianPredictor("many", own, predictor._source), question)
    texts = ["LE/GG", "LE/GA", "EL/GA", "LL/GG"]
    codes = np.stack([Duplex.parse(text, alphabet).codes_in(alphabet) for text in texts])
    words = ["".join(one.word for one in remarks) for remarks in said(codes)]
    assert words == ["", "unlisted_coupling", "", ""]


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"length": 2, "letters": "ACX"}, "letters 'ACX': 'X' is none of the bases"),
        ({"length": 2, "letters": "AC_"}, "'_' is none of the bases"),
        ({"length": 2, "letters": "ACA"}, "'A' is there twice"),
        ({"length": 2, "letters": ""}, "there is none"),
        ({"sequences": ["AC"], "letters": "AC"}, "has no effect on sequences"),
        ({"length": 15, "letters": "ACGTF"}, "sequences of length 15; at most 10"),
    ],
)
def test_impossible_letters_are_refused(asked: dict[str, Any], problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        dw.screen(SET, **asked)


def test_a_letter_is_known_only_where_it_is_declared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--length", "2", "--letters", "ACGTF", "--output", str(tmp_path / "out")]
    assert main(["screen", "exact:kordas2025", *flags]) == EXIT_USAGE
    assert "'F' is none of the bases of this model" in capsys.readouterr().err
    with pytest.raises(InvalidDuplexError, match="letter 'F' stands for no bases"):
        PatternCandidates("ANF", DNA)
