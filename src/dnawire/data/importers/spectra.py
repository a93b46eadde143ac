"""Importer of spectra as people keep them: a tidy table, or arrays in an npz file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from dnawire.data.importers.structure import ForeignDataError
from dnawire.data.record import TransportRecord
from dnawire.errors import DnawireError, UsageError
from dnawire.files.tables import Row, TableError, TextTable, read_table
from dnawire.files.text import NotTextError, read_packed_text
from dnawire.junction import Contact, Duplex, Junction
from dnawire.quantities import QUANTITIES, Quantity, column_name
from dnawire.scalars import BROADENING, ENERGY, InvalidNumberError, read_number

TABLES: Final = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
"""Ends of the names of tidy tables."""

ARRAYS: Final = ".npz"
"""End of the names of files of arrays."""

_LARGEST: Final = 2**31
_NAMES: Final = ("name", "identifier", "id", "label")
_SCALED: Final = tuple(one for one in QUANTITIES if not one.has_sites)
_ZERO: Final = 0.0


@dataclass(frozen=True)
class GivenConditions:
    """What a user states of all records of a file that does not say it.

    Parameters
    ----------
    left_contact, right_contact
        Texts of contacts with their couplings; None leaves it to the file.
    eta
        Imaginary part of the energy in eV; None leaves it to the file.
    """

    left_contact: str | None = None
    right_contact: str | None = None
    eta: float | None = None

    @property
    def are_given(self) -> bool:
        """Whether anything is stated."""
        return any(value is not None for value in vars(self).values())


@dataclass(frozen=True, eq=False)
class _Spectrum:
    """One record as its file tells it."""

    where: str
    said: Mapping[str, str]
    """Texts by the names of `_SAID`; those that the file does not have are missing."""
    energies: NDArray[np.float64]
    values: Mapping[str, NDArray[np.float64]]
    """By column of `QUANTITIES`, in its scale."""


_SAID: Final = {
    "sequence": ("sequence",),
    "name": _NAMES,
    "left_contact": ("left_contact_ev", "left_contact"),
    "right_contact": ("right_contact_ev", "right_contact"),
    "eta": ("eta_ev", "eta"),
    "energy_reference": ("energy_reference_ev", "energy_reference"),
}
"""Names of columns and arrays of what is the same at all energies of a record."""


def is_spectra_file(path: Path) -> bool:
    """Whether the name of a file says that it holds spectra as a table or as arrays."""
    return path.name.lower().endswith((*TABLES, ARRAYS))


def read_spectra(path: Path, given: GivenConditions) -> Iterator[TransportRecord]:
    """Read the records of a table or of arrays.

    A table has a row for each energy of each record: columns ``sequence``, ``energy_eV``,
    ``transmission`` or ``log10_transmission``, and perhaps ``dos_per_eV`` or ``log10_dos``,
    ``left_contact``, ``right_contact``, ``eta_eV``, ``energy_reference_eV`` and ``name``; rows of
    one record follow each other. An npz file has arrays of these names: texts (N,), ``energies``
    (E,) or (N, E), spectra (N, E); contacts, eta and reference (N,) or one for all.

    Raises
    ------
    ForeignDataError
        If something is missing or impossible; names the record and the column.
    """
    spectra = _of_arrays(path) if path.name.lower().endswith(ARRAYS) else _of_table(path)
    return (_record(one, given) for one in spectra)


def _record(spectrum: _Spectrum, given: GivenConditions) -> TransportRecord:
    said = dict(spectrum.said)
    for name, value in vars(given).items():
        if value is not None and said.get(name):
            raise ForeignDataError(
                f"{spectrum.where}: {name} is in the file; it cannot be given beside it"
            )
    left, right = (
        given.left_contact or said.get("left_contact"),
        given.right_contact or said.get("right_contact"),
    )
    if not (left and right):
        raise ForeignDataError(
            f"{spectrum.where}: its contacts are not known: add the columns left_contact and "
            "right_contact, e.g. upper:0=0.1, or give --left_contact and --right_contact"
        )
    eta = given.eta if given.eta is not None else _number(spectrum.where, "eta", said.get("eta"))
    reference = _number(spectrum.where, "energy_reference", said.get("energy_reference"))
    if eta not in BROADENING or reference not in ENERGY:
        raise ForeignDataError(
            f"{spectrum.where}: eta = {eta:g} eV must be {BROADENING}, energy_reference = "
            f"{reference:g} eV {ENERGY}"
        )
    order = np.argsort(spectrum.energies, kind="stable")
    try:
        duplex = Duplex.parse(said.get("sequence", ""))
        return TransportRecord(
            junction=Junction(duplex, *(Contact.parse(one).on_bases() for one in (left, right))),
            energies=spectrum.energies[order],
            spectra={name: values[order] for name, values in spectrum.values.items()},
            eta=eta,
            energy_reference=reference,
            identifier=said.get("name") or duplex.text,
        )
    except DnawireError as error:
        raise ForeignDataError(f"{spectrum.where}: {error.problem.rstrip('.')}") from error


def _number(where: str, name: str, text: str | None) -> float:
    """Number of a text; zero where the file says nothing."""
    try:
        return read_number(text) if text else _ZERO
    except InvalidNumberError as error:
        raise ForeignDataError(f"{where}: {name}: {error}") from error


def _heads_of(quantity: Quantity) -> tuple[str, str]:
    """Heads under which the plain and the scaled values may stand, in lower case."""
    return column_name(quantity.name, quantity.unit).lower(), quantity.column


def _of_table(path: Path) -> Iterator[_Spectrum]:
    try:
        table = read_table(read_packed_text(path, largest=_LARGEST).split("\n"))
        heads = {name: table.column(*names) for name, names in _SAID.items()}
        energy = table.column("energy_ev")
        for name, head in (("sequence", heads["sequence"]), ("energy_eV", energy)):
            if head is None:
                raise TableError(table.line, f"it has no column '{name}'")
        quantities = _columns_of(table)
    except (OSError, NotTextError, TableError) as error:
        raise ForeignDataError(getattr(error, "strerror", None) or str(error)) from error
    assert energy is not None
    known = {name: head for name, head in heads.items() if head is not None}

    def said(row: Row) -> dict[str, str]:
        return {name: row.cells[head] for name, head in known.items()}

    for texts, rows in groupby(table.rows, said):
        group = list(rows)
        where = f"line {group[0].line}"
        yield _Spectrum(
            where,
            texts,
            _cells(group, energy),
            {
                one.column: _cells(group, head)
                if is_scaled
                else _scaled(where, one, _cells(group, head))
                for one, head, is_scaled in quantities
            },
        )


def _columns_of(table: TextTable) -> list[tuple[Quantity, str, bool]]:
    """Quantities of a table, their heads, and whether these hold values in the scale."""
    found = []
    for quantity in _SCALED:
        heads = [table.column(name) for name in _heads_of(quantity)]
        if all(heads):
            raise TableError(table.line, f"the columns {heads[0]} and {heads[1]} say the same")
        found += [
            (quantity, head, is_scaled)
            for head, is_scaled in zip(heads, (False, True), strict=True)
            if head is not None
        ]
        if quantity.is_required and not any(heads):
            raise TableError(table.line, f"it has no column '{_heads_of(quantity)[0]}'")
    return found


def _cells(rows: list[Row], head: str) -> NDArray[np.float64]:
    values = []
    for row in rows:
        text = row.cells[head]
        try:
            values.append(-np.inf if text == "-inf" else read_number(text))
        except InvalidNumberError as error:
            raise ForeignDataError(f"line {row.line}, column '{head}': {error}") from error
    return np.array(values)


def _scaled(where: str, quantity: Quantity, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Plain values in the scale, after a look at those that have no logarithm."""
    for place in np.argwhere(~((values >= 0.0) & (values < np.inf)))[:1]:
        record = "".join(f"record {one}: " for one in place[:-1])
        raise ForeignDataError(
            f"{where}: {record}{quantity.name}: value {place[-1]} is {values[tuple(place)]}; it "
            "must be finite and not negative"
        )
    return quantity.scaled(values)


