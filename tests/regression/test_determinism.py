"""Gradients of large batches on two threads have the same bits in every run.

On a CPU the backward pass of ``x[index]`` adds in an order that depends on the timing of threads as
soon as it has more than 32,768 elements to add, unless PyTorch is told to be deterministic.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
import torch
from model_kit import SPECTRAL

from dnawire.cli.train import parse_flags
from dnawire.compiled.switch import definitions
from dnawire.config import TrainConfig
from dnawire.data import named_seed
from dnawire.runs.preparation import build_trainer, prepare_data, prepare_dataset
from dnawire.runs.torch_setup import set_up_torch
from dnawire.training.distributed import SingleProcess
from dnawire.training.distributed.local_batch import LocalBatch
from dnawire.training.loop import Trainer

LARGE = "--num_samples 640 --seq_length 6 --min_length 6 --num_energy_points 9 --num_threads 2"
NETWORK = "--batch_size 512 --hidden_dim 128 --num_layers 2"
RUNS = 6
MANY_RUNS = 40


@pytest.fixture(autouse=True)
def torch_as_it_was() -> Iterator[None]:
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


def set_up(*flags: str) -> tuple[TrainConfig, torch.device]:
    """Set PyTorch up as the command does it, with two threads."""
    config = parse_flags([*LARGE.split(), *flags]).resolved()
    device = set_up_torch(config.runtime, SingleProcess())
    assert torch.get_num_threads() == 2
    return config, device


def large_step(model: str, dropout: str) -> tuple[Trainer, LocalBatch]:
    """A trainer and a batch of 512."""
    config, device = set_up(*NETWORK.split(), "--model_type", model, "--dropout", dropout)
    trainer = build_trainer(config, prepare_data(config, prepare_dataset(config), device), device)
    return trainer, trainer.order.batch(max(trainer.order.epoch(0), key=lambda cut: len(cut[1])))


def gradient_of(trainer: Trainer, part: LocalBatch) -> str:
    """Digest of the gradient at the first step."""
    trainer.model.train()
    trainer.model.dropout.seed(named_seed(0, "dropout", 0), trainer.device, part.others)
    trainer.packed.zero_gradients()
    part.loss_of(part.predict(trainer.model)).backward()
    digest = hashlib.sha256()
    for gradient in trainer.packed.gather_gradients():
        digest.update(gradient.numpy().tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "definitions"])
@pytest.mark.parametrize("model", SPECTRAL)
def test_a_large_step_has_the_same_bits_in_every_run(model: str, compiled: bool) -> None:
    # Without dropout equal surroundings are computed once, and their gradients are added.
    trainer, part = large_step(model, "0.1" if compiled else "0.0")
    assert len(part.batch) * 6 * 128 > 32_768
    with definitions(not compiled):
        assert len({gradient_of(trainer, part) for _ in range(RUNS)}) == 1


def test_the_trap_is_there_and_the_command_closes_it() -> None:
    """Left alone, the operation gives other bits in some run; set up as in a run, never."""
    set_up()
    generator = torch.Generator().manual_seed(1)
    values = torch.randn(300, 128, generator=generator)
    index = torch.randint(300, (6144,), generator=generator)
    weights = torch.randn(6144, 128, generator=generator)

    def gradient() -> bytes:
        leaf = values.clone().requires_grad_()
        (leaf[index] * weights).sum().backward()
        assert leaf.grad is not None
        return leaf.grad.numpy().tobytes()

    first = gradient()
    assert all(gradient() == first for _ in range(MANY_RUNS))
    torch.use_deterministic_algorithms(False)
    assert any(gradient() != first for _ in range(10 * MANY_RUNS))
