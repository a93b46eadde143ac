"""An epoch with all its duties against the usual way.

Run ``python benchmarks/epoch.py`` (needs torch-geometric): 2,000 records of 8 bp, 100 energies; an
epoch loads, trains, validates and writes a checkpoint. CPU time of one thread, alternated.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyg_baseline
import scipy.linalg.cython_blas  # noqa: F401
import torch
from checkpoint_cost import open_bench
from threadpoolctl import threadpool_limits
from timing import alternate, ratio_line
from torch.nn.functional import huber_loss
from torch_geometric.data import Data
from torch_geometric.loader import DataLoader

from dnawire.graphs import Batch
from dnawire.runs import Run

EVERY_EPOCH = {"checkpoint_frequency": 1, "missing_fraction": 0.0, "num_epochs": 100_000}
BASELINES = {"hamiltonian": pyg_baseline.Hamiltonian, "standard": pyg_baseline.Standard}


@contextmanager
def our_epoch(model_type: str, folder: Path) -> Iterator[tuple[Callable[[], None], Run]]:
    """An epoch of the real training, with its durable checkpoint; and the run."""
    with ExitStack() as stack:
        bench = open_bench(stack, folder, model_type=model_type, **EVERY_EPOCH)
        trainer = bench.run.trainer

        def epoch() -> None:
            assert trainer.fit(trainer.state.epoch + 1, bench.callback), "stopped"

        yield epoch, bench.run


def usual_epoch(
    model: torch.nn.Module, parts: tuple[list[Data], list[Data]], path: Path
) -> Callable[[], None]:
    """Collate, train with Adam, validate and save: the usual way."""
    training = DataLoader(parts[0], batch_size=32, shuffle=True)
    validation = DataLoader(parts[1], batch_size=32)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def loss_of(batch: Data) -> torch.Tensor:
        transmission, dos = model(batch)
        wanted, wanted_dos = batch.y.chunk(2, dim=1)
        return huber_loss(transmission, wanted) + huber_loss(dos, wanted_dos)

    def epoch() -> None:
        model.train()
        for batch in training:
            loss = loss_of(batch)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            loss.item()
        model.eval()
        with torch.no_grad():
            sum(loss_of(batch).item() for batch in validation)
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)

    return epoch


def graphs_of(batch: Batch) -> list[Data]:
    """The same records as graphs."""
    targets = torch.cat(tuple(batch.spectra.known().values())[:2], 1).float()
    return [
        pyg_baseline.duplex_graph(base[:, 0].tolist(), 0.1, target)
        for base, target in zip(batch.junctions.base, targets, strict=True)
    ]


def compare(model_type: str, folder: Path) -> None:
    """Print the row of one model."""
    with our_epoch(model_type, folder) as (epoch, run):
        data = run.data
        model = BASELINES[model_type](128, 4, 4, data.statistics.energies)
        parts = graphs_of(data.training[0]), graphs_of(data.validation[0])
        calls = {
            "usual": usual_epoch(model, parts, folder / "usual.pt"),
            "ours": epoch,
        }
        timings = alternate(calls, 5, {"usual": 1, "ours": 3})
        print(ratio_line(f"{model_type}, one epoch", timings["usual"], timings["ours"]))


if __name__ == "__main__":
    torch.set_num_threads(1)
    threadpool_limits(1, user_api="blas")
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as name:
        for kind in BASELINES:
            compare(kind, Path(name) / kind)
