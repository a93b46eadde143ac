"""The wheel holds what the program reads, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = ROOT / "src"
LARGEST_MODEL: Final = 10_000_000
"""Bytes that a model may add to an installation."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    pytest.importorskip("hatchling", reason="builds wheels; comes with the extra dev")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_files_are_those_of_the_package(wheel: zipfile.ZipFile) -> None:
    sources = {
        str(path.relative_to(SOURCES).as_posix())
        for path in (SOURCES / "dnawire").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == sources
    assert packed >= {
        "dnawire/py.typed",
        "dnawire/electronic/data/gfn1.toml",
        "dnawire/electrostatics/data/alpb_water.toml",
        "dnawire/inference/pretrained/xtb/model.safetensors",
        "dnawire/structures/data/b_dna.toml",
        "dnawire/tightbinding/data/kordas2025.toml",
    }
    assert not any("test" in PurePosixPath(name).parts for name in packed)


def test_models_are_small(wheel: zipfile.ZipFile) -> None:
    sizes = {
        one.filename: one.file_size for one in wheel.infolist() if "/pretrained/" in one.filename
    }
    assert 0 < sum(sizes.values()) <= LARGEST_MODEL


def test_the_command_the_license_and_the_extras_are_declared(wheel: zipfile.ZipFile) -> None:
    texts = {PurePosixPath(name).name: name for name in wheel.namelist() if ".dist-info/" in name}
    assert "dnawire = dnawire.cli:main" in wheel.read(texts["entry_points.txt"]).decode()
    assert "LICENSE" in texts
    lines = wheel.read(texts["METADATA"]).decode().splitlines()
    extras = {line.split(": ")[1] for line in lines if line.startswith("Provides-Extra: ")}
    assert extras >= {"xtb", "structures", "track", "export", "notebook", "docs", "dev", "pyg"}
    assert "Requires-Python: >=3.11" in lines
