"""Whole models by compiled operators are what their definitions say; so is a run of training."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from model_kit import SPECTRAL
from torch.overrides import TorchFunctionMode

from dnawire.compiled.switch import definitions
from dnawire.config import TrainConfig
from dnawire.graphs import JunctionBatch, junction_batch
from dnawire.junction import Contact, Duplex, Junction
from dnawire.models import (
    HamiltonianModel,
    ModelSpecification,
    TargetStatistics,
    TransportModel,
    build_model,
)
from dnawire.operators.operator import is_single
from dnawire.runs.preparation import build_trainer, prepare_data, prepare_dataset

CPU = torch.device("cpu")
NUM_ENERGIES = 7
GRID = torch.linspace(-9.0, -6.5, NUM_ENERGIES, dtype=torch.float64)
SINGLE = 2e-5
"""Relative error of sums of some hundred products in single precision."""

RUN = {
    "num_samples": 24,
    "seq_length": 4,
    "num_energy_points": 9,
    "hidden_dim": 32,
    "num_layers": 2,
    "num_heads": 2,
    "dropout": 0.1,
    "batch_size": 8,
}
"""Small: by the definitions, the search for a start holds gigabytes of a larger set."""

lengths = st.integers(1, 9)
both = pytest.mark.parametrize("model_type", SPECTRAL)


def random_batch(size: int, length: int, seed: int) -> JunctionBatch:
    rng = np.random.default_rng(seed)
    junctions = []
    for _ in range(size):
        upper = "".join(rng.choice(list("ACGT"), length))
        lower = "".join(
            "_" if rng.random() < 0.2 else letter for letter in Duplex.parse(upper).lower
        )
        left = Contact.at("upper", 0, float(rng.choice([0.1, 0.3])))
        junctions.append(Junction(Duplex(upper, lower), left, Contact.at("upper", -1, 0.1)))
    return junction_batch(junctions)


def random_model(model_type: str, layers: int, dropout: float) -> TransportModel:
    settings = {"hidden_dim": 32, "num_layers": layers, "num_heads": 4, "dropout": dropout}
    specification = ModelSpecification.of(model_type, NUM_ENERGIES, **settings)
    model = build_model(specification, seed=2)
    flat = torch.zeros(NUM_ENERGIES, dtype=torch.float64)
    statistics = TargetStatistics(
        energies=GRID,
        eta=0.01,
        mean={"log10_transmission": flat - 5, "log10_dos": flat},
        std={"log10_transmission": flat + 2, "log10_dos": flat + 0.5},
    )
    model.initialize(statistics)
    generator = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype)
            parameter.add_(0.1 * noise)
    return model


def outputs(model: TransportModel, batch: JunctionBatch, seed: int) -> list[torch.Tensor]:
    model.dropout.seed(seed, CPU)
    if isinstance(model, HamiltonianModel):
        return list(model.hamiltonian(batch))
    return list(model(batch)[:2])


def gradients(
    model: TransportModel, batch: JunctionBatch, seed: int
) -> tuple[list[torch.Tensor], dict[str, torch.Tensor]]:
    """Outputs, and the gradient of a random combination of them by every parameter."""
    found = outputs(model, batch, seed)
    generator = torch.Generator().manual_seed(seed)
    model.zero_grad(set_to_none=True)
    arriving = [torch.randn(one.shape, generator=generator, dtype=one.dtype) for one in found]
    torch.autograd.backward(found, arriving)
    named = model.named_parameters()
    grads = {n: torch.zeros_like(p) if p.grad is None else p.grad for n, p in named}
    return [one.detach() for one in found], grads


class Kinks(TorchFunctionMode):
    """How near a definition came to the kink of a relu."""

    def __init__(self) -> None:
        super().__init__()
        self.nearest = math.inf

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,  # noqa: ANN401
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        if func is torch.relu and args[0].numel():
            self.nearest = min(self.nearest, float(args[0].detach().abs().min()))
        return func(*args, **(kwargs or {}))


def assert_close(found: torch.Tensor, expected: torch.Tensor, what: str) -> None:
    scale = float(expected.abs().max()) if expected.numel() else 0.0
    error = float((found.double() - expected.double()).abs().max()) if expected.numel() else 0.0
    assert error <= SINGLE * scale + 1e-30, f"{what}: {error} of {scale}"


@both
@settings(max_examples=15, deadline=None)
@given(
    lengths, st.integers(1, 6), st.integers(1, 4), st.sampled_from([0.0, 0.4]), st.integers(0, 9)
)
def test_values_and_gradients_equal_those_of_the_definition(
    model_type: str, length: int, size: int, layers: int, dropout: float, seed: int
) -> None:
    model = random_model(model_type, layers, dropout).train()
    batch = random_batch(size, length, seed)
    assert is_single(model.base.weight)
    values, grads = gradients(model, batch, seed)
    with definitions(), Kinks() as kinks:
        expected_values, expected_grads = gradients(model, batch, seed)
    # At a kink the gradient has two sides, and rounding chooses.
    assume(kinks.nearest > SINGLE)
    for value, expected in zip(values, expected_values, strict=True):
        assert_close(value, expected, "value")
    assert grads.keys() == expected_grads.keys()
    for name, expected in expected_grads.items():
        assert_close(grads[name], expected, name)


@both
def test_definition_in_double_precision_has_the_gradient_of_finite_differences(
    model_type: str,
) -> None:
    model = random_model(model_type, 2, 0.0).double().eval()
    batch = random_batch(3, 4, 1)
    parameters = [parameter for parameter in model.parameters() if parameter.numel() < 200]

    def values(*_: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(outputs(model, batch, 0))

    assert torch.autograd.gradcheck(values, parameters, eps=1e-6, atol=1e-6, fast_mode=True)


def test_equal_surroundings_share_a_row_and_change_nothing() -> None:
    model = random_model("hamiltonian", 4, 0.0).eval()
    assert isinstance(model, HamiltonianModel)
    batch = random_batch(6, 8, 3)
    with torch.no_grad():
        together = model.hamiltonian(batch)
        for number in range(6):
            alone = model.hamiltonian(JunctionBatch(*(part[number : number + 1] for part in batch)))
            for found, expected in zip(alone, together, strict=True):
                assert_close(found[0], expected[number], "alone")


def test_a_packed_model_can_be_moved_and_then_runs_by_its_definitions() -> None:
    model = random_model("standard", 1, 0.0)
    batch = random_batch(2, 3, 0)
    before = model(batch).log10_dos
    model.pack()
    model.double()
    assert not is_single(model.base.weight)
    torch.testing.assert_close(model(batch).log10_dos, before, rtol=1e-4, atol=1e-4)


def small_run(model_type: str) -> tuple[list[float], dict[str, torch.Tensor]]:
    """Losses of three epochs, and the weights at the end."""
    config = TrainConfig.from_flat({**RUN, "model_type": model_type})
    trainer = build_trainer(config, prepare_data(config, prepare_dataset(config), CPU), CPU)
    losses = []
    for epoch in range(3):
        for cut in trainer.order.epoch(epoch):
            before = trainer.state.loss_sum
            batch = trainer.order.batch(cut)
            trainer.step([batch])
            losses.append((trainer.state.loss_sum - before) / batch.global_size)
    return losses, trainer.model.state_dict()


@both
def test_a_run_by_definitions_alone_agrees_with_the_compiled_one(model_type: str) -> None:
    losses, weights = small_run(model_type)
    with definitions():
        expected_losses, expected_weights = small_run(model_type)
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-4)
    moved = [float((weights[name] - one).abs().max()) for name, one in expected_weights.items()]
    assert max(moved) <= 1e-4
    assert len(set(losses)) == len(losses)
