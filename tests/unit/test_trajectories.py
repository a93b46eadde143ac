"""Frames of simulations: the same atoms as in files of models, whole molecules, named refusals."""

from __future__ import annotations

import csv
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import mdtraj
import numpy as np
import pytest
from structure_kit import assert_same, ideal_text

from dnawire.api.geometries import (
    EnsembleSettings,
    found_geometries,
    listed,
)
from dnawire.cli import main
from dnawire.errors import (
    EXIT_FINISHED,
    DnawireError,
    InvalidStructureError,
    MissingDependencyError,
    NotFoundError,
    UnusableFileError,
    UsageError,
)
from dnawire.files.native_output import captured_stdout
from dnawire.inference.ensemble import FailedGeometry, thermal_frames
from dnawire.junction import Duplex
from dnawire.structures import (
    AtomicStructure,
    FrameRange,
    StructureReading,
    Trajectory,
    build_duplex,
    open_trajectory,
    pdb_text,
)
from dnawire.structures.periodic import made_whole

MODEL = "pretrained:xtb"
FERMI = ("--fermi_energy", "-10.4")
WINDOW = ("--energy_min", "-11.2", "--energy_max", "-9.8", "--num_energy_points", "15")
SOLVENT = (
    "HETATM 9001  O   HOH C   1      20.000  20.000  20.000  1.00  0.00           O\n"
    "HETATM 9002  K   K+  C   2      20.000  25.000  20.000  1.00  0.00           K\nEND\n"
)
TRICLINIC = np.array([[40.0, 0.0, 0.0], [13.0, 38.0, 0.0], [-13.0, 19.0, 33.0]])


def frames(number: int = 3, text: str = "GA") -> list[AtomicStructure]:
    return [frame.structure for frame in thermal_frames(Duplex.parse(text), number, seed=3)]


def topology(folder: Path, structure: AtomicStructure) -> Path:
    """Atoms of a duplex, then water and an ion."""
    path = folder / "topology.pdb"
    path.write_text(pdb_text(structure).removesuffix("END\n") + SOLVENT, encoding="ascii")
    return path


def written(
    path: Path, positions: Sequence[np.ndarray[Any, Any]], box: np.ndarray[Any, Any] | None = None
) -> Path:
    """Write frames of atoms, Angstrom, with two atoms of solvent behind."""
    solvent = np.array([[20.0, 20.0, 20.0], [20.0, 25.0, 20.0]])
    nanometers = np.array([np.concatenate([one, solvent]) for one in positions]) / 10.0
    named = mdtraj.load_topology(str(path.parent / "topology.pdb"), standard_names=False)
    trajectory = mdtraj.Trajectory(nanometers, named)
    if box is not None:
        trajectory.unitcell_vectors = np.array([box / 10.0] * len(positions))
    trajectory.save(str(path))
    return path


def readings(trajectory: Trajectory) -> list[StructureReading]:
    found = list(trajectory)
    assert all(isinstance(one, StructureReading) for one in found)
    return [one for one in found if isinstance(one, StructureReading)]


def errors(trajectory: Trajectory) -> list[DnawireError | None]:
    return [one if isinstance(one, DnawireError) else None for one in trajectory]


@pytest.mark.parametrize(("suffix", "largest"), [("xtc", 6e-3), ("trr", 6e-6), ("dcd", 6e-6)])
def test_frames_have_the_atoms_of_the_duplex(tmp_path: Path, suffix: str, largest: float) -> None:
    given = frames()
    named = topology(tmp_path, given[0])
    path = written(tmp_path / f"run.{suffix}", [one.positions for one in given])
    found = readings(open_trajectory(path, named))
    for one, other in zip(found, given, strict=True):
        assert_same(one.structure, other, largest)
        assert one.left_out == {"HOH": 1, "K+": 1}
        assert one.num_added == 0


@pytest.mark.parametrize("text", ["2:", "1:3:2", ":2", "1:3"])
def test_a_range_chooses_frames(tmp_path: Path, text: str) -> None:
    given = frames()
    named = topology(tmp_path, given[0])
    path = written(tmp_path / "run.dcd", [one.positions for one in given])
    trajectory = open_trajectory(path, named, FrameRange.parse(text))
    wanted = {"2:": [2, 3], "1:3:2": [1, 3], ":2": [1, 2], "1:3": [1, 2, 3]}[text]
    assert list(trajectory.numbers) == wanted
    for number, one in zip(wanted, readings(trajectory), strict=True):
        assert_same(one.structure, given[number - 1], 6e-6)


