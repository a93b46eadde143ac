"""Optimizers, schedules, averaging and accumulation do what their definitions say."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from model_kit import SPECTRAL

from dnawire.cli.train import parse_flags
from dnawire.config import OptimizationConfig, TrainConfig
from dnawire.models import PackedParameters
from dnawire.runs.preparation import build_trainer, prepare_data, prepare_dataset
from dnawire.training.callback import Callback
from dnawire.training.loop import Trainer
from dnawire.training.optimizer import build_optimizer, load_optimizer, optimizer_state
from dnawire.training.schedule import (
    LearningRateSchedule,
    depends_on_total,
    is_all_warmup,
    rate_factor_after,
)

CPU = torch.device("cpu")
STEPS_PER_EPOCH = 4
TINY = "--num_samples 60 --seq_length 4 --num_energy_points 12 --hidden_dim 16 --num_layers 2"


def settings(**values: Any) -> OptimizationConfig:  # noqa: ANN401
    return OptimizationConfig(
        **{"num_epochs": 10, "warmup_epochs": 2, "learning_rate": 1.0, **values}
    )


def schedule_of(config: OptimizationConfig) -> tuple[torch.optim.Optimizer, LearningRateSchedule]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=config.learning_rate)
    return optimizer, LearningRateSchedule(optimizer, config, STEPS_PER_EPOCH)


def rates_of(config: OptimizationConfig, losses: list[float]) -> list[float]:
    """Learning rate of every step of a run with these validation losses."""
    optimizer, schedule = schedule_of(config)
    rates = []
    for loss in losses:
        for _ in range(STEPS_PER_EPOCH):
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step()
        schedule.validated(loss)
        assert schedule.rate == optimizer.param_groups[0]["lr"]
    return rates


WARMUP = [(step + 1) / 8 for step in range(8)]


def test_cosine_and_constant_are_the_closed_forms() -> None:
    losses = [1.0] * 10
    config = settings(final_learning_rate_fraction=0.01)
    fall = [0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * (step / 32))) for step in range(32)]
    assert rates_of(config, losses) == WARMUP + fall
    assert rates_of(settings(schedule="constant"), losses) == WARMUP + [1.0] * 32


def test_one_cycle_is_that_of_torch() -> None:
    config = settings(schedule="one-cycle", num_epochs=25, final_learning_rate_fraction=0.001)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    # PyTorch counts its phases to the last step; with one more step they end where ours do.
    theirs = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=1.0,
        total_steps=101,
        pct_start=31 / 101,
        div_factor=25.0,
        final_div_factor=40.0,
        cycle_momentum=False,
    )
    expected = []
    for _ in range(100):
        expected.append(theirs.get_last_lr()[0])
        optimizer.step()
        theirs.step()
    assert rates_of(config, [1.0] * 25) == pytest.approx(expected, rel=1e-12)


def test_plateau_cuts_after_more_than_patience_epochs_without_progress() -> None:
    config = settings(
        schedule="plateau",
        warmup_epochs=0,
        plateau_factor=0.5,
        plateau_patience=1,
        final_learning_rate_fraction=0.2,
    )
    losses = [3.0, 2.0, 2.5, 2.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    wanted = [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2]
    assert rates_of(config, losses)[::STEPS_PER_EPOCH] == wanted


def test_plateau_warms_up_too() -> None:
    assert rates_of(settings(schedule="plateau"), [1.0] * 3) == WARMUP + [1.0] * 4


@pytest.mark.parametrize("name", ["cosine", "constant", "plateau", "one-cycle"])
def test_schedule_goes_on_where_it_was_saved_and_on_the_course_of_this_start(name: str) -> None:
    config = settings(schedule=name, plateau_patience=0, warmup_epochs=1)
    losses = [3.0, 2.0, 2.0, 2.0, 1.0, 1.0]
    for stop in range(1, len(losses)):
        _, saved = schedule_of(config)
        for loss in losses[:stop]:
            for _ in range(STEPS_PER_EPOCH):
                saved._rates.optimizer.step()
                saved.step()
            saved.validated(loss)
        optimizer, schedule = schedule_of(config)
        schedule.load_state_dict(saved.state_dict())
        assert schedule.rate == saved.rate == optimizer.param_groups[0]["lr"]
        faster = settings(schedule=name, plateau_patience=0, warmup_epochs=1, learning_rate=2.0)
        optimizer, schedule = schedule_of(faster)
        schedule.load_state_dict(saved.state_dict())
        assert schedule.rate == 2.0 * saved.rate == optimizer.param_groups[0]["lr"]


def packed_network() -> tuple[torch.nn.Module, PackedParameters]:
    torch.manual_seed(3)
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 1).double())
    return network, PackedParameters(network)


PLAIN: dict[str, Callable[[list[torch.nn.Parameter]], torch.optim.Optimizer]] = {
    "adamw": lambda ps: torch.optim.AdamW(ps, lr=0.1, weight_decay=0.01),
    "adam": lambda ps: torch.optim.Adam(ps, lr=0.1, weight_decay=0.01),
    "sgd": lambda ps: torch.optim.SGD(ps, lr=0.1, weight_decay=0.01, momentum=0.8),
    "rmsprop": lambda ps: torch.optim.RMSprop(ps, lr=0.1, weight_decay=0.01, momentum=0.8),
}


@pytest.mark.parametrize("name", PLAIN)
def test_optimizer_on_vectors_is_the_plain_one_of_torch_on_parameters(name: str) -> None:
    config = settings(optimizer=name, learning_rate=0.1, weight_decay=0.01, momentum=0.8)
    network, packed = packed_network()
    single = [torch.nn.Parameter(one.detach().clone()) for one in network.parameters()]
    ours, plain = build_optimizer(packed, 1.0, config), PLAIN[name](single)
    for step in range(4):
        for one, other in zip(network.parameters(), single, strict=True):
            gradient = torch.full_like(one, 0.1 * step + 0.2).add_(one.detach())
            one.grad, other.grad = gradient.clone(), gradient.clone()
        packed.gather_gradients()
        ours.step()
        plain.step()
    for one, other in zip(network.parameters(), single, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-7)
    state = optimizer_state(ours, packed)["state"]
    assert len(state) == len(single)
    for number, parts in plain.state_dict()["state"].items():
        assert set(state[number]) == set(parts)


def test_optimizer_refuses_the_state_of_another_kind() -> None:
    _, packed = packed_network()
    states = {}
    for name in PLAIN:
        optimizer = build_optimizer(packed, 1.0, settings(optimizer=name))
        optimizer.step()
        states[name] = optimizer_state(optimizer, packed)
    sgd = build_optimizer(packed, 1.0, settings(optimizer="sgd"))
    with pytest.raises(ValueError, match="SGD cannot go on from exp_avg, exp_avg_sq, step"):
        load_optimizer(sgd, packed, states["adamw"])
    adam = build_optimizer(packed, 1.0, settings(optimizer="adam"))
    with pytest.raises(ValueError, match="Adam cannot go on from momentum_buffer"):
        load_optimizer(adam, packed, states["sgd"])
    load_optimizer(adam, packed, states["adamw"])


def trainer_of(flags: str) -> Trainer:
    config: TrainConfig = parse_flags([*TINY.split(), *flags.split()]).resolved()
    return build_trainer(config, prepare_data(config, prepare_dataset(config), CPU), CPU)


@pytest.mark.parametrize("model", SPECTRAL)
def test_average_follows_the_weights_and_is_what_is_judged(model: str) -> None:
    trainer = trainer_of(f"--model_type {model} --ema_decay 0.75 --batch_size 8")
    assert trainer.average is not None
    trainer.model.train()
    expected = [vector.detach().clone() for vector in trainer.packed.vectors]
    for cut in trainer.order.epoch(0)[:3]:
        trainer.step([trainer.order.batch(cut)])
        weights = zip(expected, trainer.packed.vectors, strict=True)
        expected = [0.75 * one + 0.25 * vector.detach() for one, vector in weights]
    for average, wanted in zip(trainer.average.packed.vectors, expected, strict=True):
        torch.testing.assert_close(average.detach(), wanted, rtol=1e-6, atol=1e-9)
    assert trainer.validated_model is trainer.average.model
    assert trainer_of(f"--model_type {model}").validated_model is not trainer.validated_model
    kept = trainer.registry().snapshot()
    differing = [
        name for name in kept["model"] if not kept["model"][name].equal(kept["average"][name])
    ]
    assert set(differing) <= {name for name, _ in trainer.model.named_parameters()}
    assert differing


@pytest.mark.parametrize("model", SPECTRAL)
def test_gradient_of_accumulated_batches_is_their_mean_by_records(model: str) -> None:
    flags = f"--model_type {model} --dropout 0 --batch_size 32 --gradient_clip 1e9"
    trainer = trainer_of(f"{flags} --accumulate_batches 2")
    trainer.model.train()
    batches = [trainer.order.batch(cut) for cut in trainer.order.epoch(0)]
    sizes = [batch.global_size for batch in batches]
    assert sizes[0] != sizes[1]
    wanted = torch.zeros_like(trainer.packed.vectors[0])
    for batch, size in zip(batches, sizes, strict=True):
        trainer.packed.zero_gradients()
        batch.loss_of(batch.predict(trainer.model)).backward()
        wanted = wanted + trainer.packed.gather_gradients()[0] * (size / sum(sizes))
    trainer.step(batches)
    gradient = trainer.packed.vectors[0].grad
    torch.testing.assert_close(gradient, wanted, rtol=1e-4, atol=1e-8)
    assert (trainer.state.step, trainer.state.loss_count) == (1, sum(sizes))


def test_the_last_step_of_an_epoch_takes_the_batches_that_are_left() -> None:
    trainer = trainer_of("--batch_size 20 --accumulate_batches 2 --num_epochs 2")
    assert trainer.order.batches_per_epoch % 2 == 1
    taken = []
    trainer.optimizer.register_step_post_hook(lambda *_: taken.append(trainer.state.batch))
    assert trainer.fit(2, Callback())
    assert taken == [0, 2] * 2
    assert trainer.state.step == 4


@pytest.mark.parametrize("schedule", ["cosine", "one-cycle"])
def test_the_rate_after_some_epochs_is_that_of_the_schedule(schedule: str) -> None:
    course = settings(schedule=schedule)
    assert depends_on_total(course)
    assert rate_factor_after(course, 10, STEPS_PER_EPOCH) == pytest.approx(0.01)
    rates = rates_of(course, [1.0] * 10)
    for epoch in (3, 6, 9):
        assert rate_factor_after(course, epoch, STEPS_PER_EPOCH) == pytest.approx(
            rates[epoch * STEPS_PER_EPOCH]
        )
    assert rate_factor_after(settings(schedule=schedule, num_epochs=20), 10, 7) > 0.3


def test_a_run_that_only_warms_up_is_recognized() -> None:
    assert is_all_warmup(settings(num_epochs=3, warmup_epochs=5))
    assert not is_all_warmup(settings(num_epochs=5, warmup_epochs=5))
    assert not is_all_warmup(settings(num_epochs=3, warmup_epochs=5, schedule="one-cycle"))
