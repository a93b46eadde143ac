"""Optimizer and learning-rate schedule."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch.optim.lr_scheduler import LambdaLR

from dnawire.config import OptimizationConfig


def build_optimizer(model: torch.nn.Module, settings: OptimizationConfig) -> torch.optim.Optimizer:
    """AdamW with decoupled weight decay, in one fused kernel."""
    return torch.optim.AdamW(
        model.parameters(),
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
        fused=True,
    )


def build_schedule(
    optimizer: torch.optim.Optimizer, settings: OptimizationConfig, steps_per_epoch: int
) -> LambdaLR:
    """Linear warm-up, then the chosen course, in steps."""
    return LambdaLR(optimizer, partial(_factor, settings, steps_per_epoch))


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
