"""Generated records against the usual generator, and one T(E) against sisl.

Run ``python benchmarks/generation.py`` (needs sisl): 2,000 random duplexes of 8 bp, 100 energies,
LDOS included; then one ladder of 8, 100 and 1,000 bp. One thread, CPU time, alternated.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import sisl
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sisl_toolbox.btd import DeviceGreen, Electrode, PermuteBTD
from threadpoolctl import threadpool_limits
from timing import PRODUCT_SIZE, alternate, matrix_product, peak, ratio_line

from dnawire.config import GenerationConfig
from dnawire.data import TransportDataset, generate_dataset, generation_spec
from dnawire.junction import Junction
from dnawire.tightbinding import dense_hamiltonian, ladder_blocks, load_parameters
from dnawire.transport import Totals, block_totals

SAMPLES = 2000
INVERTED = 20
"""Records of the usual generator that are timed; its time is proportional to their number."""
PARAMETERS = "kordas2025"
GAMMA = 0.1
BATCH = 32
"""Chains that we compute at once."""


def dense_spectra(
    junction: Junction, energies: NDArray[np.float64]
) -> tuple[NDArray[np.float64], ...]:
    """T, DOS and LDOS by an inversion for each energy: the usual generator."""
    blocks = ladder_blocks(junction.duplex.codes[None], load_parameters(PARAMETERS))
    hamiltonian = dense_hamiltonian(blocks.diagonal[0], blocks.step[0], blocks.mask[0])
    present = junction.duplex.mask
    left, right = np.diag(junction.gamma_left[present]), np.diag(junction.gamma_right[present])
    transmission, ldos = np.empty(len(energies)), np.empty((len(hamiltonian), len(energies)))
    for number, energy in enumerate(energies):
        matrix = energy * np.eye(len(hamiltonian)) - hamiltonian + 0.5j * (left + right)
        greens = np.linalg.inv(matrix)
        transmission[number] = np.trace(left @ greens @ right @ greens.conj().T).real
        ldos[:, number] = -np.diag(greens).imag / np.pi
    return transmission, ldos.sum(axis=0), ldos


def generation() -> None:
    """Print the row of generated records, after a check that both generators agree."""
    spec = generation_spec(GenerationConfig(num_samples=SAMPLES), seed=42)
    dataset = generate_dataset(spec)
    junctions = [dataset.junction(number) for number in range(INVERTED)]
    check_records(dataset, junctions)

    def usual() -> None:
        for junction in junctions:
            dense_spectra(junction, spec.energies)

    calls = {
        "usual": usual,
        "ours": lambda: generate_dataset(spec),
        "product": matrix_product(torch.float64),
    }
    timings = alternate(calls, 9, {"usual": 1, "ours": 3, "product": 20})
    usual_timing = timings["usual"].scaled(SAMPLES / INVERTED)
    print(ratio_line(f"{SAMPLES} records, 8 bp, 100 energies", usual_timing, timings["ours"]))
    rate = SAMPLES / timings["ours"].median
    share = timings["ours"].median / timings["product"].median
    print(
        f"  {rate:.0f} thousand records a second; as long as {share:.1f} products of double "
        f"precision of {PRODUCT_SIZE} x {PRODUCT_SIZE} ({peak(timings['product']):.0f} GFLOP/s)"
    )


def check_records(dataset: TransportDataset, junctions: list[Junction]) -> None:
    """Fail unless both generators say the same."""
    for number, junction in enumerate(junctions):
        record = dataset[number]
        transmission, dos, ldos = dense_spectra(junction, record.energies)
        assert record.transmission is not None
        assert record.ldos is not None
        np.testing.assert_allclose(record.transmission, transmission, rtol=1e-7)
        np.testing.assert_allclose(record.dos, dos, rtol=1e-7)
        np.testing.assert_allclose(record.ldos, ldos, rtol=1e-5, atol=1e-13)


class WideBand(Electrode):  # type: ignore[misc]
    """Self-energy -i gamma / 2 on one base."""

    def __len__(self) -> int:
        return 1

    def self_energy(self, energy: complex, k: object = None, **_: object) -> NDArray[np.complex128]:
        """Return the same at all energies."""
        return np.full((1, 1), -0.5j * GAMMA)

    def se2broadening(self, self_energy: NDArray[np.complex128]) -> NDArray[np.complex128]:
        """Gamma."""
        return 1j * (self_energy - self_energy.conj().T)


class Chains(NamedTuple):
    """Random complete duplexes with a contact at each end of their upper strands."""

    diagonal: NDArray[np.float64]
    step: NDArray[np.float64]
    gamma: tuple[NDArray[np.float64], NDArray[np.float64]]

    @classmethod
    def random(cls, number: int, length: int) -> Chains:
        """Make some of one parameter set."""
        upper = np.random.default_rng(length).integers(0, 4, (number, length))
        codes = np.stack((upper, 3 - upper), axis=-1)
        blocks = ladder_blocks(codes, load_parameters(PARAMETERS))
        left, right = np.zeros((number, length, 2)), np.zeros((number, length, 2))
        left[:, 0, 0] = right[:, -1, 0] = GAMMA
        return cls(blocks.diagonal, blocks.step, (left, right))

    def spectra(self, energies: NDArray[np.float64]) -> Totals[NDArray[np.float64]]:
        """Ours: T and DOS of all."""
        return block_totals(self.diagonal, self.step, *self.gamma, energies)

    def sisl_device(self) -> DeviceGreen:
        """Theirs: the first as a device whose Green's function is found block by block."""
        size = 2 * self.diagonal.shape[1]
        present = np.ones((size // 2, 2), dtype=bool)
        matrix = csr_matrix(dense_hamiltonian(self.diagonal[0], self.step[0], present))
        places = np.column_stack((np.arange(size), np.zeros((size, 2))))
        cell = sisl.Lattice([size + 2.0, 20.0, 20.0], nsc=[1, 1, 1])
        geometry = sisl.Geometry(places, sisl.Atom(1, R=1.5), cell)
        contacts = [
            (WideBand(name=name), np.flatnonzero(gamma[0]))
            for name, gamma in zip(("left", "right"), self.gamma, strict=True)
        ]
        blocks = PermuteBTD(np.arange(size), np.full(size // 2, 2))
        hamiltonian = sisl.Hamiltonian.fromsp(geometry, matrix)
        return DeviceGreen(hamiltonian, contacts, blocks, eta=0.0)


def one_spectrum(length: int, rounds: int) -> None:
    """Print the row of one length; sisl takes chains and energies one by one, T alone."""
    chains = Chains.random(BATCH, length)
    energies = np.linspace(*load_parameters(PARAMETERS).energy_window, 100)
    device = chains.sisl_device()
    with np.errstate(divide="ignore"):
        theirs = np.log10(device.transmission(float(energies[37]), "left", "right"))
    if np.isfinite(theirs):  # beyond 300 decades it underflows
        ours = chains.spectra(energies).log10_transmission[0, 37]
        np.testing.assert_allclose(ours, theirs, rtol=0.0, atol=1e-6)
    new = itertools.cycle(np.linspace(float(energies[0]), float(energies[-1]), 997))
    calls = {
        "sisl": lambda: device.transmission(next(new), "left", "right"),
        "ours": lambda: chains.spectra(energies),
    }
    timings = alternate(calls, rounds, {"sisl": 10, "ours": 10})
    mine = timings["ours"].scaled(1.0 / (BATCH * len(energies)))
    print(
        f"T at one energy, {length:4} bp: sisl {timings['sisl'].median:7.2f} ms   "
        f"dnawire (and DOS) {1e3 * mine.median:7.3f} us   "
        f"ratio {timings['sisl'].median / mine.median:8.0f}"
        + ("" if np.isfinite(theirs) else "   (sisl's T underflows to 0)")
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    with threadpool_limits(1):
        generation()
        for chain, rounds in ((8, 9), (100, 5), (1000, 3)):
            one_spectrum(chain, rounds)
