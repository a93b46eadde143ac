"""What all records of a set have in common, found from the records and never from their source."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dnawire.data.dataset import TransportDataset
from dnawire.data.ragged import Ragged
from dnawire.data.record import TransportRecord
from dnawire.junction import STRANDS, Attachment, Contact
from dnawire.quantities import BY_NAME
from dnawire.tightbinding import (
    ParameterSet,
    ladder_blocks,
    load_parameters,
    parameters_of_dna,
)
from dnawire.transport import block_spectra

_SAMPLE: Final = 16
_SAME: Final = 1e-5
"""Decades; exact spectra of one Hamiltonian differ by less, whoever computed them."""
_LEAST_TRANSMISSION: Final = -10.0
"""Decades; below, a code that inverts matrices rounds T away."""


def shared_contacts(dataset: TransportDataset) -> tuple[Contact, Contact] | None:
    """Find the contacts that all records share.

    Positions count from the end of the strand from which they are equal in all records; in records
    of one length, from the nearer one.

    Parameters
    ----------
    dataset
        Records as `find_problem` accepts them.

    Returns
    -------
    tuple of Contact or None
        Left and right; None if two records have different ones.
    """
    left, right = (_shared(rows, dataset.lengths) for rows in (dataset.left, dataset.right))
    return None if left is None or right is None else (left, right)


def parameter_set_of(dataset: TransportDataset) -> str | None:
    """Find the published parameter set whose exact spectra the records hold.

    Parameters
    ----------
    dataset
        Records; some of them, evenly spaced, are looked at.

    Returns
    -------
    str or None
        Its name; None if no set gives these spectra, or several do.
    """
    some = np.unique(np.linspace(0, len(dataset) - 1, _SAMPLE).astype(np.int64))
    records = [dataset[index] for index in some.tolist()]
    # Records have the four bases alone, and a set with more of them repeats another one.
    names = [
        name
        for name in parameters_of_dna()
        if all(_is_exact(record, load_parameters(name)) for record in records)
    ]
    return names[0] if len(names) == 1 else None


def _shared(contacts: Ragged, lengths: NDArray[np.int64]) -> Contact | None:
    counts = contacts.counts
    if (counts != counts[0]).any():
        return None
    order = np.lexsort((contacts.values["position"], contacts.values["strand"], contacts.owners))
    rows = contacts.values[order].reshape(len(counts), counts[0])
    found = [_shared_attachment(rows[:, one], lengths) for one in range(counts[0])]
    known = tuple(one for one in found if one is not None)
    return Contact(known) if len(known) == len(found) else None


def _shared_attachment(rows: NDArray[Any], lengths: NDArray[np.int64]) -> Attachment | None:
    strand, gamma = rows["strand"], rows["gamma"]
    from_start = rows["position"].astype(np.int64)
    equal = [
        position
        for position in (from_start, from_start - lengths)
        if (position == position[0]).all()
    ]
    if not equal or (strand != strand[0]).any() or (gamma != gamma[0]).any():
        return None
    nearest = min((int(position[0]) for position in equal), key=_distance_from_end)
    return Attachment(STRANDS[strand[0]], nearest, float(gamma[0]))


def _distance_from_end(position: int) -> int:
    return position if position >= 0 else -1 - position


def _is_exact(record: TransportRecord, parameters: ParameterSet) -> bool:
    junction = record.junction
    blocks = ladder_blocks(junction.duplex.codes[None], parameters)
    exact = block_spectra(
        blocks.diagonal,
        blocks.step,
        junction.gamma_left[None],
        junction.gamma_right[None],
        record.energies + record.energy_reference,
        mask=blocks.mask,
        eta=record.eta,
    )
    dos = record.spectra.get(BY_NAME["dos"].column)
    transmission = record.log10_transmission
    is_large = transmission > _LEAST_TRANSMISSION
    return bool(
        (
            is_large.any()
            if dos is None
            else np.allclose(exact.log10_dos[0], dos, rtol=0.0, atol=_SAME)
        )
        and np.allclose(
            exact.log10_transmission[0][is_large], transmission[is_large], rtol=0.0, atol=_SAME
        )
    )
