"""Records computed from a tight-binding parameter set: random duplexes between given contacts."""

from __future__ import annotations

import math
from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import dnawire
from dnawire.data.dataset import ATTACHMENT, TransportDataset, attachment_rows
from dnawire.data.digests import ContentHash, array_digest
from dnawire.data.ragged import Ragged, offsets_of, row_blocks
from dnawire.data.random import named_generator
from dnawire.data.stored import Column, ColumnWriter
from dnawire.errors import UsageError
from dnawire.junction import BASES, MISSING_CODE, STRANDS, Contact, Duplex, Junction, pair_index
from dnawire.quantities import BY_COLUMN, site_order_columns
from dnawire.tightbinding import ParameterSet, ladder_blocks, load_parameters
from dnawire.transport import block_spectra

_LAST_BASE: Final = len(BASES) - 1


@dataclass(frozen=True, eq=False)
class GenerationSpec:
    """What to generate; the same specification gives the same records.

    Parameters
    ----------
    num_samples
        Number of records.
    min_length, max_length
        Shortest and longest duplex in base pairs.
    parameters
        Name of a tight-binding parameter set, or the path of a file with one's own.
    energies
        Energies (E,) in eV, increasing, absolute on the scale of the parameter set.
    left, right
        Contacts; their positions must exist in every duplex.
    eta
        Imaginary part of the energy in eV.
    missing_fraction
        Probability that a duplex has missing bases.
    seed
        Seed of all draws.

    Raises
    ------
    UsageError
        If a value is impossible; names it.
    InvalidContactError
        If a contact does not fit the duplexes.
    """

    num_samples: int
    min_length: int
    max_length: int
    parameters: str
    energies: NDArray[np.float64]
    left: Contact
    right: Contact
    eta: float
    missing_fraction: float
    seed: int

    def __post_init__(self) -> None:
        energies = np.asarray(self.energies, dtype=np.float64)
        object.__setattr__(self, "energies", energies)
        for is_right, name, needed in (
            (self.num_samples >= 1, "num_samples", "at least 1"),
            (self.min_length >= 1, "min_length", "at least 1"),
            (self.max_length >= self.min_length, "max_length", "at least min_length"),
            (0.0 <= self.missing_fraction <= 1.0, "missing_fraction", "between 0 and 1"),
            (math.isfinite(self.eta) and self.eta >= 0, "eta", "finite and not negative"),
            (_is_grid(energies), "energies", "finite and increasing"),
        ):
            if not is_right:
                problem = f"{name} is {getattr(self, name)}; it must be {needed}."
                raise UsageError(problem, f"set {name} to a value that is {needed}.")
        for length in range(self.min_length, self.max_length + 1):
            Junction(Duplex.parse(BASES[0] * length), self.left, self.right)

    @cached_property
    def parameter_set(self) -> ParameterSet:
        """The parameters, read once."""
        return load_parameters(self.parameters)


def generate_dataset(spec: GenerationSpec, columns: Container[str] = BY_COLUMN) -> TransportDataset:
    """Compute the spectra of random duplexes exactly.

    Lengths are uniform between ``min_length`` and ``max_length``, bases are independent and
    uniform, and the lower strand is the Watson-Crick partner. With probability
    ``missing_fraction`` a duplex of L base pairs then loses ``k ~ U{1, ..., L-1}`` bases of its
    lower strand, chosen at random among those that no contact sits on (all of them if there are
    fewer than k). All draws precede all spectra, so that they do not depend on how the work
    is divided.

    Parameters
    ----------
    spec
        What to generate.
    columns
        Spectra to keep; of the others only the digests are known.

    Returns
    -------
    TransportDataset
        Records with every quantity that the transport knows, in float64, absolute energies.
    """
    codes = _draw(spec)
    spectra, left_out = _compute(spec, codes, columns)
    return TransportDataset(
        codes=codes,
        left=_contact_column(spec.left, codes.counts),
        right=_contact_column(spec.right, codes.counts),
        grids=Ragged(spec.energies, offsets_of([len(spec.energies)])),
        grid_index=np.zeros(spec.num_samples, dtype=np.int64),
        spectra=spectra,
        eta=np.full(spec.num_samples, spec.eta),
        energy_reference=np.zeros(spec.num_samples),
        identifiers=np.char.mod("generated/%07d", np.arange(spec.num_samples)),
        source=_source(spec),
        left_out=left_out,
    )


def _draw(spec: GenerationSpec) -> Ragged:
    """Base codes of all duplexes in ladder layout, rows (L, 2)."""
    num, widest = spec.num_samples, spec.max_length
    lengths = _stream(spec, "length").integers(spec.min_length, widest + 1, num)
    upper = _stream(spec, "bases").integers(0, len(BASES), (num, widest), dtype=np.int8)
    loses_bases = _stream(spec, "has_missing").random(num) < spec.missing_fraction
    how_many = _stream(spec, "number_missing").random(num)
    priority = _stream(spec, "which_missing").random((num, widest))
    ladders, records = [], []
    for length in map(int, np.unique(lengths)):
        rows = np.flatnonzero(lengths == length)
        bases = upper[rows, :length]
        codes = np.stack([bases, _LAST_BASE - bases], axis=2)
        number = np.where(loses_bases[rows], 1 + (how_many[rows] * (length - 1)).astype(int), 0)
        ranked = np.where(_free_lower(spec, length), priority[rows, :length], np.inf)
        rank = ranked.argsort(axis=1).argsort(axis=1)
        missing = (rank < np.minimum(number, length - 1)[:, None]) & np.isfinite(ranked)
        codes[missing, 1] = MISSING_CODE
        ladders.append(_rows_of_codes(codes))
        records.append(rows)
    return Ragged.from_parts(ladders).take(np.argsort(np.concatenate(records)))


