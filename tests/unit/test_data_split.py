"""Splits: grouped by molecule, a function of the seed, never empty."""

from __future__ import annotations

import json
from itertools import chain, product

import numpy as np
import pytest
from data_samples import make_record
from hypothesis import given
from hypothesis import strategies as st

from dnawire.data import Splits, TransportDataset, split_dataset
from dnawire.errors import TooFewRecordsError, UnusableDataFileError, UsageError

FRACTIONS = (0.8, 0.1, 0.1)
SEQUENCES = ["".join(letters) for letters in product("ACGT", repeat=3)]


def _dataset(sequences: list[str]) -> TransportDataset:
    """Two contact variants of every writing."""
    records = [
        make_record(sequence, right=right, num_energies=1)
        for sequence in sequences
        for right in ("upper:-1=0.1", "lower:0=0.6")
    ]
    return TransportDataset.from_records(records, {})


def _parts(splits: Splits) -> list[list[int]]:
    return [splits.train.tolist(), splits.validation.tolist(), splits.test.tolist()]


@given(st.sets(st.sampled_from(SEQUENCES), min_size=6, max_size=20), st.integers(0, 99))
def test_every_record_is_in_one_part_and_every_molecule_too(names: set[str], seed: int) -> None:
    dataset = _dataset(sorted(names))
    parts = _parts(split_dataset(dataset, FRACTIONS, seed))
    assert sorted(chain(*parts)) == list(range(len(dataset)))
    assert all(parts)
    keys = [{dataset[index].junction.key for index in part} for part in parts]
    assert len(set().union(*keys)) == sum(map(len, keys))


def test_fractions_count_molecules() -> None:
    dataset = _dataset(SEQUENCES)
    splits = split_dataset(dataset, (0.5, 0.25, 0.25), 1)
    num_keys = [len({dataset.keys[index] for index in part}) for part in _parts(splits)]
    assert num_keys == [16, 8, 8]


def test_the_seed_decides_and_the_order_of_records_does_not() -> None:
    dataset = _dataset(SEQUENCES)
    splits = split_dataset(dataset, FRACTIONS, 1)
    assert _parts(split_dataset(dataset, FRACTIONS, 1)) == _parts(splits)
    assert _parts(split_dataset(dataset, FRACTIONS, 2)) != _parts(splits)
    order = np.arange(len(dataset))[::-1]
    reordered = split_dataset(dataset.select(order), FRACTIONS, 1)
    assert sorted(order[reordered.test].tolist()) == splits.test.tolist()


@pytest.mark.parametrize("fractions", [(0.98, 0.01, 0.01), (0.02, 0.49, 0.49), (0.01, 0.98, 0.01)])
def test_three_molecules_make_three_parts(fractions: tuple[float, float, float]) -> None:
    parts = _parts(split_dataset(_dataset(["AAA", "CCC", "ACA"]), fractions, 1))
    assert [len(part) for part in parts] == [2, 2, 2]


def test_two_molecules_in_many_writings_are_too_few() -> None:
    dataset = _dataset(["AAA", "TTT", "CCC", "GGG"])
    with pytest.raises(TooFewRecordsError, match="8 records hold 2 different duplexes"):
        split_dataset(dataset, FRACTIONS, 1)


@pytest.mark.parametrize("fractions", [(0.9, 0.1, 0.0), (0.8, 0.1, 0.2), (1.2, -0.1, -0.1)])
def test_impossible_fractions_are_refused(fractions: tuple[float, float, float]) -> None:
    with pytest.raises(UsageError, match="not positive with sum 1"):
        split_dataset(_dataset(["AAA", "CCC", "ACA"]), fractions, 1)


def test_json_reads_back() -> None:
    splits = split_dataset(_dataset(SEQUENCES), FRACTIONS, 1)
    found = Splits.from_json(splits.to_json())
    assert _parts(found) == _parts(splits)
    assert found.train.dtype == np.int64


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"test": []}, "empty"),
        ({"test": [-1]}, "negative"),
        ({"test": [0]}, "twice"),
        ({"test": ["a"]}, "not JSON with lists"),
        ({"test": 2}, "empty"),
        ({"test": [0.5]}, "twice"),
        ({"test": None}, "not JSON with lists"),
    ],
)
def test_an_unusable_split_is_named(change: dict[str, object], words: str) -> None:
    text = json.dumps({"train": [0], "validation": [1], "test": [2]} | change)
    with pytest.raises(UnusableDataFileError, match=words):
        Splits.from_json(text)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '"train"'])
def test_a_foreign_text_is_no_split(text: str) -> None:
    with pytest.raises(UnusableDataFileError, match="not JSON with lists"):
        Splits.from_json(text)
