"""``dnawire.generate`` and ``dnawire.read``: datasets, computed or from a file."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from dnawire.api.keywords import takes
from dnawire.api.settings import plain_settings, setting_parameters
from dnawire.api.target import check_target
from dnawire.config import GenerationConfig, SeedConfig, check_generation
from dnawire.data import (
    TransportDataset,
    generate_dataset,
    generation_spec,
    read_dataset,
    write_dataset,
)
from dnawire.scalars import checked_path

_SEEDS: Final = tuple(one.name for one in fields(SeedConfig))
_NAMES: Final = (*(one.name for one in fields(GenerationConfig)), *_SEEDS)


@takes(setting_parameters(_NAMES))
def generate(
    path: Path | str | None = None,
    *,
    overwrite: bool = False,
    **settings: Any,  # noqa: ANN401
) -> TransportDataset:
    """Generate records of charge transport; the same settings give the same records.

    Parameters
    ----------
    path
        File to write (HDF5); None writes none.
    overwrite
        Replace the file if it exists.
    **settings
        Named like the flags of ``dnawire generate``, for example ``parameters``, ``num_samples``,
        ``seq_length`` and ``seed``; docs/command_line.md explains them (group data).

    Returns
    -------
    TransportDataset
        The records.

    Raises
    ------
    DnawireError
        A setting is impossible, or the file cannot be written.
    """
    values = plain_settings(settings)
    seed = SeedConfig(**{name: values.pop(name) for name in _SEEDS if name in values})
    target = None if path is None else checked_path("path", path)
    return generated(GenerationConfig(**values), seed.seed, target, overwrite=overwrite)


def generated(
    settings: GenerationConfig, seed: int, path: Path | None, *, overwrite: bool
) -> TransportDataset:
    """Generate records, and write them if there is a path, which is checked first."""
    check_generation(settings)
    if path is not None:
        check_target(path, overwrite=overwrite)
    dataset = generate_dataset(generation_spec(settings, seed))
    if path is not None:
        write_dataset(path, dataset, overwrite=overwrite)
    return dataset


def read(path: Path | str) -> TransportDataset:
    """Read and validate a file of records.

    Parameters
    ----------
    path
        File of ``dnawire generate``, ``dnawire import`` or `dnawire.generate`.

    Returns
    -------
    TransportDataset
        The records: a sequence of `TransportRecord`.

    Raises
    ------
    NotFoundError
        If there is no such file.
    UnusableDataFileError
        If it is damaged or foreign; names the record and the field.
    """
    return read_dataset(path)
