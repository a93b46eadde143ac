"""A small model of any type, with weights that training could have left, and junctions for it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Final

import torch
from hypothesis import strategies as st
from torch import nn

from dnawire.config import declaration, model_types
from dnawire.junction import Contact, Duplex, Junction
from dnawire.models import ModelSpecification, TargetStatistics, TransportModel, build_model

SPECTRAL: Final = tuple(name for name in model_types() if declaration(name).target == "spectra")
"""Types of models whose forward pass gives spectra."""

ENERGIES: Final = torch.linspace(-9.0, -6.5, 9, dtype=torch.float64)

STEP: Final = 1e-6
"""Length of the step of numeric derivatives, along a direction of length one."""
Direction = dict[str, torch.Tensor]
Loss = Callable[[nn.Module], torch.Tensor]

Pairs = list[tuple[str, str]]
pairs = st.lists(
    st.tuples(st.sampled_from("ACGT"), st.sampled_from("ACGT_")), min_size=2, max_size=8
)
"""Bases of the upper strand, each with what stands opposite."""


def specification(model_type: str, dropout: float = 0.1) -> ModelSpecification:
    """Return that of `make_model`."""
    settings = {"hidden_dim": 16, "num_layers": 3, "num_heads": 2, "dropout": dropout}
    return ModelSpecification.of(model_type, len(ENERGIES), **settings)


def unpacked_model(model_type: str, dropout: float = 0.1) -> TransportModel:
    """Return a model whose weights are all nonzero, in evaluation mode."""
    model = build_model(specification(model_type, dropout), seed=5)
    ones = torch.ones(len(ENERGIES), dtype=torch.float64)
    statistics = TargetStatistics(
        energies=ENERGIES,
        eta=0.0,
        mean={"log10_transmission": -5 * ones, "log10_dos": ones},
        std={"log10_transmission": ones, "log10_dos": ones},
    )
    model.initialize(statistics)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return model.eval()


def make_model(model_type: str, dropout: float = 0.1) -> TransportModel:
    """Return the same as training and prediction use it."""
    model = unpacked_model(model_type, dropout)
    model.pack()
    return model


def junction_of(letters: Pairs, gamma_right: float = 0.3) -> Junction:
    """Return a junction of the given base pairs."""
    duplex = Duplex("".join(a for a, _ in letters), "".join(b for _, b in reversed(letters)))
    left, right = Contact.at("upper", 0, 0.1), Contact.at("upper", -1, gamma_right)
    return Junction(duplex, left, right)


def gradient_error(model: nn.Module, loss: Loss) -> float:
    """Relative error of the derivative of a loss along a random direction."""
    direction = random_direction(model)
    slope = along(gradients(model, loss), direction)
    ends = [loss(_moved(model, direction, step)).item() for step in (-STEP, STEP)]
    return abs((ends[1] - ends[0]) / (2.0 * STEP) / slope - 1.0)


def gradients(model: nn.Module, loss: Loss) -> Direction:
    """Return the gradient of the loss by every parameter."""
    model.zero_grad()
    loss(model).backward()
    found = {
        name: torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        for name, parameter in model.named_parameters()
    }
    assert all(bool(value.isfinite().all()) for value in found.values())
    return found


def random_direction(model: nn.Module) -> Direction:
    """Return a direction of length one in the space of the parameters."""
    generator = torch.Generator().manual_seed(3)
    drawn = {
        name: torch.randn(value.shape, generator=generator, dtype=torch.float64)
        for name, value in model.named_parameters()
    }
    length = torch.cat([value.flatten() for value in drawn.values()]).norm()
    return {name: value / length for name, value in drawn.items()}


def along(gradient: Direction, direction: Direction) -> float:
    """Return the derivative along a direction."""
    return sum(float((gradient[name].double() * direction[name]).sum()) for name in direction)


def _moved(model: nn.Module, direction: Direction, distance: float) -> nn.Module:
    """Return a copy of a model whose parameters are moved along a direction."""
    other = copy.deepcopy(model)
    with torch.no_grad():
        for name, parameter in other.named_parameters():
            parameter.add_(distance * direction[name])
    return other
