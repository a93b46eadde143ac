"""What makes records usable, as checks that name the first record and field that is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dnawire.data.dataset import TransportDataset, attached_pairs
from dnawire.data.ragged import Ragged, row_blocks
from dnawire.junction import MISSING_CODE, STRANDS
from dnawire.quantities import BY_NAME, QUANTITIES
from dnawire.scalars import COUPLING

LDOS_TOLERANCE: Final = 1e-5
"""Largest relative difference between the DOS and the sum of the LDOS (LDOS may be float32)."""


def find_problem(dataset: TransportDataset) -> str | None:
    """Find the first reason why records cannot be used.

    Checked are the sizes of all columns, base codes, contacts (on present bases, named once,
    coupling possible and somewhere positive), energies (finite, increasing), every
    spectrum (finite in its scale, or zero where it can vanish), the sum of the LDOS, eta and energy
    reference.

    Parameters
    ----------
    dataset
        Records to check.

    Returns
    -------
    str or None
        Names the record, the field and what is wrong; None if nothing is.
    """
    for check in _CHECKS:
        for problem in check(dataset):
            return problem
    return None


def _sizes(dataset: TransportDataset) -> Iterator[str]:
    num = len(dataset)
    if num == 0:
        yield "there is no record"
    if len(dataset.grids) == 0 or (dataset.grids.counts == 0).any():
        yield "an energy grid is empty"
    for name in ("eta", "energy_reference", "identifiers"):
        shape = getattr(dataset, name).shape
        if shape != (num,):
            yield f"{name} has shape {shape} for {num} records"
    if dataset.codes.values.shape[1:] != (len(STRANDS),):
        yield f"codes have shape {dataset.codes.values.shape} instead of (base pairs, 2)"
    outside = (dataset.grid_index < 0) | (dataset.grid_index >= len(dataset.grids))
    yield from _records(dataset, outside, "grid_index", dataset.grid_index, "names no energy grid")


def _columns(dataset: TransportDataset) -> Iterator[str]:
    for quantity in QUANTITIES:
        if quantity.is_required and quantity.column not in dataset.spectra:
            yield f"there is no {quantity.column}"
    num = len(dataset)
    columns = {name: getattr(dataset, name) for name in ("codes", "left", "right")}
    for name, column in {**columns, **dataset.spectra}.items():
        if len(column) != num:
            yield f"{name} has {len(column)} rows for {num} records"


def _row_lengths(dataset: TransportDataset) -> Iterator[str]:
    energies = dataset.grids.counts[dataset.grid_index]
    for quantity in dataset.quantities:
        expected = energies * _num_sites(dataset) if quantity.has_sites else energies
        found = dataset.spectra[quantity.column].counts
        what = "values is not one per energy (and site)"
        yield from _records(dataset, found != expected, quantity.column, found, what)


def _letters(dataset: TransportDataset) -> Iterator[str]:
    codes = dataset.codes
    unknown = (codes.values < 0) | (codes.values > MISSING_CODE)
    yield from _values(dataset, codes, unknown, "base code", "is not one of A=0 to T=3, missing=4")
    no_base = _num_sites(dataset) == 0
    yield from _records(dataset, no_base, "number of bases", _num_sites(dataset), "is too small")


def _contacts(dataset: TransportDataset) -> Iterator[str]:
    for name, contacts in (("left contact", dataset.left), ("right contact", dataset.right)):
        strand, position, gamma = (contacts.values[key] for key in ("strand", "position", "gamma"))
        bad = ~np.isin(strand, (0, 1))
        yield from _attachments(dataset, contacts, bad, f"{name} strand", strand)
        bad = (position < 0) | (position >= dataset.lengths[contacts.owners])
        yield from _attachments(dataset, contacts, bad, f"{name} position", position)
        bad = ~((gamma == 0.0) | ((gamma >= COUPLING.low) & (gamma <= COUPLING.high)))
        yield from _attachments(dataset, contacts, bad, f"{name} gamma", gamma)
        coupled = np.bincount(contacts.owners, weights=gamma, minlength=len(dataset))
        yield from _records(dataset, coupled == 0, f"{name} gamma", coupled, "couples to no base")


def _attached_bases(dataset: TransportDataset) -> Iterator[str]:
    for name, contacts in (("left contact", dataset.left), ("right contact", dataset.right)):
        pair = dataset.codes.offsets[:-1][contacts.owners]
        pair = pair + attached_pairs(contacts, dataset.lengths)
        strand = contacts.values["strand"]
        missing = dataset.codes.values[pair, strand] == MISSING_CODE
        position = contacts.values["position"]
        yield from _attachments(dataset, contacts, missing, f"{name} on missing base", position)
        _, first = np.unique(2 * pair + strand, return_index=True)
        repeated = np.ones(len(pair), dtype=np.bool_)
        repeated[first] = False
        yield from _attachments(dataset, contacts, repeated, f"{name} repeated on", position)


def _energies(dataset: TransportDataset) -> Iterator[str]:
    grids = dataset.grids
    previous = np.concatenate([[-np.inf], grids.values[:-1]])
    previous[grids.offsets[:-1]] = -np.inf
    bad = ~(np.isfinite(grids.values) & (grids.values > previous))
    for position in np.flatnonzero(bad)[:1]:
        users = np.flatnonzero(dataset.grid_index == grids.owners[position])
        where = _name(dataset, int(users[0])) if users.size else f"grid {grids.owners[position]}"
        value = grids.values[position]
        yield f"{where}: energies: {value} eV is not finite and above the energy before it"


def _spectra(dataset: TransportDataset) -> Iterator[str]:
    for quantity in dataset.quantities:
        what = f"is no number up to {quantity.highest:g}"
        what += " nor that of zero" if quantity.can_vanish else ""
        for first, rows in dataset.spectra[quantity.column].blocks():
            bad = ~quantity.is_possible(rows.values)
            yield from _values(dataset, rows, bad, quantity.column, what, first)


def _ldos_sum(dataset: TransportDataset) -> Iterator[str]:
    if not {BY_NAME[name].column for name in ("dos", "ldos")} <= set(dataset.spectra):
        return
    for rows in _rows_of_one_grid(dataset):
        difference = _ldos_difference(dataset, rows)
        bad = difference > LDOS_TOLERANCE
        for row in rows[bad][:1]:
            worst = difference[bad][0]
            yield (
                f"{_name(dataset, int(row))}: ldos: its sum over sites differs from dos by "
                f"{worst:.1e} (relative; at most {LDOS_TOLERANCE:.0e})"
            )


def _rows_of_one_grid(dataset: TransportDataset) -> Iterator[NDArray[np.int64]]:
    counts = dataset.spectra[BY_NAME["ldos"].column].counts
    for grid in range(len(dataset.grids)):
        rows = np.flatnonzero(dataset.grid_index == grid)
        for block in row_blocks(counts[rows]):
            yield rows[block]


def _ldos_difference(dataset: TransportDataset, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    dos, ldos = (
        BY_NAME[name].plain(dataset.spectra[BY_NAME[name].column].take(rows).values)
        for name in ("dos", "ldos")
    )
    dos = dos.reshape(len(rows), -1)
    first_site = np.concatenate([[0], np.cumsum(_num_sites(dataset)[rows])[:-1]])
    total = np.add.reduceat(ldos.reshape(-1, dos.shape[1]), first_site, axis=0, dtype=np.float64)
    return np.asarray(np.abs(total / dos - 1.0).max(axis=1))


def _scalars(dataset: TransportDataset) -> Iterator[str]:
    bad = ~(np.isfinite(dataset.eta) & (dataset.eta >= 0))
    yield from _records(dataset, bad, "eta", dataset.eta, "is not finite and >= 0")
    reference = dataset.energy_reference
    bad = ~np.isfinite(reference)
    yield from _records(dataset, bad, "energy_reference", reference, "is not finite")


_CHECKS: Final[tuple[Callable[[TransportDataset], Iterator[str]], ...]] = (
    _columns,
    _sizes,
    _letters,
    _row_lengths,
    _contacts,
    _attached_bases,
    _energies,
    _spectra,
    _ldos_sum,
    _scalars,
)
"""In an order in which each check may rely on those before it."""


def _num_sites(dataset: TransportDataset) -> NDArray[np.int64]:
    present = (dataset.codes.values != MISSING_CODE).sum(axis=1)
    totals = np.concatenate([[0], np.cumsum(present)])
    return np.asarray(np.diff(totals[dataset.codes.offsets]))


def _name(dataset: TransportDataset, row: int) -> str:
    return f"record {row} ('{dataset.identifiers[row]}')"


def _records(
    dataset: TransportDataset, bad: NDArray[np.bool_], field: str, values: NDArray[Any], what: str
) -> Iterator[str]:
    for row in np.flatnonzero(bad)[:1]:
        yield f"{_name(dataset, int(row))}: {field}: {values[row]} {what}"


def _values(
    dataset: TransportDataset,
    column: Ragged,
    bad: NDArray[np.bool_],
    field: str,
    what: str,
    first: int = 0,
) -> Iterator[str]:
    """Name the first bad value of the rows of a column, of which ``first`` is the record."""
    for position in np.argwhere(bad)[:1]:
        row = int(np.searchsorted(column.offsets, position[0], side="right")) - 1
        index = int(position[0] - column.offsets[row])
        value = column.values[tuple(position)]
        yield f"{_name(dataset, first + row)}: {field}: value {index} is {value}, which {what}"


def _attachments(
    dataset: TransportDataset,
    contacts: Ragged,
    bad: NDArray[np.bool_],
    field: str,
    values: NDArray[Any],
) -> Iterator[str]:
    for position in np.flatnonzero(bad)[:1]:
        name = _name(dataset, int(contacts.owners[position]))
        yield f"{name}: {field}: {values[position]} is not possible"
