"""The HDF5 store of transport records, schema version 2; version 1 is read as well.

Ragged columns are a flat array with ``offsets``: row i is ``values[offsets[i]:offsets[i + 1]]``.

=========================  ==========================================================
``/``                      attributes ``format``, ``schema_version``, ``source`` (JSON),
                           ``digest`` (SHA-256 of the records)
``/duplex``                ``letters`` (pairs, 2) of A, C, G, T and _; upper, lower base of
                           each pair along the helix
``/left_contact``          ``strand`` (0 upper, 1 lower), ``position`` from the 5' end of that
                           strand, ``gamma`` in eV; ``/right_contact`` alike
``/grids``                 ``energies`` in eV, every different grid once
``/records``               ``grid``, ``eta``, ``energy_reference``, ``identifier``
``/log10_transmission``    ``values``; so are all columns of `QUANTITIES`, those over sites site
                           after site in site order. Schema 1 has plain values, under their names
=========================  ==========================================================
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Container
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import h5py
import numpy as np
from numpy.typing import NDArray

from dnawire.data._hdf import (
    checked_array,
    new_hdf,
    new_large_hdf,
    open_hdf,
    read_array,
    read_text,
    unusable,
)
from dnawire.data.checks import find_problem
from dnawire.data.dataset import ATTACHMENT, TransportDataset
from dnawire.data.digests import column_digest
from dnawire.data.keys import ASCII_LETTERS
from dnawire.data.ragged import VALUES_AT_ONCE, Ragged
from dnawire.data.stored import LARGEST_IN_MEMORY, Column, ColumnWriter
from dnawire.errors import NotWritableError, UnusableDataFileError, UsageError
from dnawire.quantities import BY_COLUMN, BY_NAME, QUANTITIES
from dnawire.scalars import checked_path

FORMAT: Final = "dnawire-records"
SCHEMA_VERSION: Final = 2

_CODE_OF_LETTER = np.full(256, np.iinfo(np.int8).min, dtype=np.int8)
_CODE_OF_LETTER[ASCII_LETTERS] = range(len(ASCII_LETTERS))
_FILTERS: Final = {"compression": "gzip", "compression_opts": 4, "shuffle": True}
_OFFSETS: Final = "offsets"
_DIGEST: Final = "digest"


def write_dataset(
    path: str | Path,
    dataset: TransportDataset,
    *,
    overwrite: bool = False,
    add: Callable[[h5py.File], None] | None = None,
) -> None:
    """Write records to one HDF5 file.

    The file appears under its name only when it is complete and on disk.

    Parameters
    ----------
    path
        File to write.
    dataset
        Records; they are checked as they are when a file is read. What was left out is not written.
    overwrite
        Whether a file of that name may be replaced: also one that appears meanwhile.
    add
        Writes groups of its own into the same file, for example `AtomisticColumns.write`.

    Raises
    ------
    NotWritableError
        If the file exists and may not be replaced, or the system refuses.
    UsageError
        If the records cannot be used, or ``source`` holds what JSON cannot; names the record
        and the field.
    """
    path = Path(path)
    problem = find_problem(dataset)
    if problem is not None:
        raise UsageError(f"{problem}.", "correct the record, or leave it out with select().")
    if os.path.lexists(path) and not overwrite:
        raise NotWritableError.exists(path)
    source = _source_text(dataset.source)
    digests = {name: dataset.column_digests[name] for name in dataset.spectra}
    size = sum(column.size * column.dtype.itemsize for column in dataset.spectra.values())
    create = new_hdf if size <= LARGEST_IN_MEMORY else new_large_hdf
    with create(path, overwrite=overwrite) as file:
        file.attrs["schema_version"] = SCHEMA_VERSION
        digest = dataset.digest_with(digests.values())
        texts = {"format": FORMAT, "source": source, "digest": digest}
        file.attrs.update({name: _fixed_text(text) for name, text in texts.items()})
        _write_columns(file, dataset)
        if add is not None:
            add(file)


def read_dataset(path: str | Path, columns: Container[str] = BY_COLUMN) -> TransportDataset:
    """Read and validate a file of records.

    Parameters
    ----------
    path
        File written by `write_dataset`.
    columns
        Spectra to keep. Others are not read, if the file knows their digests.

    Returns
    -------
    TransportDataset
        The records, equal to those that were written; those of schema 1 are known by its digest.

    Raises
    ------
    NotFoundError
        If there is no such file.
    UnusableDataFileError
        If it is truncated, damaged, foreign or of a newer schema, or a record is impossible;
        names the record and the field.
    """
    path = checked_path("path", path)
    with open_hdf(path) as file:
        version = _check_format(path, file)
        expected = read_text(file, "digest")
        stored, left_out = _read_spectra(path, file, version, columns)
        dataset = replace(_read_columns(path, file, stored), left_out=left_out)
    if version == 1:
        digests = [column_digest(name, column) for name, column in stored.items()]
        dataset = _converted(dataset, expected)
    else:
        digests = list(dataset.column_digests.values())
    problem = find_problem(dataset)
    if problem is None and dataset.digest_with(digests) != expected:
        problem = "its content does not match its digest: it was damaged or edited"
    if problem is not None:
        raise unusable(path, problem)
    return dataset if version > 1 else dataset.keeping(columns)


def _write_columns(file: h5py.File, dataset: TransportDataset) -> None:
    letters = ASCII_LETTERS[dataset.codes.values].view("S1")
    _write(file, "duplex", {"letters": letters}, dataset.codes.offsets)
    for name, contacts in (("left_contact", dataset.left), ("right_contact", dataset.right)):
        fields = {key: contacts.values[key] for key in ATTACHMENT.names or ()}
        _write(file, name, fields, contacts.offsets)
    _write(file, "grids", {"energies": dataset.grids.values}, dataset.grids.offsets)
    records = {
        "grid": dataset.grid_index,
        "eta": dataset.eta,
        "energy_reference": dataset.energy_reference,
        "identifier": np.char.encode(dataset.identifiers, "utf-8"),
    }
    _write(file, "records", records, None)
    for quantity in dataset.quantities:
        column = dataset.spectra[quantity.column]
        group = _write(file, quantity.column, {}, column.offsets)
        _write_values(group, column)
        group.attrs["scale"] = _fixed_text(quantity.scale)
        group.attrs[_DIGEST] = _fixed_text(dataset.column_digests[quantity.column].hex())
    _write_units(file)


def _write(
    file: h5py.File, name: str, arrays: dict[str, NDArray[Any]], offsets: NDArray[Any] | None
) -> h5py.Group:
    group = file.create_group(name)
    if offsets is not None:
        arrays = arrays | {_OFFSETS: offsets}
    for key, array in arrays.items():
        filters = _FILTERS if array.size else {}
        group.create_dataset(key, data=array, **filters)
    return group


def _write_values(group: h5py.Group, column: Column) -> None:
    filters = _FILTERS if column.size else {}
    values = group.create_dataset("values", (column.size,), column.dtype, **filters)
    for first, block in column.blocks():
        start = int(column.offsets[first])
        values[start : start + block.size] = block.values


def _write_units(file: h5py.File) -> None:
    units = {
        "left_contact/gamma": "eV",
        "right_contact/gamma": "eV",
        "grids/energies": "eV",
        "records/eta": "eV",
        "records/energy_reference": "eV",
        **{f"{one.column}/values": one.unit or "1" for one in QUANTITIES},
    }
    for name, unit in units.items():
        if name in file:
            file[name].attrs["units"] = _fixed_text(unit)


def _check_format(path: Path, file: h5py.File) -> int:
    """Version of the schema."""
    if read_text(file, "format") != FORMAT:
        raise UnusableDataFileError(
            f"{path} is an HDF5 file, but not one of dnawire records.",
            "turn a G3NAT archive or a calculation folder into one with 'dnawire import'.",
        )
    version = file.attrs.get("schema_version")
    if not isinstance(version, int | np.integer) or version < 1:
        raise unusable(path, f"schema_version is {version!r}")
    if version > SCHEMA_VERSION:
        raise UnusableDataFileError(
            f"{path} has schema version {version}; this program knows up to {SCHEMA_VERSION}.",
            "upgrade it: pip install --upgrade dnawire.",
        )
    return int(version)


def _read_spectra(
    path: Path, file: h5py.File, version: int, columns: Container[str]
) -> tuple[dict[str, Column], dict[str, bytes]]:
    """Spectra, and digests of those that are not kept, by the names of their groups.

    In schema 1 these are the names of the plain quantities, and all are needed.
    """
    groups = {one.name if version == 1 else one.column: one for one in QUANTITIES}
    present = [name for name, one in groups.items() if one.is_required or name in file]
    skipped = [name for name in present if version > 1 and name not in columns]
    left_out = {name: _stored_digest(path, file, name) for name in skipped}
    kept = {name: _read_column(path, file, name) for name in present if name not in skipped}
    return kept, left_out


def _stored_digest(path: Path, file: h5py.File, name: str) -> bytes:
    """Digest of a column, which files of earlier programs do not tell."""
    text = read_text(_group(path, file, name), _DIGEST)
    if text:
        try:
            return bytes.fromhex(text)
        except ValueError as error:
            raise unusable(path, f"attribute {_DIGEST} of /{name} is no digest") from error
    return column_digest(name, _read_column(path, file, name))


def _read_column(path: Path, file: h5py.File, name: str) -> Column:
    values = checked_array(_group(path, file, name), "values", 1, "f")
    offsets = _read_offsets(path, file, name, len(values))
    writer = ColumnWriter(np.diff(offsets), values.dtype.newbyteorder("="))
    for start in range(0, len(values), VALUES_AT_ONCE):
        writer.add(values[start : start + VALUES_AT_ONCE])
    return writer.column()


def _converted(dataset: TransportDataset, digest: str) -> TransportDataset:
    """Records of schema 1 in the scales of today."""
    spectra: dict[str, Column] = {
        BY_NAME[name].column: Ragged(BY_NAME[name].scaled(plain.values), plain.offsets)
        for name, plain in dataset.spectra.items()
    }
    return replace(dataset, spectra=spectra, earlier_digest=digest)


def _read_columns(path: Path, file: h5py.File, spectra: dict[str, Column]) -> TransportDataset:
    letters = _read_ragged(path, file, "duplex", "letters", 2, "S")
    if letters.values.dtype.itemsize != 1:
        raise unusable(path, "/duplex/letters holds more than one letter per base")
    codes = _CODE_OF_LETTER[letters.values.view(np.uint8).reshape(letters.values.shape)]
    return TransportDataset(
        codes=Ragged(codes, letters.offsets),
        left=_read_contacts(path, file, "left_contact"),
        right=_read_contacts(path, file, "right_contact"),
        grids=_read_ragged(path, file, "grids", "energies", 1, "f"),
        grid_index=_read_group(path, file, "records", "grid", "i").astype(np.int64),
        spectra=spectra,
        eta=_read_group(path, file, "records", "eta", "f"),
        energy_reference=_read_group(path, file, "records", "energy_reference", "f"),
        identifiers=_read_identifiers(path, file),
        source=_read_source(path, file),
    )


def _read_group(path: Path, file: h5py.File, group: str, name: str, kinds: str) -> NDArray[Any]:
    return read_array(_group(path, file, group), name, 1, kinds)


def _read_ragged(
    path: Path, file: h5py.File, group: str, name: str, num_axes: int, kinds: str
) -> Ragged:
    values = read_array(_group(path, file, group), name, num_axes, kinds)
    return Ragged(values, _read_offsets(path, file, group, len(values)))


def _read_offsets(path: Path, file: h5py.File, group: str, total: int) -> NDArray[np.int64]:
    offsets = _read_group(path, file, group, _OFFSETS, "i").astype(np.int64)
    ends = offsets[[0, -1]].tolist() if len(offsets) else None
    if ends != [0, total] or (np.diff(offsets) < 0).any():
        raise unusable(path, f"/{group}/{_OFFSETS} does not divide its {total} values into rows")
    return offsets


def _read_contacts(path: Path, file: h5py.File, name: str) -> Ragged:
    columns = {key: _read_group(path, file, name, key, "if") for key in ATTACHMENT.names or ()}
    sizes = {len(column) for column in columns.values()}
    if len(sizes) != 1:
        raise unusable(path, f"/{name} has columns of different lengths")
    values = np.empty(sizes.pop(), dtype=ATTACHMENT)
    for key, column in columns.items():
        values[key] = column
    return Ragged(values, _read_offsets(path, file, name, len(values)))


def _read_identifiers(path: Path, file: h5py.File) -> NDArray[Any]:
    raw = _read_group(path, file, "records", "identifier", "S")
    try:
        return np.char.decode(raw, "utf-8")
    except UnicodeDecodeError as error:
        raise unusable(path, f"/records/identifier is not UTF-8 ({error})") from error


def _read_source(path: Path, file: h5py.File) -> dict[str, Any]:
    try:
        source = json.loads(read_text(file, "source"))
    except ValueError as error:
        raise unusable(path, f"attribute source is not JSON ({error})") from error
    if not isinstance(source, dict):
        raise unusable(path, "attribute source is not a JSON object")
    return source


def _fixed_text(text: str) -> np.bytes_:
    """ASCII text of fixed length: HDF5 protects it by a checksum, unlike variable-length text."""
    return np.bytes_(text.encode("ascii"))


def _source_text(source: dict[str, Any]) -> str:
    try:
        return json.dumps(source, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"source of the records: {error}.", "use plain numbers, texts, lists and dicts."
        ) from error


def _group(path: Path, file: h5py.File, name: str) -> h5py.Group:
    group = file.get(name)
    if not isinstance(group, h5py.Group):
        raise unusable(path, f"there is no readable group /{name}")
    return group
