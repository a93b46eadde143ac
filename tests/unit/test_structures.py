"""Ideal duplexes against an independent structure, and checks that see what is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from dnawire.data.importers.pdb import read_pdb
from dnawire.data.importers.structure import read_structure
from dnawire.data.random import named_generator
from dnawire.errors import InvalidStructureError
from dnawire.junction import Contact, Duplex
from dnawire.structures import (
    AtomicStructure,
    build_duplex,
    check_structure,
    find_defect,
    load_helix,
    pdb_text,
)

AAAC = Path(__file__).parents[1] / "data" / "aaac" / "aaac.pdb"


@pytest.fixture
def structure() -> AtomicStructure:
    return build_duplex(Duplex.parse("GATC"))


def moved(structure: AtomicStructure, atom: int, to: np.ndarray) -> AtomicStructure:
    positions = structure.positions.copy()
    positions[atom] = to
    return replace(structure, positions=positions)


def test_the_fiber_is_that_of_an_independent_program() -> None:
    atoms = read_pdb(AAAC.read_text(encoding="ascii"))
    built = build_duplex(Duplex.parse("AAAC"))
    assert len(built) == 253
    assert list(built.names) == [atom.name for atom in atoms]
    assert list(built.elements) == [atom.element for atom in atoms]
    assert abs(built.positions - np.array([atom.position for atom in atoms])).max() < 0.01


def test_the_helix_names_its_source() -> None:
    helix = load_helix()
    assert helix.doi
    assert (helix.twist, helix.rise) == (36.0, 3.38)


def test_charge_and_sites(structure: AtomicStructure) -> None:
    assert structure.charge == -2 * (4 - 1)
    # The first nucleotide of the lower strand belongs to the last pair.
    lower = structure.atom(4, "C1'")
    assert structure.sites[lower] == 7
    gamma = Contact.parse("lower:0", 0.2).ladder_gamma(4).reshape(-1)
    assert np.array_equal(gamma[structure.sites] > 0, structure.nucleotides == 4)


def test_both_writings_are_one_molecule() -> None:
    one, other = (build_duplex(duplex) for duplex in (Duplex.parse("GACT"), Duplex.parse("AGTC")))
    distances = [np.sort(pdist(built.positions)) for built in (one, other)]
    assert abs(distances[0] - distances[1]).max() < 1e-9


@pytest.mark.parametrize("sequence", ["AC", "GGGGGG", "ATATAT", "ACGTTGCATTCAGGCA"])
def test_ideal_duplexes_have_no_defect(sequence: str) -> None:
    assert find_defect(build_duplex(Duplex.parse(sequence))) is None


def test_two_pyrimidines_have_room_and_two_purines_have_none() -> None:
    assert find_defect(build_duplex(Duplex("GACTC", "GATTC"))) is None
    with pytest.raises(InvalidStructureError, match=r"upper:2 A .* and lower:2 G .* apart"):
        check_structure(build_duplex(Duplex("GAATC", "GAGTC")))


def test_a_broken_strand_is_seen(structure: AtomicStructure) -> None:
    above = structure.nucleotides % 4 >= 2
    apart = replace(structure, positions=structure.positions + np.outer(above, [0.0, 0.0, 0.5]))
    assert "O3' and upper:2 T P are" in str(find_defect(apart))


def test_an_atom_inside_another_is_seen(structure: AtomicStructure) -> None:
    one, other = structure.atom(1, "C5"), structure.atom(1, "C6")
    inside = moved(structure, one, structure.positions[other] + [0.0, 0.0, 0.4])
    assert "are 0.40 Angstrom apart" in str(find_defect(inside))


def test_an_atom_without_bond_is_seen(structure: AtomicStructure) -> None:
    away = moved(structure, structure.atom(0, "H8"), np.array([0.0, 0.0, 60.0]))
    assert find_defect(away) == "upper:0 G H8 has no bond"


def test_neighbors_that_clash_are_seen(structure: AtomicStructure) -> None:
    one, other = structure.atom(0, "H8"), structure.atom(1, "C8")
    near = moved(structure, one, structure.positions[other] - [0.0, 0.0, 1.5])
    assert "H8 and upper:1 A C8 are 1.50" in str(find_defect(near))


def test_a_pair_that_is_open_is_seen(structure: AtomicStructure) -> None:
    bond = [structure.positions[structure.atom(*end)] for end in ((0, "N1"), (7, "N3"))]
    away = 1.3 * (bond[0] - bond[1]) / np.linalg.norm(bond[0] - bond[1])
    upper = structure.nucleotides < 4
    opened = replace(structure, positions=structure.positions + np.outer(upper, away))
    assert "upper:0 G O6 and lower:3 C N4 are 4." in str(find_defect(opened))


def test_an_atom_off_its_place_has_a_broken_bond(structure: AtomicStructure) -> None:
    one, other = structure.atom(0, "C5'"), structure.atom(0, "O5'")
    away = structure.positions[other] - structure.positions[one]
    moving = [other, structure.atom(0, "HO5'")]
    positions = structure.positions.copy()
    positions[moving] += 0.35 * away
    assert "O5' and upper:0 G C5' are 1.9" in str(
        find_defect(replace(structure, positions=positions))
    )


def test_a_mirror_image_is_seen(structure: AtomicStructure) -> None:
    mirrored = replace(structure, positions=structure.positions * [1.0, 1.0, -1.0])
    assert find_defect(mirrored) == "upper:0 G C1' has the wrong handedness"


def test_thermal_motion_is_no_defect() -> None:
    """Bonds vary by 0.04 Angstrom, as force fields let them at room temperature."""
    ideal = build_duplex(Duplex.parse("CGATTC"))
    noise = named_generator(1, "thermal")
    for _ in range(10):
        moved = ideal.positions + noise.normal(0.0, 0.03, ideal.positions.shape)
        assert find_defect(replace(ideal, positions=moved)) is None


@pytest.mark.parametrize(("distance", "is_refused"), [(1.72, False), (1.9, True), (1.3, True)])
def test_limits_of_the_linkage(
    distance: float, is_refused: bool, structure: AtomicStructure
) -> None:
    one, other = structure.atom(1, "O3'"), structure.atom(2, "P")
    bond = structure.positions[other] - structure.positions[one]
    shift = (distance / np.linalg.norm(bond) - 1.0) * bond
    above = np.isin(structure.nucleotides, (2, 3))
    moved = replace(structure, positions=structure.positions + np.outer(above, shift))
    assert (f"are {distance:.2f} Angstrom apart" in str(find_defect(moved))) == is_refused


@pytest.mark.parametrize(
    ("away", "is_refused"), [(0.6, False), (-0.38, False), (1.3, True), (-0.7, True)]
)
def test_limits_of_hydrogen_bonds(
    away: float, is_refused: bool, structure: AtomicStructure
) -> None:
    bond = [structure.positions[structure.atom(*end)] for end in ((0, "N1"), (7, "N3"))]
    shift = away * (bond[0] - bond[1]) / np.linalg.norm(bond[0] - bond[1])
    upper = structure.nucleotides < 4
    moved = replace(structure, positions=structure.positions + np.outer(upper, shift))
    assert (find_defect(moved) is not None) == is_refused


def test_positions_must_be_finite(structure: AtomicStructure) -> None:
    assert find_defect(moved(structure, 0, np.full(3, np.nan))) == "positions are not finite"


def test_pdb_text_reads_back(structure: AtomicStructure) -> None:
    atoms = read_pdb(pdb_text(structure))
    assert read_structure(atoms).duplex == structure.duplex
    assert abs(np.array([atom.position for atom in atoms]) - structure.positions).max() < 6e-4
