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
from dnawire.electrostatics.blocks import square_blocks
from dnawire.electrostatics.parameters import SolventParameters, element_rows, load_shells
from dnawire.electrostatics.reaction_field import ReactionField
from dnawire.errors import InvalidStructureError, UnusableDataFileError

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

    def potentials(self, shell_charges: Float[Doubles, " M"]) -> Float[Doubles, " M"]:
        """Potentials v of the shells in hartree, from their charges in e."""
        charges = np.bincount(self.shell_atom, shell_charges)[self.shell_atom]
        found: Doubles = self.constant - self.matrix @ shell_charges - self.third_order * charges**2
        return found


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
        positions: Doubles,
        solvent: SolventParameters | None,
    ) -> Electrostatics:
        """Compute what the geometry decides.

        Parameters
        ----------
        atomic_numbers
            Of the atoms, (A,).
        positions
            Angstrom, (A, 3).
        solvent
            For example that of `load_solvent`; None for vacuum.

        Raises
        ------
        InvalidStructureError
            If there are no constants for an element, or not one finite position for each atom.
        """
        elements, shells = element_rows(atomic_numbers), load_shells()
        positions = np.asarray(positions, dtype=np.float64) / BOHR_ANGSTROM
        if positions.shape != (len(elements), 3) or not np.isfinite(positions).all():
            raise InvalidStructureError(
                f"positions of the shape {positions.shape} are not {len(elements)} finite points.",
                "give three finite coordinates in Angstrom for every atom.",
            )
        hardness = [shells.hardness[element] for element in elements.tolist()]
        return cls(
            positions=positions,
            shell_atom=np.repeat(np.arange(len(elements)), [len(one) for one in hardness]),
            inverse_hardness=1.0 / np.concatenate(hardness),
            third_order=shells.third_order[elements],
            reaction_field=(
                None if solvent is None else ReactionField.of(elements, positions, solvent)
            ),
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
        charges = self.atomic_charges(shell_charges)
        found: Doubles = -self._coulomb(shell_charges)
        found -= (self.third_order * charges**2)[self.shell_atom]
        if self.reaction_field is not None:
            found -= self.reaction_field.potentials(charges)[self.shell_atom]
        return found

    def atomic_charges(self, shell_charges: Float[Doubles, " M"]) -> Float[Doubles, " A"]:
        """Sum over the shells of every atom."""
        first = np.flatnonzero(np.diff(self.shell_atom, prepend=-1))
        return np.add.reduceat(shell_charges, first)

    def dense(self) -> DenseElectrostatics:
        """Write the function with its matrix, which takes 8 M^2 bytes."""
        atom, field = self.shell_atom, self.reaction_field
        matrix = np.concatenate(list(self._coulomb_rows()))
        constant = np.zeros(len(atom))
        if field is not None:
            matrix += field.matrix()[np.ix_(atom, atom)]
            constant -= field.potentials(np.zeros(len(self.positions)))[atom]
        return DenseElectrostatics(matrix, constant, self.third_order[atom], atom)

    def _coulomb(self, shell_charges: Doubles) -> Doubles:
        """Gamma times charges."""
        return np.concatenate([rows @ shell_charges for rows in self._coulomb_rows()])

    def _coulomb_rows(self) -> Iterator[Doubles]:
        """Gamma, a block of rows at a time."""
        places = self.positions[self.shell_atom]
        for shells in square_blocks(len(places)):
            rows = self.inverse_hardness[shells, None] + self.inverse_hardness
            rows *= 0.25 * rows
            rows += cdist(places[shells], places, "sqeuclidean")
            np.sqrt(rows, out=rows)
            yield np.reciprocal(rows, out=rows)
