"""Columns that do not fit into memory: the same bits from disk, and nothing else in memory."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from data_samples import make_dataset
from hypothesis import given
from hypothesis import strategies as st

from dnawire.config import TrainConfig
from dnawire.data import (
    Column,
    Ragged,
    TransportDataset,
    find_problem,
    generate_dataset,
    generation_spec,
    read_dataset,
    write_dataset,
)
from dnawire.data import ragged as ragged_module
from dnawire.data import stored as stored_module
from dnawire.data.digests import column_digest
from dnawire.data.stored import ColumnWriter, StoredRagged
from dnawire.errors import NotWritableError, UnusableDataFileError
from dnawire.graphs import Batch, blocks, length_buckets
from dnawire.runs.preparation import prepare_data, used_columns
from dnawire.training.statistics import target_statistics

CPU = torch.device("cpu")


@pytest.fixture
def on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No column fits into memory, and few values are looked at together."""
    monkeypatch.setattr(stored_module, "LARGEST_IN_MEMORY", -1)
    monkeypatch.setattr("dnawire.data.store.LARGEST_IN_MEMORY", -1)
    monkeypatch.setattr(ragged_module.row_blocks, "__defaults__", (64,))
    monkeypatch.setattr("dnawire.data.store.VALUES_AT_ONCE", 64)


def config_of(**changes: Any) -> TrainConfig:  # noqa: ANN401
    values = {"num_samples": 50, "min_length": 3, "seq_length": 5, "num_energy_points": 7}
    return TrainConfig.from_flat(values | changes)


def generated(config: TrainConfig | None = None) -> TransportDataset:
    return generate_dataset(generation_spec((config or config_of()).data, seed=1))


def stored(column: Ragged) -> Column:
    writer = ColumnWriter(column.counts, column.dtype)
    for _, block in column.blocks():
        writer.add(block.values)
    return writer.column()


def assert_same(one: TransportDataset, other: TransportDataset) -> None:
    assert one.digest == other.digest
    assert set(one.spectra) == set(other.spectra)
    for name, column in one.spectra.items():
        np.testing.assert_array_equal(column.values, other.spectra[name].values)
        assert column.dtype == other.spectra[name].dtype


@pytest.mark.usefixtures("on_disk")
@given(st.lists(st.integers(0, 9), min_size=1, max_size=8), st.data())
def test_a_stored_column_is_the_column(counts: list[int], data: st.DataObject) -> None:
    values = np.arange(sum(counts), dtype=np.float32)
    column = Ragged(values, np.concatenate([[0], np.cumsum(counts)]))
    found = stored(column)
    assert isinstance(found, StoredRagged)
    assert len(found) == len(counts)
    np.testing.assert_array_equal(found.values, values)
    np.testing.assert_array_equal(found[len(counts) - 1], column[len(counts) - 1])
    rows = np.array(data.draw(st.lists(st.integers(0, len(counts) - 1), max_size=9)), np.int64)
    taken, wanted = found.take(rows), column.take(rows)
    np.testing.assert_array_equal(taken.values, wanted.values)
    np.testing.assert_array_equal(taken.offsets, wanted.offsets)
    if rows.size:
        read, starts = found.located(rows)
        for start, row in zip(starts, rows, strict=True):
            np.testing.assert_array_equal(read[start : start + counts[row]], column[row])
    assert column_digest("x", found) == column_digest("x", column)


def test_records_are_generated_in_parts_bit_for_bit(request: pytest.FixtureRequest) -> None:
    whole = generated()
    request.getfixturevalue("on_disk")
    parts = generated()
    assert all(isinstance(one, StoredRagged) for one in parts.spectra.values())
    assert_same(parts, whole)
    rows = np.array([7, 7, 3])
    assert_same(parts.select(rows), whole.select(rows))
    assert find_problem(parts) is None


def test_what_is_left_out_has_its_digest_all_the_same(on_disk: None, tmp_path: Path) -> None:
    del on_disk
    whole, columns = generated(), {"log10_transmission", "log10_dos"}
    spec = generation_spec(config_of().data, seed=1)
    write_dataset(tmp_path / "a.h5", whole)
    for few in (
        generate_dataset(spec, columns),
        whole.keeping(columns),
        read_dataset(tmp_path / "a.h5", columns),
    ):
        assert set(few.spectra) == columns
        assert few.digest == whole.digest
        assert few.question_digest == whole.question_digest
    write_dataset(tmp_path / "few.h5", few)
    assert set(read_dataset(tmp_path / "few.h5").spectra) == columns


