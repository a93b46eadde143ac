"""What `pip install` of the wheel leaves works where there is no repository and no network."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

import pytest

ROOT: Final = Path(__file__).parents[2]
PINS: Final = ROOT / "constraints.txt"
EXTRAS: Final = ("xtb", "structures", "track", "export", "notebook", "pyg", "docs", "dev")
INTERPRETERS: Final = (sys.executable, "python3.12", "python3.13")
NO_NETWORK: Final = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
FEW: Final = "--num_samples 30 --seq_length 4 --num_energy_points 10"
COMMANDS: Final = (
    "--help",
    "--version",
    "predict exact:kordas2025 ACGTACGT --fermi_energy -7.1 --output exact",
    "predict pretrained:xtb ACGT --output atoms",
    f"generate records.h5 {FEW}",
    "train --data records.h5 --model_type hamiltonian --num_epochs 1 --checkpoint_dir checkpoints",
    "predict outputs/hamiltonian ACGTA --output trained",
    "screen exact:kordas2025 --length 5 --output best",
    "iv exact:kordas2025 GCGC --fermi_energy -7.4 --output iv",
    "series exact:kordas2025 A(T)n --fermi_energy -7.1 --lengths 3:6 --output series",
)
RESULTS: Final = (
    "exact/summary.csv", "atoms/spectra.png", "records.h5", "checkpoints/checkpoint_latest.pth",
    "outputs/hamiltonian/scores.csv", "trained/spectra.png", "best/ranking.csv", "iv/iv.csv",
    "series/series.csv",
)  # fmt: skip

pytestmark = pytest.mark.slow


class Installed(NamedTuple):
    """An environment that holds the wheel and what it needs."""

    bin: Path
    wheel: Path


def run(*command: object, cwd: Path, **environment: str) -> str:
    """Run a program without a word of the repository in its environment."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    kept |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=kept | {"OMP_NUM_THREADS": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", folder, ROOT, cwd=folder)
    (path,) = folder.glob("dnawire-*.whl")
    return path


@pytest.fixture(scope="module", params=INTERPRETERS, ids=lambda one: Path(one).name)
def installed(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Installed:
    python = shutil.which(request.param)
    if python is None or subprocess.run([python, "-c", ""], check=False).returncode:
        pytest.skip(f"there is no {request.param} that starts")
    folder = tmp_path_factory.mktemp("environment")
    run(python, "-m", "venv", folder, cwd=folder)
    pip = (folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--constraint", PINS)
    run(*pip, "torch", cwd=folder)
    run(*pip, wheel, cwd=folder)
    return Installed(folder / "bin", wheel)


def test_every_command_works_without_repository_and_network(
    installed: Installed, tmp_path: Path
) -> None:
    for line in COMMANDS:
        run(installed.bin / "dnawire", *line.split(), cwd=tmp_path, **NO_NETWORK)
    assert [name for name in RESULTS if not (tmp_path / name).is_file()] == []
    where = run(
        installed.bin / "python", "-c", "import dnawire; print(dnawire.__file__)", cwd=tmp_path
    )
    assert Path(where.strip()).is_relative_to(installed.bin.parent)


def test_every_extra_can_be_resolved(installed: Installed, tmp_path: Path) -> None:
    for extra in EXTRAS:
        report = run(
            installed.bin / "python", "-m", "pip", "install", "--quiet", "--dry-run", "--report",
            "-", "--constraint", PINS, f"{installed.wheel}[{extra}]", cwd=tmp_path,
        )  # fmt: skip
        assert "install" in json.loads(report), extra
