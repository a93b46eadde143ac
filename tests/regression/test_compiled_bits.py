"""Compiled code gives the same bits when it was just compiled and when it comes from the cache."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FLAGS = "--hidden_dim 32 --num_layers 2 --num_heads 2 --dropout 0.1"
RECORDS = Path(__file__).parents[2] / "examples/data/xtb_mini.h5"
DIGEST = """
import hashlib, sys
import torch
from dnawire.cli.train import parse_flags
from dnawire.runs.preparation import build_trainer, prepare_data, prepare_dataset

torch.set_num_threads(1)
config = parse_flags(sys.argv[1:]).resolved()
data = prepare_data(config, prepare_dataset(config), torch.device("cpu"))
trainer = build_trainer(config, data, torch.device("cpu"))
for cut in trainer.order.epoch(0)[:3]:
    trainer.step([trainer.order.batch(cut)])
digest = hashlib.sha256(data.dataset.digest.encode())
for value in trainer.model.state_dict().values():
    digest.update(value.numpy().tobytes())
print(digest.hexdigest())
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "flags",
    [
        pytest.param(f"--data {RECORDS}", id="a network on records of a file"),
        pytest.param(
            "--model_type hamiltonian --num_samples 40 --seq_length 5 --num_energy_points 37",
            id="transport too",
        ),
    ],
)
def test_first_start_and_restart_agree(tmp_path: Path, flags: str) -> None:
    """The first process compiles into an empty cache, the second loads what it finds there."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    digests = [
        subprocess.run(
            [sys.executable, "-c", DIGEST, *flags.split(), *FLAGS.split()],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for _ in range(2)
    ]
    assert any(tmp_path.rglob("*.bin"))
    assert digests[0] == digests[1]
