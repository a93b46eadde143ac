"""Many records as columns, so that a million are as easy as ten."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dnawire.data.keys import canonical_keys
from dnawire.data.ragged import Ragged
from dnawire.data.record import TransportRecord
from dnawire.errors import MixedEnergyGridError, TooFewRecordsError, UsageError
from dnawire.junction import BASES, MISSING, STRANDS, Attachment, Contact, Duplex, Junction

ATTACHMENT: Final = np.dtype([("strand", "i1"), ("position", "<i4"), ("gamma", "<f8")])
"""One contact attachment: strand (0 upper, 1 lower), position from its 5' end, gamma in eV."""

_SPECTRA: Final = ("transmission", "dos", "ldos")
_JUNCTIONS: Final = ("codes", "left", "right", "grids")
_CONDITIONS: Final = ("grid_index", "eta", "energy_reference")


class RecordBatch(NamedTuple):
    """Records of B duplexes of one length L on one grid of E energies, in ladder layout.

    Attributes
    ----------
    energies
        (E,), eV.
    codes
        Base codes, int8 (B, L, 2), missing=-1.
    gamma_left, gamma_right
        Contact couplings in eV, (B, L, 2).
    transmission
        (B, E), dimensionless.
    dos
        (B, E), 1/eV.
    ldos
        (B, L, 2, E), 1/eV, zero at missing bases; None if unknown.
    """

    energies: NDArray[np.float64]
    codes: NDArray[np.int8]
    gamma_left: NDArray[np.float64]
    gamma_right: NDArray[np.float64]
    transmission: NDArray[np.float64]
    dos: NDArray[np.float64]
    ldos: NDArray[Any] | None


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
    transmission, dos
        Rows (E,); dimensionless and 1/eV.
    ldos
        Rows (sites * E,), site after site in site order, 1/eV; None if unknown.
    eta
        Imaginary part of the energy, (N,), eV.
    energy_reference
        Absolute energy of the zero of every grid, (N,), eV.
    identifiers
        Name of every calculation in its source, text (N,).
    source
        Where the records come from: level of theory, parameter set, contact model, code version;
        plain values that JSON can hold.
    """

    codes: Ragged
    left: Ragged
    right: Ragged
    grids: Ragged
    grid_index: NDArray[np.int64]
    transmission: Ragged
    dos: Ragged
    ldos: Ragged | None
    eta: NDArray[np.float64]
    energy_reference: NDArray[np.float64]
    identifiers: NDArray[Any]
    source: dict[str, Any]

    @classmethod
    def from_records(
        cls, records: Sequence[TransportRecord], source: dict[str, Any]
    ) -> TransportDataset:
        """Collect records.

        Parameters
        ----------
        records
            At least one record, either all with LDOS or all without.
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
            If only some of the records have LDOS.
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
            transmission=Ragged.from_rows([one.transmission for one in records]),
            dos=Ragged.from_rows([one.dos for one in records]),
            ldos=_joined_ldos(records),
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
        ldos = None if self.ldos is None else self.ldos[index].reshape(-1, len(energies))
        return TransportRecord(
            junction=self.junction(index),
            energies=energies,
            transmission=self.transmission[index],
            dos=self.dos[index],
            ldos=ldos,
            eta=float(self.eta[index]),
            energy_reference=float(self.energy_reference[index]),
            identifier=str(self.identifiers[index]),
        )

    def junction(self, index: int) -> Junction:
        """Junction of record ``index``."""
        letters = np.array(list(BASES + MISSING))[self.codes[index]]
        duplex = Duplex("".join(letters[:, 0]), "".join(letters[::-1, 1]))
        return Junction(duplex, _contact(self.left[index]), _contact(self.right[index]))

    def select(self, indices: ArrayLike) -> TransportDataset:
        """Take records in a new order; records may be left out or repeated.

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
            transmission=self.transmission.take(rows),
            dos=self.dos.take(rows),
            ldos=None if self.ldos is None else self.ldos.take(rows),
            eta=self.eta[rows],
            energy_reference=self.energy_reference[rows],
            identifiers=self.identifiers[rows],
            source=self.source,
        )

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
                "use records of one grid; imported archives have one with window 'homo'.",
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

    def batch(self, indices: ArrayLike) -> RecordBatch:
        """Stack records of equal length.

        Parameters
        ----------
        indices
            Record numbers, at least one.

        Returns
        -------
        RecordBatch
            Arrays in ladder layout, in the given order.

        Raises
        ------
        UsageError
            If the duplexes differ in length.
        MixedEnergyGridError
            If the records do not share one energy grid.
        """
        part = self.select(indices)
        lengths = np.unique(part.lengths)
        if len(lengths) != 1:
            raise UsageError(
                f"a batch of duplexes of lengths {lengths.tolist()} was asked for.",
                "batch records of equal length; see TransportDataset.lengths.",
            )
        energies = part.energies
        ladder = (len(part), int(lengths[0]), len(STRANDS))
        codes = part.codes.values.reshape(ladder)
        return RecordBatch(
            energies=energies,
            codes=codes,
            gamma_left=ladder_gamma(part.left, part.codes).reshape(ladder),
            gamma_right=ladder_gamma(part.right, part.codes).reshape(ladder),
            transmission=part.transmission.values.reshape(len(part), -1),
            dos=part.dos.values.reshape(len(part), -1),
            ldos=None if part.ldos is None else _ladder_ldos(part.ldos, codes, len(energies)),
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the records (not of ``source``), independent of how they are stored."""
        return self._digest_of(*_JUNCTIONS, *_SPECTRA, *_CONDITIONS)

    @cached_property
    def question_digest(self) -> str:
        """SHA-256 of junctions, energies and source: what was computed, not what came out."""
        source = json.dumps(self.source, sort_keys=True).encode()
        asked = self._digest_of(*_JUNCTIONS, *_CONDITIONS)
        return hashlib.sha256(source + asked.encode()).hexdigest()

    def _digest_of(self, *names: str) -> str:
        digest = hashlib.sha256(json.dumps(self.identifiers.tolist()).encode())
        for name in names:
            column = getattr(self, name)
            parts = (column.values, column.offsets) if isinstance(column, Ragged) else (column,)
            for part in parts:
                if part is not None:
                    digest.update(_content(name, part))
        return digest.hexdigest()


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
    """Attachments of a resolved contact as rows of `ATTACHMENT`."""
    rows = [(STRANDS.index(one.strand), one.position, one.gamma) for one in contact.attachments]
    return np.array(rows, dtype=ATTACHMENT)


