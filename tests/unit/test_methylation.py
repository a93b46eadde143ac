"""5-methylcytosine: its atoms, its names in files, its electrons, and who does not know it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from structure_kit import (
    assert_same,
    edited,
    name_of,
    reader,
    renamed_atoms,
    without_hydrogens,
)
from tests.physics.tblite_reference import new_calculator

import dnawire as dw
from dnawire.constants import HARTREE_EV
from dnawire.electronic import converge
from dnawire.electronic.nucleotides import nucleotide_shells
from dnawire.errors import InvalidDuplexError, InvalidStructureError
from dnawire.junction import METHYLCYTOSINE, WITH_METHYLCYTOSINE, Duplex
from dnawire.structures import (
    AtomicStructure,
    base_pair_steps,
    build_duplex,
    check_structure,
    find_defect,
    helix_of,
    pdb_text,
    read_structures,
    write_structures,
)
from dnawire.structures.helix import Form
from dnawire.structures.template import Position
from dnawire.tightbinding import load_parameters
from dnawire.xtb.level import Level


def methylated(text: str = "AFGT", form: Form = "b") -> AtomicStructure:
    return build_duplex(Duplex.parse(text, WITH_METHYLCYTOSINE), helix_of(form))


def at(structure: AtomicStructure, name: str, nucleotide: int = 1) -> Position:
    row = structure.atom(nucleotide, name)
    assert row >= 0, name
    position: Position = structure.positions[row]
    return position


def angle(one: Position, middle: Position, other: Position) -> float:
    first, second = one - middle, other - middle
    return float(
        np.degrees(np.arccos(first @ second / np.linalg.norm(first) / np.linalg.norm(second)))
    )


def test_the_letter_is_that_of_the_parameter_set() -> None:
    assert load_parameters("simserides2024").alphabet.extra_letter("F") == METHYLCYTOSINE


@pytest.mark.parametrize("form", ["a", "b"])
def test_the_methyl_group_stands_in_the_plane_of_the_base(form: Form) -> None:
    structure = methylated(form=form)
    check_structure(structure)
    c4, c5, c6, carbon = (at(structure, name) for name in ("C4", "C5", "C6", "C5A"))
    assert np.linalg.norm(carbon - c5) == pytest.approx(1.496, abs=0.01)
    assert angle(c4, c5, carbon) == pytest.approx(118.0, abs=2.0)
    assert angle(c4, c5, carbon) + angle(c6, c5, carbon) + angle(c4, c5, c6) == pytest.approx(
        360.0, abs=0.2
    )
    for name in ("H5A1", "H5A2", "H5A3"):
        assert np.linalg.norm(at(structure, name) - carbon) == pytest.approx(1.09, abs=0.001)
        assert angle(at(structure, name), carbon, c5) == pytest.approx(109.5, abs=1.0)
    assert structure.atom(1, "H5") == -1


def test_all_else_is_cytosine() -> None:
    structure, plain = methylated(), build_duplex(Duplex.parse("ACGT"))
    others = [row for row, name in enumerate(structure.names) if "5A" not in name]
    kept = [
        row for row in range(len(plain)) if (plain.nucleotides[row], plain.names[row]) != (1, "H5")
    ]
    assert [structure.names[row] for row in others] == [plain.names[row] for row in kept]
    assert np.array_equal(structure.positions[others], plain.positions[kept])
    assert structure.charge == plain.charge
    for one, other in zip(base_pair_steps(structure), base_pair_steps(plain), strict=True):
        assert one == pytest.approx(other, abs=1e-9)


@pytest.mark.parametrize("text", ["FF", "GG/FF"])
def test_its_pair_must_be_one(text: str) -> None:
    structure = methylated(text)
    assert find_defect(structure) is None
    lower = structure.nucleotides >= 2
    apart = structure.positions[lower].mean(0) - structure.positions[~lower].mean(0)
    structure.positions[lower] += 1.5 * apart / np.linalg.norm(apart)
    defect = find_defect(structure)
    assert defect is not None
    assert "F N4" in defect
    assert "O6" in defect


@pytest.mark.parametrize("suffix", [".pdb", ".cif"])
def test_files_have_the_chemical_component(tmp_path: Path, suffix: str) -> None:
    structure, path = methylated("AFGT"), tmp_path / f"mine{suffix}"
    write_structures(path, [structure])
    assert "HETATM" in path.read_text()
    assert " 5CM A" in path.read_text()
    [found] = read_structures(path)
    assert_same(found, structure)
    assert found.duplex.text == "AFGT"


@pytest.mark.parametrize(
    "written",
    [
        {"H41": "HN41", "H42": "HN42"},
        {"C5A": "C5M", "H5A1": "H5M1", "H5A2": "H5M2", "H5A3": "H5M3"},
        {"C5A": "CM5", "H5A1": "HM51", "H5A2": "HM52", "H5A3": "HM53"},
        {"C5A": "C7", "H5A1": "H71", "H5A2": "H72", "H5A3": "H73", "OP1": "O1P"},
    ],
)
def test_other_names_of_its_atoms_are_read(tmp_path: Path, written: dict[str, str]) -> None:
    text = edited(pdb_text(methylated()), renamed_atoms("5CM", written))
    assert_same(reader(tmp_path)(text), methylated())


def test_hydrogens_are_added_to_it(tmp_path: Path) -> None:
    found = reader(tmp_path)(edited(pdb_text(methylated()), without_hydrogens))
    assert_same(found, methylated(), 2e-3)


def test_a_missing_methyl_group_is_told(tmp_path: Path) -> None:
    text = edited(pdb_text(methylated()), lambda line: None if "5A" in name_of(line) else line)
    with pytest.raises(InvalidStructureError, match="5CM A 2 lacks C5A"):
        reader(tmp_path)(text)


def test_its_electrons_are_those_of_tblite() -> None:
    structure = methylated("FG")
    calculator = new_calculator(structure)
    calculator.add("alpb-solvation", "water")
    energies = calculator.singlepoint().get("orbital-energies") * HARTREE_EV
    found = converge(structure, Level("water").parameters)
    assert found.shell_charges.sum() == pytest.approx(structure.charge, abs=1e-9)
    assert abs(found.levels - energies).max() < 1e-4


def test_models_refuse_it_by_name(tmp_path: Path) -> None:
    write_structures(tmp_path / "mine.pdb", [methylated()])
    for call in (
        lambda: dw.predict("AFGT", "pretrained:xtb"),
        lambda: dw.ensemble(tmp_path / "mine.pdb", "pretrained:xtb", fermi_energy=-10.4),
        lambda: nucleotide_shells().rows(methylated()),
    ):
        with pytest.raises(InvalidDuplexError, match=r"5-methylcytosine") as caught:
            call()
        assert "use a parameter set that declares" not in caught.value.remedy
    assert "give a structure or frames without it" in caught.value.remedy
