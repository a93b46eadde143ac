"""The ladder Hamiltonian against published transport, and its symmetry."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dnawire.errors import InvalidDuplexError
from dnawire.junction import BASES, Duplex, Site
from dnawire.tightbinding import (
    ParameterSet,
    available_parameters,
    dense_hamiltonian,
    ladder_blocks,
    load_parameters,
)

ENERGIES = np.array([-7.60, -7.40, -7.13, -7.00])
GAMMA = 0.05

# science notes of this project: T at ENERGIES, DOS at -7.13 eV, top two eigenvalues; kordas2025
GOLDEN = {
    "G": ((3.802345e-02, 4.281592e-02, 1.003882e00, 1.334642e-01), 6.390910, -7.900877, -7.129123),
    "GC": ((4.224012e-03, 4.951061e-03, 1.001930e00, 4.928060e-02), 13.28869, -7.137612, -7.064330),
    "GCGC": (
        (3.320327e-06, 3.139794e-06, 9.998047e-01, 2.998117e-03),
        26.52559,
        -7.080219,
        -7.041764,
    ),
    "ACGT": (
        (2.140470e-03, 4.859730e-07, 1.614028e-03, 3.618996e-06),
        0.9224573,
        -7.143038,
        -7.080426,
    ),
    "GATTACA": (
        (5.075441e-04, 3.216998e-09, 2.970722e-08, 4.548300e-11),
        4.282709,
        -7.106040,
        -7.094570,
    ),
    "GGGGCCCC": (
        (2.813162e-10, 1.484011e-06, 1.467110e-02, 3.305677e-02),
        2.362348,
        -6.925190,
        -6.911967,
    ),
}


def _dense(duplex: Duplex, parameters: ParameterSet) -> NDArray[np.float64]:
    blocks = ladder_blocks(duplex.codes[None], parameters)
    return dense_hamiltonian(blocks.diagonal[0], blocks.step[0], blocks.mask[0])


def _transport(
    hamiltonian: NDArray[np.float64], left: NDArray[np.float64], right: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    identity = np.eye(len(hamiltonian))
    shifted = (ENERGIES + 1e-14j)[:, None, None] * identity
    greens = np.linalg.inv(shifted - hamiltonian + 0.5j * np.diag(left + right))
    transmission = np.einsum("i,eij,j,eij->e", left, greens, right, greens.conj()).real
    return transmission, -np.trace(greens, axis1=1, axis2=2).imag / np.pi


@pytest.mark.parametrize("sequence", GOLDEN)
def test_golden_transport_of_kordas2025(sequence: str) -> None:
    transmission, dos, second, first = GOLDEN[sequence]
    hamiltonian = _dense(Duplex.parse(sequence), load_parameters("kordas2025"))
    left, right = np.zeros(len(hamiltonian)), np.zeros(len(hamiltonian))
    left[:2] = GAMMA
    right[-2:] = GAMMA
    found, found_dos = _transport(hamiltonian, left, right)
    np.testing.assert_allclose(found, transmission, rtol=1e-6)
    np.testing.assert_allclose(found_dos[2], dos, rtol=1e-6)
    np.testing.assert_allclose(
        np.linalg.eigvalsh(hamiltonian)[-2:], (second, first), rtol=0, atol=1e-6
    )


@st.composite
def duplexes(draw: st.DrawFn) -> Duplex:
    length = draw(st.integers(1, 7))
    strand = st.text(st.sampled_from("ACGT_"), min_size=length, max_size=length)
    pair = st.tuples(strand, strand).filter(lambda two: set(two[0] + two[1]) != {"_"})
    return Duplex(*draw(pair))


@given(duplexes(), st.sampled_from(available_parameters()))
def test_writing_from_the_other_strand_only_reverses_the_sites(duplex: Duplex, name: str) -> None:
    parameters = load_parameters(name)
    hamiltonian = _dense(duplex, parameters)
    np.testing.assert_array_equal(hamiltonian, hamiltonian.T)
    np.testing.assert_array_equal(_dense(duplex.flipped(), parameters), hamiltonian[::-1, ::-1])


@given(duplexes(), st.sampled_from(available_parameters()))
def test_dense_matrix_agrees_with_the_definition_site_by_site(duplex: Duplex, name: str) -> None:
    parameters = load_parameters(name)
    hamiltonian = _dense(duplex, parameters)
    for i, one in enumerate(duplex.sites):
        for j, two in enumerate(duplex.sites):
            assert hamiltonian[i, j] == _definition(one, two, parameters), (one, two)


def _definition(one: Site, two: Site, parameters: ParameterSet) -> float:
    x, y = BASES.index(one.base), BASES.index(two.base)
    same = one.strand == two.strand
    if one.pair == two.pair:
        return float(parameters.onsite[x] if same else parameters.pairing[x, y])
    if abs(one.pair - two.pair) > 1:
        return 0.0
    towards_3_end = (two.pair > one.pair) == (one.strand == "upper")
    if same:
        return float(parameters.stacking[x, y] if towards_3_end else parameters.stacking[y, x])
    table = parameters.diagonal_five if towards_3_end else parameters.diagonal_three
    return float(table[x, y])


def test_a_batch_is_the_stack_of_its_duplexes() -> None:
    parameters = load_parameters("kordas2025")
    texts = ["ACGT", "GGGG", "ACGT/AC__", "AAAA/TTGT"]
    batch = ladder_blocks(np.stack([Duplex.parse(text).codes for text in texts]), parameters)
    for row, text in enumerate(texts):
        one = ladder_blocks(Duplex.parse(text).codes[None], parameters)
        np.testing.assert_array_equal(batch.diagonal[row], one.diagonal[0])
        np.testing.assert_array_equal(batch.step[row], one.step[0])
        np.testing.assert_array_equal(batch.mask[row], one.mask[0])


def test_a_missing_base_leaves_no_energy_and_no_coupling() -> None:
    blocks = ladder_blocks(Duplex.parse("GGG/C_C").codes[None], load_parameters("kordas2025"))
    assert not blocks.mask[0, 1, 1]
    assert not blocks.diagonal[0, 1, 1].any()
    assert not blocks.diagonal[0, 1, :, 1].any()
    assert not blocks.step[0, 0, :, 1].any()
    assert not blocks.step[0, 1, 1].any()


def test_a_mismatch_has_no_pairing() -> None:
    blocks = ladder_blocks(Duplex.parse("G/T").codes[None], load_parameters("kordas2025"))
    assert blocks.diagonal[0, 0, 0, 1] == 0
    assert blocks.diagonal[0, 0, 1, 1] == -8.24


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (np.zeros((4, 2), np.int8), "shape"),
        (np.zeros((1, 4, 3), np.int8), "shape"),
        (np.full((1, 4, 2), 5, np.int8), "run from 5 to 5"),
        (np.full((1, 4, 2), -1, np.int8), "run from -1"),
    ],
)
def test_impossible_codes_are_refused(codes: NDArray[np.int8], words: str) -> None:
    with pytest.raises(InvalidDuplexError, match=words):
        ladder_blocks(codes, load_parameters("kordas2025"))
