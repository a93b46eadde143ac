"""Imported once by the server that processes are forked from, so that each starts at once."""

from __future__ import annotations

import gc
from pathlib import Path

import torch
import torch._inductor

import dnawire.plots  # noqa: F401
from dnawire.cli.train import parse_flags
from dnawire.config import declaration, model_types
from dnawire.runs.preparation import build_trainer, prepare_data, prepare_dataset

_SMALL = "--num_samples 40 --seq_length 4 --num_energy_points 5 --hidden_dim 16"


def _take_a_step(model_type: str) -> None:
    """Have kernels loaded, and made what PyTorch makes at its first step."""
    config = parse_flags([*_SMALL.split(), "--model_type", model_type]).resolved()
    cpu = torch.device("cpu")
    trainer = build_trainer(config, prepare_data(config, prepare_dataset(config), cpu), cpu)
    trainer.step([trainer.order.batch(trainer.order.epoch(0)[0])])
    with torch.no_grad():
        trainer.model.eval()(trainer.validation[0].batch.junctions)


torch.set_num_threads(1)
for _name in [name for name in model_types() if declaration(name).target == "spectra"]:
    _take_a_step(_name)
# What all processes share need not be searched for garbage, and copied thereby, in each of them.
gc.collect()
gc.freeze()
# A process with threads must not be forked; other systems than Linux do not tell.
_THREADS = Path("/proc/self/task")
assert not _THREADS.is_dir() or len(list(_THREADS.iterdir())) == 1
