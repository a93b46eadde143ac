"""Thermal fluctuations of a duplex: rise, twist and roll of every step, and a backbone that fits.

Base pairs move as rigid bodies by steps in the composition of M. A. El Hassan and C. R. Calladine
(doi:10.1006/jmbi.1995.0462), without tilt, shift and slide: half of the twist about the normal of
the pair, the roll about the long axis of the step, the other half of the twist about the normal of
the next pair; the rise is along the normal half way. Then `dnawire.structures.backbone` closes the
backbone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import NDArray

from dnawire.errors import InvalidStructureError, UsageError
from dnawire.junction import Duplex
from dnawire.structures.atoms import AtomicStructure
from dnawire.structures.backbone import Backbone, is_backbone
from dnawire.structures.checks import check_structure
from dnawire.structures.helix import Helix, build_duplex, load_helix

Doubles = NDArray[np.float64]

_MOST_REFUSED: Final = 200
"""Draws in a row that do not close, after which a molecule is given up."""


@dataclass(frozen=True)
class Fluctuations:
    """Standard deviations of the parameters of a base-pair step, independent of each other.

    The default is what 724 steps in crystals of B-DNA have: W. K. Olson et al., PNAS 95, 11163
    (1998), doi:10.1073/pnas.95.19.11163, table 1. Only the dispersions are taken from there, the
    means are those of the ideal helix.
    """

    rise: float = 0.19
    """Angstrom."""
    twist: float = 6.3
    """Degrees."""
    roll: float = 5.1
    """Degrees."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not (math.isfinite(value) and value >= 0.0):
                raise UsageError(
                    f"{name} = {value}: no standard deviation.", "give a number from 0 on."
                )


class Steps(NamedTuple):
    """Parameters of the steps of a duplex, from the 5' end of its upper strand."""

    rise: Float[Doubles, " s"]
    """Angstrom."""
    twist: Float[Doubles, " s"]
    """Degrees."""
    roll: Float[Doubles, " s"]
    """Degrees; positive where a step is open towards the minor groove."""

    def frames(self) -> tuple[Float[Doubles, "L 3 3"], Float[Doubles, "L 3"]]:
        """Rotations of the base pairs, and their origins in Angstrom; the first stands still."""
        turns, origins = [np.eye(3)], [np.zeros(3)]
        half_twists = [_about_normal(angle / 2.0) for angle in np.deg2rad(self.twist)]
        half_rolls = [_about_long_axis(angle / 2.0) for angle in np.deg2rad(self.roll)]
        for rise, half_twist, half_roll in zip(self.rise, half_twists, half_rolls, strict=True):
            middle = turns[-1] @ half_twist @ half_roll
            turns.append(middle @ half_roll @ half_twist)
            origins.append(origins[-1] + rise * middle[:, 2])
        return np.array(turns), np.array(origins)


@dataclass(frozen=True, eq=False)
class ThermalFrame:
    """One geometry of a fluctuating duplex.

    Parameters
    ----------
    structure
        Its atoms.
    refused
        Why draws before it were refused, one reason each.
    """

    structure: AtomicStructure
    refused: tuple[str, ...]


def draw_steps(
    number: int,
    helix: Helix,
    fluctuations: Fluctuations,
    generator: np.random.Generator,
) -> Steps:
    """Draw steps whose means are those of a helix."""
    rise, twist, roll = generator.standard_normal((3, number))
    return Steps(
        helix.rise + fluctuations.rise * rise,
        helix.twist + fluctuations.twist * twist,
        fluctuations.roll * roll,
    )


def thermal_frame(
    duplex: Duplex,
    generator: np.random.Generator,
    fluctuations: Fluctuations = Fluctuations(),
    helix: Helix | None = None,
) -> ThermalFrame:
    """Draw a geometry of a duplex whose base pairs fluctuate.

    Parameters
    ----------
    duplex
        The molecule.
    generator
        Stream of this frame; steps that leave no room for a backbone are drawn again from it.
    fluctuations
        Their sizes.
    helix
        What they fluctuate about; None takes fiber B-DNA.

    Returns
    -------
    ThermalFrame
        With the same atoms as `build_duplex`. Bases are those of the ideal duplex, each pair moved
        as a whole; bond lengths of the backbone differ by at most 0.05 Angstrom from ideal ones.

    Raises
    ------
    InvalidStructureError
        If the duplex has no ideal structure, or 200 draws in a row do not close.
    """
    helix = helix or load_helix()
    ideal = build_duplex(duplex, helix)
    check_structure(ideal)
    backbone, refused = Backbone.of(ideal), list[str]()
    while len(refused) < _MOST_REFUSED:
        steps = draw_steps(duplex.length - 1, helix, fluctuations, generator)
        closed = backbone.closed(_moved(ideal, helix, steps))
        if isinstance(closed, AtomicStructure):
            return ThermalFrame(closed, tuple(refused))
        refused.append(closed)
    raise InvalidStructureError(
        f"'{duplex.text}': none of {len(refused)} geometries is possible; the last: {refused[-1]}.",
        "choose smaller fluctuations.",
    )


def _moved(ideal: AtomicStructure, helix: Helix, steps: Steps) -> Float[Doubles, "A 3"]:
    """Positions of all atoms: base pairs rigidly, the backbone with the levels that it is between.

    An atom at a height between two levels takes part in the motions of both, in proportion.
    """
    last = ideal.duplex.length - 1
    height = np.clip(ideal.positions[:, 2] / helix.rise, 0.0, last)
    level = np.where(is_backbone(ideal), height, ideal.sites // 2)
    below = level.astype(np.int64)
    share = (level - below)[:, None]
    ideal_turns, shifts = (
        np.array(one) for one in zip(*(helix.frame(k, 0) for k in range(last + 1)), strict=True)
    )
    turns, origins = steps.frames()
    changes = turns @ ideal_turns.transpose(0, 2, 1)

    def with_level(k: Int[NDArray[np.int64], " A"]) -> Float[Doubles, "A 3"]:
        moved = np.einsum("aij,aj->ai", changes[k], ideal.positions - shifts[k])
        return np.asarray(moved + origins[k])

    return (1.0 - share) * with_level(below) + share * with_level(np.minimum(below + 1, last))


def _about_normal(angle: float) -> Float[Doubles, "3 3"]:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def _about_long_axis(angle: float) -> Float[Doubles, "3 3"]:
    """Rotation about -y of a level: its x points into the minor groove, that of steps out of it."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, 0.0, -sine], [0.0, 1.0, 0.0], [sine, 0.0, cosine]])
