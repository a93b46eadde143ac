"""Transport layer, forward and backward with autograd, against a dense solve per energy.

Run ``python benchmarks/transport.py``: 32 random duplexes of ``roche-voityuk``, 100 energies.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from dense_baseline import dense_hamiltonian, dense_log_spectra
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
    dense = dense_hamiltonian(diagonal, step).float().requires_grad_()
    flat = left.flatten(1).float(), right.flatten(1).float(), ENERGIES.float()
    diagonal.requires_grad_()
    step.requires_grad_()

    def baseline() -> None:
        transmission, dos = dense_log_spectra(dense, *flat)
        (transmission.sum() + dos.sum()).backward()

    def ours() -> None:
        spectra = block_totals(diagonal, step, left, right, ENERGIES)
        (spectra.log10_transmission.sum() + spectra.log10_dos.sum()).backward()

    calls = {"baseline": baseline, "ours": ours}
    timings = alternate(calls, rounds, {"baseline": 2, "ours": 200})
    print(ratio_line(f"{length} bp, 32 ladders", timings["baseline"], timings["ours"]))


def long_chain(length: int) -> None:
    """Print time and memory of one long ladder."""
    diagonal, step, left, right = random_ladders(1, length)
    diagonal.requires_grad_()
    step.requires_grad_()

    def ours() -> None:
        spectra = block_totals(diagonal, step, left, right, ENERGIES)
        (spectra.log10_transmission.sum() + spectra.log10_dos.sum()).backward()

    ours()
    before = peak_memory(afresh=True)
    timing = alternate({"ours": ours}, 9, {"ours": 20})["ours"]
    grown = (peak_memory(afresh=False) - before) / 1024
    print(f"{length} bp, 1 ladder: {timing.median:.3f} ms, peak memory grew by {grown:.1f} MB")


def peak_memory(*, afresh: bool) -> int:
    """Largest resident memory in kB, on Linux; from now on if it is counted afresh."""
    if afresh:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(line.split()[1])


if __name__ == "__main__":
    for chain in (250, 1000):
        long_chain(chain)
    compare(8, rounds=15)
    compare(16, rounds=7)
