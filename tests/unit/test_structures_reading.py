"""Structures of users: completed, and put in order with the names of this package."""

from __future__ import annotations

import gzip
import logging
import sys
from pathlib import Path

import numpy as np
import pytest
from structure_kit import (
    CRYSTAL,
    Read,
    assert_same,
    edited,
    ideal_text,
    name_of,
    place_of,
    reader,
    renamed,
    without,
    without_hydrogens,
)

from dnawire.errors import (
    InvalidStructureError,
    MissingDependencyError,
    UsageError,
)
from dnawire.junction import Duplex
from dnawire.structures import (
    build_duplex,
    check_structure,
    examine_structures,
    read_structures,
)
from dnawire.structures.names import atom_name, base_of


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return reader(tmp_path)


def test_a_crystal_becomes_a_whole_duplex(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="dnawire"):
        (structure,) = read_structures(CRYSTAL)
    ideal = build_duplex(Duplex.parse("CGCGAATTCGCG"))
    assert structure.names == ideal.names
    assert structure.charge == -22
    check_structure(structure)
    for words in ("272 hydrogens were added", "left out: 73 HOH", "is DC A 1 to DG A 12"):
        assert words in caplog.text
    heavy = [row for row, name in enumerate(structure.names) if not name.startswith("H")]
    for row, name in enumerate(structure.names):
        if name.startswith("H"):
            apart = np.linalg.norm(structure.positions[heavy] - structure.positions[row], axis=1)
            assert 0.93 < apart.min() < 1.12, structure.label(row)


def test_hydrogens_of_an_ideal_duplex_come_back(read: Read) -> None:
    found = read(edited(ideal_text("CGATTC"), without_hydrogens))
    # Three decimals of positions are tenths of a degree at a hydrogen.
    assert_same(found, build_duplex(Duplex.parse("CGATTC")), 0.005)


def test_hydrogens_that_are_there_are_kept(read: Read) -> None:
    def moved(line: str) -> str | None:
        if name_of(line) == "H8" and place_of(line) == "A1":
            return f"{line[:30]}{float(line[30:38]) + 0.07:8.3f}{line[38:]}"
        return None if name_of(line) == "H1'" else line

    found, ideal = read(edited(ideal_text(), moved)), build_duplex(Duplex.parse("GACT"))
    change = found.positions - ideal.positions
    assert change[ideal.atom(0, "H8")] == pytest.approx([0.07, 0.0, 0.0], abs=1e-3)
    assert abs(change).max() == pytest.approx(0.07, abs=1e-3)


OLD_NAMES = {
    "OP1": "O1P",
    "OP2": "O2P",
    "C7": "C5M",
    "H5'": "1H5*",
    "H5''": "2H5*",
    "H2'": "H2'1",
    "H2''": "H2'2",
    "H71": "1H5M",
    "H72": "H5M2",
    "H73": "H53",
    "H61": "1H6",
    "HO5'": "H5T",
    "HO3'": "H3T",
    "C1'": "C1*",
}
RESIDUES = {"DA": "ADE", "DC": "  C", "DG": "DG5", "DT": "DTN"}


def test_names_of_older_files_and_other_programs(read: Read) -> None:
    def old(line: str) -> str:
        residue = RESIDUES[line[17:20].strip()]
        line = renamed(line, OLD_NAMES.get(name_of(line), name_of(line)))
        return line[:17] + f"{residue:>3}" + line[20:]

    assert_same(read(edited(ideal_text(), old)), build_duplex(Duplex.parse("GACT")))


@pytest.mark.parametrize(
    ("written", "base", "name"),
    [("H51", "T", "H71"), ("H51", "C", "H51"), ('H5"', "A", "H5''"), ("HO'5", "A", "HO5'")],
)
def test_names_of_atoms(written: str, base: str, name: str) -> None:
    assert atom_name(written, base=base) == name


def test_deuterium_is_hydrogen(read: Read) -> None:
    def heavy_hydrogen(line: str) -> str:
        if name_of(line) not in ("H1", "HO5'"):
            return line
        return renamed(line, f"D{name_of(line)[1:]}")[:76] + " D" + line[78:]

    found = read(edited(ideal_text(), heavy_hydrogen))
    assert_same(found, build_duplex(Duplex.parse("GACT")))


@pytest.mark.parametrize("name", ["A", "DA", "DA5", "A3", "DAN", "ADE", "ADE5"])
def test_names_of_residues(name: str) -> None:
    assert base_of(name) == "A"


def exchanging(text: str, names: dict[str, str]) -> str:
    return edited(text, lambda line: renamed(line, names.get(name_of(line), name_of(line))))


@pytest.mark.parametrize("pair", [("OP1", "OP2"), ("H5'", "H5''"), ("H2'", "H2''"), ("H61", "H62")])
def test_names_that_geometry_contradicts_are_exchanged(pair: tuple[str, str], read: Read) -> None:
    other = dict(zip(pair, pair[::-1], strict=True))
    assert_same(read(exchanging(ideal_text(), other)), build_duplex(Duplex.parse("GACT")))