@pytest.mark.parametrize("text", ["3", "0:2", "3:2", "1:2:0", "a:b", "-1:2", ""])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no range of frames"):
        FrameRange.parse(text)


@pytest.mark.parametrize("text", ["1:4", "4:"])
def test_frames_beyond_the_last_one_are_refused(tmp_path: Path, text: str) -> None:
    given = frames()
    named = topology(tmp_path, given[0])
    path = written(tmp_path / "run.dcd", [one.positions for one in given])
    with pytest.raises(UsageError, match=r"run\.dcd has 3 frames, and frame 4 is asked for"):
        open_trajectory(path, named, FrameRange.parse(text))


@pytest.mark.parametrize("box", [np.diag([30.0, 32.0, 34.0]), TRICLINIC])
@pytest.mark.parametrize("shift", [0.0, 40.0])
def test_molecules_are_made_whole(box: np.ndarray[Any, Any], shift: float) -> None:
    whole = build_duplex(Duplex.parse("GACT")).positions + shift
    wrapped = ((whole @ np.linalg.inv(box)) % 1.0) @ box
    assert abs(wrapped - whole).max() > 20.0
    found = made_whole(wrapped, box) - whole
    assert abs(found - found[0]).max() < 1e-12
    assert np.array_equal(made_whole(whole, box), whole)


def test_strands_that_are_cut_by_the_box_are_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    given = frames(2)
    named = topology(tmp_path, given[0])
    wrapped = [((one.positions @ np.linalg.inv(TRICLINIC)) % 1.0) @ TRICLINIC for one in given]
    path = written(tmp_path / "run.trr", wrapped, TRICLINIC)
    for one, other in zip(readings(open_trajectory(path, named)), given, strict=True):
        apart = one.structure.positions - other.positions
        assert abs(apart - apart[0]).max() < 2e-5
    assert caplog.text.count("frame 1 on: molecules were made whole") == 1
    assert caplog.text.count("left out: 1 HOH, 1 K+") == 1
    [first, second] = errors(open_trajectory(written(tmp_path / "cut.trr", wrapped), named))
    assert "cut.trr, frame 1: " in str(first)
    assert "frame 2: " in str(second)


def test_a_box_that_cannot_be_is_refused(tmp_path: Path) -> None:
    given = frames(1)
    named = topology(tmp_path, given[0])
    path = written(tmp_path / "run.trr", [given[0].positions], np.diag([7.0, 40.0, 40.0]))
    [error] = errors(open_trajectory(path, named))
    assert "run.trr, frame 1: the periodic box is 7.0 Angstrom wide" in str(error)


def test_a_box_without_volume_is_refused(tmp_path: Path) -> None:
    given = frames(1)
    named = topology(tmp_path, given[0])
    path = written(tmp_path / "run.xtc", [given[0].positions])
    positions = mdtraj.load(str(path), top=str(named)).xyz
    flat = np.array([[[4.0, 0.0, 0.0], [4.0, 0.0, 0.0], [0.0, 0.0, 4.0]]], dtype=np.float32)
    with mdtraj.open(str(path), "w") as file:
        file.write(positions, box=flat)
    [error] = errors(open_trajectory(path, named))
    assert "run.xtc, frame 1: its periodic box has no volume" in str(error)


def test_a_file_that_is_cut_meanwhile_is_told(tmp_path: Path) -> None:
    given = frames(2)
    named = topology(tmp_path, given[0])
    path = written(tmp_path / "run.dcd", [one.positions for one in given])
    trajectory = open_trajectory(path, named)
    path.write_bytes(path.read_bytes()[:-40])
    first, second = errors(trajectory)
    assert first is None
    assert "run.dcd, frame 2: it is not complete" in str(second)


def test_frames_that_cannot_be_are_named(tmp_path: Path) -> None:
    one, two, three = (frame.positions for frame in frames())
    named = topology(tmp_path, frames(1)[0])
    two[4], three[4] = two[7], np.nan
    first, second, third = errors(
        open_trajectory(written(tmp_path / "a.dcd", [one, two, three]), named)
    )
    assert first is None
    assert "a.dcd, frame 2: structure of 'GA'" in str(second)
    assert "a.dcd, frame 3: positions are not finite" in str(third)