def _contact(rows: NDArray[Any]) -> Contact:
    return Contact(
        tuple(Attachment(STRANDS[strand], place, gamma) for strand, place, gamma in rows.tolist())
    )


def _joined_ldos(records: Sequence[TransportRecord]) -> Ragged | None:
    rows = [one.ldos.reshape(-1) for one in records if one.ldos is not None]
    if not rows:
        return None
    if len(rows) != len(records):
        without = next(one.identifier for one in records if one.ldos is None)
        raise UsageError(
            f"{len(rows)} of {len(records)} records have LDOS; '{without}' has none.",
            "collect records with and without LDOS separately, or leave the LDOS out of all.",
        )
    return Ragged.from_rows(rows)


def _ladder_ldos(ldos: Ragged, codes: NDArray[np.int8], num_energies: int) -> NDArray[Any]:
    ladder = np.zeros((*codes.shape, num_energies), dtype=ldos.values.dtype)
    ladder[codes >= 0] = ldos.values.reshape(-1, num_energies)
    return ladder


def _content(name: str, array: NDArray[Any]) -> bytes:
    """Digest of an array with its name, type and shape, whatever the byte order of the machine."""
    plain = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    header = f"{name} {plain.dtype.descr} {plain.shape}".encode()
    return hashlib.sha256(header + hashlib.sha256(plain.data).digest()).digest()