def _stream(spec: GenerationSpec, name: str) -> np.random.Generator:
    return named_generator(spec.seed, "generate", name)


def _free_lower(spec: GenerationSpec, length: int) -> NDArray[np.bool_]:
    """Mark the base pairs whose lower base no contact sits on, (L,)."""
    free = np.ones(length, dtype=np.bool_)
    for contact in (spec.left, spec.right):
        for one in contact.resolved(length).attachments:
            if one.strand == "lower":
                free[pair_index(one.strand, one.position, length)] = False
    return free


def _rows_of_codes(ladders: NDArray[np.int8]) -> Ragged:
    number, length, strands = ladders.shape
    return Ragged(ladders.reshape(-1, strands), np.arange(number + 1) * length)


def _compute(
    spec: GenerationSpec, codes: Ragged, columns: Container[str]
) -> tuple[dict[str, Column], dict[str, bytes]]:
    """Spectra to keep, and digests of the others, by column; a part of the records at a time."""
    present = np.concatenate([[0], np.cumsum((codes.values != MISSING_CODE).sum(axis=1))])
    sites = np.diff(present[codes.offsets])
    size = len(spec.energies)
    counts = {
        name: size * (sites if one.has_sites else np.ones_like(sites))
        for name, one in BY_COLUMN.items()
    }
    kept = {name: ColumnWriter(one, float) for name, one in counts.items() if name in columns}
    others = {
        name: ContentHash(name, np.dtype(float), (int(one.sum()),))
        for name, one in counts.items()
        if name not in columns
    }
    for rows in row_blocks(2 * size * codes.counts):
        part = codes.take(np.arange(rows.start, rows.stop))
        for name, values in _spectra_of(spec, part).items():
            (kept if name in kept else others)[name].add(values)
    digests = {
        name: one.digest() + array_digest(name, offsets_of(counts[name]))
        for name, one in others.items()
    }
    return {name: one.column() for name, one in kept.items()}, digests


def _spectra_of(spec: GenerationSpec, codes: Ragged) -> dict[str, NDArray[np.float64]]:
    """Spectra of duplexes by column, record after record."""
    lengths = codes.counts
    groups = [np.flatnonzero(lengths == length) for length in np.unique(lengths)]
    parts = [_spectra_of_length(spec, codes.take(rows)) for rows in groups]
    order = np.argsort(np.concatenate(groups))
    return {
        name: Ragged.from_parts([part[name] for part in parts]).take(order).values
        if len(parts) > 1
        else parts[0][name].values
        for name in parts[0]
    }


def _spectra_of_length(spec: GenerationSpec, codes: Ragged) -> dict[str, Ragged]:
    """Spectra of duplexes of one length, by column."""
    ladders = codes.values.reshape(len(codes), -1, len(STRANDS))
    blocks = ladder_blocks(ladders, spec.parameter_set)
    shape = ladders.shape
    found = block_spectra(
        blocks.diagonal,
        blocks.step,
        np.broadcast_to(spec.left.ladder_gamma(shape[1]), shape),
        np.broadcast_to(spec.right.ladder_gamma(shape[1]), shape),
        spec.energies,
        mask=blocks.mask,
        eta=spec.eta,
    )
    size, sites = len(spec.energies), blocks.mask.sum(axis=(1, 2))
    return {
        name: Ragged(
            rows.reshape(-1),
            offsets_of(size * (sites if BY_COLUMN[name].has_sites else np.ones_like(sites))),
        )
        for name, rows in site_order_columns(found._asdict(), blocks.mask).items()
    }


def _contact_column(contact: Contact, lengths: NDArray[np.int64]) -> Ragged:
    size = len(contact.attachments)
    values = np.empty((len(lengths), size), dtype=ATTACHMENT)
    for length in map(int, np.unique(lengths)):
        values[lengths == length] = attachment_rows(contact.resolved(length))
    return Ragged(values.reshape(-1), np.arange(len(lengths) + 1) * size)


def _source(spec: GenerationSpec) -> dict[str, Any]:
    parameters = spec.parameter_set
    return {
        "kind": "tight-binding",
        "parameters": parameters.name,
        "parameters_digest": parameters.digest,
        **({"parameters_file": list(parameters.file)} if parameters.file else {}),
        "doi": list(parameters.doi),
        "verification": parameters.verification,
        "contact_model": "wide-band limit, self-energy -i gamma/2 on the contacted bases",
        "left": spec.left.text,
        "right": spec.right.text,
        "eta_ev": spec.eta,
        "num_samples": spec.num_samples,
        "lengths": [spec.min_length, spec.max_length],
        "missing_fraction": spec.missing_fraction,
        "seed": spec.seed,
        "program": f"dnawire {dnawire.__version__}",
    }


def _is_grid(energies: NDArray[np.float64]) -> bool:
    is_finite = energies.ndim == 1 and energies.size > 0 and bool(np.isfinite(energies).all())
    return is_finite and bool((np.diff(energies) > 0).all())