@pytest.mark.parametrize("suffix", ["cif", "gro"])
def test_topologies_of_other_formats_name_atoms(tmp_path: Path, suffix: str) -> None:
    given = frames(1)
    named = topology(tmp_path, given[0])
    path = written(tmp_path / "run.dcd", [given[0].positions])
    other = tmp_path / f"other.{suffix}"
    mdtraj.load(str(path), top=mdtraj.load_topology(str(named), standard_names=False)).save(other)
    [one] = readings(open_trajectory(path, other))
    assert_same(one.structure, given[0], 6e-6)


def test_frames_of_another_duplex_are_named(tmp_path: Path) -> None:
    """In the second frame the inner nucleotides of each strand have exchanged their places."""
    given, other = (build_duplex(Duplex.parse(text)) for text in ("GACT", "GCAT"))
    places = np.array([0, 2, 1, 3, 4, 6, 5, 7])[given.nucleotides].tolist()
    rows = [other.atom(place, name) for place, name in zip(places, given.names, strict=True)]
    named = topology(tmp_path, given)
    path = written(tmp_path / "run.dcd", [given.positions, other.positions[rows]])
    settings = EnsembleSettings(trajectory=path)
    found = found_geometries([named], settings, lambda duplex: None)
    assert (found.duplex.text, len(found)) == ("GACT", 2)
    first, second = found.structures
    assert isinstance(first, AtomicStructure)
    assert isinstance(second, FailedGeometry)
    assert "run.dcd, frame 2: it is 'GCAT', and the first frame is 'GACT'" in second.reason


