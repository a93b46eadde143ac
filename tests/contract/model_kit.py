"""A small model of any type, with weights that training could have left, and junctions for it."""

from __future__ import annotations

from typing import Final

import torch
from hypothesis import strategies as st

from dnawire.junction import Contact, Duplex, Junction
from dnawire.models import ModelSpecification, TargetStatistics, TransportModel, build_model

ENERGIES: Final = torch.linspace(-9.0, -6.5, 9, dtype=torch.float64)

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
