"""From atoms to bases: residues, contacted residues, LDOS in site order.

Foreign residues 1..L are the upper strand 5'->3', residues L+1..2L the lower strand, also 5'->3'.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnawire.data.record import TransportRecord
from dnawire.errors import UsageError
from dnawire.junction import Attachment, Contact, Duplex, Junction, Strand, pair_index
from dnawire.quantities import scaled_columns

_RESIDUE_NAME = re.compile(r"D?([ACGT])[35]?")
_GRID_DECIMALS = 9
_REFERENCE_DECIMALS = 6
_REFERENCE_TOLERANCE = 1e-5


class ForeignDataError(ValueError):
    """What is wrong with a foreign calculation; the importer adds the file."""


@contextmanager
def naming(run: str) -> Iterator[None]:
    """Add the name of the run to what is wrong with it."""
    try:
        yield
    except ForeignDataError as error:
        raise ForeignDataError(f"{run}: {error}") from error


@dataclass(frozen=True, eq=False)
class Structure:
    """Residues of a duplex.

    Parameters
    ----------
    residue
        Residue of every atom from 0, int64 (atoms,).
    duplex
        The duplex that they spell.
    """

    residue: NDArray[np.int64]
    duplex: Duplex

    @property
    def num_residues(self) -> int:
        """Number of nucleotides, 2L."""
        return 2 * self.duplex.length

    def place(self, residue: int) -> tuple[Strand, int]:
        """Strand of a residue, and its position from the 5' end."""
        length = self.duplex.length
        return ("upper", residue) if residue < length else ("lower", residue - length)


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


def read_structure(residue_numbers: NDArray[Any], residue_names: Sequence[str]) -> Structure:
    """Find the duplex that the residues of a list of atoms spell.

    Parameters
    ----------
    residue_numbers
        Residue of every atom, from 1.
    residue_names
        Residue name of every atom, for example DA or DA5.

    Returns
    -------
    Structure
        Residues and duplex.

    Raises
    ------
    ForeignDataError
        If the residues are not 1..2L or one is not a nucleotide of DNA.
    """
    residue = np.asarray(residue_numbers, dtype=np.int64) - 1
    present, first_atom = np.unique(residue, return_index=True)
    num = len(present)
    if len(residue_names) != len(residue) or num < 2 or num % 2:
        raise ForeignDataError(f"{len(residue)} atoms in {num} residues are not two equal strands")
    if not np.array_equal(present, np.arange(num)):
        raise ForeignDataError(f"residues are not numbered from 1 to {num}")
    letters = ""
    for atom in first_atom:
        match = _RESIDUE_NAME.fullmatch(residue_names[atom].strip().upper())
        if match is None:
            raise ForeignDataError(f"residue {residue[atom] + 1} is '{residue_names[atom]}'")
        letters += match[1]
    return Structure(residue, Duplex(letters[: num // 2], letters[num // 2 :]))


def sum_over_residues(atom_ldos: NDArray[Any], structure: Structure) -> NDArray[np.float64]:
    """LDOS of residues from LDOS of atoms.

    Parameters
    ----------
    atom_ldos
        (atoms, E), 1/eV.
    structure
        Residue of every atom.

    Returns
    -------
    ndarray
        (2L, E), 1/eV.

    Raises
    ------
    ForeignDataError
        If the number of atoms differs.
    """
    if len(atom_ldos) != len(structure.residue):
        raise ForeignDataError(
            f"LDOS of {len(atom_ldos)} atoms for a structure of {len(structure.residue)}"
        )
    total = np.zeros((structure.num_residues, *atom_ldos.shape[1:]))
    np.add.at(total, structure.residue, atom_ldos)
    return total


def homo_reference(energies: NDArray[Any], stated: float | None) -> float:
    """Find the energy that a grid about the HOMO is centered on.

    Parameters
    ----------
    energies
        Absolute energies (E,), eV.
    stated
        HOMO energy in eV that the source states, if it does.

    Returns
    -------
    float
        Middle of the grid in eV; sources round the HOMO to 1e-6 eV before they build the grid.

    Raises
    ------
    ForeignDataError
        If the source states another energy.
    """
    middle = round(float(energies.mean()), _REFERENCE_DECIMALS)
    if stated is not None and not abs(stated - middle) < _REFERENCE_TOLERANCE:
        raise ForeignDataError(f"the grid is centered on {middle} eV, but the HOMO is {stated} eV")
    return middle


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
        raise ForeignDataError(error.problem) from error


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
