"""Structures as files: what is written is what is read, to the written digits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from structure_kit import CRYSTAL

from dnawire.cli import main
from dnawire.errors import (
    EXIT_CANNOT_WRITE,
    EXIT_FINISHED,
    EXIT_NOT_FOUND,
    EXIT_USAGE,
    NotWritableError,
    UsageError,
)
from dnawire.junction import Duplex
from dnawire.structures import (
    AtomicStructure,
    build_duplex,
    examine_structures,
    pdb_text,
    read_structures,
    write_structures,
)


@pytest.fixture
def frames() -> list[AtomicStructure]:
    """Two structures of one duplex in an odd orientation."""
    structure = build_duplex(Duplex.parse("GACTC/GATTC"))
    turn = np.linalg.qr(np.arange(9.0).reshape(3, 3) + np.eye(3) * 3)[0]
    positions = structure.positions @ (turn * np.linalg.det(turn)) + [100.0, -200.0, 1 / 3]
    return [structure, replace(structure, positions=positions)]


@pytest.mark.parametrize(
    ("name", "digits"),
    [("a.pdb", 5.1e-4), ("a.ent.gz", 5.1e-4), ("a.cif", 1e-6), ("a.mmcif.gz", 1e-6)],
)
@pytest.mark.parametrize("number", [1, 2])
def test_what_is_written_is_read(
    name: str, digits: float, number: int, frames: list[AtomicStructure], tmp_path: Path
) -> None:
    path = tmp_path / name
    write_structures(path, frames[:number])
    readings = examine_structures(path)
    assert len(readings) == number
    for written, reading in zip(frames, readings, strict=False):
        read = reading.structure
        assert (read.duplex, read.names) == (written.duplex, written.names)
        assert np.array_equal(read.nucleotides, written.nucleotides)
        assert abs(read.positions - written.positions).max() < digits
        assert (reading.num_added, reading.renamed, dict(reading.left_out)) == (0, (), {})


def test_a_file_is_not_replaced_unless_it_may(
    frames: list[AtomicStructure], tmp_path: Path
) -> None:
    path = tmp_path / "a.pdb"
    path.write_text("mine")
    with pytest.raises(NotWritableError, match="exists"):
        write_structures(path, frames)
    assert path.read_text() == "mine"
    write_structures(path, frames, overwrite=True)
    assert [one.name for one in tmp_path.iterdir()] == ["a.pdb"]
    assert len(read_structures(path)) == 2


def test_a_folder_that_is_missing(frames: list[AtomicStructure], tmp_path: Path) -> None:
    with pytest.raises(NotWritableError, match="cannot be written"):
        write_structures(tmp_path / "no" / "a.pdb", frames)


def test_what_cannot_be_written_is_refused(frames: list[AtomicStructure], tmp_path: Path) -> None:
    path = tmp_path / "a.pdb"
    other = build_duplex(Duplex.parse("GATC"))
    nowhere = replace(frames[0], positions=frames[0].positions * np.nan)
    far = replace(frames[0], positions=frames[0].positions - [1000.0, 0.0, 0.0])
    for structures, words in (
        ([], "no structure"),
        ([frames[0], other], "structure 2 is one of 'GATC'"),
        ([nowhere], "not finite"),
        ([far], "do not fit into the columns"),
    ):
        with pytest.raises(UsageError, match=words):
            write_structures(path, structures)
    with pytest.raises(UsageError, match="does not tell its format"):
        write_structures(tmp_path / "a.xyz", frames)
    assert list(tmp_path.iterdir()) == []


def test_text_of_models(frames: list[AtomicStructure]) -> None:
    lines = pdb_text(frames).split("\n")
    assert [line for line in lines if not line.startswith("ATOM")] == [
        *("MODEL        1", "TER", "TER", "ENDMDL", "MODEL        2", "TER", "TER", "ENDMDL"),
        *("END", ""),
    ]
    with pytest.raises(UsageError, match="10000 models"):
        pdb_text([frames[0]] * 10_000)
    numbers = np.zeros(100_000, dtype=np.int64)
    many = AtomicStructure(frames[0].duplex, ("P",) * 100_000, np.zeros((100_000, 3)), numbers)
    with pytest.raises(UsageError, match="100000 atoms"):
        pdb_text(many)


def test_the_command_completes_a_crystal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "out.cif"
    assert main(["structure", str(CRYSTAL), str(path)]) == EXIT_FINISHED
    told = capsys.readouterr().out
    for words in ("CGCGAATTCGCG  DC A 1 to DG A 12", "272", "73 HOH", "\n4 GA/TC", "charge -22 e"):
        assert words in told
    assert len(read_structures(path)[0]) == 758
    assert main(["structure", str(CRYSTAL), str(path)]) == EXIT_CANNOT_WRITE
    assert main(["structure", str(CRYSTAL), str(path), "--overwrite"]) == EXIT_FINISHED


def test_the_command_builds_a_duplex(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "out.pdb"
    assert main(["structure", "GACTC/GATTC", str(path)]) == EXIT_FINISHED
    assert path.read_text() == pdb_text(build_duplex(Duplex.parse("GACTC/GATTC")))
    assert "\n2 AC/TT" in capsys.readouterr().out


def test_the_command_tells_means_over_models(
    frames: list[AtomicStructure], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "frames.pdb"
    write_structures(path, frames)
    assert main(["structure", str(path)]) == EXIT_FINISHED
    told = capsys.readouterr().out
    assert "models                 2" in told
    assert "3.38 +- 0.00" in told


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["GATX"], EXIT_USAGE, "letter 'X'"),
        (["none.pdb"], EXIT_NOT_FOUND, "none.pdb does not exist"),
        (["none.txt"], EXIT_USAGE, "none.txt: its name does not tell its format"),
        (["GATC", "--chains", "A", "B"], EXIT_USAGE, "neither chains"),
        (["GATC", "out.xyz"], EXIT_USAGE, "does not tell its format"),
        (["GAATC/GAGTC"], EXIT_USAGE, "no room for pairs of two purines"),
    ],
)
def test_errors_of_the_command(
    words: list[str],
    code: int,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["structure", *words]) == code
    printed = capsys.readouterr()
    assert told in printed.err
    assert not printed.out


def test_models_of_several_duplexes_are_no_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "two.pdb"
    path.write_text("".join(pdb_text(build_duplex(Duplex.parse(text))) for text in ("AC", "AG")))
    assert [one.duplex.text for one in read_structures(path)] == ["AC", "AG"]
    assert main(["structure", str(path)]) == EXIT_USAGE
    assert "model 2 is one of 'AG'" in capsys.readouterr().err
