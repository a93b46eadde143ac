"""Transport records: the record, columns, HDF5 store, generation, import and grouped splits."""

from typing import TYPE_CHECKING, Any

from dnawire.data.checks import find_problem
from dnawire.data.coverage import Coverage
from dnawire.data.dataset import TransportDataset
from dnawire.data.generate import GenerationSpec, generate_dataset
from dnawire.data.keys import duplex_texts
from dnawire.data.measurements import Measurements, read_measurements
from dnawire.data.origin import parameter_set_of, shared_contacts
from dnawire.data.published import available_measurements, is_published, load_measurements
from dnawire.data.ragged import Ragged
from dnawire.data.random import named_generator, named_seed
from dnawire.data.record import TransportRecord
from dnawire.data.specification import generation_spec
from dnawire.data.split import Splits, read_splits, split_dataset
from dnawire.data.store import read_dataset, write_dataset
from dnawire.data.stored import Column

if TYPE_CHECKING:
    from dnawire.data.importers import EnergyWindow, import_records

__all__ = [
    "Column",
    "Coverage",
    "EnergyWindow",
    "GenerationSpec",
    "Measurements",
    "Ragged",
    "Splits",
    "TransportDataset",
    "TransportRecord",
    "available_measurements",
    "duplex_texts",
    "find_problem",
    "generate_dataset",
    "generation_spec",
    "import_records",
    "is_published",
    "load_measurements",
    "named_generator",
    "named_seed",
    "parameter_set_of",
    "read_dataset",
    "read_measurements",
    "read_splits",
    "shared_contacts",
    "split_dataset",
    "write_dataset",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import the importers with their foreign formats when one is asked for."""
    if name not in ("EnergyWindow", "import_records"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dnawire.data import importers

    return getattr(importers, name)
