"""Errors of spectra, of Hamiltonians, and of the decay with length."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from dnawire.config import TrainConfig
from dnawire.data import generate_dataset, generation_spec, named_seed
from dnawire.graphs import Batch, iterate, length_buckets
from dnawire.inference import align_signs
from dnawire.models import HamiltonianModel, TransportModel
from dnawire.models.hamiltonian.predictor import learned_hamiltonian
from dnawire.tightbinding import ParameterSet, dense_hamiltonian, ladder_blocks

LARGE_TRANSMISSION: Final = 1e-3
RISE: Final = 3.4
"""Angstrom per base pair."""
BATCH: Final = 50

ELEMENTS: Final = ("on-site", "pairing", "stacking", "diagonal 5'-5'", "diagonal 3'-3'")
_DIAGONAL_KINDS: Final = np.array([[1.0, 2.0], [2.0, 1.0]])
_STEP_KINDS: Final = np.array([[3.0, 4.0], [5.0, 3.0]])
"""Position in `ELEMENTS`, counted from 1, of each entry of the blocks."""


class Spectra(NamedTuple):
    """log10 T and log10 DOS of N records, (N, E) each."""

    transmission: NDArray[np.float64]
    dos: NDArray[np.float64]


Predict = Callable[[Sequence[Batch]], Spectra]


def targets(batches: Sequence[Batch]) -> Spectra:
    """Reference spectra, record after record."""
    return Spectra(
        torch.cat([batch.spectra.log10_transmission for batch in batches]).numpy(),
        torch.cat([batch.spectra.known()["log10_dos"] for batch in batches]).numpy(),
    )


def predictions(model: TransportModel, batches: Sequence[Batch]) -> Spectra:
    """Spectra that a model predicts, record after record."""
    with torch.no_grad():
        found = [model(batch.junctions) for batch in batches]
    return Spectra(
        torch.cat([one.log10_transmission for one in found]).numpy(),
        torch.cat([one.log10_dos for one in found]).numpy(),
    )


def scores(predicted: Spectra, wanted: Spectra) -> dict[str, float | None]:
    """Mean absolute errors in decades; T also where the reference is above 1e-3, if it ever is."""
    large = wanted.transmission > np.log10(LARGE_TRANSMISSION)
    missed = np.abs(predicted.transmission - wanted.transmission)
    return {
        "transmission": float(missed[np.isfinite(wanted.transmission)].mean()),
        "dos": float(np.abs(predicted.dos - wanted.dos).mean()),
        "large_transmission": float(missed[large].mean()) if large.any() else None,
    }


def deviations(
    model: HamiltonianModel, test: Sequence[Batch], parameters: ParameterSet
) -> dict[str, dict[str, float]]:
    """Mean and largest deviation in meV of learned from true elements of H, by kind.

    The signs of the orbitals are chosen once per duplex; an error of a sign that no choice mends
    counts as twice the hopping.
    """
    found: dict[str, list[NDArray[np.float64]]] = {name: [] for name in ELEMENTS}
    for learned, true, kinds in _pairs_of_hamiltonians(model, test, parameters):
        difference = 1e3 * np.abs(align_signs(learned, true) - true)
        for kind, name in enumerate(ELEMENTS, start=1):
            found[name].append(difference[np.triu(kinds == kind)])
    joined = {name: np.concatenate(values) for name, values in found.items()}
    return {
        name: {"mean": float(values.mean()), "max": float(values.max())}
        for name, values in joined.items()
    }


def _pairs_of_hamiltonians(
    model: HamiltonianModel, test: Sequence[Batch], parameters: ParameterSet
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]]:
    """Learned and true H of every duplex, and the kind of each element."""
    source = learned_hamiltonian(model)
    for batch in test:
        codes = batch.junctions.base.numpy().astype(np.int8)
        learned, true = source(codes), ladder_blocks(codes, parameters)
        for row in range(len(codes)):
            mask = true.mask[row]
            diagonal = np.broadcast_to(_DIAGONAL_KINDS, true.diagonal[row].shape)
            step = np.broadcast_to(_STEP_KINDS, true.step[row].shape)
            yield (
                dense_hamiltonian(learned.diagonal[row], learned.step[row], mask),
                dense_hamiltonian(true.diagonal[row], true.step[row], mask),
                dense_hamiltonian(diagonal, step, mask),
            )


def fresh_duplexes(config: TrainConfig, length: int, number: int, known: set[str]) -> list[Batch]:
    """Draw duplexes as for training, but of another length, that no training has seen.

    Those whose canonical key is ``known`` are skipped.
    """
    drawn = TrainConfig.from_flat(
        config.flat() | {"num_samples": number, "seq_length": length, "min_length": length}
    ).data
    seed = named_seed(config.runtime.seed, "fresh duplexes", length)
    dataset = generate_dataset(generation_spec(drawn, seed))
    rows = np.flatnonzero([key not in known for key in dataset.keys])
    return list(iterate(length_buckets(dataset, rows), BATCH))


def beta(log10_transmission: Mapping[int, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Decay constant in 1/Angstrom at each energy, (E,).

    T ~ exp(-beta d) with d = 3.4 Angstrom per base pair: the slope over the length of log10 T,
    averaged over the duplexes of each length, by least squares.

    Parameters
    ----------
    log10_transmission
        By length in base pairs: log10 T of duplexes of that length, (N, E).
    """
    lengths = np.array(list(log10_transmission), dtype=np.float64)
    means = np.stack([values.mean(axis=0) for values in log10_transmission.values()])
    slope: NDArray[np.float64] = np.polyfit(lengths, means, 1)[0]
    return -math.log(10.0) * slope / RISE
