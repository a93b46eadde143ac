"""What an all-atom prediction costs, beside the calculation of the same records.

Run ``python benchmarks/atomistic_cost.py``: an 8-mer with four contacts by `pretrained:xtb`,
with and without all orbitals, against the self-consistent calculation and spectra of
`dnawire generate xtb`; then duplexes of up to 100 base pairs. One thread, CPU time.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from dnawire.data.random import named_generator
from dnawire.electronic import converge
from dnawire.inference import load_predictor
from dnawire.junction import Duplex
from dnawire.models.atomistic.predictor import AtomisticPredictor
from dnawire.models.atomistic.transport import ChargedDuplex
from dnawire.structures import build_duplex

ENERGIES: Final = np.round(np.linspace(-12.2, -9.7, 251), 9)
ETA: Final = 0.005
LENGTHS: Final = (12, 25, 50, 100)
REPEATS: Final = 3

Doubles = NDArray[np.float64]


def variants(length: int) -> Iterator[tuple[Doubles, Doubles]]:
    """Both contacts on one strand, or on the 5' ends of both; 0.1 and 0.6 eV."""
    for strand in (0, 1):
        for gamma in (0.1, 0.6):
            left, right = np.zeros((2, length, 2))
            left[0, 0] = right[-1, strand] = gamma
            yield left, right


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds, and what was found."""
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def short(predictor: AtomisticPredictor, text: str) -> None:
    """Print the seconds of an 8-mer, each way, and how far they are apart."""
    structure = build_duplex(Duplex.parse(text))

    def fast() -> list[tuple[Doubles, Doubles]]:
        charged = predictor.charged(structure)
        return [charged.totals(both, ENERGIES, ETA) for both in variants(len(text))]

    def whole(charged: ChargedDuplex) -> list[tuple[Doubles, Doubles]]:
        poles = (charged.poles(both, ENERGIES) for both in variants(len(text)))
        return [(one.transmission(ENERGIES, ETA), one.local_dos(ENERGIES, ETA)[0]) for one in poles]

    def generated() -> None:
        state = converge(structure, predictor.solvent)
        whole(predictor.charged(structure).with_charges(state.shell_charges))

    seconds, found = min((timed(fast) for _ in range(REPEATS)), key=lambda one: one[0])
    all_orbitals, wanted = timed(lambda: whole(predictor.charged(structure)))
    complete, _ = timed(generated)
    errors = abs(np.log10(np.array(found) / np.array(wanted)))
    print(f"{text}, 4 variants: {seconds:.2f} s, {seconds / 4:.2f} s each")
    print(f"  all orbitals {all_orbitals:.2f} s ({all_orbitals / seconds:.1f}x)")
    print(f"  with self-consistent charges {complete:.2f} s ({complete / seconds:.1f}x)")
    print(f"  apart by {errors[:, 0].mean():.4f} decades of T, {errors[:, 1].mean():.5f} of DOS")


def long(predictor: AtomisticPredictor, length: int) -> None:
    """Print the seconds and the memory of one variant of a random duplex."""
    letters = named_generator(42, f"benchmark of {length} base pairs").integers(0, 4, length)
    duplex = Duplex.parse("".join("ACGT"[letter] for letter in letters))
    both = next(variants(length))
    seconds, _ = timed(lambda: predictor.charged(build_duplex(duplex)).totals(both, ENERGIES, ETA))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{length} base pairs: {seconds:.1f} s, peak {peak:.2f} GB")


def main() -> None:
    """Print all of it."""
    torch.set_num_threads(1)
    with threadpool_limits(1):
        predictor = load_predictor("pretrained:xtb")
        assert isinstance(predictor, AtomisticPredictor)
        predictor.charged(build_duplex(Duplex.parse("ACGT"))).totals(
            next(variants(4)), ENERGIES, ETA
        )
        for length in LENGTHS:
            long(predictor, length)
        short(predictor, "ACGTTGCA")


if __name__ == "__main__":
    main()
