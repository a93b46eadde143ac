"""Many records as columns, so that a million are as easy as ten."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dnawire.data.digests import array_digest, column_digest
from dnawire.data.keys import canonical_keys
from dnawire.data.ragged import Ragged
from dnawire.data.record import TransportRecord
from dnawire.data.stored import Column
from dnawire.errors import MixedEnergyGridError, TooFewRecordsError, UsageError
from dnawire.junction import (
    MISSING_CODE,
    STRANDS,
    Attachment,
    Contact,
    Duplex,
    Junction,
    JunctionArrays,
)
from dnawire.quantities import BY_COLUMN, QUANTITIES, Quantity

ATTACHMENT: Final = np.dtype([("strand", "i1"), ("position", "<i4"), ("gamma", "<f8")])
"""One contact attachment: strand (0 upper, 1 lower), position from its 5' end, gamma in eV."""

_JUNCTIONS: Final = ("codes", "left", "right", "grids")
_CONDITIONS: Final = ("grid_index", "eta", "energy_reference")


@dataclass(frozen=True, eq=False)
class TransportDataset:
    """Transport records in columns; N records, each with its own length and energy grid.

    Parameters
    ----------
    codes
        Base codes in ladder layout, int8 rows (L, 2).
    left, right
        Contacts, rows of `ATTACHMENT`.
    grids
        The different energy grids, in order of first use, eV.
    grid_index
        Grid of every record, int64 (N,).
    spectra
        Values by column of `QUANTITIES`, in the scale of the quantity: rows (E,), or (sites * E,),
        site after site in site order.
    eta
        Imaginary part of the energy, (N,), eV.
    energy_reference
        Absolute energy of the zero of every grid, (N,), eV.
    identifiers
        Name of every calculation in its source, text (N,).
    source
        Where the records come from: level of theory, parameter set, contact model, code version;
        plain values that JSON can hold.
    earlier_digest
        Digest of the file that the records were converted from, if its schema was an earlier one.
    left_out
        Digests of spectra that the records have but that were not kept, by column; see `keeping`.
    """

    codes: Ragged
    left: Ragged
    right: Ragged
    grids: Ragged
    grid_index: NDArray[np.int64]
    spectra: Mapping[str, Column]
    eta: NDArray[np.float64]
    energy_reference: NDArray[np.float64]
    identifiers: NDArray[Any]
    source: dict[str, Any]
    earlier_digest: str | None = None
    left_out: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def from_records(
        cls, records: Sequence[TransportRecord], source: dict[str, Any]
    ) -> TransportDataset:
        """Collect records.

        Parameters
        ----------
        records
            At least one record; each quantity is in all or in none.
        source
            Where they come from.

        Returns
        -------
        TransportDataset
            Records in the given order.

        Raises
        ------
        TooFewRecordsError
            If there is no record.
        UsageError
            If only some of the records have a quantity.
        """
        if not records:
            raise TooFewRecordsError("there is no record.", "give at least one record.")
        grid_numbers: dict[bytes, int] = {}
        grid_index = [
            grid_numbers.setdefault(one.energies.tobytes(), len(grid_numbers)) for one in records
        ]
        junctions = [one.junction for one in records]
        return cls(
            codes=Ragged.from_rows([one.duplex.codes for one in junctions]),
            left=Ragged.from_rows([attachment_rows(one.left) for one in junctions]),
            right=Ragged.from_rows([attachment_rows(one.right) for one in junctions]),
            grids=Ragged.from_rows([np.frombuffer(grid) for grid in grid_numbers]),
            grid_index=np.array(grid_index, dtype=np.int64),
            spectra=_joined_spectra(records),
            eta=np.array([one.eta for one in records], dtype=np.float64),
            energy_reference=np.array([one.energy_reference for one in records], np.float64),
            identifiers=np.array([one.identifier for one in records], dtype=np.str_),
            source=source,
        )

    def __len__(self) -> int:
        return len(self.grid_index)

    def __iter__(self) -> Iterator[TransportRecord]:
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> TransportRecord:
        """Record ``index``; negative ones count from the end."""
        index = range(len(self))[index]
        energies = self.grids[int(self.grid_index[index])]
        return TransportRecord(
            junction=self.junction(index),
            energies=energies,
            spectra={
                quantity.column: self.spectra[quantity.column][index].reshape(
                    (-1, len(energies)) if quantity.has_sites else -1
                )
                for quantity in self.quantities
            },
            eta=float(self.eta[index]),
            energy_reference=float(self.energy_reference[index]),
            identifier=str(self.identifiers[index]),
        )

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The quantities that the records have."""
        return tuple(quantity for quantity in QUANTITIES if quantity.column in self.spectra)

    def junction(self, index: int) -> Junction:
        """Junction of record ``index``."""
        duplex = Duplex.from_codes(self.codes[index])
        return Junction(duplex, _contact(self.left[index]), _contact(self.right[index]))

    def select(self, indices: ArrayLike) -> TransportDataset:
        """Take records in a new order; records may be omitted or repeated.

        Parameters
        ----------
        indices
            Record numbers, integers.

        Returns
        -------
        TransportDataset
            With the grids that are still used.
        """
        rows = np.asarray(indices, dtype=np.int64)
        used, first, grid_index = np.unique(
            self.grid_index[rows], return_index=True, return_inverse=True
        )
        order = np.argsort(first)
        return TransportDataset(
            codes=self.codes.take(rows),
            left=self.left.take(rows),
            right=self.right.take(rows),
            grids=self.grids.take(used[order]),
            grid_index=np.argsort(order)[grid_index],
            spectra={name: column.take(rows) for name, column in self.spectra.items()},
            eta=self.eta[rows],
            energy_reference=self.energy_reference[rows],
            identifiers=self.identifiers[rows],
            source=self.source,
        )

    def keeping(self, columns: Container[str]) -> TransportDataset:
        """The same records, with the same digest, without spectra of other columns."""
        left_out = {name: one for name, one in self.column_digests.items() if name not in columns}
        kept = {name: one for name, one in self.spectra.items() if name in columns}
        return replace(self, spectra=kept, left_out=left_out)

    @property
    def energies(self) -> NDArray[np.float64]:
        """The energy grid (E,) in eV that all records share.

        Raises
        ------
        MixedEnergyGridError
            If they do not share one.
        """
        if len(self.grids) != 1:
            raise MixedEnergyGridError(
                f"the {len(self)} records use {len(self.grids)} different energy grids.",
                "use records of one grid; imported archives have one with --window homo.",
            )
        return self.grids[0]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of base pairs of every record, (N,)."""
        return self.codes.counts

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Canonical duplex key of every record, whatever its contacts."""
        return canonical_keys(self.codes)

    def junction_arrays(self) -> JunctionArrays:
        """Junctions of records of one length, in ladder layout.

        Raises
        ------
        UsageError
            If the duplexes differ in length.
        """
        lengths = np.unique(self.lengths)
        if len(lengths) != 1:
            raise UsageError(
                f"a batch of duplexes of lengths {lengths.tolist()} was asked for.",
                "batch records of equal length; see TransportDataset.lengths.",
            )
        shape = (len(self), int(lengths[0]), len(STRANDS))
        return JunctionArrays(
            codes=self.codes.values.reshape(shape),
            gamma_left=ladder_gamma(self.left, self.codes).reshape(shape),
            gamma_right=ladder_gamma(self.right, self.codes).reshape(shape),
        )

    @property
    def digest(self) -> str:
        """What a run knows its records by: `earlier_digest`, or else `content_digest`."""
        return self.earlier_digest or self.content_digest

    @cached_property
    def content_digest(self) -> str:
        """SHA-256 of the records (not of ``source``), independent of how they are stored."""
        return self.digest_with(self.column_digests.values())

    @cached_property
    def column_digests(self) -> dict[str, bytes]:
        """Digests of all spectra that the records have, kept or left out, by column."""
        kept = {name: column_digest(name, column) for name, column in self.spectra.items()}
        found = {**kept, **self.left_out}
        return {name: found[name] for name in BY_COLUMN if name in found}

    def digest_with(self, spectra: Iterable[bytes]) -> str:
        """SHA-256 of the records with spectra of the given digests instead of their own."""
        codes = self.codes.values
        # Digests number a missing base -1, as those of schema 1 did.
        numbered = np.where(codes == MISSING_CODE, np.int8(-1), codes)
        junctions = {name: getattr(self, name) for name in _JUNCTIONS}
        junctions["codes"] = Ragged(numbered, self.codes.offsets)
        digest = hashlib.sha256(json.dumps(self.identifiers.tolist()).encode())
        for name, column in junctions.items():
            digest.update(column_digest(name, column))
        for one in spectra:
            digest.update(one)
        for name in _CONDITIONS:
            digest.update(array_digest(name, getattr(self, name)))
        return digest.hexdigest()

    @cached_property
    def question_digest(self) -> str:
        """SHA-256 of junctions, energies and source: what was computed, not what came out."""
        source = json.dumps(self.source, sort_keys=True).encode()
        asked = self.digest_with(())
        return hashlib.sha256(source + asked.encode()).hexdigest()


def ladder_gamma(contacts: Ragged, codes: Ragged) -> NDArray[np.float64]:
    """Couplings of many contacts in ladder layout.

    Parameters
    ----------
    contacts
        Rows of `ATTACHMENT` with valid positions.
    codes
        Base codes, rows (L, 2).

    Returns
    -------
    ndarray
        Gamma in eV, (sum of L, 2).
    """
    gamma = np.zeros(codes.values.shape)
    pair = codes.offsets[:-1][contacts.owners] + attached_pairs(contacts, codes.counts)
    gamma[pair, contacts.values["strand"]] = contacts.values["gamma"]
    return gamma


def attached_pairs(contacts: Ragged, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the base pair along the helix of every attachment.

    Parameters
    ----------
    contacts
        Rows of `ATTACHMENT`.
    lengths
        Number of base pairs of every duplex.

    Returns
    -------
    ndarray
        int64, one number per attachment.
    """
    position = contacts.values["position"].astype(np.int64)
    last = lengths[contacts.owners] - 1
    return np.where(contacts.values["strand"] == 0, position, last - position)


def attachment_rows(contact: Contact) -> NDArray[Any]:
    """Attachments of a resolved contact as rows of `ATTACHMENT`, which know no atoms."""
    attachments = contact.on_bases().attachments
    rows = [(STRANDS.index(one.strand), one.position, one.gamma) for one in attachments]
    return np.array(rows, dtype=ATTACHMENT)


def _contact(rows: NDArray[Any]) -> Contact:
    return Contact(
        tuple(Attachment(STRANDS[strand], place, gamma) for strand, place, gamma in rows.tolist())
    )


def _joined_spectra(records: Sequence[TransportRecord]) -> dict[str, Column]:
    joined: dict[str, Column] = {}
    for quantity in QUANTITIES:
        column = quantity.column
        rows = [one.spectra[column].reshape(-1) for one in records if column in one.spectra]
        if rows and len(rows) != len(records):
            without = next(one.identifier for one in records if column not in one.spectra)
            raise UsageError(
                f"{len(rows)} of {len(records)} records have {quantity.symbol}; '{without}' has "
                "none.",
                f"collect records with and without {quantity.symbol} separately, or leave it out "
                "of all.",
            )
        if rows:
            joined[column] = Ragged.from_rows(rows)
    return joined
