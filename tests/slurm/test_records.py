"""Records computed by the jobs of an array, one of them killed in between."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cluster import Cluster

from conftest import ROOT
from dnawire.data import read_dataset

pytestmark = pytest.mark.slurm
SCRIPT = ROOT / "examples/slurm_xtb.sh"
FLAGS = (
    "--sequences", "mine.txt", "--contacts", "same", "--gamma", "0.1",
    "--num_energy_points", "11", "--interval_widths", "100",
)  # fmt: skip


def generate(folder: Path, name: str) -> None:
    command = [sys.executable, "-m", "dnawire", "generate", "xtb", name, "--workers", "1", *FLAGS]
    subprocess.run(command, cwd=folder, check=True, timeout=600)


def have_ended(cluster: Cluster, job: str) -> bool:
    return all(cluster.has_ended(f"{job}_{task}") for task in (0, 1))


def test_an_array_computes_what_one_command_does(tmp_path: Path, cluster: Cluster) -> None:
    """Whatever is killed goes on when the array is submitted again."""
    (tmp_path / "mine.txt").write_text("GA\nAT\nCC\n", encoding="ascii")
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (binaries / "dnawire").write_text(
        f'#!/bin/bash\nexec {sys.executable} -m dnawire "$@"\n', encoding="ascii"
    )
    (binaries / "dnawire").chmod(0o755)
    path = f"{binaries}{os.pathsep}{os.environ['PATH']}"
    submit = (f"--export=ALL,PATH={path}", "--array=0-1", "--mem=1G", "--time=10")
    shards = tmp_path / "xtb.h5.shards"
    first = cluster.submit(SCRIPT, *submit, folder=tmp_path, arguments=FLAGS)
    cluster.wait(lambda: len(list(shards.rglob("*.h5"))) > 0, seconds=300.0)
    cluster.call("scancel", "--signal=KILL", first)
    cluster.wait(lambda: have_ended(cluster, first), seconds=120.0)
    assert not (tmp_path / "xtb.h5").exists()
    second = cluster.submit(SCRIPT, *submit, folder=tmp_path, arguments=FLAGS)
    cluster.wait(lambda: have_ended(cluster, second), seconds=600.0)
    kept = {path: path.stat().st_mtime_ns for path in shards.rglob("*.h5")}
    generate(tmp_path, "xtb.h5")
    assert {path: path.stat().st_mtime_ns for path in shards.rglob("*.h5")} == kept
    generate(tmp_path, "alone.h5")
    merged, alone = (read_dataset(tmp_path / name) for name in ("xtb.h5", "alone.h5"))
    assert merged.identifiers.tolist() == [f"{text}/same/0.1" for text in ("GA", "AT", "CC")]
    assert merged.digest == alone.digest
