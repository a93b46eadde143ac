"""The self-check of the user: it holds, and it fails when anything is broken."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "test_checkpoint.py"


def self_check(**environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script as a user does."""
    return subprocess.run(
        [sys.executable, str(SCRIPT)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def script() -> ModuleType:
    specification = importlib.util.spec_from_file_location("self_check", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.long
def test_every_check_holds() -> None:
    process = self_check()
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout.endswith("All checks hold.\n")
    assert process.stdout.count("  ok      ") > 25
    assert "FAILED" not in process.stdout


SABOTAGE = [
    pytest.param(
        "from dnawire.checkpoint import CheckpointStore as s; s.save = s.save_best",
        "checkpoint_latest.pth is there",
        id="the latest is never written",
    ),
    pytest.param(
        "from dnawire.cluster import StopRequest as s; s.exit_code = 0",
        "the exit code is 130: no; ",
        id="a stop looks like a finish",
        marks=pytest.mark.slow,
    ),
    pytest.param(
        "import dnawire.training.loop as loop; loop.load_optimizer = lambda *_: None",
        "model_state_dict is equal to the last bit: no; ",
        id="the optimizer forgets",
        marks=pytest.mark.slow,
    ),
]


@pytest.mark.parametrize(("sabotage", "told"), SABOTAGE)
def test_a_broken_package_is_found_out(tmp_path: Path, sabotage: str, told: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(sabotage)
    process = self_check(PYTHONPATH=str(tmp_path))
    assert process.returncode == 1, process.stdout + process.stderr
    assert f"  FAILED  {told}" in process.stdout
    assert "All checks hold" not in process.stdout


def state() -> dict[str, Any]:
    return {
        "weights": {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor(0.0)},
        "losses": [0.5, 0.25],
        "run": {"epoch": 3, "seconds": 1.0},
        "timestamp": 1.0,
    }


def test_equal_states_have_no_difference_but_that_of_the_clock(script: ModuleType) -> None:
    other = state()
    other["timestamp"] = 2.0
    other["run"]["seconds"] = 2.0
    assert script.find_difference(state(), other, "state") == ""


def one_ulp_more(tensor: torch.Tensor) -> torch.Tensor:
    return torch.nextafter(tensor, torch.tensor(torch.inf))


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("weights", "a", one_ulp_more(torch.tensor([1.0, 2.0]))),
        ("weights", "a", torch.tensor([1.0, 2.0], dtype=torch.float64)),
        ("weights", "c", torch.tensor(0.0)),
        ("losses", 1, 0.25 + 2**-54),
        ("run", "epoch", 4),
        ("run", "epoch", 3.0),
    ],
)
def test_any_difference_is_found_and_named(
    script: ModuleType, name: str, key: str | int, value: object
) -> None:
    other = state()
    other[name][key] = value
    assert script.find_difference(state(), other, "state").startswith(f"state/{name}")


def test_pytest_does_not_collect_it(script: ModuleType) -> None:
    names = [name for name in vars(script) if name.startswith(("test", "Test"))]
    assert names == []
