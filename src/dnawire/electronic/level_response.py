r"""How the levels of a duplex follow its shell charges, without another diagonalization.

An orbital with F c = eps S c and c^T S c = 1 has, by the theorem of Hellmann and Feynman
(doi:10.1103/PhysRev.56.340), in F = H0 + S (v + v) / 2

.. math::
    \frac{\partial \varepsilon}{\partial v_\mu} = \sum_{i \in \mu} c_i\, (S c)_i,

the Mulliken population of the shell in the orbital (doi:10.1063/1.1740588). The potentials are
linear in the shell charges q and quadratic in the atomic charges Q
(`dnawire.electrostatics.operator`), so that to first order in the change of the potentials

.. math::
    \varepsilon(q) - \varepsilon(q^0) = A\, (q - q^0) + B\, (Q^2 - (Q^0)^2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray
from scipy.linalg import eigh

from dnawire.constants import HARTREE_EV
from dnawire.electronic.integrals import Integrals
from dnawire.electrostatics import Electrostatics, SolventParameters
from dnawire.structures import AtomicStructure

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LevelResponse:
    """Some levels of a duplex about given charges; exact there, with their gradient.

    Of levels that are nearly equal the mean is meant: potentials that couple them part them.

    Parameters
    ----------
    levels
        At the given charges, eV, (n,).
    charges
        The given charges of the shells, e, (M,).
    shell_atom
        Atom of every shell, (M,).
    linear
        A of the module, eV/e, (n, M).
    quadratic
        B of the module, eV/e^2, (n, A).
    """

    levels: Float[Doubles, " n"]
    charges: Float[Doubles, " M"]
    shell_atom: Int[NDArray[np.int64], " M"]
    linear: Float[Doubles, "n M"]
    quadratic: Float[Doubles, "n A"]

    @classmethod
    def of(
        cls,
        structure: AtomicStructure,
        solvent: SolventParameters | None,
        charges: Float[Doubles, " M"],
        numbers: tuple[int, int],
    ) -> LevelResponse:
        """Solve for some levels of the Fock matrix of the given charges.

        Parameters
        ----------
        structure
            Atoms of the duplex; memory is quadratic in their number.
        solvent
            Solvent of the ALPB model; None for vacuum.
        charges
            Charges of the shells, e.
        numbers
            First and last level that are wanted, counted from 0.

        Raises
        ------
        InvalidStructureError
            If an element has no constants.
        """
        integrals = Integrals.of(structure)
        field = Electrostatics.of(structure.atomic_numbers, structure.positions, solvent).dense()
        shell, overlap = integrals.orbital_shell, integrals.overlap
        potentials = field.potentials(charges)[shell]
        fock = integrals.core_hamiltonian + overlap * (potentials[:, None] + potentials) / 2.0
        levels, vectors = eigh(fock, overlap, subset_by_index=numbers)
        weights = _summed(vectors * (overlap @ vectors), shell).T * HARTREE_EV
        third_order = (weights * field.third_order).T
        return cls(
            levels=levels * HARTREE_EV,
            charges=charges,
            shell_atom=field.shell_atom,
            linear=-weights @ field.matrix,
            quadratic=-_summed(third_order, field.shell_atom).T,
        )


def _summed(
    rows: Float[Doubles, "k n"], groups: Int[NDArray[np.int64], " k"]
) -> Float[Doubles, "g n"]:
    """Sums over rows of one group; those of a group follow each other."""
    found: Doubles = np.add.reduceat(rows, np.flatnonzero(np.diff(groups, prepend=-1)))
    return found
