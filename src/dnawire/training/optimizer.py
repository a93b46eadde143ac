"""Optimizer and learning-rate schedule."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import torch
from torch.optim.lr_scheduler import LambdaLR

from dnawire.config import OptimizationConfig
from dnawire.models import PackedParameters


def build_optimizer(
    packed: PackedParameters, rate_factor: float, settings: OptimizationConfig
) -> torch.optim.Optimizer:
    """AdamW with decoupled weight decay, in one fused kernel a vector."""
    return torch.optim.AdamW(
        packed.vectors,
        lr=rate_factor * settings.learning_rate,
        weight_decay=settings.weight_decay,
        fused=True,
    )


def build_schedule(
    optimizer: torch.optim.Optimizer, settings: OptimizationConfig, steps_per_epoch: int
) -> LambdaLR:
    """Linear warm-up, then the chosen course, in steps."""
    return LambdaLR(optimizer, partial(_factor, settings, steps_per_epoch))


def optimizer_state(optimizer: torch.optim.Optimizer, packed: PackedParameters) -> dict[str, Any]:
    """Moments and counters by parameter, as those of an optimizer of the model itself."""
    return packed.unpack_state(optimizer.state_dict())


def load_optimizer(
    optimizer: torch.optim.Optimizer, packed: PackedParameters, saved: dict[str, Any]
) -> None:
    """Take over moments and counters; the options stay those of this start.

    They differ from the saved ones where the user has allowed it.
    """
    options = [
        {name: value for name, value in group.items() if name != "params"}
        for group in optimizer.param_groups
    ]
    optimizer.load_state_dict(packed.pack_state(saved))
    for group, own in zip(optimizer.param_groups, options, strict=True):
        group.update(own)


def load_schedule(schedule: LambdaLR, saved: dict[str, Any]) -> None:
    """Take over how far it is; its course stays that of this start."""
    rates = [
        rate * factor(saved["last_epoch"])
        for rate, factor in zip(schedule.base_lrs, schedule.lr_lambdas, strict=True)
    ]
    schedule.load_state_dict({**saved, "base_lrs": schedule.base_lrs, "_last_lr": rates})
    for group, rate in zip(schedule.optimizer.param_groups, rates, strict=True):
        group["lr"] = rate


def _factor(settings: OptimizationConfig, steps_per_epoch: int, step: int) -> float:
    warmup = settings.warmup_epochs * steps_per_epoch
    if step < warmup:
        return (step + 1) / warmup
    if settings.schedule == "constant":
        return 1.0
    total = settings.num_epochs * steps_per_epoch
    progress = min(1.0, (step - warmup) / max(1, total - warmup))
    floor = settings.final_learning_rate_fraction
    return floor + (1.0 - floor) * 0.5 * (1.0 + math.cos(math.pi * progress))
