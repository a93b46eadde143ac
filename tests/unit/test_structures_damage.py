"""Files of coordinates that are damaged, cut short or something else: one sentence each."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from structure_kit import CRYSTAL, edited, ideal_text, renamed

from dnawire.data.random import named_generator
from dnawire.errors import DnawireError, NotFoundError, UnusableFileError
from dnawire.junction import Duplex
from dnawire.structures import AtomicStructure, build_duplex, read_structures, write_structures

NUMBER_OF_SPOILED = 150


@pytest.mark.parametrize("name", ["a.pdb", "a.cif"])
@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"\0\1\2\3" * 100, b"hello\n", b"data_\n", b"\x1f\x8b broken", b"\xff\xfe\0"],
)
def test_files_of_something_else(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnusableFileError, match=rf"{path}: "):
        read_structures(path)


def test_a_file_that_is_missing_or_a_folder(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="does not exist"):
        read_structures(tmp_path / "a.pdb")
    (tmp_path / "b.pdb").mkdir()
    with pytest.raises(UnusableFileError, match="not a regular file"):
        read_structures(tmp_path / "b.pdb")


def test_a_compressed_file_that_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.pdb.gz"
    path.write_bytes(gzip.compress(ideal_text().encode())[:-300])
    with pytest.raises(UnusableFileError, match=r"a\.pdb\.gz: "):
        read_structures(path)


@pytest.mark.parametrize("written", ["   1.2x3", " 12,3456", "        ", "1e999999"])
def test_a_number_that_is_none_is_told_by_its_line(written: str, tmp_path: Path) -> None:
    path = tmp_path / "a.pdb"
    lines = ideal_text().split("\n")
    lines[6] = f"{lines[6][:38]}{written}{lines[6][46:]}"
    path.write_text("\n".join(lines))
    with pytest.raises(UnusableFileError, match=r"line 7: .* in columns 39 to 46 is no coordinate"):
        read_structures(path)


def test_letters_that_are_not_ascii_keep_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.pdb"
    text = edited(ideal_text(), lambda line: f"{line[:72]}é{line[73:]}")
    for encoding in ("latin-1", "utf-8"):
        path.write_bytes(f"REMARK Å\n{text}".encode(encoding))
        assert read_structures(path)[0].duplex.text == "GACT"
    path.write_bytes(edited(text, lambda line: renamed(line, "Né")).encode("latin-1"))
    with pytest.raises(DnawireError, match=r"has N\? twice"):
        read_structures(path)


@pytest.mark.parametrize("written", [".", "?", "nan", "1.2x"])
def test_a_number_of_mmcif_that_is_none(written: str, tmp_path: Path) -> None:
    path = tmp_path / "a.cif"
    structure = build_duplex(Duplex.parse("AC"))
    write_structures(path, [structure])
    position = f" {structure.positions[3, 0]:.9g} "
    path.write_text(path.read_text().replace(position, f" {written} ", 1))
    with pytest.raises(DnawireError, match="the position of H5' is not finite"):
        read_structures(path)


def test_blocks_of_atoms_are_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "a.cif"
    write_structures(path, [build_duplex(Duplex.parse("AC"))])
    path.write_text(path.read_text() + path.read_text().replace("data_DNAWIRE", "data_B"))
    with pytest.raises(UnusableFileError, match=r"several blocks of atoms \(DNAWIRE, B\)"):
        read_structures(path)


def test_atoms_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.cif"
    write_structures(path, [build_duplex(Duplex.parse("AC"))])
    text = path.read_text().replace("_atom_site.label_alt_id\n", "")
    path.write_text(text.replace("'\" . D", "'\" D").replace(" . D", " D"))
    with pytest.raises(UnusableFileError, match="0 of its 125 atoms can be read"):
        read_structures(path)


def test_models_of_one_number_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pdb"
    frame = "MODEL        1\n" + ideal_text().replace("END\n", "ENDMDL\n")
    path.write_text(frame + frame)
    with pytest.raises(UnusableFileError, match="duplicate MODEL"):
        read_structures(path)


def spoiled(content: bytes, number: int) -> bytes:
    """Cut some bytes out and put others in, at random."""
    draw = named_generator(number, "spoil")
    for _ in range(int(draw.integers(1, 4))):
        start = int(draw.integers(len(content)))
        cut = int(draw.choice([0, 1, 3, 80, 2000, 10**6]))
        put = [b"", b"\n", b"TER\n", b"END\n", b"nan", b"-", b"\0", b"\xff", b"'", b"loop_\n", b"9"]
        content = content[:start] + put[int(draw.integers(len(put)))] + content[start + cut :]
    return content


@pytest.mark.parametrize("kind", ["pdb", "cif", "pdb.gz"])
def test_spoiled_files_are_read_whole_or_refused(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{kind}"
    write_structures(path, [build_duplex(Duplex.parse("GACT"))])
    content = path.read_bytes()
    outcomes = [outcome(path, spoiled(content, number)) for number in range(NUMBER_OF_SPOILED)]
    refused = [one for one in outcomes if one is None]
    assert len(refused) > NUMBER_OF_SPOILED // 3


def outcome(path: Path, content: bytes) -> list[AtomicStructure] | None:
    """What was read, or None if an error of ours refused it."""
    path.write_bytes(content)
    try:
        found = read_structures(path)
    except DnawireError:
        return None
    for structure in found:
        assert structure.names == build_duplex(structure.duplex).names
    return found


@pytest.mark.slow
def test_a_spoiled_crystal(tmp_path: Path) -> None:
    path = tmp_path / "a.pdb"
    content = CRYSTAL.read_bytes()
    for number in range(500):
        outcome(path, spoiled(content, number))
