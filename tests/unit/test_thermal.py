"""Fluctuating duplexes: the steps that were asked for, rigid pairs, and a backbone that fits."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from dnawire.data.random import named_generator
from dnawire.errors import InvalidStructureError, UsageError
from dnawire.inference.ensemble import thermal_frames
from dnawire.junction import Duplex
from dnawire.structures import (
    AtomicStructure,
    Fluctuations,
    Steps,
    build_duplex,
    draw_steps,
    find_defect,
    load_helix,
    thermal,
    thermal_frame,
)
from dnawire.structures.backbone import LARGEST_STRAIN, Backbone, is_backbone

DUPLEX = Duplex.parse("ACGTTGCA")
STILL = Fluctuations(rise=0.0, twist=0.0, roll=0.0)


@pytest.fixture(scope="module")
def ideal() -> AtomicStructure:
    return build_duplex(DUPLEX)


@pytest.fixture(scope="module")
def frame() -> AtomicStructure:
    return thermal_frame(DUPLEX, named_generator(1, "test")).structure


def measured(turns: np.ndarray, origins: np.ndarray) -> Steps:
    """Steps between frames, from the matrix elements of twist, roll and twist."""
    change = np.swapaxes(turns[:-1], 1, 2) @ turns[1:]
    twist = np.arctan2(change[:, 1, 0] - change[:, 0, 1], change[:, 0, 0] + change[:, 1, 1])
    roll = np.arcsin(change[:, 2, 0] / np.cos(twist / 2))
    normals = turns[:-1, :, 2] + turns[1:, :, 2]
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    rise = (np.diff(origins, axis=0) * normals).sum(1)
    return Steps(rise, np.rad2deg(twist), np.rad2deg(roll))


def pair_frames(ideal: AtomicStructure, moved: AtomicStructure) -> tuple[np.ndarray, np.ndarray]:
    """Frames of the pairs by superposition, and that nothing of a pair moves against the rest."""
    rigid, level = ~is_backbone(ideal), ideal.sites // 2
    turns, origins = [], []
    for pair in range(ideal.duplex.length):
        rows = rigid & (level == pair)
        turn, shift = load_helix().frame(pair, 0)
        local = (ideal.positions[rows] - shift) @ turn
        here = moved.positions[rows]
        found, error = Rotation.align_vectors(here - here.mean(0), local - local.mean(0))
        assert error < 1e-6
        turns.append(found.as_matrix())
        origins.append(here.mean(0) - found.as_matrix() @ local.mean(0))
    return np.array(turns), np.array(origins)


def deviations(ideal: AtomicStructure, moved: AtomicStructure, pairs: np.ndarray) -> np.ndarray:
    lengths = [
        np.linalg.norm(np.diff(one.positions[pairs], axis=1)[:, 0], axis=1)
        for one in (ideal, moved)
    ]
    return abs(lengths[1] - lengths[0])


def test_without_fluctuations_the_duplex_is_ideal(ideal: AtomicStructure) -> None:
    [frame] = thermal_frames(DUPLEX, 1, seed=3, fluctuations=STILL)
    assert abs(frame.structure.positions - ideal.positions).max() < 1e-9
    assert frame.structure.names == ideal.names
    assert frame.refused == ()


def test_steps_have_the_published_dispersions() -> None:
    number = 6_000
    steps = draw_steps(number, load_helix(), Fluctuations(), named_generator(5, "steps"))
    found = measured(*steps.frames())
    for one, other in zip(found, steps, strict=True):
        assert one == pytest.approx(other, abs=1e-5)
    assert [one.std() for one in found] == pytest.approx([0.19, 6.3, 5.1], rel=0.03)
    assert [one.mean() for one in found] == pytest.approx([3.38, 36.0, 0.0], abs=0.3)
    assert abs(np.corrcoef(np.array(found)) - np.eye(3)).max() < 0.05


def test_pairs_are_rigid_and_have_the_steps_that_were_drawn(
    ideal: AtomicStructure, frame: AtomicStructure
) -> None:
    drawn = draw_steps(7, load_helix(), Fluctuations(), named_generator(1, "test"))
    for found, wanted in zip(measured(*pair_frames(ideal, frame)), drawn, strict=True):
        assert found == pytest.approx(wanted, abs=1e-5)


def test_roll_opens_towards_the_minor_groove(ideal: AtomicStructure) -> None:
    rolled = Steps(np.full(7, 3.38), np.full(7, 36.0), np.full(7, 10.0))
    moved = replace(ideal, positions=thermal._moved(ideal, load_helix(), rolled))
    for names, sign in ((("O2", "N3"), 1.0), (("C5", "N7"), -1.0)):
        pair = [ideal.atom(1, names[0]), ideal.atom(2, names[1])]
        apart = [np.linalg.norm(np.subtract(*one.positions[pair])) for one in (ideal, moved)]
        assert sign * (apart[1] - apart[0]) > 0.1


def test_the_backbone_is_closed(ideal: AtomicStructure, frame: AtomicStructure) -> None:
    backbone = Backbone.of(ideal)
    assert len(backbone.bonds) > backbone.free.sum()
    assert deviations(ideal, frame, backbone.bonds).max() < LARGEST_STRAIN
    angles = deviations(ideal, frame, backbone.angles)
    assert angles.max() < 0.4
    assert np.sqrt(np.mean(angles**2)) < 0.03
    assert find_defect(frame) is None


def test_every_linkage_is_a_bond_and_carbons_have_four(ideal: AtomicStructure) -> None:
    backbone = Backbone.of(ideal)
    names = [{ideal.names[atom] for atom in bond} for bond in backbone.bonds.tolist()]
    assert names.count({"O3'", "P"}) == 2 * (DUPLEX.length - 1)
    counts = np.bincount(backbone.bonds.ravel(), minlength=len(ideal))
    assert {int(counts[ideal.atom(3, name)]) for name in ("C2'", "C3'", "C4'", "C5'", "P")} == {4}
    one, two = ideal.atom(3, "C3'"), ideal.atom(3, "O4'")
    assert sorted((one, two)) in np.sort(backbone.angles, 1).tolist()


def test_no_center_is_inverted(ideal: AtomicStructure, frame: AtomicStructure) -> None:
    centers = {
        "C1'": ("O4'", "C2'", "H1'"),
        "C3'": ("C2'", "C4'", "O3'"),
        "C4'": ("C3'", "O4'", "C5'"),
    }
    for nucleotide in range(2 * DUPLEX.length):
        for center, others in centers.items():
            rows = [ideal.atom(nucleotide, name) for name in (center, *others)]
            volumes = [
                np.linalg.det(one.positions[rows[1:]] - one.positions[rows[0]])
                for one in (ideal, frame)
            ]
            assert volumes[0] * volumes[1] > 0.0


@pytest.mark.parametrize(("twist", "roll"), [(26.0, 0.0), (36.0, -12.0)])
def test_atoms_that_would_clash_repel_each_other(twist: float, roll: float) -> None:
    ideal = build_duplex(Duplex.parse("ACG"))
    steps = Steps(np.full(2, 3.38), np.full(2, twist), np.full(2, roll))
    closed = Backbone.of(ideal).closed(thermal._moved(ideal, load_helix(), steps))
    assert isinstance(closed, AtomicStructure), closed


def test_same_seed_same_atoms_and_frames_do_not_depend_on_their_number() -> None:
    duplex = Duplex.parse("ACG")
    few, many = (thermal_frames(duplex, number, seed=8) for number in (2, 3))
    for one, other in zip(few, many, strict=False):
        assert np.array_equal(one.structure.positions, other.structure.positions)
    elsewhere = thermal_frames(duplex, 1, seed=9)[0].structure.positions
    assert abs(elsewhere - few[0].structure.positions).max() > 0.1
    assert abs(few[1].structure.positions - few[0].structure.positions).max() > 0.1


def test_draws_that_do_not_close_are_told_and_drawn_again() -> None:
    duplex, wide = Duplex.parse("AC"), Fluctuations(rise=1.5, twist=6.3, roll=5.1)
    frames = thermal_frames(duplex, 3, seed=1, fluctuations=wide)
    reasons = [reason for frame in frames for reason in frame.refused]
    assert reasons
    assert all("apart" in reason or "strained" in reason for reason in reasons)
    assert all(find_defect(frame.structure) is None for frame in frames)


def test_a_strained_bond_is_refused(ideal: AtomicStructure) -> None:
    upper_half = ideal.sites // 2 >= 4
    apart = ideal.positions + np.outer(upper_half, [0.0, 0.0, 9.0])
    reason = Backbone.of(ideal).closed(apart)
    assert isinstance(reason, str)
    assert "is strained by +" in reason


def test_fluctuations_without_room_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thermal, "_MOST_REFUSED", 2)
    with pytest.raises(InvalidStructureError, match="none of 2 geometries is possible"):
        thermal_frames(Duplex.parse("AC"), 1, 0, Fluctuations(rise=60.0))


def test_what_has_no_ideal_structure_has_no_frames() -> None:
    with pytest.raises(InvalidStructureError, match="apart"):
        thermal_frames(Duplex("GAATC", "GAGTC"), 1, 0)


@pytest.mark.parametrize("value", [-0.1, math.nan, math.inf])
def test_impossible_fluctuations_are_named(value: float) -> None:
    with pytest.raises(UsageError, match=r"roll = .*: no standard deviation"):
        Fluctuations(roll=value)


def test_bases_that_meet_are_refused(ideal: AtomicStructure) -> None:
    upper_half = ideal.sites // 2 >= 4
    nearer = ideal.positions - np.outer(upper_half, [0.0, 0.0, 1.5])
    reason = Backbone.of(ideal).closed(nearer)
    assert isinstance(reason, str)
    assert reason.endswith("Angstrom apart")
