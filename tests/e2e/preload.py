"""Imported once by the server that every life is forked from, so that a life starts at once."""

from __future__ import annotations

import torch
import torch._inductor

import dnawire.plots  # noqa: F401
from dnawire.cli.train import parse_flags
from dnawire.config import model_types
from dnawire.runs.preparation import build_trainer, prepare_data, prepare_dataset

_SMALL = "--num_samples 40 --seq_length 4 --num_energy_points 5 --hidden_dim 16"


def _load_kernels(model_type: str) -> None:
    config = parse_flags([*_SMALL.split(), "--model_type", model_type]).resolved()
    data = prepare_data(config, prepare_dataset(config), torch.device("cpu"))
    model = build_trainer(config, data, torch.device("cpu")).model.eval()
    with torch.no_grad():
        # A backward pass would start threads, with which a process must not be forked.
        model(data.validation[0].junctions)


torch.set_num_threads(1)
for _name in model_types():
    _load_kernels(_name)
