"""Where the time of a training step goes, and what share of one core's peak it reaches.

Run ``python benchmarks/step_breakdown.py``: batches of 32 complete 8-mers, 100 energies, hidden
128, 4 layers, 4 heads; CPU time of one thread, medians of single calls in turn.
"""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Mapping
from unittest.mock import patch

import torch
from threadpoolctl import threadpool_limits
from timing import PRODUCT_SIZE, matrix_product
from training_step import DEVICE, prepare

from dnawire.graphs import JunctionBatch, SpectraBatch
from dnawire.models import HamiltonianModel
from dnawire.operators import OPERATORS, edges_of, neighborhoods
from dnawire.operators.transport import block_spectra
from dnawire.training.distributed.local_batch import LocalBatch
from dnawire.training.loop import Trainer
from dnawire.transport import Spectra

ROUNDS = 200


class Step:
    """The parts of a training step, each a call; together they are one."""

    def __init__(self, trainer: Trainer, batch: LocalBatch) -> None:
        self.trainer, self.batch = trainer, batch
        self.cut = trainer.order.epoch(0)[0]
        self.known: dict[str, torch.Tensor] = {}
        trainer.model.train()

    def parts(self) -> dict[str, Callable[[], None]]:
        """In their order."""
        if not isinstance(self.trainer.model, HamiltonianModel):
            last = {"network back": self.spectra_back, "clip, optimizer": self.update}
            return {"load": self.load, "network": self.predict, "loss": self.loss, **last}
        forward = {"load": self.load, "network": self.network, "transport": self.transport}
        back = {"transport back": self.spectra_back, "network back": self.network_back}
        return {**forward, "loss": self.loss, **back, "clip, optimizer": self.update}

    def load(self) -> None:
        """Gather a batch."""
        self.trainer.order.batch(self.cut)
        self.junctions = self.batch.batch.junctions
        self.trainer.model.dropout.seed(0, DEVICE, self.batch.others)

    def network(self) -> None:
        """Hamiltonians."""
        model = self.trainer.model
        assert isinstance(model, HamiltonianModel)
        self.blocks = model.hamiltonian(self.junctions)
        self.leaves = [block.detach().requires_grad_() for block in self.blocks]

    def transport(self) -> None:
        """Spectra of the Hamiltonians."""
        diagonal, step = self.leaves
        left, right = self.junctions.gamma_left, self.junctions.gamma_right
        energies, mask = self.trainer.model.energies, self.junctions.present
        self.keep(block_spectra(diagonal, step, left, right, energies, mask=mask))

    def predict(self) -> None:
        """Spectra by a network alone."""
        self.keep(self.trainer.model(self.junctions))

    def keep(self, found: SpectraBatch | Spectra[torch.Tensor]) -> None:
        """Cut the graph behind the spectra."""
        self.known = {name: one for name, one in found._asdict().items() if one is not None}
        self.spectra = {name: one.detach().requires_grad_() for name, one in self.known.items()}

    def loss(self) -> None:
        """Loss and its gradient by the spectra."""
        self.batch.loss_of(SpectraBatch(**self.spectra)).backward()

    def spectra_back(self) -> None:
        """Gradient by what the spectra come from."""
        gradients = [one.grad for one in self.spectra.values()]
        torch.autograd.backward(list(self.known.values()), gradients)

    def network_back(self) -> None:
        """Gradient by the parameters."""
        torch.autograd.backward(list(self.blocks), [one.grad for one in self.leaves])

    def update(self) -> None:
        """Clip the gradient and take the step."""
        trainer = self.trainer
        trainer.packed.gather_gradients()
        trainer.packed.clip_gradients(trainer.gradient_clip)
        trainer.optimizer.step()
        trainer.packed.zero_gradients()


def product_flops(model: HamiltonianModel, batch: JunctionBatch) -> float:
    """Floating point operations of the matrix products of a step, forward and back."""
    width, layers = model.base.embedding_dim, len(model.encoder.layers)
    around = neighborhoods(batch.base, batch.present, layers, True)
    rows = [len(table) for table in around.tables]
    inputs = [4 * len(model.base.weight), *rows[:-1]]  # four maps in the first layer
    stacking, *others = edges_of(around.rows.view(batch.base.shape)).counts()
    corrected = rows[-1] + 2 * stacking + sum(others)
    products = sum(inputs) * width * width + corrected * width * model.corrections.width
    return 3.0 * 2.0 * products


def medians(calls: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Microseconds of CPU time of each call."""
    samples: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start = time.thread_time()
            call()
            samples[name].append(1e6 * (time.thread_time() - start))
    return {name: statistics.median(values) for name, values in samples.items()}


def by_definition(name: str, step: Callable[[], None]) -> Callable[[], None]:
    """A step in which one operator runs its definition, or all."""
    chosen = [one for one in OPERATORS if name in (one.name, "all operators")]

    def call() -> None:
        with contextlib.ExitStack() as stack:
            for operator in chosen:
                stack.enter_context(patch.object(operator, "fits", lambda *_: False))
            step()

    return call


def operators(model_type: str) -> None:
    """Print how long a step takes if one operator runs its definition."""
    trainer, _ = prepare(model_type)
    batch = full_batch(trainer)
    names = ["none", *(one.name for one in OPERATORS), "all operators"]
    calls = {name: by_definition(name, lambda: trainer.step([batch])) for name in names}
    found = medians(calls)
    whole = found.pop("none")
    for name, value in found.items():
        print(f"  by definition: {name:15} {value:7.0f} us, {value / whole:.2f} of the step")


def breakdown(model_type: str) -> None:
    """Print the parts of a step in microseconds."""
    trainer, _ = prepare(model_type)
    batch = full_batch(trainer)
    parts = Step(trainer, batch).parts()
    product = matrix_product(torch.float32)
    found = medians({**parts, "whole": lambda: trainer.step([batch]), "product": product})
    whole, best = found.pop("whole"), found.pop("product")
    print(f"{model_type}, one step: {whole:.0f} us")
    for name, value in found.items():
        print(f"  {name:15} {value:7.0f} us")
    if isinstance(trainer.model, HamiltonianModel):
        done = product_flops(trainer.model, batch.batch.junctions)
        speed, mine = 2e-3 * PRODUCT_SIZE**3 / best, 1e-3 * done / whole
        print(
            f"  matrix products: {1e-6 * done:.0f} MFLOP, {mine:.0f} GFLOP/s over the whole step, "
            f"{mine / speed:.0%} of the {speed:.0f} GFLOP/s of a large product beside it"
        )


def full_batch(trainer: Trainer) -> LocalBatch:
    """A batch of full size."""
    batches = map(trainer.order.batch, trainer.order.epoch(0))
    return max(batches, key=lambda batch: batch.global_size)


if __name__ == "__main__":
    torch.set_num_threads(1)
    threadpool_limits(1, user_api="blas")
    for kind in ("hamiltonian", "standard"):
        breakdown(kind)
        operators(kind)
