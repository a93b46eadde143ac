"""The table of quantities is what all layers go by; a row that a layer forgot is named here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from data_samples import make_dataset

from dnawire.config import TrainConfig
from dnawire.config.model_types import model_types
from dnawire.data import read_dataset, write_dataset
from dnawire.data.checks import find_problem
from dnawire.graphs import SpectraBatch
from dnawire.models import registry
from dnawire.quantities import (
    BY_COLUMN,
    BY_NAME,
    QUANTITIES,
    SCORED,
    Quantity,
    scaled_columns,
    site_order_columns,
)
from dnawire.transport import Spectra

COLUMNS = [quantity.column for quantity in QUANTITIES]


def test_every_quantity_has_its_tensor_and_every_tensor_its_quantity() -> None:
    assert list(SpectraBatch._fields) == COLUMNS
    assert set(Spectra._fields) <= set(COLUMNS)


@pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda one: one.name)
def test_every_quantity_has_its_weight_in_the_loss(quantity: Quantity) -> None:
    assert hasattr(TrainConfig().loss, f"{quantity.name}_weight")


@pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda one: one.name)
def test_every_quantity_is_described_in_the_documentation(quantity: Quantity) -> None:
    page = (Path(__file__).parents[2] / "docs" / "file_formats.md").read_text()
    assert f"`/{quantity.column}/values`" in page


def test_models_predict_what_is_in_the_table_and_all_that_is_required() -> None:
    required = {quantity.name for quantity in QUANTITIES if quantity.is_required}
    for name in model_types():
        predicted = set(registry.model_class(name).quantities)
        assert required <= predicted <= set(BY_NAME)


def test_scored_quantities_have_one_value_per_energy() -> None:
    assert SCORED
    assert not any(quantity.has_sites for quantity in SCORED)


@pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda one: one.name)
def test_plain_values_come_back(quantity: Quantity) -> None:
    values = np.array([1e-300, 1e-9, 2.0, 1e5])
    np.testing.assert_allclose(quantity.plain(quantity.scaled(values)), values, rtol=1e-12)
    single = quantity.scaled(values.astype(np.float32)).dtype
    assert single == (np.float32 if quantity.has_sites else np.float64)
    assert quantity.plain(torch.zeros(2)).tolist() == [1.0, 1.0]


def test_zero_and_impossible_values_are_told_apart() -> None:
    scaled = BY_NAME["transmission"].scaled([0.0, -1.0, 1.0, np.inf])
    assert BY_NAME["transmission"].is_possible(scaled).tolist() == [True, False, True, False]
    assert BY_NAME["dos"].is_possible(scaled).tolist() == [False, False, True, False]


def test_a_linear_scale_changes_nothing() -> None:
    signed = Quantity(name="spin", symbol="S", title="Spin", unit="1", scale="linear")
    assert (signed.column, signed.scale_label, signed.scale_unit) == ("spin", "S", "1")
    values = np.array([-1.0, 0.0, -np.inf])
    np.testing.assert_array_equal(signed.plain(signed.scaled(values)), values)
    assert signed.is_possible(values).tolist() == [True, True, False]


def test_columns_are_named_by_scale_and_quantity() -> None:
    columns = scaled_columns(transmission=[1.0], dos=[10.0], ldos=None)
    assert {name: values.tolist() for name, values in columns.items()} == {
        "log10_transmission": [0.0],
        "log10_dos": [1.0],
    }
    with pytest.raises(KeyError, match="doss"):
        scaled_columns(doss=[1.0])


def test_what_lies_at_the_floor_is_no_target() -> None:
    floor = BY_NAME["ldos"].floor
    ladder = np.array([[[[floor, -3.0], [np.nan, floor + 1.0]], [[0.0, 0.0], [7.0, 7.0]]]])
    present = np.array([[[True, True], [False, True]]])
    found = site_order_columns({"log10_ldos": ladder}, present)["log10_ldos"]
    expected = [[-np.inf, -3.0], [np.nan, floor + 1.0], [7.0, 7.0]]
    np.testing.assert_array_equal(found, expected)


def test_records_hold_a_transmission_that_underflows(tmp_path: Path) -> None:
    dataset = make_dataset()
    dataset.spectra["log10_transmission"].values[:] = -400.25
    assert find_problem(dataset) is None
    write_dataset(tmp_path / "long.h5", dataset)
    found = read_dataset(tmp_path / "long.h5")
    assert (found[0].log10_transmission == -400.25).all()
    assert not found[0].transmission.any()
    assert set(BY_COLUMN) >= set(found.spectra)
