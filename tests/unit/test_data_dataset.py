"""Columns: what goes in comes out, rows can be taken, batches are in ladder layout."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from data_samples import SOURCE, make_dataset, make_record
from hypothesis import given
from hypothesis import strategies as st

from dnawire.data import TransportDataset, TransportRecord
from dnawire.data.keys import canonical_keys
from dnawire.data.ragged import Ragged
from dnawire.errors import MixedEnergyGridError, TooFewRecordsError, UsageError
from dnawire.graphs import length_buckets
from dnawire.junction import MISSING, Duplex


def assert_same(one: TransportRecord, two: TransportRecord) -> None:
    assert one.junction == two.junction
    assert (one.eta, one.energy_reference, one.identifier) == (
        two.eta,
        two.energy_reference,
        two.identifier,
    )
    for name in ("energies", "transmission", "dos", "ldos"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_records_come_out_as_they_went_in() -> None:
    records = [make_record(seed=seed, num_energies=3 + seed) for seed in range(3)]
    dataset = TransportDataset.from_records(records, SOURCE)
    assert len(dataset) == 3
    for one, two in zip(records, dataset, strict=True):
        assert_same(one, two)
    assert_same(dataset[-1], records[2])
    with pytest.raises(IndexError):
        dataset[3]


def test_equal_grids_are_kept_once() -> None:
    dataset = make_dataset()
    np.testing.assert_array_equal(dataset.grids.counts, [5, 3])
    np.testing.assert_array_equal(dataset.grid_index, [0, 1, 0, 0])


@given(st.lists(st.integers(0, 3), max_size=8))
def test_selection_is_the_collection_of_the_selected(indices: list[int]) -> None:
    dataset = make_dataset()
    selected = dataset.select(indices)
    assert len(selected) == len(indices)
    if indices:
        records = [dataset[index] for index in indices]
        assert selected.digest == TransportDataset.from_records(records, SOURCE).digest


def test_without_ldos() -> None:
    dataset = make_dataset(with_ldos=False)
    assert set(dataset.spectra) == {"log10_transmission", "log10_dos"}
    assert dataset[0].ldos is None
    assert dataset.select([1]).quantities == dataset.quantities
    (bucket, _) = length_buckets(dataset.select([0, 1]), [1, 0])
    assert bucket.spectra.log10_ldos is None


def test_ldos_of_some_records_only_is_refused() -> None:
    records = [make_record(seed=0), make_record(seed=1, with_ldos=False)]
    with pytest.raises(UsageError, match="1 of 2 records have LDOS; 'sample 1 é' has none"):
        TransportDataset.from_records(records, SOURCE)


def test_no_record_is_refused() -> None:
    with pytest.raises(TooFewRecordsError):
        TransportDataset.from_records([], SOURCE)


def test_the_shared_grid() -> None:
    dataset = make_dataset()
    with pytest.raises(MixedEnergyGridError, match="2 different energy grids"):
        _ = dataset.energies
    np.testing.assert_array_equal(dataset.select([3, 0]).energies, np.linspace(-1, 1, 5))


def test_a_batch_is_the_stack_of_its_records_in_ladder_layout() -> None:
    dataset = make_dataset()
    indices = [3, 0, 2]
    (batch,) = length_buckets(dataset, indices)
    assert batch.records.tolist() == indices
    assert batch.spectra.log10_ldos is not None
    for row, index in enumerate(indices):
        record = dataset[index]
        mask = torch.from_numpy(record.junction.duplex.mask)
        codes = torch.from_numpy(record.junction.duplex.codes).long()
        assert torch.equal(batch.junctions.present[row], mask)
        assert torch.equal(batch.junctions.base[row][mask], codes[mask])
        np.testing.assert_array_equal(batch.junctions.gamma_left[row], record.junction.gamma_left)
        np.testing.assert_array_equal(batch.junctions.gamma_right[row], record.junction.gamma_right)
        for name, values in record.spectra.items():
            found = batch.spectra.known()[name][row]
            np.testing.assert_array_equal(found[mask] if name == "log10_ldos" else found, values)
        assert batch.spectra.log10_ldos[row][~mask].isneginf().all()


def test_a_batch_of_unequal_lengths_is_refused() -> None:
    with pytest.raises(UsageError, match=r"lengths \[2, 4\]"):
        make_dataset().junction_arrays()


def test_digest_follows_the_content_and_not_the_source() -> None:
    dataset = make_dataset()
    records = list(dataset)
    assert TransportDataset.from_records(records, {}).digest == dataset.digest
    assert dataset.select([1, 0, 2, 3]).digest != dataset.digest
    assert make_dataset(with_ldos=False).digest != dataset.digest
    for name in (*dataset.spectra, "codes", "left", "right", "grids"):
        changed = make_dataset()
        column = changed.spectra[name] if name in dataset.spectra else getattr(changed, name)
        column.values.view(np.uint8).reshape(-1)[0] ^= 1
        assert changed.digest != dataset.digest, name
    for name in ("eta", "energy_reference", "grid_index"):
        changed = make_dataset()
        getattr(changed, name)[0] += 1
        assert changed.digest != dataset.digest, name


@st.composite
def duplexes(draw: st.DrawFn) -> Duplex:
    length = draw(st.integers(1, 5))
    upper = draw(st.text(st.sampled_from("ACGT_"), min_size=length, max_size=length))
    lower = draw(st.text(st.sampled_from("ACGT_"), min_size=length, max_size=length))
    is_empty = set(upper + lower) == {MISSING}
    return Duplex.parse("A") if is_empty else Duplex(upper, lower)


@given(st.lists(duplexes(), min_size=1, max_size=6))
def test_keys_of_many_are_the_keys_of_each(several: list[Duplex]) -> None:
    perfect = [Duplex.parse(one.upper) for one in several if set(one.upper) != {MISSING}]
    everything = several + perfect
    codes = Ragged.from_rows([one.codes for one in everything])
    assert canonical_keys(codes) == tuple(one.key for one in everything)


def test_keys_join_both_writings_whatever_the_contacts() -> None:
    records = [make_record("AAAC", right="upper:1=0.1"), make_record("GTTT", right="lower:1=0.3")]
    assert TransportDataset.from_records(records, {}).keys == ("AAAC", "AAAC")


@pytest.mark.parametrize("name", ["log10_transmission", "log10_dos", "log10_ldos"])
def test_a_record_of_unfitting_shapes_names_the_spectrum(name: str) -> None:
    record = make_record()
    with pytest.raises(UsageError, match=f"'sample 0 é': {name} has shape"):
        replace(record, spectra={**record.spectra, name: record.spectra[name][:-1]})


def test_a_record_of_impossible_energies_or_spectra_names_them() -> None:
    record = make_record()
    with pytest.raises(UsageError, match="energies has shape"):
        replace(record, energies=record.energies[:, None])
    with pytest.raises(UsageError, match=r"log10_transmission has shape \(\) instead of \(5,\)"):
        replace(record, spectra={"log10_dos": record.spectra["log10_dos"]})
    with pytest.raises(UsageError, match="nothing is known of 'dos'"):
        replace(record, spectra={**record.spectra, "dos": record.dos})
