"""Geometry of steps: what was built from angles has these angles."""

from __future__ import annotations

import tomllib
from importlib import resources

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dnawire.junction import Duplex
from dnawire.structures import AtomicStructure, base_pair_steps, build_duplex

STANDARD = tomllib.loads(
    resources.files("dnawire.structures").joinpath("data", "standard_bases.toml").read_text("utf-8")
)
DYAD = np.diag([1.0, -1.0, -1.0])


def rings(duplex: Duplex, turns: np.ndarray, origins: np.ndarray) -> AtomicStructure:
    """Standard bases in frames of pairs, (L, 3, 3) and (L, 3)."""
    names: list[str] = []
    positions: list[np.ndarray] = []
    numbers: list[int] = []
    for number, base in enumerate(duplex.upper + duplex.lower):
        strand, place = divmod(number, duplex.length)
        pair = place if strand == 0 else duplex.length - 1 - place
        turn = turns[pair] @ (DYAD if strand else np.eye(3))
        for name, (x, y) in STANDARD[base].items():
            names.append(name)
            positions.append(turn @ [x, y, 0.0] + origins[pair])
            numbers.append(number)
    return AtomicStructure(duplex, tuple(names), np.array(positions), np.array(numbers))


@pytest.mark.parametrize(
    ("rise", "roll", "tilt", "twist"),
    [(3.4, 0.0, 0.0, 36.0), (3.1, 12.0, 0.0, 25.0), (3.6, -9.0, 4.0, 41.0), (3.3, 0.0, -7.0, 30.0)],
)
def test_a_step_that_was_built_from_its_angles(
    rise: float, roll: float, tilt: float, twist: float
) -> None:
    """The second frame and the middle one by turns about z, y, z (doi:10.1093/nar/gkg680)."""
    bend, phase = np.hypot(roll, tilt), np.rad2deg(np.arctan2(tilt, roll))
    first = Rotation.random(rng=np.random.default_rng(1)).as_matrix()
    angles = ([twist / 2 - phase, bend, twist / 2 + phase], [twist / 2 - phase, bend / 2, phase])
    second, middle = (
        first @ Rotation.from_euler("ZYZ", one, degrees=True).as_matrix() for one in angles
    )
    start = np.array([5.0, -3.0, 8.0])
    origins = np.array([start, start + middle @ [0.3, -0.8, rise]])
    found = base_pair_steps(rings(Duplex.parse("AC"), np.array([first, second]), origins))
    assert np.ravel(found) == pytest.approx([rise, roll, twist], abs=1e-6)


def test_ideal_steps_are_those_of_fiber_dna() -> None:
    found = base_pair_steps(build_duplex(Duplex.parse("ACGTTGCA")))
    assert found.rise == pytest.approx(3.38, abs=0.02)
    assert found.twist.mean() == pytest.approx(36.0, abs=0.3)
    assert found.roll == pytest.approx(-2.8, abs=0.1)


def test_both_writings_have_the_same_steps() -> None:
    one, other = (base_pair_steps(build_duplex(Duplex.parse(text))) for text in ("GACT", "AGTC"))
    for values, reverse in zip(one, other, strict=True):
        assert values == pytest.approx(reverse[::-1], abs=1e-9)


def test_a_single_pair_has_no_steps() -> None:
    assert [len(one) for one in base_pair_steps(build_duplex(Duplex.parse("A")))] == [0, 0, 0]