def test_exchanged_names_are_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.pdb"
    path.write_text(exchanging(ideal_text("AC"), {"OP1": "OP2", "OP2": "OP1"}))
    (reading,) = examine_structures(path)
    assert reading.renamed == ("DC A 2 OP1", "DC A 2 OP2", "DT B 2 OP1", "DT B 2 OP2")


def test_what_is_no_dna_is_left_out_and_told(read: Read, caplog: pytest.LogCaptureFixture) -> None:
    ion = "HETATM 9999 MG    MG A 101      30.000  30.000  30.000  1.00  0.00          MG  \n"
    water = "HETATM 9999  O   HOH W   1      31.000  30.000  30.000  1.00  0.00           O  \n"
    with caplog.at_level(logging.INFO, logger="dnawire"):
        found = read(ideal_text().replace("END\n", f"{ion}{water}{water.replace('1  ', '2  ')}END"))
    assert found.duplex.text == "GACT"
    assert "left out: 1 MG, 2 HOH" in caplog.text


@pytest.mark.parametrize(
    ("occupancies", "chosen"), [((0.4, 0.6), "B"), ((0.5, 0.5), "A")], ids=["higher", "tie"]
)
def test_alternative_locations(
    occupancies: tuple[float, float], chosen: str, tmp_path: Path
) -> None:
    def two_places(line: str) -> str:
        if place_of(line) != "A2" or name_of(line) != "H8":
            return line
        lines = []
        for label, occupancy, shift in zip("AB", occupancies, (0.0, 0.1), strict=True):
            x = float(line[30:38]) + shift
            lines.append(
                f"{line[:16]}{label}{line[17:30]}{x:8.3f}{line[38:54]}{occupancy:6.2f}{line[60:]}"
            )
        return "\n".join(lines)

    path = tmp_path / "mine.pdb"
    path.write_text(edited(ideal_text(), two_places))
    (reading,) = examine_structures(path)
    told = f"DA A 2: {chosen} (occupancies A {occupancies[0]:.2f}, B {occupancies[1]:.2f})"
    assert reading.alternatives == (told,)
    ideal = build_duplex(Duplex.parse("GACT"))
    atom = ideal.atom(1, "H8")
    shift = reading.structure.positions[atom, 0] - ideal.positions[atom, 0]
    assert shift == pytest.approx(0.1 * (chosen == "B"), abs=1e-3)


def test_two_bases_in_one_place_are_refused(read: Read) -> None:
    def two_bases(line: str) -> str:
        if place_of(line) != "A2":
            return line
        return f"{line[:16]}A{line[17:]}"

    text = edited(ideal_text(), two_bases)
    second = [line for line in text.split("\n") if line[16:17] == "A"]
    other = "\n".join(f"{line[:16]}B DG{line[20:]}" for line in second)
    text = text.replace(f"{second[-1]}\n", f"{second[-1]}\n{other}\n")
    with pytest.raises(InvalidStructureError, match="DA A 2 is DG, too"):
        read(text)


@pytest.mark.parametrize("divider", ["MODEL", "END"])
def test_models_are_read_in_their_order(divider: str, tmp_path: Path) -> None:
    atoms = ideal_text().replace("END\n", "")
    moved = edited(atoms, lambda line: f"{line[:46]}{float(line[46:54]) + 1:8.3f}{line[54:]}")
    frames = [atoms, moved, atoms]
    if divider == "MODEL":
        parts = [f"MODEL     {n:>4}\n{frame}ENDMDL\n" for n, frame in enumerate(frames, start=1)]
    else:
        parts = [f"{frame}END\n" for frame in frames]
    path = tmp_path / "mine.pdb"
    path.write_text("".join(parts))
    first, second, third = read_structures(path)
    assert_same(first, third, 1e-9)
    assert (second.positions - first.positions).mean(0) == pytest.approx([0, 0, 1], abs=1e-3)


def test_the_model_that_is_refused_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.pdb"
    path.write_text(ideal_text() + edited(ideal_text(), without("C5")))
    with pytest.raises(InvalidStructureError, match=r"mine\.pdb, model 2: DG A 1 lacks C5"):
        read_structures(path)


def test_nonsense_is_refused_by_the_check_of_structures(read: Read) -> None:
    def pulled(line: str) -> str:
        if place_of(line) != "A1" or name_of(line) != "O6":
            return line
        return f"{line[:46]}{float(line[46:54]) - 1.5:8.3f}{line[54:]}"

    with pytest.raises(InvalidStructureError, match=r"mine\.pdb: .*upper:0 G O6 has no bond"):
        read(edited(ideal_text(), pulled))


def test_compressed_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.pdb.gz"
    path.write_bytes(gzip.compress(ideal_text().encode()))
    assert read_structures(path)[0].duplex.text == "GACT"


def test_a_name_without_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not tell its format"):
        read_structures(tmp_path / "mine.xyz")


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gemmi", None)
    with pytest.raises(MissingDependencyError, match=r"pip install dnawire\[structures\]"):
        read_structures(CRYSTAL)
