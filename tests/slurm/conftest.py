"""Jobs on a private SLURM: `Work` is a folder in which a training job runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from cluster import Cluster, obstacle, processes_of
from harness import CHECKPOINTS, TINY

from dnawire.checkpoint import load_checkpoint

ROOT: Final = Path(__file__).parents[2]
DESCRIBED: Final = Path(__file__).with_name("described.sh")
EXAMPLE: Final = ROOT / "examples/slurm_train.sh"
LATEST: Final = f"{CHECKPOINTS}/checkpoint_latest.pth"


@dataclass
class Work:
    """A folder, and a small training run of given duration in it.

    The scripts run as they are; a program ``python`` that comes first on the path makes their
    training small.
    """

    folder: Path
    epochs: int
    pause: float
    """Seconds that each of the seven steps of an epoch takes at least."""
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        programs = self.folder / "bin"
        programs.mkdir(parents=True)
        small = " ".join((*TINY, "--num_epochs", str(self.epochs), *self.flags))
        python = programs / "python"
        paced = Path(__file__).with_name("paced.py")
        python.write_text(f'#!/bin/sh\nshift\nexec {sys.executable} {paced} "$@" {small}\n')
        python.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        """Environment of the job."""
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        return {"PATH": path, "PAUSE": str(self.pause)}

    @property
    def log(self) -> str:
        """What the job has said so far."""
        file = self.folder / "job.log"
        return file.read_text() if file.exists() else ""

    def script(self, *lines: str) -> Path:
        """Write a script of one's own."""
        file = self.folder / "script.sh"
        file.write_text("\n".join(("#!/bin/bash", *lines, "")))
        return file

    def submit(self, cluster: Cluster, script: Path, *options: str) -> str:
        """Submit a script and return the number of the job."""
        exported = ",".join(f"{name}={value}" for name, value in self.environment.items())
        return cluster.submit(script, f"--export=ALL,{exported}", *options, folder=self.folder)

    def run_here(self, script: Path) -> None:
        """Run a script without SLURM, to its end."""
        environment = {**os.environ, **self.environment}
        subprocess.run(["bash", script], cwd=self.folder, env=environment, check=True)

    def has_trained(self) -> bool:
        """Whether an epoch is done."""
        return has_trained(self.folder)

    def assert_safe(self) -> None:
        """Fail unless there is a valid checkpoint and nobody who could still write."""
        assert processes_of(self.folder) == []
        payload = load_checkpoint(self.folder / LATEST).payload
        assert payload["resume"]["state"]["run"]["step"] > 0


def has_trained(folder: Path) -> bool:
    """Whether the run in a folder has done an epoch."""
    progress = folder / CHECKPOINTS / "training_progress.json"
    return progress.exists() and json.loads(progress.read_text())["epoch"] > 0


@pytest.fixture(scope="module")
def start_cluster(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., Cluster]]:
    """Start clusters that are stopped after the tests of the module."""
    if obstacle():
        pytest.skip(obstacle())
    running: list[Cluster] = []

    def start(**settings: str) -> Cluster:
        cluster = Cluster(tmp_path_factory.mktemp("slurm") / "cluster", cpus=8, **settings)
        running.append(cluster.__enter__())
        return running[-1]

    yield start
    for cluster in running:
        cluster.stop()


@pytest.fixture(scope="module")
def cluster(start_cluster: Callable[..., Cluster]) -> Cluster:
    """A cluster of the usual settings."""
    return start_cluster()
