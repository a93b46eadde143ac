"""The registry of states, the global generators and the interval of saving."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
import torch
from checkpoint_kit import payload
from hypothesis import given
from hypothesis import strategies as st

from dnawire.checkpoint import (
    GlobalRandomness,
    SaveInterval,
    StateRegistry,
    decode,
    encode,
    suggested_interval,
)
from dnawire.errors import ConfigurationMismatchError


def small_run() -> tuple[torch.nn.Module, torch.optim.Optimizer, StateRegistry]:
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Dropout(), torch.nn.Linear(4, 1))
    optimizer = torch.optim.AdamW(model.parameters())
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10)
    registry = StateRegistry()
    registry.register("model", model)
    registry.register("optimizer", optimizer)
    registry.register("scheduler", scheduler)
    registry.register("randomness", GlobalRandomness())
    return model, optimizer, registry


def train(model: torch.nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> list[float]:
    losses = []
    for _ in range(steps):
        loss = model(torch.randn(5, 3)).square().mean() * random.random() * np.random.random()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_run_goes_on_bit_for_bit_after_a_file_and_again_after_a_rollback() -> None:
    model, optimizer, registry = small_run()
    train(model, optimizer, 3)
    content = decode(encode(payload(1) | {"resume": registry.snapshot()}))["resume"]
    expected = train(model, optimizer, 5)

    model, optimizer, registry = small_run()
    for _ in range(2):
        registry.restore(content)
        assert train(model, optimizer, 5) == expected


def test_snapshot_is_not_touched_by_what_follows() -> None:
    model, optimizer, registry = small_run()
    snapshot = registry.snapshot()
    before = snapshot["model"]["0.weight"].clone()
    train(model, optimizer, 2)
    assert torch.equal(snapshot["model"]["0.weight"], before)
    assert registry.names == ("model", "optimizer", "scheduler", "randomness")


def test_functions_can_be_registered_and_names_are_unique() -> None:
    generator = np.random.default_rng(3)
    registry = StateRegistry()

    def put(state: dict[str, Any]) -> None:
        generator.bit_generator.state = state

    registry.register_functions("generator", lambda: generator.bit_generator.state, put)
    snapshot = decode(encode(payload(1) | {"resume": registry.snapshot()}))["resume"]
    expected = generator.random(4).tolist()
    registry.restore(snapshot)
    assert generator.random(4).tolist() == expected
    with pytest.raises(ValueError, match="'generator' is registered already"):
        registry.register("generator", GlobalRandomness())


@pytest.mark.parametrize(
    ("lacks", "has", "message"),
    [
        (["scheduler"], {"ema": 1}, "missing scheduler; unknown ema"),
        (["scheduler", "randomness"], {}, "missing scheduler, randomness; unknown none"),
        ([], {"ema": 1}, "missing none; unknown ema"),
    ],
)
def test_other_parts_are_refused_before_anything_is_touched(
    lacks: list[str], has: dict[str, int], message: str
) -> None:
    model, _, registry = small_run()
    snapshot = {n: part for n, part in registry.snapshot().items() if n not in lacks} | has
    snapshot["model"]["0.weight"].zero_()
    before = model.get_parameter("0.weight").clone()
    with pytest.raises(ConfigurationMismatchError, match=message):
        registry.restore(snapshot)
    assert torch.equal(model.get_parameter("0.weight"), before)


def test_state_that_is_not_plain_is_named() -> None:
    registry = StateRegistry()
    registry.register_functions("sampler", lambda: {"order": np.arange(3)}, print)
    with pytest.raises(TypeError, match="sampler/order is a ndarray"):
        registry.snapshot()


def test_global_generators_continue() -> None:
    registry = StateRegistry()
    registry.register("randomness", GlobalRandomness())
    random.gauss(0, 1)
    np.random.normal()
    snapshot = registry.snapshot()

    def draw() -> tuple[float, float, float, float]:
        return random.gauss(0, 1), np.random.normal(), np.random.random(), torch.rand(1).item()

    expected = draw()
    draw()
    registry.restore(snapshot)
    assert draw() == expected


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_schedule_by_epochs_and_by_time() -> None:
    clock = Clock()
    schedule = SaveInterval(5, 60.0, clock=clock)
    assert [epoch for epoch in range(1, 12) if schedule.due(epoch)] == [5, 10]
    assert not schedule.due()
    clock.now += 60.0
    assert schedule.due()
    assert schedule.due(3)
    schedule.saved(0.01)
    assert not schedule.due()
    clock.now += 60.0
    schedule.postpone()
    assert not schedule.due()
    assert schedule.due(5)


def test_slow_saves_stretch_the_time_between_them() -> None:
    clock = Clock()
    schedule = SaveInterval(5, 60.0, max_share=0.01, clock=clock)
    schedule.saved(3.0)
    assert schedule.seconds == pytest.approx(300.0)
    clock.now += 299.0
    assert not schedule.due()
    clock.now += 1.5
    assert schedule.due()


def test_short_epochs_are_passed_over_for_a_share_of_the_time() -> None:
    """The first save is made as asked for; then it is known what a save takes."""
    clock = Clock()
    schedule = SaveInterval(5, 60.0, max_epoch_share=0.01, clock=clock)
    saved = []
    for epoch in range(1, 41):
        clock.now += 0.1
        if schedule.due(epoch):
            saved.append(epoch)
            schedule.saved(0.0121)
    assert saved == [5, 20, 35]
    # Slow saves are made by time at the latest.
    schedule.saved(0.7)
    clock.now += 70.0
    assert schedule.due(45)
    assert schedule.due()


@pytest.mark.parametrize(
    "numbers", [(0, 60.0, 0.01), (1, 0.0, 0.01), (1, math.nan, 0.01), (1, 1.0, 0)]
)
def test_impossible_schedules_are_refused(numbers: tuple[int, float, float]) -> None:
    every, seconds, share = numbers
    with pytest.raises(ValueError, match="must be positive"):
        SaveInterval(every, seconds, max_share=share)
    with pytest.raises(ValueError, match="must be positive"):
        SaveInterval(1, 1.0, max_epoch_share=0.0)


def test_suggested_interval_is_that_of_young() -> None:
    assert suggested_interval(0.020, 4 * 3600.0) == pytest.approx(24.0)
    with pytest.raises(ValueError, match="must be positive"):
        suggested_interval(0.0, 1.0)


@given(st.floats(1e-3, 1e2), st.floats(1e3, 1e7), st.floats(0.5, 2.0))
def test_no_other_interval_loses_less(cost: float, mtbf: float, factor: float) -> None:
    def lost(interval: float) -> float:
        return cost / interval + interval / (2.0 * mtbf)

    best = suggested_interval(cost, mtbf)
    assert lost(best) <= lost(best * factor) * (1.0 + 1e-12)
