"""Trivial predictors: a model that does not beat them has learned nothing."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import solve
from torch import Tensor

from dnawire.graphs import Batch, JunctionBatch
from dnawire.junction import LETTERS, MISSING_CODE
from dnawire.models import TargetStatistics
from dnawire.quantities import SCORED, scored_in
from dnawire.training.metrics import Scores, ScoreSum

logger = logging.getLogger(__name__)

_RIDGE_PENALTY = 1.0
_MOST_RECORDS = 2**15
"""More teach a linear regression on one-hot bases nothing; they would have to fit into memory."""


def baseline_scores(
    training: Sequence[Batch], test: Sequence[Batch], statistics: TargetStatistics
) -> dict[str, Scores]:
    """Scores on the test set of the training mean and of ridge regression on one-hot bases.

    A score that cannot be computed is NaN, and the log says why.
    """
    return {
        "training mean": _told("training mean", lambda: _score_mean(test, statistics)),
        "ridge on one-hot bases": _told(
            "ridge on one-hot bases", lambda: _score_ridge(training, test)
        ),
    }


def _told(name: str, score: Callable[[], Scores]) -> Scores:
    try:
        found = score()
    except Exception as error:
        logger.warning("%s has no score: %s: %s", name, type(error).__name__, error)
        return {quantity.name: math.nan for quantity in SCORED}
    for quantity in SCORED:
        if math.isnan(found[quantity.name]):
            logger.warning(
                "%s has no score of %s: no record of the training or of the test set has it at "
                "all energies, or the model does not predict it",
                name, quantity.symbol,
            )  # fmt: skip
    return found


def _score_mean(test: Sequence[Batch], statistics: TargetStatistics) -> Scores:
    scores = ScoreSum()
    for batch in test:
        wanted = batch.spectra.known()
        scored = scored_in(statistics.mean, wanted)
        means = {one.column: statistics.mean[one.column] for one in scored}
        scores.add({name: mean.expand_as(wanted[name]) for name, mean in means.items()}, wanted)
    return scores.result()


def _sample(batches: Sequence[Batch]) -> list[Batch]:
    """Records that a linear regression needs, evenly taken from all."""
    step = -(-sum(map(len, batches)) // _MOST_RECORDS)
    return [batch.select(torch.arange(0, len(batch), step)) for batch in batches]


def _score_ridge(training: Sequence[Batch], test: Sequence[Batch]) -> Scores:
    training = _sample(training)
    longest = max(bucket.junctions.base.shape[1] for bucket in (*training, *test))
    inputs, ridges = one_hot_bases(training, longest), {}
    for quantity in scored_in(*(bucket.spectra.known() for bucket in training)):
        column = quantity.column
        target = torch.cat([bucket.spectra.known()[column] for bucket in training]).numpy()
        complete = np.isfinite(target).all(axis=1)
        if complete.any():
            ridges[column] = _Ridge.fitted(inputs[complete], target[complete])
    scores = ScoreSum()
    for batch in test:
        asked = one_hot_bases([batch], longest)
        predictions = {column: ridge.predict(asked) for column, ridge in ridges.items()}
        scores.add(predictions, batch.spectra.known())
    return scores.result()


class _Ridge(NamedTuple):
    """Ridge regression whose intercept costs no penalty."""

    weights: NDArray[np.float64]
    intercept: NDArray[np.float64]

    @classmethod
    def fitted(cls, inputs: NDArray[np.float64], targets: NDArray[np.float64]) -> Self:
        middle, mean = inputs.mean(axis=0), targets.mean(axis=0)
        centered = inputs - middle
        gram = centered.T @ centered + _RIDGE_PENALTY * np.eye(inputs.shape[1])
        weights = solve(gram, centered.T @ (targets - mean), assume_a="pos")
        return cls(weights, mean - middle @ weights)

    def predict(self, asked: NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(asked @ self.weights + self.intercept)


def one_hot_bases(buckets: Sequence[Batch], longest: int) -> NDArray[np.float64]:
    """One-hot bases of both strands and the couplings of each site in eV, for regression.

    Parameters
    ----------
    buckets
        Records, N in all.
    longest
        Length in base pairs that shorter duplexes are padded to.

    Returns
    -------
    ndarray
        (N, 14 longest), float64.
    """
    return np.concatenate([_one_hot(bucket.junctions, longest) for bucket in buckets])


def _one_hot(junctions: JunctionBatch, longest: int) -> NDArray[np.float64]:
    missing = longest - junctions.base.shape[1]
    pad = torch.nn.functional.pad
    base = pad(junctions.base, (0, 0, 0, missing), value=MISSING_CODE)
    hot = torch.nn.functional.one_hot(base, len(LETTERS)).flatten(1).double()
    couplings = [
        pad(gamma, (0, 0, 0, missing)).flatten(1)
        for gamma in (junctions.gamma_left, junctions.gamma_right)
    ]
    features: NDArray[np.float64] = torch.cat((hot, *couplings), dim=1).numpy()
    return features
