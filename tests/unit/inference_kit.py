"""Small models with the provenance of a training run, for the tests of what uses them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from dnawire.config import TrainConfig
from dnawire.data import Coverage, GenerationSpec, TransportDataset, generate_dataset
from dnawire.junction import Contact, Duplex, Junction
from dnawire.models import (
    ModelSpecification,
    TargetStatistics,
    TransportModel,
    build_model,
    save_model,
)

LEFT, RIGHT = Contact.at("upper", 0, 0.1), Contact.at("upper", -1, 0.2)
ENERGIES = np.linspace(-8.5, -6.9, 9)
ENERGIES.flags.writeable = False
_BASELINES = {"training mean": {"transmission": 1.0, "dos": 0.3}}
POOR_SCORES = {"mine": {"transmission": 0.5, "dos": 0.4}, **_BASELINES}
FAIR_SCORES = {"mine": {"transmission": 0.5, "dos": 0.2}, **_BASELINES}


def junction(text: str) -> Junction:
    return Junction(Duplex.parse(text), LEFT, RIGHT)


def records() -> TransportDataset:
    return generate_dataset(
        GenerationSpec(12, 3, 5, "kordas2025", ENERGIES.copy(), LEFT, RIGHT, 0.01, 0.0, 1)
    )


def trained(
    model_type: str, mean_log10_transmission: float = -4.0
) -> tuple[TransportModel, ModelSpecification]:
    """A model that differs from one sequence to the next, as training would make it."""
    settings = {"hidden_dim": 8, "num_layers": 1, "num_heads": 2, "dropout": 0.1}
    specification = ModelSpecification.of(model_type, len(ENERGIES), **settings)
    model = build_model(specification, seed=3)
    flat = torch.zeros(len(ENERGIES), dtype=torch.float64)
    statistics = TargetStatistics(
        energies=torch.tensor(ENERGIES),
        eta=0.01,
        mean={"log10_transmission": flat + mean_log10_transmission, "log10_dos": flat},
        std={"log10_transmission": flat + 2.0, "log10_dos": flat + 1.0},
    )
    model.initialize(statistics)
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return model.eval(), specification


def provenance(**changes: object) -> dict[str, Any]:
    config = TrainConfig().flat() | {"gamma_left": 0.1, "gamma_right": 0.2, "eta": 0.01}
    described = {"config": config, "source": records().source, "eta": 0.01}
    described |= {"trained_on": Coverage.of_dataset(records()).to_plain()}
    return described | {"energy_reference": [0.0]} | changes


def save(folder: Path, model_type: str, **changes: object) -> Path:
    save_model(folder / "model", *trained(model_type), provenance(**changes))
    return folder
