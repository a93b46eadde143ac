"""The optimizers by name, on packed parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from torch.optim import SGD, Adam, AdamW, Optimizer, RMSprop

from dnawire.config import OptimizationConfig
from dnawire.models import PackedParameters

_BUILDERS: Final[Mapping[str, Callable[..., Optimizer]]] = {
    "adamw": lambda vectors, settings, rate: AdamW(
        vectors, lr=rate, weight_decay=settings.weight_decay, fused=True
    ),
    "adam": lambda vectors, settings, rate: Adam(
        vectors, lr=rate, weight_decay=settings.weight_decay, fused=True
    ),
    "sgd": lambda vectors, settings, rate: SGD(
        vectors,
        lr=rate,
        weight_decay=settings.weight_decay,
        momentum=settings.momentum,
        fused=True,
    ),
    "rmsprop": lambda vectors, settings, rate: RMSprop(
        vectors, lr=rate, weight_decay=settings.weight_decay, momentum=settings.momentum
    ),
}

_MOMENTS: Final[Mapping[type[Optimizer], frozenset[str]]] = {
    AdamW: frozenset({"step", "exp_avg", "exp_avg_sq"}),
    Adam: frozenset({"step", "exp_avg", "exp_avg_sq"}),
    SGD: frozenset({"momentum_buffer"}),
    RMSprop: frozenset({"step", "square_avg", "momentum_buffer"}),
}
"""What each optimizer may remember of a parameter."""


def build_optimizer(
    packed: PackedParameters, rate_factor: float, settings: OptimizationConfig
) -> Optimizer:
    """The chosen optimizer, in one operation a vector."""
    rate = rate_factor * settings.learning_rate
    return _BUILDERS[settings.optimizer](packed.vectors, settings, rate)


def optimizer_state(optimizer: Optimizer, packed: PackedParameters) -> dict[str, Any]:
    """Moments and counters by parameter, as those of an optimizer of the model itself."""
    return packed.unpack_state(optimizer.state_dict())


def load_optimizer(optimizer: Optimizer, packed: PackedParameters, saved: dict[str, Any]) -> None:
    """Take over moments and counters; the options stay those of this start.

    They differ from the saved ones where the user has allowed it.

    Raises
    ------
    ValueError
        If the state is that of another kind of optimizer.
    """
    known = _MOMENTS[type(optimizer)]
    foreign = {name for state in saved["state"].values() for name in state if name not in known}
    if foreign:
        raise ValueError(
            f"{type(optimizer).__name__} cannot go on from {', '.join(sorted(foreign))}"
        )
    options = [
        {name: value for name, value in group.items() if name != "params"}
        for group in optimizer.param_groups
    ]
    optimizer.load_state_dict(packed.pack_state(saved))
    for group, own in zip(optimizer.param_groups, options, strict=True):
        group.update(own)
