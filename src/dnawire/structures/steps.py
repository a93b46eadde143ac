"""Rise, roll and twist of the steps between base pairs."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from dnawire.junction import BASES, MISSING
from dnawire.structures.atoms import AtomicStructure
from dnawire.structures.helix import DYAD
from dnawire.structures.methylation import unmodified
from dnawire.structures.superposition import kabsch

Doubles = NDArray[np.float64]


class BasePairSteps(NamedTuple):
    """Geometry of the steps of a duplex along its upper strand; NaN where a pair lacks a base."""

    rise: Float[Doubles, " L-1"]
    """Angstrom."""
    roll: Float[Doubles, " L-1"]
    """Degrees; positive opens the minor groove."""
    twist: Float[Doubles, " L-1"]
    """Degrees."""


def base_pair_steps(structure: AtomicStructure) -> BasePairSteps:
    """Compute rise, roll and twist from frames of the base pairs.

    The frame of a base is the standard reference frame (doi:10.1006/jmbi.2001.4987), brought there
    by superposing the atoms of its rings; the frame of a pair is the mean of those of its bases.
    Steps follow by the scheme of El Hassan and Calladine (doi:10.1006/jmbi.1995.0462), for which
    roll and tilt are one rotation.

    Parameters
    ----------
    structure
        All atoms of a duplex.
    """
    turns, origins = _pair_frames(structure)
    steps = [_step(*frames) for frames in zip(turns, turns[1:], origins, origins[1:], strict=False)]
    return BasePairSteps(*np.array(steps).reshape(-1, 3).T)


def _pair_frames(
    structure: AtomicStructure,
) -> tuple[Float[Doubles, "L 3 3"], Float[Doubles, "L 3"]]:
    """Axes as columns, and origins in Angstrom; NaN where a base is missing."""
    length = structure.duplex.length
    letters = structure.duplex.upper + structure.duplex.lower
    turns, origins = [], []
    for pair in range(length):
        ends = pair, 2 * length - 1 - pair
        if MISSING in [letters[end] for end in ends]:
            turns.append(np.full((3, 3), np.nan))
            origins.append(np.full(3, np.nan))
            continue
        (upper_turn, upper_origin), (lower_turn, lower_origin) = (
            _base_frame(structure, end) for end in ends
        )
        both = Rotation.from_matrix(np.array([upper_turn, lower_turn @ DYAD]))
        turns.append(both.mean().as_matrix())
        origins.append((upper_origin + lower_origin) / 2)
    return np.array(turns), np.array(origins)


def _base_frame(structure: AtomicStructure, nucleotide: int) -> tuple[Doubles, Doubles]:
    letters = unmodified(structure.duplex.upper + structure.duplex.lower)
    ring = _standard_bases()[letters[nucleotide]]
    standard = np.array([(*position, 0.0) for position in ring.values()])
    here = structure.positions[[structure.atom(nucleotide, name) for name in ring]]
    turn = kabsch(standard - standard.mean(0), here - here.mean(0))
    return turn, here.mean(0) - turn @ standard.mean(0)


@cache
def _standard_bases() -> dict[str, dict[str, list[float]]]:
    """Positions x, y of the atoms of the rings in Angstrom, by base and name."""
    file = resources.files(__package__).joinpath("data", "standard_bases.toml")
    values = tomllib.loads(file.read_text("utf-8"))
    return {base: values[base] for base in BASES}


def _step(
    turn: Doubles, next_turn: Doubles, origin: Doubles, next_origin: Doubles
) -> tuple[float, float, float]:
    if np.isnan([origin, next_origin]).any():
        return np.nan, np.nan, np.nan
    one, two = turn[:, 2], next_turn[:, 2]
    hinge = np.cross(one, two)
    sine = float(np.linalg.norm(hinge))
    angle = np.arctan2(sine, one @ two)
    hinge = hinge / sine if sine > 0.0 else turn[:, 1]
    first = Rotation.from_rotvec(hinge * angle / 2).as_matrix() @ turn
    second = Rotation.from_rotvec(-hinge * angle / 2).as_matrix() @ next_turn
    axis = first[:, 2]
    twist = _signed_angle(first[:, 1], second[:, 1], axis)
    middle = Rotation.from_rotvec(axis * twist / 2).as_matrix() @ first
    roll = angle * np.cos(_signed_angle(hinge, middle[:, 1], axis))
    rise = (next_origin - origin) @ axis
    return float(rise), float(np.rad2deg(roll)), float(np.rad2deg(twist))


def _signed_angle(one: Doubles, two: Doubles, axis: Doubles) -> float:
    return float(np.arctan2(np.cross(one, two) @ axis, one @ two))
