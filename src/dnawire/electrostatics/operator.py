r"""Shell potentials of a geometry as a function of its shell charges.

.. math::
    v_{A\mu} = -\Big( \sum_{B\nu} \gamma_{A\mu, B\nu}\, q_{B\nu} + \Gamma_A q_A^2 + \varphi_A \Big),
    \qquad
    \gamma_{A\mu, B\nu} = \Big( R_{AB}^2 + \Big[\tfrac{1}{2} \eta_\mu^{-1}
        + \tfrac{1}{2} \eta_\nu^{-1}\Big]^2 \Big)^{-1/2}

(doi:10.1021/acs.jctc.7b00118), with the potential of the solvent
(`dnawire.electrostatics.reaction_field`). The Fock matrix is F = H0 + S (v + v) / 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from dnawire.constants import BOHR_ANGSTROM
from dnawire.electrostatics.blocks import row_blocks
from dnawire.electrostatics.parameters import SolventParameters, element_rows, load_shells
from dnawire.electrostatics.reaction_field import ReactionField
from dnawire.errors import UnusableDataFileError

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DenseElectrostatics:
    """The same function with its matrix, v = constant - matrix q - third_order Q^2.

    Q is the charge of the atom of a shell. The arrays can be used with any library of tensors.

    Parameters
    ----------
    matrix
        Symmetric, hartree/e^2, (M, M).
    constant
        Hartree, (M,).
    third_order
        Hartree/e^3, (M,).
    shell_atom
        Atom of every shell, (M,).
    """

    matrix: Float[Doubles, "M M"]
    constant: Float[Doubles, " M"]
    third_order: Float[Doubles, " M"]
    shell_atom: Int[Integers, " M"]


@dataclass(frozen=True, eq=False)
class Electrostatics:
    """Potentials of one geometry; memory is linear in the number of atoms.

    Shells follow each other atom by atom, in the order of the method: two for H, C, N and O, three
    for P.

    Parameters
    ----------
    positions
        Bohr, (A, 3).
    shell_atom
        Atom of every shell, (M,).
    inverse_hardness
        Of every shell, e^2/hartree, (M,).
    third_order
        Of every atom, hartree/e^3, (A,).
    reaction_field
        Response of the solvent; None in vacuum.
    """

    positions: Float[Doubles, "A 3"]
    shell_atom: Int[Integers, " M"]
    inverse_hardness: Float[Doubles, " M"]
    third_order: Float[Doubles, " A"]
    reaction_field: ReactionField | None

    @classmethod
    def of(
        cls,
        atomic_numbers: Sequence[int] | Integers,
        positions: Float[Doubles, "A 3"],
        solvent: SolventParameters | None,
    ) -> Electrostatics:
        """Compute what the geometry decides.

        Parameters
        ----------
        atomic_numbers
            Of the atoms, (A,).
        positions
            Angstrom.
        solvent
            For example that of `load_solvent`; None for vacuum.

        Raises
        ------
        InvalidStructureError
            If there are no constants for an element.
        """
        elements, shells = element_rows(atomic_numbers), load_shells()
        positions = np.asarray(positions, dtype=np.float64) / BOHR_ANGSTROM
        hardness = [shells.hardness[element] for element in elements.tolist()]
        return cls(
            positions=positions,
            shell_atom=np.repeat(np.arange(len(elements)), [len(one) for one in hardness]),
            inverse_hardness=1.0 / np.concatenate(hardness),
            third_order=shells.third_order[elements],
            reaction_field=solvent and ReactionField.of(elements, positions, solvent),
        )

    def potentials(self, shell_charges: Float[Doubles, " M"]) -> Float[Doubles, " M"]:
        """Potentials v of the shells in hartree, from their charges in e.

        Raises
        ------
        UnusableDataFileError
            If there is not one charge for each shell.
        """
        if len(shell_charges) != len(self.shell_atom):
            raise UnusableDataFileError(
                f"{len(shell_charges)} shell charges for {len(self.shell_atom)} shells.",
                "take the charges of the same structure.",
            )
        found = self._constant()
        found -= (self.third_order * self.atomic_charges(shell_charges) ** 2)[self.shell_atom]
        for shells, rows in self._rows():
            found[shells] -= rows @ shell_charges
        return found

    def atomic_charges(self, shell_charges: Float[Doubles, " M"]) -> Float[Doubles, " A"]:
        """Sum over the shells of every atom."""
        found: Doubles = np.bincount(self.shell_atom, shell_charges)
        return found

    def dense(self) -> DenseElectrostatics:
        """Write the function with its matrix, which takes 8 M^2 bytes."""
        matrix = np.empty((len(self.shell_atom),) * 2)
        for shells, rows in self._rows():
            matrix[shells] = rows
        return DenseElectrostatics(
            matrix=matrix,
            constant=self._constant(),
            third_order=self.third_order[self.shell_atom],
            shell_atom=self.shell_atom,
        )

    def _constant(self) -> Doubles:
        """Potentials of shells without charge: those of the shifts of charges in the solvent."""
        found = np.zeros(len(self.positions))
        field = self.reaction_field
        if field is not None:
            for atoms, distances in self._distances():
                found[atoms] = field.rows(atoms, distances) @ field.charge_shifts
        return -found[self.shell_atom]

    def _rows(self) -> Iterator[tuple[slice, Doubles]]:
        """The matrix, a block of rows at a time."""
        for atoms, distances in self._distances():
            first, last = np.searchsorted(self.shell_atom, [atoms.start, atoms.stop]).tolist()
            own = self.shell_atom[first:last] - atoms.start
            rows = self._coulomb(slice(first, last), distances[own][:, self.shell_atom])
            if self.reaction_field is not None:
                reaction = self.reaction_field.rows(atoms, distances)
                rows += reaction[own][:, self.shell_atom]
            yield slice(first, last), rows

    def _coulomb(self, shells: slice, distances: Doubles) -> Doubles:
        """Rows of gamma, for the distances of their shells to all."""
        widths = 0.5 * (self.inverse_hardness[shells, None] + self.inverse_hardness)
        rows: Doubles = 1.0 / np.sqrt(distances**2 + widths**2)
        return rows

    def _distances(self) -> Iterator[tuple[slice, Doubles]]:
        """Distances of some atoms to all, in bohr."""
        for atoms in row_blocks(len(self.positions), 2 * len(self.shell_atom)):
            yield atoms, cdist(self.positions[atoms], self.positions)