def test_a_file_is_written_and_read_in_parts(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    usual = make_dataset()
    write_dataset(tmp_path / "usual.h5", usual)
    request.getfixturevalue("on_disk")
    spectra = {name: stored(one) for name, one in usual.spectra.items() if isinstance(one, Ragged)}
    large = replace(usual, spectra=spectra)
    write_dataset(tmp_path / "large.h5", large)
    with pytest.raises(NotWritableError, match="exists"):
        write_dataset(tmp_path / "large.h5", large)
    write_dataset(tmp_path / "large.h5", large, overwrite=True)
    assert sorted(os.listdir(tmp_path)) == ["large.h5", "usual.h5"]
    for name in ("usual.h5", "large.h5"):
        assert_same(read_dataset(tmp_path / name), usual)


def test_columns_that_are_not_used_are_not_read(tmp_path: Path) -> None:
    """What a column would hold is known by its digest; that of an earlier file is computed."""
    columns = {"log10_transmission", "log10_dos"}
    whole, path = generated(), tmp_path / "records.h5"
    write_dataset(path, whole)
    with h5py.File(path, "r+") as file:
        file["log10_ldos/values"][3] = 17.0
    assert read_dataset(path, columns).digest == whole.digest
    with pytest.raises(UnusableDataFileError, match="ldos"):
        read_dataset(path)
    with h5py.File(path, "r+") as file:
        del file["log10_ldos"].attrs["digest"]
    with pytest.raises(UnusableDataFileError, match="does not match its digest"):
        read_dataset(path, columns)
    with h5py.File(path, "r+") as file:
        file["log10_ldos"].attrs["digest"] = "no digest"
    with pytest.raises(UnusableDataFileError, match="is no digest"):
        read_dataset(path, columns)


@pytest.mark.parametrize(
    ("settings", "with_ldos"),
    [
        ({"model_type": "standard"}, False),
        ({"model_type": "hamiltonian"}, True),
        ({"model_type": "hamiltonian", "ldos_weight": 0.0, "dos_weight": 0.0}, False),
    ],
)
def test_a_run_uses_what_its_model_learns_from(settings: dict[str, Any], with_ldos: bool) -> None:
    expected = {"log10_transmission", "log10_dos"} | ({"log10_ldos"} if with_ldos else set())
    assert used_columns(config_of(**settings)) == expected


def loaded(batches: list[Batch]) -> Iterator[torch.Tensor]:
    for batch in batches:
        yield from batch.junctions
        yield from batch.spectra.known().values()
        yield batch.records


def test_batches_and_statistics_are_the_same_from_disk(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, usual = config_of(), generated()
    memory = prepare_data(config, usual, CPU)
    request.getfixturevalue("on_disk")
    disk = prepare_data(config, generated(), CPU)
    for name in ("training", "validation", "test"):
        pairs = zip(loaded(getattr(memory, name)), loaded(getattr(disk, name)), strict=True)
        assert all(torch.equal(one, other) for one, other in pairs)
    for name, mean in memory.statistics.mean.items():
        assert torch.equal(mean, disk.statistics.mean[name])
        assert torch.equal(memory.statistics.std[name], disk.statistics.std[name])
    monkeypatch.setattr(blocks, "__defaults__", (7,))
    parts = target_statistics(disk.training, memory.statistics.energies, 0.0)
    for name, mean in memory.statistics.mean.items():
        torch.testing.assert_close(parts.mean[name], mean, rtol=1e-13, atol=0.0)
        torch.testing.assert_close(parts.std[name], memory.statistics.std[name])


def test_blocks_are_all_records_in_order() -> None:
    batches = length_buckets(generated(), np.arange(50)[::-1].copy())
    parts = list(blocks(batches, 8))
    assert [sum(map(len, part)) for part in parts] == [8] * 6 + [2]
    found = torch.cat([batch.records for part in parts for batch in part])
    assert torch.equal(found, torch.cat([batch.records for batch in batches]))


@pytest.mark.usefixtures("on_disk")
def test_too_little_room_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(".")._replace(free=100)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)
    with pytest.raises(NotWritableError, match="2800 bytes are needed and 100 are free") as caught:
        generated()
    assert "TMPDIR" in caught.value.remedy


def test_a_large_file_on_a_full_disk_leaves_nothing(on_disk: None, tmp_path: Path) -> None:
    """HDF5 would end the process; the error is told once it is closed."""
    del on_disk
    import resource
    import signal

    dataset, limits = generated(), resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(NotWritableError, match="cannot be written"):
            write_dataset(tmp_path / "records.h5", dataset)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert not os.listdir(tmp_path)
