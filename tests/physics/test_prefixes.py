"""Ladders that share the work of common beginnings: the same T as every ladder by itself."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from dnawire.compiled.switch import definitions
from dnawire.inference import load_predictor
from dnawire.junction import BASES, LETTERS, MISSING_CODE, Contact, Duplex, Junction
from dnawire.predictors import PairwisePredictor
from dnawire.transport import BlockTables, block_totals, mean_log10_transmission

RELATIVE = 1e-10
DECADES = RELATIVE / np.log(10.0)
KINDS = 4
ENERGIES = np.linspace(-1.3, 1.4, 11)


def random_tables(seed: int, *, blanks: bool = False) -> BlockTables:
    """Blocks of random kinds, of which the first has all its orbitals."""
    generator = np.random.default_rng(seed)
    present = np.ones((KINDS, 2), np.bool_)
    if blanks:
        present[1, 0] = present[2, 1] = present[3, :] = False
    diagonal = generator.normal(size=(KINDS, 2, 2))
    diagonal = (diagonal + diagonal.swapaxes(1, 2)) * (present[:, :, None] & present[:, None, :])
    step = 0.3 * generator.normal(size=(KINDS, KINDS, 2, 2))
    return BlockTables(diagonal, step * (present[:, None, :, None] & present[:, None]), present)


def one_by_one(
    tables: BlockTables, kinds: NDArray[Any], gammas: NDArray[np.float64], eta: float
) -> NDArray[np.float64]:
    """log10 T of whole ladders, (B, E)."""
    mask = tables.present[kinds]
    left, right = (np.broadcast_to(gamma, mask.shape) for gamma in gammas)
    step = tables.step[kinds[:, :-1], kinds[:, 1:]]
    found = block_totals(tables.diagonal[kinds], step, left, right, ENERGIES, mask=mask, eta=eta)
    return found.log10_transmission


@pytest.mark.parametrize("eta", [0.0, 0.02])
@pytest.mark.parametrize("blanks", [False, True])
@pytest.mark.parametrize("length", [1, 2, 3])
def test_all_ladders_between_contacts_anywhere(length: int, blanks: bool, eta: float) -> None:
    tables = random_tables(length, blanks=blanks)
    every = np.array(list(itertools.product(range(KINDS), repeat=length)))
    sites = list(itertools.product(range(length), range(2)))
    for one, other in itertools.product(sites, sites):
        gammas = np.zeros((2, length, 2))
        gammas[0][one], gammas[1][other] = 0.1, 0.3
        kinds = every[np.all([tables.present[every[:, n], i] for n, i in (one, other)], axis=0)]
        expected = one_by_one(tables, kinds, gammas, eta).mean(axis=1)
        found = mean_log10_transmission(tables, kinds, gammas[0], gammas[1], ENERGIES, eta=eta)
        np.testing.assert_allclose(found, expected, rtol=0.0, atol=DECADES)


@pytest.mark.parametrize("length", [16, 17, 50])
@pytest.mark.parametrize("eta", [0.0, 0.1])
def test_long_ladders_between_many_contacts(length: int, eta: float) -> None:
    tables, generator = random_tables(length), np.random.default_rng(5)
    tables.step[...] *= 1e-9
    kinds = generator.integers(0, KINDS, (40, length))
    kinds[1::2, : length // 2] = kinds[::2, : length // 2]
    gammas = np.zeros((2, length, 2))
    gammas[0, [1, length // 3], [0, 1]] = 0.1, 0.2
    gammas[1, [length // 2, -1], [1, 0]] = 0.3, 0.1
    for energy in ENERGIES[::3]:
        found = mean_log10_transmission(tables, kinds, gammas[0], gammas[1], [energy], eta=eta)
        row = ENERGIES.tolist().index(energy)
        expected = one_by_one(tables, kinds, gammas, eta)[:, row]
        np.testing.assert_allclose(found, expected, rtol=0.0, atol=DECADES)


def test_repeated_rows_and_any_order() -> None:
    """The bits of a row do not depend on those before it."""
    tables, generator = random_tables(3), np.random.default_rng(1)
    kinds = np.repeat(generator.integers(0, KINDS, (30, 6)), 2, axis=0)
    gammas = np.zeros((2, 6, 2))
    gammas[0, 0, 0] = gammas[1, -1, 1] = 0.2
    found = mean_log10_transmission(tables, kinds, gammas[0], gammas[1], ENERGIES)
    order = generator.permutation(len(kinds))
    again = mean_log10_transmission(tables, kinds[order], gammas[0], gammas[1], ENERGIES)
    np.testing.assert_array_equal(again, found[order])
    alone = [
        mean_log10_transmission(tables, row[None], gammas[0], gammas[1], ENERGIES)[0]
        for row in kinds
    ]
    np.testing.assert_array_equal(alone, found)


def test_the_definition_says_the_same() -> None:
    tables = random_tables(7, blanks=True)
    kinds = np.array(list(itertools.product(range(KINDS), repeat=3)))
    kinds = kinds[(kinds[:, 0] == 0) & (kinds[:, -1] == 0)]
    gammas = np.zeros((2, 3, 2))
    gammas[0, 0, 0] = gammas[1, -1, 1] = 0.2
    found = mean_log10_transmission(tables, kinds, gammas[0], gammas[1], ENERGIES)
    assert np.isneginf(found).any()
    with definitions():
        expected = mean_log10_transmission(tables, kinds, gammas[0], gammas[1], ENERGIES)
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=DECADES)


def test_predictions_of_all_sequences_and_of_missing_bases() -> None:
    predictor = load_predictor("exact:kordas2025")
    assert isinstance(predictor, PairwisePredictor)
    uppers = ["".join(letters) for letters in itertools.product(BASES, repeat=3)]
    texts = [*uppers, "A_C/G_T", "AC_/GGT", "A_C/GTT", "AGC/GAT"]
    codes = np.stack([Duplex.parse(text).codes for text in texts])
    assert (codes == MISSING_CODE).sum() == 4
    energies, eta = np.linspace(-9.0, -6.5, 13), 0.01
    for left, right in (("upper:0", "upper:-1"), ("upper:0", "lower:0"), ("lower:0", "upper:0")):
        contacts = Contact.parse(left, 0.1), Contact.parse(right, 0.2)
        fits = [n for n, text in enumerate(texts) if text != "AC_/GGT" or right != "upper:-1"]
        junctions = [Junction(Duplex.parse(texts[n]), *contacts) for n in fits]
        for width in (0.0, eta):
            found = predictor.mean_log10_transmission(codes[fits], contacts, energies, width)
            records = predictor.predict(junctions, energies, width)
            with np.errstate(divide="ignore"):
                expected = np.log10([one.transmission for one in records]).mean(axis=1)
            np.testing.assert_allclose(found, expected, rtol=0.0, atol=DECADES)
    assert len(LETTERS) ** 2 == len(predictor._tables.diagonal)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kinds": np.full((1, 2), KINDS)}, "kinds must be"),
        ({"kinds": np.zeros((0, 2), np.int64)}, "kinds must be"),
        ({"kinds": np.array([[1, 0]])}, "missing orbital"),
        ({"gamma_left": np.zeros((3, 2))}, "gamma_left has the shape"),
        ({"gamma_left": np.array([[-1.0, 0.0], [0.0, 0.0]])}, "not negative"),
        ({"energies": [np.nan]}, "finite"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any], words: str) -> None:
    gamma = np.array([[0.1, 0.0], [0.0, 0.0]])
    arguments: dict[str, Any] = {
        "tables": random_tables(0, blanks=True),
        "kinds": np.zeros((1, 2), np.int64),
        "gamma_left": gamma,
        "gamma_right": gamma,
        "energies": [0.1],
    }
    with pytest.raises(ValueError, match=words):
        mean_log10_transmission(**(arguments | change))
