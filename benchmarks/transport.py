"""Transport layer, forward and backward with autograd, against plain PyTorch.

Three ways: a dense solve per energy, two columns of it in double precision, and one complex
eigendecomposition per molecule.

Run ``python benchmarks/transport.py``: 32 random duplexes of ``roche-voityuk``, 100 energies.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from dense_baseline import dense_hamiltonian, dense_log_spectra
from plain_baseline import eigendecomposition, two_columns
from timing import alternate, ratio_line
from torch import Tensor

from dnawire.operators.transport import block_totals
from dnawire.tightbinding import ladder_blocks, load_parameters

ENERGIES = torch.linspace(-3.0, 3.0, 100, dtype=torch.float64)


def random_ladders(batch: int, length: int) -> tuple[Tensor, ...]:
    """Blocks and couplings of random complete duplexes, contacts on both ends of one strand."""
    rng = np.random.default_rng(0)
    upper = rng.integers(0, 4, (batch, length))
    codes = np.stack((upper, 3 - upper), axis=-1)
    blocks = ladder_blocks(codes, load_parameters("roche-voityuk"))
    left, right = np.zeros((batch, length, 2)), np.zeros((batch, length, 2))
    left[:, 0, 0] = right[:, -1, 0] = 0.1
    return tuple(torch.from_numpy(array) for array in (blocks.diagonal, blocks.step, left, right))


def compare(length: int, rounds: int) -> None:
    """Print the row of one length."""
    diagonal, step, left, right = random_ladders(32, length)
    exact = block_totals(diagonal, step, left, right, ENERGIES)
    dense = dense_hamiltonian(diagonal, step).requires_grad_()
    single = dense.detach().float().requires_grad_()
    double_arguments = left.flatten(1), right.flatten(1), ENERGIES
    single_arguments = tuple(one.float() for one in double_arguments)
    diagonal.requires_grad_()
    step.requires_grad_()
    ways: dict[str, Callable[[], tuple[Tensor, Tensor]]] = {
        "solve": lambda: dense_log_spectra(single, *single_arguments),
        "two columns": lambda: two_columns(dense, *double_arguments),
        "eigendecomposition": lambda: eigendecomposition(dense, *double_arguments),
        "ours": lambda: block_totals(diagonal, step, left, right, ENERGIES),
    }
    for name, way in ways.items():
        error = (way()[0] - exact.log10_transmission).abs().max()
        print(f"{length} bp, {name}: log10 T differs by at most {error:.1e}")
    calls = {name: partial(forward_and_backward, way) for name, way in ways.items()}
    repeats = {"solve": 2, "two columns": 4, "eigendecomposition": 10, "ours": 200}
    timings = alternate(calls, rounds, repeats)
    for name in ("solve", "two columns", "eigendecomposition"):
        print(ratio_line(f"{length} bp, 32 ladders", timings[name], timings["ours"], name))


def forward_and_backward(way: Callable[[], tuple[Tensor, Tensor]]) -> None:
    """Spectra, and the gradient of their sum."""
    transmission, dos = way()
    (transmission.sum() + dos.sum()).backward()


def long_chain(length: int, eta: float) -> None:
    """Print time and memory of one long ladder."""
    diagonal, step, left, right = random_ladders(1, length)
    diagonal.requires_grad_()
    step.requires_grad_()

    def ours() -> None:
        spectra = block_totals(diagonal, step, left, right, ENERGIES, eta=eta)
        (spectra.log10_transmission.sum() + spectra.log10_dos.sum()).backward()

    ours()
    before = peak_memory(afresh=True)
    timing = alternate({"ours": ours}, 9, {"ours": 20})["ours"]
    grown = (peak_memory(afresh=False) - before) / 1024
    what = f"{length} bp, 1 ladder, eta {eta:g}"
    print(f"{what}: {timing.median:.3f} ms, peak memory grew by {grown:.1f} MB")


def peak_memory(*, afresh: bool) -> int:
    """Largest resident memory in kB, on Linux; from now on if it is counted afresh."""
    if afresh:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(line.split()[1])


if __name__ == "__main__":
    for chain in (8, 64, 250, 1000):
        for eta in (0.0, 1e-3):
            long_chain(chain, eta)
    compare(8, rounds=15)
    compare(16, rounds=7)
