"""Abasic nucleotides: their atoms, their names in files, their electrons, and who refuses them."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from structure_kit import (
    assert_same,
    edited,
    reader,
    renamed_atoms,
    without_hydrogens,
)
from tests.physics.tblite_reference import new_calculator

import dnawire as dw
from dnawire.api.conditions import AskedConditions
from dnawire.api.ensemble_result import Ensemble
from dnawire.api.geometries import EnsembleSettings
from dnawire.constants import HARTREE_EV
from dnawire.data.random import named_generator
from dnawire.electronic import converge
from dnawire.electronic.nucleotides import nucleotide_shells
from dnawire.errors import InvalidDuplexError, InvalidStructureError
from dnawire.inference import load_predictor
from dnawire.junction import Duplex
from dnawire.structures import (
    AtomicStructure,
    build_duplex,
    check_structure,
    find_defect,
    helix_of,
    pdb_text,
    read_structures,
    thermal_frame,
    write_structures,
)
from dnawire.structures.helix import Form
from dnawire.structures.template import Position
from dnawire.xtb.level import Level

PLAIN, ABASIC = "GACT", "G_CT/AGTC"
GAP = 1
"""The nucleotide without base."""


def built(text: str = ABASIC, form: Form = "b") -> AtomicStructure:
    return build_duplex(Duplex.parse(text), helix_of(form))


def at(structure: AtomicStructure, name: str, nucleotide: int = GAP) -> Position:
    row = structure.atom(nucleotide, name)
    assert row >= 0, name
    position: Position = structure.positions[row]
    return position


def direction(start: Position, end: Position) -> Position:
    found: Position = (end - start) / np.linalg.norm(end - start)
    return found


@pytest.mark.parametrize("form", ["a", "b"])
def test_hydrogen_stands_where_the_base_was_bonded(form: Form) -> None:
    structure, plain = built(form=form), built(PLAIN, form)
    check_structure(structure)
    carbon, hydrogen = at(structure, "C1'"), at(structure, "H1'1")
    assert np.linalg.norm(hydrogen - carbon) == pytest.approx(1.09, abs=1e-6)
    bond = direction(at(plain, "C1'"), at(plain, "N9"))
    assert direction(carbon, hydrogen) == pytest.approx(bond, abs=1e-9)
    around = [direction(carbon, at(structure, name)) for name in ("O4'", "C2'", "H1'1", "H1'2")]
    angles = [np.degrees(np.arccos(one @ other)) for one, other in combinations(around, 2)]
    assert min(angles) > 101.0
    assert max(angles) < 115.0


def test_all_else_is_what_it_was() -> None:
    structure, plain = built(), built(PLAIN)
    here = {
        (int(nucleotide), name.replace("H1'2", "H1'")): position
        for nucleotide, name, position in zip(
            structure.nucleotides, structure.names, structure.positions, strict=True
        )
        if name != "H1'1"
    }
    there = {
        (int(nucleotide), name): position
        for nucleotide, name, position in zip(
            plain.nucleotides, plain.names, plain.positions, strict=True
        )
        if nucleotide != GAP or "'" in name or name in ("P", "OP1", "OP2")
    }
    assert list(here) == [key for key in there if key in here]
    assert here.keys() == there.keys()
    assert all(np.array_equal(here[key], there[key]) for key in here)


@pytest.mark.parametrize("text", ["ACGT/ACG_", "_C", "GA_TC", "A__T/ACGT", "GAA/T_C", "GA/__"])
def test_charge_is_that_of_the_phosphates(text: str) -> None:
    structure = built(text)
    assert find_defect(structure) is None
    assert structure.charge == -2 * (structure.duplex.length - 1)
    assert (structure.atomic_numbers.sum() - structure.charge) % 2 == 0


def test_its_own_atoms_are_checked() -> None:
    structure = built()
    structure.positions[structure.atom(GAP, "H1'1")] += 9.0
    assert find_defect(structure) == "upper:1 _ H1'1 has no bond"
    structure = built()
    structure.positions[structure.atom(GAP, "H1'1")] = at(structure, "H1'2") + np.array([0, 0, 0.3])
    assert "upper:1 _ H1'1 and upper:1 _ H1'2 are 0.30" in str(find_defect(structure))


def test_steps_beside_it_are_not_known() -> None:
    found, plain = dw.structure(ABASIC), dw.structure(PLAIN)
    assert np.isnan(found.steps).tolist() == [[[True, True, False]]] * 3
    assert np.array(found.steps)[..., 2] == pytest.approx(np.array(plain.steps)[..., 2])
    assert [row[1:] for row in found.rows[1:3]] == [["-"] * 3] * 2


def test_thermal_motion_keeps_it() -> None:
    frame = thermal_frame(Duplex.parse("GA_/CTC"), named_generator(1, "abasic")).structure
    assert frame.names == built("GA_/CTC").names
    assert np.linalg.norm(at(frame, "H1'1", 2) - at(frame, "C1'", 2)) == pytest.approx(
        1.09, abs=0.05
    )


@pytest.mark.parametrize("suffix", [".pdb", ".cif"])
@pytest.mark.parametrize("text", ["G_CT/AGTC", "_CGT", "ACGT/ACG_"])
def test_files_have_the_chemical_component(tmp_path: Path, suffix: str, text: str) -> None:
    structure, path = built(text), tmp_path / f"mine{suffix}"
    write_structures(path, [structure])
    assert any(
        line.startswith("HETATM") and " 3DR " in line for line in path.read_text().split("\n")
    )
    [found] = read_structures(path)
    assert_same(found, structure)


@pytest.mark.parametrize(
    "written",
    [
        {"H4'": "H4'1"},
        {"H1'1": "H1'", "H1'2": "H1''"},
        {"H1'1": "H1'2", "H1'2": "H1'1"},
        {"H1'1": "1H1*", "H1'2": "2H1*", "C1'": "C1*"},
    ],
)
def test_other_names_of_its_atoms_are_read(tmp_path: Path, written: dict[str, str]) -> None:
    assert_same(reader(tmp_path)(edited(pdb_text(built()), renamed_atoms("3DR", written))), built())


def test_hydrogens_are_added_to_it(tmp_path: Path) -> None:
    found = reader(tmp_path)(edited(pdb_text(built()), without_hydrogens))
    assert_same(found, built(), 2e-3)


def test_a_base_is_no_part_of_it(tmp_path: Path) -> None:
    text = pdb_text(built(PLAIN)).replace(" DA A   2", "3DR A   2")
    with pytest.raises(InvalidStructureError, match=r"3DR A 2 has N9, C8, .*, which is no atom"):
        reader(tmp_path)(text)


def test_other_abasic_nucleotides_are_refused(tmp_path: Path) -> None:
    text = pdb_text(built()).replace("3DR", "AAB")
    with pytest.raises(InvalidStructureError, match="AAB A 2 is a modified nucleotide"):
        reader(tmp_path)(text)


def test_strands_without_a_whole_pair_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidStructureError, match=r"no pair of GA .* has two bases"):
        reader(tmp_path)(pdb_text(built("GA/__")))


def test_its_electrons_are_those_of_tblite() -> None:
    structure = built("GA/_C")
    calculator = new_calculator(structure)
    calculator.add("alpb-solvation", "water")
    result = calculator.singlepoint()
    found = converge(structure, Level("water").parameters)
    energies = result.get("orbital-energies") * HARTREE_EV
    assert abs(found.levels - energies).max() < 1e-4
    assert found.shell_charges.sum() == pytest.approx(structure.charge, abs=1e-9)
    charges = np.bincount(found.basis.shell_atom, found.shell_charges)
    assert charges == pytest.approx(result.get("charges"), abs=1e-6)


def test_models_refuse_it_by_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.pdb"
    write_structures(path, [built()])
    for call in (
        lambda: dw.predict(ABASIC, "pretrained:xtb"),
        lambda: dw.ensemble(ABASIC, "pretrained:xtb", fermi_energy=-10.4),
        lambda: dw.ensemble(path, "pretrained:xtb", fermi_energy=-10.4),
        lambda: Ensemble.prepared(
            ABASIC,
            EnsembleSettings(frames=1),
            load_predictor("pretrained:xtb"),
            AskedConditions(fermi_energy=-10.4),
        ),
        lambda: nucleotide_shells().rows(built()),
    ):
        with pytest.raises(InvalidDuplexError, match=r"not known of abasic nucleotides"):
            call()


def test_a_prediction_of_letters_has_its_atoms() -> None:
    pytest.importorskip("ase", reason="ase has no wheel here")
    atoms = dw.predict("ACG/C_T", "exact:kordas2025").to_ase()
    assert "3DR" in atoms.arrays["residuenames"]
