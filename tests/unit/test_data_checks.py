"""Impossible records are found, and named by record and field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from data_samples import make_dataset
from numpy.typing import NDArray

from dnawire.data import TransportDataset, find_problem
from dnawire.data.ragged import Ragged
from dnawire.junction import MISSING_CODE


def test_values_that_vanish_are_no_problem_where_they_can() -> None:
    dataset = make_dataset(with_ldos=False)
    dataset.spectra["log10_transmission"].values[3] = -np.inf
    assert find_problem(dataset) is None


def test_good_records_have_no_problem() -> None:
    assert find_problem(make_dataset()) is None
    assert find_problem(make_dataset(with_ldos=False)) is None


@pytest.mark.parametrize(
    ("column", "position", "value", "words"),
    [
        ("log10_transmission", 6, np.nan, "record 1 ('sample 1 é'): log10_transmission: value 1"),
        ("log10_transmission", 0, np.inf, "record 0 ('sample 0 é'): log10_transmission: value 0"),
        ("log10_dos", 12, -np.inf, "record 2 ('sample 2 é'): log10_dos: value 4 is -inf"),
        ("log10_dos", 17, np.inf, "record 3 ('sample 3 é'): log10_dos: value 4 is inf"),
        ("log10_ldos", 0, np.nan, "record 0 ('sample 0 é'): log10_ldos: value 0 is nan"),
        ("log10_ldos", 35, np.inf, "record 1 ('sample 1 é'): log10_ldos: value 0 is inf"),
        ("grids", 2, 7.0, "record 0 ('sample 0 é'): energies: 0.5 eV"),
        ("grids", 6, np.nan, "record 1 ('sample 1 é'): energies: nan eV"),
        ("codes", (4, 1), 5, "record 1 ('sample 1 é'): base code: value 0 is 5"),
        ("codes", (0, 0), -1, "record 0 ('sample 0 é'): base code: value 0 is -1"),
    ],
)
def test_an_impossible_value_is_named(
    column: str, position: int | tuple[int, int], value: float, words: str
) -> None:
    dataset = make_dataset()
    values = {"grids": dataset.grids, "codes": dataset.codes, **dataset.spectra}
    values[column].values[position] = value
    assert words in str(find_problem(dataset))


@pytest.mark.parametrize(
    ("side", "row", "field", "value", "words"),
    [
        ("left", 0, "strand", 2, "record 0 ('sample 0 é'): left contact strand: 2"),
        ("left", 1, "position", 2, "record 1 ('sample 1 é'): left contact position: 2"),
        ("left", 1, "position", -1, "record 1 ('sample 1 é'): left contact position: -1"),
        ("right", 2, "gamma", np.nan, "record 1 ('sample 1 é'): right contact gamma: nan"),
        ("right", 2, "gamma", -0.1, "record 1 ('sample 1 é'): right contact gamma: -0.1"),
        ("right", 2, "gamma", 0.0, "record 1 ('sample 1 é'): right contact gamma: 0.0 couples"),
        ("right", 1, "position", 3, "record 0 ('sample 0 é'): right contact on missing base: 3"),
    ],
)
def test_an_impossible_contact_is_named(
    side: str, row: int, field: str, value: float, words: str
) -> None:
    dataset = make_dataset()
    getattr(dataset, side).values[field][row] = value
    assert words in str(find_problem(dataset))


def test_a_base_with_two_attachments_is_named() -> None:
    dataset = make_dataset()
    dataset.right.values[1] = dataset.right.values[0]
    assert "record 0 ('sample 0 é'): right contact repeated on: 3" in str(find_problem(dataset))


def test_ldos_that_does_not_sum_to_the_dos_is_named() -> None:
    dataset = make_dataset()
    dataset.spectra["log10_dos"].values[5 + 3 + 2] += np.log10(1 + 2e-5)
    assert "record 2 ('sample 2 é'): ldos: its sum" in str(find_problem(dataset))


def test_ldos_in_single_precision_is_close_enough() -> None:
    dataset = make_dataset()
    ldos = dataset.spectra["log10_ldos"]
    single = Ragged(ldos.values.astype(np.float32), ldos.offsets)
    changed = replace(dataset, spectra={**dataset.spectra, "log10_ldos": single})
    assert find_problem(changed) is None


@pytest.mark.parametrize(
    ("field", "value"), [("eta", -1.0), ("eta", np.nan), ("energy_reference", np.inf)]
)
def test_impossible_scalars_are_named(field: str, value: float) -> None:
    dataset = make_dataset()
    getattr(dataset, field)[2] = value
    assert f"record 2 ('sample 2 é'): {field}: {value}" in str(find_problem(dataset))


def _without_last(column: Ragged) -> Ragged:
    return column.take(np.arange(len(column) - 1))


def _shortened(column: Ragged) -> Ragged:
    offsets = column.offsets.copy()
    offsets[1] -= 1
    return Ragged(column.values, offsets)


def _changed(
    dataset: TransportDataset, name: str, change: Callable[[Ragged], Ragged]
) -> TransportDataset:
    changes: dict[str, Any]
    if name in dataset.spectra:
        column = dataset.spectra[name]
        assert isinstance(column, Ragged)
        changes = {"spectra": {**dataset.spectra, name: change(column)}}
    else:
        changes = {name: change(getattr(dataset, name))}
    return replace(dataset, **changes)


def _no_base(dataset: TransportDataset) -> TransportDataset:
    codes: NDArray[np.int8] = dataset.codes.values.copy()
    codes[4:6] = MISSING_CODE
    return replace(dataset, codes=Ragged(codes, dataset.codes.offsets))


def test_columns_that_do_not_fit_are_named() -> None:
    good = make_dataset()
    for name in ("codes", "left", "right", *good.spectra):
        wrong = _changed(good, name, _without_last)
        assert f"{name} has 3 rows for 4 records" in str(find_problem(wrong))
    assert len(good.spectra) == 3
    for name in good.spectra:
        wrong = _changed(good, name, _shortened)
        assert f"record 0 ('sample 0 é'): {name}: " in str(find_problem(wrong))
    assert "eta has shape (3,)" in str(find_problem(replace(good, eta=good.eta[:3])))
    assert "grid_index: 2 names no" in str(
        find_problem(replace(good, grid_index=np.array([0, 2, 0, 0])))
    )
    assert "record 1 ('sample 1 é'): number of bases: 0" in str(find_problem(_no_base(good)))
    without = {"log10_dos": good.spectra["log10_dos"]}
    assert "there is no log10_transmission" in str(find_problem(replace(good, spectra=without)))
    assert "there is no record" in str(find_problem(good.select([])))
    empty = Ragged(good.grids.values, np.array([0, 5, 8, 8]))
    assert "energy grid is empty" in str(find_problem(replace(good, grids=empty)))
