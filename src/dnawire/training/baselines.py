"""Trivial predictors: a model that does not beat them has learned nothing."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import solve
from torch import Tensor

from dnawire.graphs import Batch, JunctionBatch
from dnawire.junction import LETTERS, MISSING_CODE
from dnawire.models import TargetStatistics
from dnawire.quantities import SCORED, Quantity, scored_in
from dnawire.training.metrics import Scores, absolute_errors

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


def _targets(buckets: Sequence[Batch], quantity: Quantity) -> Tensor:
    return torch.cat([bucket.spectra.known()[quantity.column] for bucket in buckets])


def _score_mean(test: Sequence[Batch], statistics: TargetStatistics) -> Scores:
    scored = scored_in(statistics.mean)
    means = {quantity.name: statistics.mean[quantity.column] for quantity in scored}
    return _scores(means, test)


def _sample(batches: Sequence[Batch]) -> list[Batch]:
    """Records that a linear regression needs, evenly taken from all."""
    step = -(-sum(map(len, batches)) // _MOST_RECORDS)
    return [batch.select(torch.arange(0, len(batch), step)) for batch in batches]


def _score_ridge(training: Sequence[Batch], test: Sequence[Batch]) -> Scores:
    training = _sample(training)
    longest = max(bucket.junctions.base.shape[1] for bucket in (*training, *test))
    inputs, wanted = one_hot_bases(training, longest), one_hot_bases(test, longest)
    predictions = {}
    for quantity in scored_in(*(bucket.spectra.known() for bucket in training)):
        target = _targets(training, quantity)
        complete = target.isfinite().all(1).numpy()
        if complete.any():
            found = _ridge(inputs[complete], target.numpy()[complete], wanted)
            predictions[quantity.name] = torch.from_numpy(found)
    return _scores(predictions, test)


def _ridge(
    inputs: NDArray[np.float64], targets: NDArray[np.float64], wanted: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Predictions of ridge regression whose intercept costs no penalty."""
    middle, mean = inputs.mean(axis=0), targets.mean(axis=0)
    centered = inputs - middle
    gram = centered.T @ centered + _RIDGE_PENALTY * np.eye(inputs.shape[1])
    weights = solve(gram, centered.T @ (targets - mean), assume_a="pos")
    predictions: NDArray[np.float64] = (wanted - middle) @ weights + mean
    return predictions


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


def _scores(predictions: Mapping[str, Tensor], test: Sequence[Batch]) -> Scores:
    """Mean absolute errors; NaN where nothing is predicted or known."""
    scores = {quantity.name: math.nan for quantity in SCORED}
    for quantity in scored_in(*(bucket.spectra.known() for bucket in test)):
        if quantity.name in predictions:
            wanted = _targets(test, quantity)
            errors = absolute_errors(predictions[quantity.name].expand_as(wanted), wanted)
            scores[quantity.name] = float(errors.nanmean())
    return scores
