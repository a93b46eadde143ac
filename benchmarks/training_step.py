"""One training step, loading included, against PyTorch Geometric and against plain PyTorch.

The first is the usual way, with a dense solve; the second what a competent user writes.

Run ``python benchmarks/training_step.py`` (needs torch-geometric): hidden 128, 4 layers, 4 heads,
batches of 32 complete 8-mers, 100 energies; one thread, CPU time, alternated.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import plain_baseline
import pyg_baseline
import scipy.linalg.cython_blas  # noqa: F401
import torch
from threadpoolctl import threadpool_limits
from timing import alternate, ratio_line
from torch.nn.functional import huber_loss
from torch_geometric.loader import DataLoader

from dnawire.config import TrainConfig
from dnawire.runs.preparation import PreparedData, build_trainer, prepare_data, prepare_dataset
from dnawire.training.loop import Trainer

DEVICE = torch.device("cpu")


def prepare(model_type: str) -> tuple[Trainer, PreparedData]:
    """Our trainer on 400 generated records."""
    config = TrainConfig.from_flat(
        {"model_type": model_type, "num_samples": 400, "missing_fraction": 0.0}
    )
    data = prepare_data(config, prepare_dataset(config), DEVICE)
    return build_trainer(config, data, DEVICE), data


def our_step(trainer: Trainer) -> Callable[[], None]:
    """Gather the next batch and take a step."""
    trainer.model.train()
    cuts = itertools.cycle(trainer.order.epoch(0))
    return lambda: trainer.step([trainer.order.batch(next(cuts))])


def baseline_step(model: torch.nn.Module, data: PreparedData) -> Callable[[], None]:
    """Collate the next batch and take a step of Adam with gradient clipping."""
    bucket = data.training[0]
    targets = torch.cat(tuple(bucket.spectra.known().values())[:2], 1).float()
    graphs = [
        pyg_baseline.duplex_graph(base[:, 0].tolist(), 0.1, target)
        for base, target in zip(bucket.junctions.base, targets, strict=True)
    ]
    loader = DataLoader(graphs, batch_size=32, shuffle=True, drop_last=True)
    batches = itertools.chain.from_iterable(itertools.repeat(loader))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step() -> None:
        batch = next(batches)
        transmission, dos = model(batch)
        wanted, wanted_dos = batch.y.chunk(2, dim=1)
        loss = huber_loss(transmission, wanted) + huber_loss(dos, wanted_dos)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        loss.item()

    return step


def plain_step(model: torch.nn.Module, data: PreparedData) -> Callable[[], None]:
    """Gather the next rows of one collated batch and take a step of fused Adam."""
    bucket = data.training[0]
    base = bucket.junctions.base[:, :, 0].contiguous()
    targets = [one.float() for one in tuple(bucket.spectra.known().values())[:2]]
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    parameters = list(model.parameters())
    rows = itertools.cycle(torch.randperm(len(base)).split(32)[:-1])

    def step() -> None:
        chosen = next(rows)
        found = model(base.index_select(0, chosen))
        wanted = (target.index_select(0, chosen) for target in targets)
        loss = torch.stack(list(map(huber_loss, found, wanted))).sum()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        loss.item()

    return step


def size(model: torch.nn.Module) -> int:
    """Number of parameters."""
    return sum(parameter.numel() for parameter in model.parameters())


def compare(
    model_type: str, geometric: type[torch.nn.Module], plain: type[torch.nn.Module]
) -> None:
    """Print the rows of one model."""
    trainer, data = prepare(model_type)
    energies, length = data.statistics.energies, data.training[0].junctions.base.shape[1]
    others = {
        "PyTorch Geometric": geometric(128, 4, 4, energies),
        "plain PyTorch": plain(128, 4, 4, energies, length),
    }
    for name, model in {**others, "dnawire": trainer.model}.items():
        print(f"{model_type}, {name}: {size(model)} parameters")
    calls = {
        "PyTorch Geometric": baseline_step(others["PyTorch Geometric"], data),
        "plain PyTorch": plain_step(others["plain PyTorch"], data),
        "ours": our_step(trainer),
    }
    timings = alternate(calls, 9, {"PyTorch Geometric": 5, "plain PyTorch": 15, "ours": 50})
    for name in others:
        print(ratio_line(f"{model_type}, one step", timings[name], timings["ours"], name))


if __name__ == "__main__":
    torch.set_num_threads(1)
    threadpool_limits(1, user_api="blas")
    torch.manual_seed(0)
    compare("hamiltonian", pyg_baseline.Hamiltonian, plain_baseline.Hamiltonian)
    compare("standard", pyg_baseline.Standard, plain_baseline.Standard)
