"""Letters beside the four of DNA: data of a parameter set, refused by all that do not know them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from inference_kit import save

import dnawire as dw
from dnawire.errors import InvalidDuplexError, UsageError
from dnawire.graphs import junction_batch
from dnawire.inference import load_predictor
from dnawire.junction import DNA, IUPAC, Alphabet, Contact, Duplex, Junction, Letter
from dnawire.tightbinding import ladder_blocks, load_parameters

METHYL = Letter("F", "5-methylcytosine", "G")
EXTENDED = Alphabet((METHYL,))
SET = "simserides2024"


def test_codes_of_dna_never_move() -> None:
    assert DNA.letters == "ACGT_"
    assert EXTENDED.letters == "ACGT_F"
    duplex = Duplex.parse("AC_GT", EXTENDED)
    np.testing.assert_array_equal(duplex.codes, Duplex.parse("AC_GT").codes)
    assert duplex == Duplex.parse("AC_GT")


def test_a_declared_letter_has_a_partner_and_reads_back() -> None:
    duplex = Duplex.parse("aFgt", EXTENDED)
    assert (duplex.upper, duplex.lower, duplex.text) == ("AFGT", "ACGT", "AFGT")
    np.testing.assert_array_equal(duplex.codes_in(EXTENDED)[:, 0], [0, 5, 2, 3])
    flipped = duplex.flipped()
    assert flipped.text == "ACGT/AFGT"
    assert Duplex.parse(flipped.text, EXTENDED) == flipped
    assert duplex.key == flipped.key
    assert Duplex.parse("F_/GF", EXTENDED).mask.tolist() == [[True, True], [False, True]]


@pytest.mark.parametrize(
    ("letter", "words"),
    [
        (Letter("f", "x", "G"), "not one capital letter"),
        (Letter("FF", "x", "G"), "not one capital letter"),
        (Letter("_", "x", "G"), "not one capital letter"),
        (Letter("N", "x", "G"), "stands for A or C or G or T already"),
        (Letter("C", "x", "G"), "stands for C already"),
        (Letter("F", "x", "X"), "its partner 'X' is no base"),
        (Letter("F", "x", "_"), "its partner '_' is no base"),
        (Letter("F", " ", "G"), "it has no name"),
    ],
)
def test_impossible_letters_are_refused(letter: Letter, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Alphabet((letter,))
    with pytest.raises(UsageError, match="declared twice"):
        Alphabet((METHYL, METHYL))


def test_a_letter_means_what_its_set_says_and_nothing_else() -> None:
    other = Alphabet((Letter("F", "5-fluorocytosine", "G"),))
    duplex = Duplex.parse("AF", EXTENDED)
    with pytest.raises(InvalidDuplexError, match=r"F \(5-methylcytosine\) is none of the bases"):
        duplex.codes_in(other)
    with pytest.raises(InvalidDuplexError, match="A, C, G, T"):
        _ = duplex.codes


def test_the_four_bases_are_those_of_kordas2025() -> None:
    codes = Duplex.parse("ACGTTGCA/TGCAA_GT").codes[None]
    ours, known = (ladder_blocks(codes, load_parameters(one)) for one in (SET, "kordas2025"))
    for one, other in zip(ours, known, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_hamiltonian_has_the_numbers_of_the_letter() -> None:
    model = dw.load(f"exact:{SET}")
    found = 1e3 * model.hamiltonian("AFG")
    # Sites A T | F G | G C: 5'-AF-3' stacks, F pairs with G, G(upper 2) follows F.
    assert found[2, 2] == pytest.approx(-7630)
    assert found[0, 2] == pytest.approx(119)
    assert found[2, 4] == pytest.approx(29)
    assert found[2, 3] == pytest.approx(28)
    # r- joins F and T, the 3' ends of the first step; r+ F and C, the 5' ends of the second one.
    assert found[1, 2] == pytest.approx(2)
    assert found[2, 5] == 0
    np.testing.assert_allclose(found, found.T)


def test_a_strand_can_be_turned_and_t_stays() -> None:
    model = dw.load(f"exact:{SET}")
    duplex = Duplex.parse("AFGGFT", load_parameters(SET).alphabet)
    junction = Junction(duplex, Contact.parse("upper:0=0.1"), Contact.parse("lower:0=0.2"))
    one, other = model.predict([junction, junction.flipped()])
    np.testing.assert_allclose(one.log10_transmission, other.log10_transmission, atol=1e-10)


def test_exact_spectra_with_a_declared_letter_agree_with_the_dense_inverse() -> None:
    found = dw.predict("GFFA", f"exact:{SET}", left="upper:0=0.1", right="upper:-1=0.1", eta=1e-3)
    hamiltonian, energy = found.hamiltonian, found.energies[40]
    gamma = np.zeros((2, len(hamiltonian)))
    gamma[0, 0] = gamma[1, -2] = 0.1
    matrix = (energy + 1e-3j) * np.eye(len(hamiltonian)) - hamiltonian
    greens = np.linalg.inv(matrix + 0.5j * np.diag(gamma.sum(0)))
    expected = gamma[0, 0] * abs(greens[0, -2]) ** 2 * gamma[1, -2]
    assert found.transmission[40] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("kind", ["standard", "hamiltonian"])
def test_models_of_four_bases_refuse_others_by_name(tmp_path: Path, kind: str) -> None:
    run = save(tmp_path / "run", kind)
    with pytest.raises(InvalidDuplexError) as caught:
        dw.predict("AFGT", run)
    assert "letter 'F' at upper:1" in caught.value.problem
    assert f"F is 5-methylcytosine in exact:{SET}" in caught.value.remedy
    duplex = Duplex.parse("AFGT", load_parameters(SET).alphabet)
    with pytest.raises(InvalidDuplexError, match="5-methylcytosine"):
        load_predictor(str(run)).predict([Junction(duplex, "upper:0=0.1", "upper:-1=0.1")])
    with pytest.raises(InvalidDuplexError, match="5-methylcytosine"):
        junction_batch([Junction(duplex, "upper:0=0.1", "upper:-1=0.1")])


def test_no_ambiguity_letter_is_a_base() -> None:
    assert {letter for letter, bases in IUPAC.items() if len(bases) == 1} == set("ACGT")
