r"""Potential of the polarized solvent at the atoms, linear in their charges.

.. math::
    \varphi_A = \sum_B W_{AB} (q_B + c_B), \qquad
    W_{AB} = k \Big( \frac{1}{f_{AB}} + \frac{\alpha}{\varepsilon \mathcal{A}} \Big)
           + 2 h_A \delta_{AB}, \qquad
    k = \frac{1/\varepsilon - 1}{1 + \alpha / \varepsilon},

with the kernel f and the size of `dnawire.electrostatics.born`, the hydrogen bonds
:math:`h_A` of the exposed part of an atom, and the shifts c of charge model 5
(doi:10.1021/acs.jctc.1c00471).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from dnawire.electrostatics.blocks import square_blocks
from dnawire.electrostatics.born import born_kernel, born_radii, electrostatic_size
from dnawire.electrostatics.parameters import SolventParameters
from dnawire.electrostatics.surface import accessible_areas

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

_ALPHA: Final = 0.571412
"""Of the analytical linearized Poisson-Boltzmann model (doi:10.1063/1.2177251)."""


@dataclass(frozen=True, eq=False)
class ReactionField:
    """Response of the solvent to the charges of one geometry, in atomic units.

    Parameters
    ----------
    positions
        Bohr, (A, 3).
    born_radii
        Bohr, (A,).
    strength
        k of the module, negative.
    constant
        What all pairs of atoms have in common, 1/bohr.
    hydrogen_bonds
        h of the module, hartree/e^2, (A,).
    charge_shifts
        c of the module, e, (A,); they sum to zero.
    """

    positions: Float[Doubles, "A 3"]
    born_radii: Float[Doubles, " A"]
    strength: float
    constant: float
    hydrogen_bonds: Float[Doubles, " A"]
    charge_shifts: Float[Doubles, " A"]

    @classmethod
    def of(
        cls,
        elements: Int[Integers, " A"],
        positions: Float[Doubles, "A 3"],
        solvent: SolventParameters,
    ) -> ReactionField:
        """Compute what the geometry decides.

        Parameters
        ----------
        elements
            Places in the tables by element.
        positions
            Bohr.
        solvent
            Its constants.
        """
        radii, beta = solvent.radius[elements], _ALPHA / solvent.permittivity
        strength = (1.0 / solvent.permittivity - 1.0) / (1.0 + beta)
        descreening = solvent.descreening[elements]
        return cls(
            positions=positions,
            born_radii=born_radii(positions, radii, descreening, solvent.born_scale),
            strength=strength,
            constant=strength * beta / electrostatic_size(positions, radii),
            hydrogen_bonds=_hydrogen_bonds(elements, positions, solvent),
            charge_shifts=_charge_shifts(elements, positions, solvent),
        )

    def potentials(self, charges: Float[Doubles, " A"]) -> Float[Doubles, " A"]:
        """Potentials of the module in hartree/e, from charges of the atoms in e."""
        shifted = charges + self.charge_shifts
        return np.concatenate([rows @ shifted for rows in self._rows()])

    def matrix(self) -> Float[Doubles, "A A"]:
        """W of the module, hartree/e^2."""
        return np.concatenate(list(self._rows()))

    def _rows(self) -> Iterator[Doubles]:
        """W, a block of rows at a time."""
        count = len(self.positions)
        for atoms in square_blocks(count):
            distances = cdist(self.positions[atoms], self.positions)
            rows = born_kernel(distances, self.born_radii[atoms], self.born_radii)
            rows *= self.strength
            rows += self.constant
            own = np.arange(atoms.start, atoms.stop)
            rows[own - atoms.start, own] += 2.0 * self.hydrogen_bonds[atoms]
            yield rows


def _hydrogen_bonds(elements: Integers, positions: Doubles, solvent: SolventParameters) -> Doubles:
    """Strengths of the elements times the exposed part of the sphere of the atom and the probe."""
    radii = solvent.radius[elements] + solvent.probe_radius
    areas = accessible_areas(positions, radii)
    found: Doubles = solvent.hydrogen_bond[elements] * areas / (4.0 * np.pi * radii**2)
    return found


def _charge_shifts(elements: Integers, positions: Doubles, solvent: SolventParameters) -> Doubles:
    """Shifts of charge model 5 (doi:10.1021/ct200866d), which the model was fitted with, e."""
    radii = solvent.covalent_radius[elements]
    shifts = np.empty(len(positions))
    for rows in square_blocks(len(positions)):
        beyond = cdist(positions[rows], positions) - radii[rows, None] - radii
        table = solvent.charge_shift[np.ix_(elements[rows], elements)]
        shifts[rows] = (table * np.exp(-solvent.charge_exponent * beyond)).sum(1)
    return shifts
