"""The atoms of a duplex, nucleotide by nucleotide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from dnawire.errors import InvalidContactError, MissingDependencyError
from dnawire.junction import STRANDS, Contact, Duplex
from dnawire.structures.names import residue_name

if TYPE_CHECKING:
    import ase

ATOMIC_NUMBERS: Final = {"H": 1, "C": 6, "N": 7, "O": 8, "P": 15}
"""Atomic numbers of the elements of nucleic acids."""

COVALENT_RADII: Final = {"H": 0.31, "C": 0.76, "N": 0.71, "O": 0.66, "P": 1.07}
"""Angstrom (Cordero 2008, doi:10.1039/b801115j)."""

BOND_SCALES: Final = (0.75, 1.25)
"""Shortest and longest bond in sums of the covalent radii of its atoms."""


@dataclass(frozen=True, eq=False)
class AtomicStructure:
    """All atoms of a duplex.

    Nucleotides are numbered along the upper strand from its 5' end, then along the lower strand
    from its 5' end; the atoms of a nucleotide follow each other.

    Parameters
    ----------
    duplex
        The molecule.
    names
        Name of every atom as in PDB files, (A,).
    positions
        Angstrom, (A, 3).
    nucleotides
        Nucleotide of every atom, int64 (A,), ascending.
    """

    duplex: Duplex
    names: tuple[str, ...]
    positions: NDArray[np.float64]
    nucleotides: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.names)

    @property
    def elements(self) -> tuple[str, ...]:
        """Symbol of every element; names of nucleic acids begin with it."""
        return tuple(name[0] for name in self.names)

    @property
    def atomic_numbers(self) -> NDArray[np.int64]:
        """Atomic numbers, (A,)."""
        return np.array([ATOMIC_NUMBERS[element] for element in self.elements], dtype=np.int64)

    @property
    def charge(self) -> int:
        """Total charge in e: every phosphate is deprotonated, there are no counterions."""
        return -self.names.count("P")

    @property
    def sites(self) -> NDArray[np.int64]:
        """Place of the nucleotide of every atom in the flat ladder layout (2L), (A,).

        That is the site of its base in the site order of the duplex, if no base is missing.
        """
        strand, position = divmod(self.nucleotides, self.duplex.length)
        pair = np.where(strand == 0, position, self.duplex.length - 1 - position)
        found: NDArray[np.int64] = 2 * pair + strand
        return found

    def to_ase(self) -> ase.Atoms:
        """Atoms for ASE, not periodic.

        Returns
        -------
        ase.Atoms
            In the order of this structure, positions in Angstrom. Its arrays ``atomtypes``,
            ``residuenames``, ``residuenumbers`` and ``tags`` (nucleotide) are those of a PDB file;
            ``info`` holds the ``duplex`` and its total ``charge`` in e.

        Raises
        ------
        MissingDependencyError
            If ASE is not installed.
        """
        try:
            import ase
        except ImportError as error:
            raise MissingDependencyError(
                "to_ase needs the package ase, which is not installed.",
                "pip install dnawire[export]",
            ) from error
        letters = self.duplex.upper + self.duplex.lower
        info = {"duplex": self.duplex.text, "charge": self.charge}
        atoms = ase.Atoms(
            self.elements, self.positions, tags=self.nucleotides.tolist(), pbc=False, info=info
        )
        atoms.new_array("atomtypes", np.array(self.names))
        residues = [residue_name(letters[nucleotide]) for nucleotide in self.nucleotides]
        atoms.new_array("residuenames", np.array(residues))
        atoms.new_array("residuenumbers", self.nucleotides % self.duplex.length + 1)
        return atoms

    def couplings(self, contact: Contact) -> NDArray[np.float64]:
        """Coupling of all orbitals of every atom to a contact in eV, (A,).

        Raises
        ------
        InvalidContactError
            If a position lies outside the duplex, or a nucleotide has no atom of that name.
        """
        found = np.zeros(len(self))
        for one in contact.resolved(self.duplex.length).attachments:
            nucleotide = STRANDS.index(one.strand) * self.duplex.length + one.position
            rows = np.flatnonzero(self.nucleotides == nucleotide)
            names = [self.names[row] for row in rows]
            unknown = [name for name in one.atoms if name not in names]
            if unknown:
                raise InvalidContactError(
                    f"contact {one.place}={one.gamma:g}: nucleotide {one.base} of "
                    f"'{self.duplex.text}' has no atom {', '.join(unknown)}.",
                    f"take some of {' '.join(names)}.",
                )
            found[rows[[not one.atoms or name in one.atoms for name in names]]] = one.gamma
        return found

    def atom(self, nucleotide: int, name: str) -> int:
        """Number of an atom; -1 if the nucleotide has none of that name."""
        rows = np.flatnonzero(self.nucleotides == nucleotide)
        return next((int(row) for row in rows if self.names[row] == name), -1)

    def label(self, atom: int) -> str:
        """Atom for messages, for example ``upper:0 A N9``."""
        strand, position = divmod(int(self.nucleotides[atom]), self.duplex.length)
        letters = (self.duplex.upper, self.duplex.lower)[strand]
        return f"{STRANDS[strand]}:{position} {letters[position]} {self.names[atom]}"
