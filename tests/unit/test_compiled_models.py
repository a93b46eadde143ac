"""Compiled message passing, read-outs and loss are what their readable definitions say."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dnawire.config import LossConfig, model_types
from dnawire.graphs import JunctionBatch, junction_batch
from dnawire.graphs.schema import SpectraBatch
from dnawire.junction import Contact, Duplex, Junction
from dnawire.models import (
    HamiltonianModel,
    ModelSpecification,
    StandardModel,
    TargetStatistics,
    TransportModel,
    build_model,
)
from dnawire.training.loss import SpectralLoss, weighted_huber_reference

CPU = torch.device("cpu")
NUM_ENERGIES = 7
GRID = torch.linspace(-9.0, -6.5, NUM_ENERGIES, dtype=torch.float64)
SINGLE = 2e-5
"""Relative error of sums of some hundred products in single precision."""

lengths = st.integers(1, 9)
both = pytest.mark.parametrize("model_type", model_types())


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
    onsite = torch.tensor([-7.6, -7.9, -7.1, -8.2], dtype=torch.float64)
    statistics = TargetStatistics(
        energies=GRID,
        eta=0.01,
        mean={"log10_transmission": flat - 5, "log10_dos": flat},
        std={"log10_transmission": flat + 2, "log10_dos": flat + 0.5},
        onsite=onsite,
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
    model.zero_grad(set_to_none=False)
    arriving = [torch.randn(one.shape, generator=generator, dtype=one.dtype) for one in found]
    torch.autograd.backward(found, arriving)
    named = model.named_parameters()
    grads = {n: torch.zeros_like(p) if p.grad is None else p.grad for n, p in named}
    return [one.detach() for one in found], grads


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
    compiled = random_model(model_type, layers, dropout).train()
    readable = copy.deepcopy(compiled)
    batch = random_batch(size, length, seed)
    compiled.pack()
    assert compiled.packed_for(batch) is not None
    assert readable.packed_for(batch) is None
    values, grads = gradients(compiled, batch, seed)
    expected_values, expected_grads = gradients(readable, batch, seed)
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
    model.pack()
    batch = random_batch(6, 8, 3)
    with torch.no_grad():
        together = model.hamiltonian(batch)
        for number in range(6):
            alone = model.hamiltonian(JunctionBatch(*(part[number : number + 1] for part in batch)))
            for found, expected in zip(alone, together, strict=True):
                assert_close(found[0], expected[number], "alone")


def test_a_moved_model_is_no_longer_packed() -> None:
    model = random_model("standard", 1, 0.0)
    assert isinstance(model, StandardModel)
    model.pack()
    batch = random_batch(2, 3, 0)
    assert model.packed_for(batch) is not None
    model.double()
    assert model.packed_for(batch) is None
    model(batch)


@settings(max_examples=50, deadline=None)
@given(
    st.integers(0, 1000),
    st.sampled_from([0.05, 1.0, 3.0]),
    st.sampled_from([0.0, 0.1]),
    st.booleans(),
)
def test_compiled_loss_equals_its_definition(
    seed: int, delta: float, width: float, with_unknown: bool
) -> None:
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    target = SpectraBatch(3 * draw(4, 7), draw(4, 7), draw(4, 5, 2, 7))
    if with_unknown:
        target.log10_transmission[1] = -torch.inf
    scales = {"log10_transmission": draw(7).abs() + 0.1, "log10_dos": draw(7).abs() + 0.1}
    settings_ = LossConfig(huber_delta=delta)
    loss = SpectralLoss(scales=scales, steepness=width / 0.02, weights=settings_)
    prediction = [draw(*part.shape).requires_grad_() for part in target]
    value = loss(SpectraBatch(*prediction), target)
    value.backward()
    found = [part.grad.clone() for part in prediction]  # type: ignore[union-attr]
    for part in prediction:
        part.grad = None
    readable = weighted_sum(loss, prediction, target)
    readable.backward()
    torch.testing.assert_close(value, readable, rtol=1e-12, atol=1e-12)
    for part, gradient in zip(prediction, found, strict=True):
        torch.testing.assert_close(gradient, part.grad, rtol=1e-10, atol=1e-14)


def weighted_sum(
    loss: SpectralLoss, prediction: list[torch.Tensor], target: SpectraBatch
) -> torch.Tensor:
    scales = *loss.scales.values(), torch.ones_like(loss.scales["log10_dos"])
    constants = loss.steepness, loss.weights.huber_delta
    parts = [
        weighted_huber_reference(one, other, scale, *constants)
        for one, other, scale in zip(prediction, target, scales, strict=True)  # type: ignore[arg-type]
    ]
    return torch.stack(parts).sum()
