"""Splits: grouped by molecule, a function of the seed, never empty."""

from __future__ import annotations

import json
from itertools import chain, product
from pathlib import Path

import numpy as np
import pytest
from data_samples import make_record
from hypothesis import given
from hypothesis import strategies as st

from dnawire.data import Splits, TransportDataset, read_splits, split_dataset
from dnawire.errors import NotFoundError, TooFewRecordsError, UnusableDataFileError, UsageError

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
    dataset = _dataset(SEQUENCES)
    splits = split_dataset(dataset, FRACTIONS, 1)
    names = [f"record {row}" for row in range(len(dataset))]
    found = Splits.from_json(splits.to_json(), names, "splits.json")
    assert _parts(found) == _parts(splits)
    assert found.train.dtype == np.int64
    assert found.digest == splits.digest
    named = {
        part: [names[row] for row in rows[::-1]]
        for part, rows in json.loads(splits.to_json()).items()
    }
    by_name = Splits.from_json(json.dumps(named), names, "splits.json")
    assert by_name.digest == splits.digest


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"test": []}, "test is empty"),
        ({"test": [-1]}, "test names -1, which is the number of no record"),
        ({"test": [9]}, "test names 9, which is the number of no record"),
        ({"test": [0]}, r"record 0 \('a'\) is in it twice"),
        ({"test": ["d"]}, "test names 'd', the identifier of several records"),
        ({"test": ["e"]}, "train names 0, which is the identifier of no record"),
        ({"test": 2}, "not JSON with lists"),
        ({"test": [2.0]}, "test names 2.0, which is the number of no record"),
        ({"test": [True]}, "test names True, which is the number of no record"),
        ({"test": [[2]]}, "test names"),
        ({"test": None}, "not JSON with lists"),
    ],
)
def test_an_unusable_split_is_named(change: dict[str, object], words: str) -> None:
    plain: dict[str, object] = {"train": [0], "validation": [1], "test": [2]}
    if change["test"] == ["d"]:
        plain = {"train": ["a"], "validation": ["b"]}
    with pytest.raises(UnusableDataFileError, match=f"mine.json: .*{words}"):
        Splits.from_json(json.dumps(plain | change), ["a", "b", "c", "d", "d"], "mine.json")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '"train"'])
def test_a_foreign_text_is_no_split(text: str) -> None:
    with pytest.raises(UnusableDataFileError, match="not JSON with lists"):
        Splits.from_json(text, ["a", "b", "c"], "mine.json")


def test_a_duplex_on_two_sides_is_refused_or_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """TTT is AAA from the other strand."""
    dataset = _dataset(["AAA", "CCC", "ACA", "TTT"])
    path = tmp_path / "splits.json"
    path.write_text(json.dumps({"train": [0, 1], "validation": [2], "test": [4, 6]}))
    with pytest.raises(UsageError, match=r"(?s)splits.json: 1 .* example AAA,.*--allow_leak"):
        read_splits(path, dataset, allow_leak=False)
    splits = read_splits(path, dataset, allow_leak=True)
    assert splits.leaks(dataset) == ["AAA"]
    assert "1 duplexes are on two sides" in caplog.text
    assert "3 records are in no part" in caplog.text
    clean = {"train": [0, 1, 6, 7], "validation": [2, 3], "test": [4, 5]}
    path.write_text(json.dumps(clean), encoding="utf-8-sig")
    assert _parts(read_splits(path, dataset, allow_leak=False)) == list(clean.values())


def test_a_file_of_splits_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    dataset = _dataset(["AAA", "CCC", "ACA"])
    with pytest.raises(NotFoundError, match=r"none\.json"):
        read_splits(tmp_path / "none.json", dataset, allow_leak=False)
    (tmp_path / "bytes.json").write_bytes(b"\xff\xff")
    for name in ("bytes.json", "."):
        with pytest.raises(UnusableDataFileError, match="cannot be read"):
            read_splits(tmp_path / name, dataset, allow_leak=False)
