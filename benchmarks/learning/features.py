"""What trivial predictors see of a junction; the same for both writings of a duplex."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnawire.graphs import Batch, JunctionBatch
from dnawire.junction import LETTERS, MISSING_CODE, NUM_BASES

Features = NDArray[np.float64]

_LAST_BASE = 3
_CANONICAL_STEPS = np.array(
    [min(4 * x + y, 4 * (_LAST_BASE - y) + _LAST_BASE - x) for x in range(4) for y in range(4)]
)
"""Number of the step 5'-XY-3' or of its reverse complement, whichever is lower."""
_DIFFERENT_STEPS = np.unique(_CANONICAL_STEPS)
_USUAL_COUPLING = 0.1
"""eV; couplings are described in decades relative to it."""


def gc_fraction(batches: Sequence[Batch]) -> Features:
    """Fraction of G:C pairs, length and contacts, (N, 4)."""
    return np.concatenate([_gc_fraction(batch.junctions) for batch in batches])


def dinucleotides(batches: Sequence[Batch]) -> Features:
    """Counts of the 10 steps, longest A:T run, bases at the contacts, missing bases, (N, 19)."""
    return np.concatenate([_dinucleotides(batch.junctions) for batch in batches])


def one_hot_views(batches: Sequence[Batch], longest: int) -> Features:
    """One-hot bases and contacts in each of four equivalent descriptions, (4, N, K).

    As written, written from the other strand, and both with the contacts exchanged: T and DOS are
    the same in all of them.
    """
    return np.concatenate([_views(batch.junctions, longest) for batch in batches], axis=1)


def _pairs(junctions: JunctionBatch) -> NDArray[np.int64]:
    """Base of the upper strand, or partner of that of the lower one where it is missing."""
    upper, lower = junctions.base.numpy().transpose(2, 0, 1)
    bases: NDArray[np.int64] = np.where(upper == MISSING_CODE, _LAST_BASE - lower, upper)
    return bases


def _conditions(junctions: JunctionBatch) -> Features:
    """Length, strength of the contacts in decades, and whether they are on one strand, (B, 3)."""
    left, right = junctions.gamma_left.numpy(), junctions.gamma_right.numpy()
    strength = np.log10(left.sum((1, 2)) * right.sum((1, 2)))
    same_strand = (_shares(left).sum(1) * _shares(right).sum(1)).sum(1)
    return np.stack((np.full_like(strength, left.shape[1]), strength, same_strand), axis=1)


def _shares(gamma: NDArray[np.float64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = gamma / gamma.sum((1, 2), keepdims=True)
    return shares


def _contacted(junctions: JunctionBatch) -> Features:
    """Bases at the contacts, weighted by their share in the coupling, (B, 4)."""
    shares = sum(_shares(gamma.numpy()) for gamma in (junctions.gamma_left, junctions.gamma_right))
    hot = junctions.base.numpy()[..., None] == np.arange(NUM_BASES)
    bases: Features = np.einsum("bns,bnsk->bk", shares, hot)
    return bases


def _gc_fraction(junctions: JunctionBatch) -> Features:
    strong = np.isin(_pairs(junctions), (1, 2)).mean(axis=1, keepdims=True)
    return np.concatenate((strong, _conditions(junctions)), axis=1)


def _dinucleotides(junctions: JunctionBatch) -> Features:
    pairs = _pairs(junctions)
    steps = _CANONICAL_STEPS[4 * pairs[:, :-1] + pairs[:, 1:]]
    counts = (steps[:, :, None] == _DIFFERENT_STEPS).sum(axis=1)
    runs = ["".join(".x"[weak] for weak in np.isin(row, (0, 3)).astype(int)) for row in pairs]
    longest = np.array([[max(map(len, run.split(".")))] for run in runs])
    missing = (~junctions.present).sum((1, 2)).numpy()[:, None]
    columns = counts, longest, _contacted(junctions), missing, _conditions(junctions)
    return np.concatenate(columns, axis=1, dtype=np.float64)


def _views(junctions: JunctionBatch, longest: int) -> Features:
    base, left, right = junctions.base, junctions.gamma_left, junctions.gamma_right
    turned = (tensor.flip(1, 2) for tensor in (base, left, right))
    other_base, other_left, other_right = turned
    described = (
        (base, left, right),
        (base, right, left),
        (other_base, other_left, other_right),
        (other_base, other_right, other_left),
    )
    return np.stack([_one_hot(*view, longest) for view in described])


def _one_hot(base: Tensor, left: Tensor, right: Tensor, longest: int) -> Features:
    pad = (0, 0, 0, longest - base.shape[1])
    padded = torch.nn.functional.pad(base, pad, value=MISSING_CODE)
    hot = torch.nn.functional.one_hot(padded, len(LETTERS))[..., :NUM_BASES]
    parts = [hot.flatten(1).double()]
    for gamma in (left, right):
        coupling = torch.nn.functional.pad(gamma, pad).flatten(1)
        touched = coupling > 0
        decades = torch.where(touched, coupling / _USUAL_COUPLING, 1.0).log10()
        parts += [touched.double(), decades]
    features: Features = torch.cat(parts, dim=1).numpy()
    return features
