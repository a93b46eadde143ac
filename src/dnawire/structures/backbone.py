"""The backbone of a duplex whose bases stand somewhere: closed by a minimization."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from dnawire.structures.atoms import AtomicStructure
from dnawire.structures.checks import find_defect

Doubles = NDArray[np.float64]
Pairs = Int[NDArray[np.int64], "P 2"]

LARGEST_STRAIN: Final = 0.05
"""Angstrom by which a bond of a closed backbone differs from the ideal one at most."""

_BOND, _BOND_HYDROGEN = 1.9, 1.3
"""Longest bonds of an ideal duplex, Angstrom; nothing else is so near."""
_BOND_WEIGHT: Final = 10.0
"""Of the square of a deviation of a bond; those of 1-3 distances and overlaps have 1."""
_APART: Final = 2.7
_APART_HYDROGEN: Final = 1.9
"""Angstrom below which atoms repel each other, if the ideal duplex has them farther apart."""
_REACH: Final = 5.0
"""Angstrom at the start between atoms that may come so near."""
_ITERATIONS: Final = 500


@dataclass(frozen=True, eq=False)
class Backbone:
    """Restraints of the sugars and phosphates of a duplex to their ideal geometry.

    Parameters
    ----------
    ideal
        The ideal duplex.
    free
        Whether an atom is one of the backbone, (A,).
    bonds, angles
        Pairs of atoms at the ends of bonds and of angles, without those of fixed atoms alone.
    """

    ideal: AtomicStructure
    free: Bool[NDArray[np.bool_], " A"]
    bonds: Pairs
    angles: Pairs

    @classmethod
    def of(cls, ideal: AtomicStructure) -> Backbone:
        """Find the bonds and angles of an ideal duplex."""
        bonds = _bonds(ideal)
        ones = np.ones(len(bonds))
        bonded = csr_array((ones, bonds.T), shape=(len(ideal), len(ideal)))
        bonded = bonded + bonded.T
        second = (bonded @ bonded).tocoo()
        angles = np.stack([second.row, second.col], 1)[second.row < second.col]
        free = is_backbone(ideal)
        return cls(ideal, free, bonds[free[bonds].any(1)], angles[free[angles].any(1)])

    def closed(self, positions: Float[Doubles, "A 3"]) -> AtomicStructure | str:
        """Relax the backbone; bases stay where they are.

        Parameters
        ----------
        positions
            Where all atoms start, Angstrom.

        Returns
        -------
        AtomicStructure or str
            The duplex with a closed backbone, or the reason why there is none.
        """
        relaxed = replace(self.ideal, positions=self._relaxed(positions))
        lengths = (_distances(one.positions, self.bonds) for one in (relaxed, self.ideal))
        strain = np.subtract(*lengths)
        worst = int(abs(strain).argmax())
        if abs(strain[worst]) > LARGEST_STRAIN:
            one, two = (relaxed.label(int(atom)) for atom in self.bonds[worst])
            return f"the bond of {one} and {two} is strained by {strain[worst]:+.2f} Angstrom"
        return find_defect(relaxed) or relaxed

    def _relaxed(self, positions: Doubles) -> Doubles:
        """Minimize squared deviations of bonds and angles, and overlaps."""
        # It takes a third of a second to import, which all who build ideal duplexes do without.
        from scipy.optimize import minimize

        pairs, targets, weights, is_contact = self._terms(positions)
        rows, signs = np.arange(len(pairs)).repeat(2), np.tile([1.0, -1.0], len(pairs))
        shape = len(pairs), len(positions)
        differences = csr_array((signs, (rows, pairs.ravel())), shape=shape)
        fixed = differences @ np.where(self.free[:, None], 0.0, positions)
        moving = csr_array(differences[:, self.free])

        def energy(unknown: Doubles) -> tuple[float, Doubles]:
            vectors = fixed + moving @ unknown.reshape(-1, 3)
            lengths = np.sqrt((vectors**2).sum(1))
            excess = lengths - targets
            excess[is_contact & (excess > 0.0)] = 0.0
            slopes = 2.0 * weights * excess / lengths
            return float(weights @ excess**2), (moving.T @ (slopes[:, None] * vectors)).ravel()

        start = positions[self.free].ravel()
        options = {"maxiter": _ITERATIONS, "maxfun": 2 * _ITERATIONS, "gtol": 1e-5, "ftol": 0.0}
        found = minimize(energy, start, jac=True, method="L-BFGS-B", options=options)
        relaxed = positions.copy()
        relaxed[self.free] = found.x.reshape(-1, 3)
        return relaxed

    def _terms(self, positions: Doubles) -> tuple[Pairs, Doubles, Doubles, NDArray[np.bool_]]:
        """Pairs of atoms, distances wanted, weights, and whether longer ones are as good."""
        near = cKDTree(positions).query_pairs(_REACH, output_type="ndarray")
        near = near[self.free[near].any(1)]
        known = np.concatenate([self.bonds, self.angles])
        size = len(positions)
        near = near[~np.isin(near @ [size, 1], np.sort(known, 1) @ [size, 1])]
        apart = np.where(_has_hydrogen(self.ideal, near), _APART_HYDROGEN, _APART)
        pairs = np.concatenate([known, near])
        targets = _distances(self.ideal.positions, pairs)
        targets[len(known) :] = np.minimum(targets[len(known) :], apart)
        weights = np.ones(len(pairs))
        weights[: len(self.bonds)] = _BOND_WEIGHT
        return pairs, targets, weights, np.arange(len(pairs)) >= len(known)


def is_backbone(structure: AtomicStructure) -> Bool[NDArray[np.bool_], " A"]:
    """Whether an atom is one of a sugar or phosphate, (A,); C1' moves with its base."""
    return np.array(
        [name != "C1'" and ("'" in name or name in ("P", "OP1", "OP2")) for name in structure.names]
    )


def _bonds(ideal: AtomicStructure) -> Pairs:
    pairs = cKDTree(ideal.positions).query_pairs(_BOND, output_type="ndarray")
    longest = np.where(_has_hydrogen(ideal, pairs), _BOND_HYDROGEN, _BOND)
    return np.asarray(pairs[_distances(ideal.positions, pairs) < longest], dtype=np.int64)


def _has_hydrogen(structure: AtomicStructure, pairs: Pairs) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (structure.atomic_numbers == 1)[pairs].any(1)
    return found


def _distances(positions: Doubles, pairs: Pairs) -> Doubles:
    ends = positions[pairs]
    found: Doubles = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1)
    return found
