"""From a calculation on a structure to a record: contacted residues, sites, energies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnawire.data.importers.homo import Homo
from dnawire.data.importers.structure import ForeignDataError, Structure
from dnawire.data.record import TransportRecord
from dnawire.errors import UsageError
from dnawire.junction import Attachment, Contact, Junction, pair_index
from dnawire.quantities import scaled_columns

_GRID_DECIMALS = 9

Run = tuple[str, Callable[[], tuple[TransportRecord, Homo]]]
"""Name of a run, and what reads it."""


@dataclass(frozen=True, eq=False)
class Calculation:
    """One calculation on a structure, as its source stores it.

    Parameters
    ----------
    energies
        Absolute energies (E,), eV.
    transmission, dos
        (E,); dimensionless and 1/eV.
    residue_ldos
        (2L, E), 1/eV, in the order of residues.
    left_atoms, right_atoms
        Atoms with a contact, counted from 1.
    gamma_left, gamma_right
        Couplings, eV.
    eta
        Imaginary part of the energy, eV.
    """

    energies: NDArray[Any]
    transmission: NDArray[Any]
    dos: NDArray[Any]
    residue_ldos: NDArray[Any]
    left_atoms: NDArray[Any]
    right_atoms: NDArray[Any]
    gamma_left: float
    gamma_right: float
    eta: float


def build_record(
    structure: Structure, run: Calculation, energy_reference: float, identifier: str
) -> TransportRecord:
    """Turn a foreign calculation into a record.

    Parameters
    ----------
    structure
        Atoms and duplex.
    run
        The calculation.
    energy_reference
        Absolute energy in eV that becomes zero; 0 keeps absolute energies.
    identifier
        Name of the calculation.

    Returns
    -------
    TransportRecord
        Energies are rounded to 1e-9 eV, so that equal grids about different references are equal.

    Raises
    ------
    ForeignDataError
        If the calculation does not fit the structure.
    """
    if len(run.residue_ldos) != structure.num_residues:
        raise ForeignDataError(
            f"LDOS of {len(run.residue_ldos)} residues for {structure.num_residues}"
        )
    for name in ("transmission", "dos", "residue_ldos"):
        _check_not_negative(name, getattr(run, name))
    site_order = np.argsort(
        [_site_number(structure, residue) for residue in range(structure.num_residues)]
    )
    try:
        left = _contact(structure, run.left_atoms, run.gamma_left, "left")
        right = _contact(structure, run.right_atoms, run.gamma_right, "right")
        return TransportRecord(
            junction=Junction(structure.duplex, left, right),
            energies=np.round(run.energies - energy_reference, _GRID_DECIMALS),
            spectra=scaled_columns(
                transmission=run.transmission, dos=run.dos, ldos=run.residue_ldos[site_order]
            ),
            eta=run.eta,
            energy_reference=energy_reference,
            identifier=identifier,
        )
    except UsageError as error:
        raise ForeignDataError(error.problem.rstrip(".")) from error


def _check_not_negative(name: str, values: NDArray[Any]) -> None:
    """Refuse what has no logarithm by the value that its source holds."""
    for place in np.argwhere(~((values >= 0.0) & (values < np.inf))):
        raise ForeignDataError(
            f"{name}: value {', '.join(map(str, place))} is {values[tuple(place)]}; it must be "
            "finite and not negative"
        )


def _site_number(structure: Structure, residue: int) -> int:
    strand, position = structure.place(residue)
    return 2 * pair_index(strand, position, structure.duplex.length) + (strand == "lower")


def _contact(structure: Structure, atoms: NDArray[Any], gamma: float, side: str) -> Contact:
    index = np.asarray(atoms, dtype=np.int64) - 1
    if index.size == 0 or index.min() < 0 or index.max() >= len(structure.residue):
        raise ForeignDataError(f"{side} contact: atoms are not among 1..{len(structure.residue)}")
    contacted = np.zeros(len(structure.residue), dtype=np.bool_)
    contacted[index] = True
    attachments = []
    for residue in np.unique(structure.residue[index]):
        missed = int((~contacted[structure.residue == residue]).sum())
        if missed:
            raise ForeignDataError(
                f"{side} contact: {missed} atoms of residue {residue + 1} are not contacted; "
                "only whole nucleotides can be"
            )
        attachments.append(Attachment(*structure.place(int(residue)), gamma))
    return Contact(tuple(attachments))