def _of_arrays(path: Path) -> Iterator[_Spectrum]:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name.lower(): np.asarray(file[name]) for name in file.files}
    except (OSError, ValueError, BadZipFile, EOFError) as error:
        raise ForeignDataError(f"it is no npz file of plain arrays ({error})") from error
    texts = _array(arrays, _SAID["sequence"])
    if texts is None or texts.ndim != 1 or not len(texts):
        raise ForeignDataError("it has no array 'sequence' of texts (N,)")
    number = len(texts)
    energies = _array(arrays, ("energies", "energies_ev", "energy_ev"))
    if energies is None or energies.ndim not in (1, 2) or energies.dtype.kind not in "fiu":
        raise ForeignDataError("it has no array 'energies' of numbers (E,) or (N, E)")
    shape = number, energies.shape[-1]
    if energies.ndim == 2 and energies.shape != shape:
        raise ForeignDataError(f"energies have shape {energies.shape} for {number} sequences")
    spectra = _arrays_of(arrays, shape)
    said = {
        name: np.broadcast_to(np.asarray(array).astype(np.str_), number)
        for name, names in _SAID.items()
        if (array := _checked_length(name, _array(arrays, names), number)) is not None
    }
    grid = np.broadcast_to(energies.astype(np.float64), shape)
    for row in range(number):
        yield _Spectrum(
            f"record {row}",
            {name: str(array[row]).strip() for name, array in said.items()},
            grid[row],
            {name: values[row] for name, values in spectra.items()},
        )


def _arrays_of(
    arrays: Mapping[str, NDArray[Any]], shape: tuple[int, int]
) -> dict[str, NDArray[np.float64]]:
    """Spectra by column, in their scale."""
    found = {}
    for quantity in _SCALED:
        plain, scaled = _heads_of(quantity)
        names = [name for name in dict.fromkeys((plain, quantity.name, scaled)) if name in arrays]
        if len(names) > 1:
            raise ForeignDataError(f"the arrays {' and '.join(names)} say the same")
        if not names:
            if quantity.is_required:
                raise ForeignDataError(f"it has no array '{quantity.name}'")
            continue
        values = arrays[names[0]]
        if values.shape != shape or values.dtype.kind not in "fiu":
            raise ForeignDataError(
                f"{names[0]} has shape {values.shape} and type {values.dtype} instead of numbers "
                f"{shape}"
            )
        numbers = values.astype(np.float64)
        is_scaled = names[0] == scaled
        found[quantity.column] = numbers if is_scaled else _scaled(names[0], quantity, numbers)
    return found


def _array(arrays: Mapping[str, NDArray[Any]], names: tuple[str, ...]) -> NDArray[Any] | None:
    return next((arrays[name] for name in names if name in arrays), None)


def _checked_length(name: str, array: NDArray[Any] | None, number: int) -> NDArray[Any] | None:
    if array is not None and array.shape not in ((), (number,)):
        raise ForeignDataError(f"{name} has shape {array.shape} instead of ({number},)")
    return array


def check_no_conditions(path: Path, given: GivenConditions) -> None:
    """Refuse conditions of calculations that state their own.

    Raises
    ------
    UsageError
        One is given.
    """
    if given.are_given:
        names = ", ".join(name for name, value in vars(given).items() if value is not None)
        raise UsageError(
            f"{names}: the calculations of {path} state their own.",
            "give these for a table or an npz file alone.",
        )