@pytest.mark.parametrize(
    ("given", "settings", "problem"),
    [
        ("GACT", EnsembleSettings(trajectory=Path("run.dcd")), "GACT does not name its atoms"),
        (["a.pdb", "b.pdb"], EnsembleSettings(trajectory=Path("run.dcd")), "a.pdb and b.pdb does"),
        ("GACT", EnsembleSettings("1:2"), "a sequence has no frames to choose from"),
        ("a.pdb", EnsembleSettings(3), "frames = 3 has no effect on files"),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    given: str | list[str], settings: EnsembleSettings, problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        listed(given, settings)


def test_a_range_chooses_models_of_files(tmp_path: Path) -> None:
    path = tmp_path / "models.pdb"
    path.write_text(pdb_text(frames()), encoding="ascii")
    found = found_geometries([path], EnsembleSettings("2:"), lambda duplex: None)
    assert found.labels == ["models.pdb:2", "models.pdb:3"]
    for one, other in zip(found.structures, frames()[1:], strict=True):
        assert isinstance(one, AtomicStructure)
        assert_same(one, other)


def test_a_damaged_frame_is_named(tmp_path: Path) -> None:
    given = frames()
    named = topology(tmp_path, given[0])
    path = written(tmp_path / "run.xtc", [one.positions for one in given])
    path.write_bytes(path.read_bytes()[:-40])
    first, second, third = errors(open_trajectory(path, named))
    assert (first, second) == (None, None)
    assert isinstance(third, UnusableFileError)
    assert "run.xtc, frame 3: it cannot be read" in str(third)


def test_frames_that_a_file_should_have_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    given = frames()
    named = topology(tmp_path, given[0])
    path = written(tmp_path / "run.dcd", [one.positions for one in given])
    path.write_bytes(path.read_bytes()[:-40])
    assert len(open_trajectory(path, named)) == 2
    assert "run.dcd: Warning: DCD header claims 3 frames" in caplog.text
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("suffix", ["xtc", "trr", "dcd"])
@pytest.mark.parametrize("content", [b"", b"nothing of a kind " * 100])
def test_rubbish_is_no_trajectory(tmp_path: Path, suffix: str, content: bytes) -> None:
    named = topology(tmp_path, frames(1)[0])
    path = tmp_path / f"run.{suffix}"
    path.write_bytes(content)
    with pytest.raises(UnusableFileError, match=rf"run\.{suffix}"):
        open_trajectory(path, named)


def test_files_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    given = frames(1)
    named = topology(tmp_path, given[0])
    path = written(tmp_path / "run.dcd", [given[0].positions])
    other = tmp_path / "other.pdb"
    other.write_text(ideal_text("GA"), encoding="ascii")
    with pytest.raises(UnusableFileError, match=r"frames have 127 atoms, and .*other\.pdb has 125"):
        open_trajectory(path, other)
    other.write_text(ideal_text("GA").replace("DG A", " U A"), encoding="ascii")
    with pytest.raises(InvalidStructureError, match=r"other\.pdb: U A 1 is a nucleotide of RNA"):
        open_trajectory(path, other)
    for suffix in ("cif", "gro", "psf", "prmtop"):
        rubbish = tmp_path / f"rubbish.{suffix}"
        rubbish.write_text("rubbish\n", encoding="ascii")
        with pytest.raises(UnusableFileError, match=rf"rubbish\.{suffix}: it is no topology"):
            open_trajectory(path, rubbish)
    with pytest.raises(UsageError, match=r"run\.abc: .* trajectory"):
        open_trajectory(tmp_path / "run.abc", named)
    with pytest.raises(UsageError, match=r"run\.dcd: .* topology"):
        open_trajectory(path, path)
    with pytest.raises(NotFoundError, match=r"none\.dcd does not exist"):
        open_trajectory(tmp_path / "none.dcd", named)


def test_without_the_package_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = topology(tmp_path, frames(1)[0])
    path = written(tmp_path / "run.dcd", [frames(1)[0].positions])
    monkeypatch.setitem(sys.modules, "mdtraj", None)
    with pytest.raises(MissingDependencyError, match=r"pip install dnawire\[trajectories\]"):
        open_trajectory(path, named)


def test_what_libraries_print_is_captured(capfd: pytest.CaptureFixture[str]) -> None:
    with captured_stdout() as printed:
        os.write(1, b"inside\n")
    os.write(1, b"outside\n")
    assert printed.text == "inside\n"
    assert capfd.readouterr().out == "outside\n"


def test_frames_are_those_of_the_same_models(tmp_path: Path) -> None:
    """XTC has 0.01 Angstrom and PDB 0.001, so that models hold the frames as they are."""
    given = frames()
    named = topology(tmp_path, given[0])
    path = written(tmp_path / "run.xtc", [one.positions for one in given])
    read = mdtraj.load(str(path), top=str(named), standard_names=False).xyz[:, :125] * 10.0
    models = tmp_path / "models.pdb"
    rounded = [
        replace(one, positions=xyz.astype(float)) for one, xyz in zip(given, read, strict=True)
    ]
    models.write_text(pdb_text(rounded), encoding="ascii")
    sources = ((named, EnsembleSettings(trajectory=path)), (models, EnsembleSettings()))
    found, wanted = (
        list(found_geometries([source], settings, lambda duplex: None).structures)
        for source, settings in sources
    )
    for one, other in zip(found, wanted, strict=True):
        assert isinstance(one, AtomicStructure)
        assert isinstance(other, AtomicStructure)
        assert_same(one, other, 1e-5)


def test_an_ensemble_of_frames_tells_the_failed_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = (frame.positions for frame in frames(2))
    two[4] = two[7]
    named = topology(tmp_path, frames(1)[0])
    path = written(tmp_path / "run.dcd", [one, one, two])
    words = ["ensemble", MODEL, str(named), "--trajectory", str(path), "--frames", "2:3"]
    options = ["--scf_steps", "0", *FERMI, *WINDOW, "--output", str(tmp_path / "out")]
    assert main([*words, *options]) == EXIT_FINISHED
    with (tmp_path / "out" / "summary.csv").open(encoding="utf-8") as file:
        good, bad, ideal = csv.DictReader(file)
    assert (good["geometry"], bad["geometry"]) == ("run.dcd:2", "run.dcd:3")
    assert float(good["certificate_meV"]) > float(ideal["certificate_meV"])
    assert bad["status"] == "failed"
    assert "run.dcd, frame 3: structure of 'GA'" in bad["reason"]
    told = capsys.readouterr()
    assert f"geometries    2 from {path}, atoms named by {named}" in told.out
    assert "run.dcd, from frame 2 on: residues that are no DNA were left out" in told.err
