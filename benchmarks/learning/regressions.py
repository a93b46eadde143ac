"""Predictors without a network: what a model must beat to have learned something."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import LinearRegression, Ridge

from dnawire.graphs import Batch
from dnawire.runs.preparation import PreparedData
from dnawire.training.baselines import one_hot_bases

from .features import Features, dinucleotides, gc_fraction, one_hot_views
from .measures import Spectra, targets

_RIDGE_PENALTY = 1.0
_WIDTHS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
_PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)

Target = NDArray[np.float64]
"""log10 of T or of the DOS, (N, E)."""


def regressions(data: PreparedData) -> dict[str, Spectra]:
    """Predictions for the test set; each is fitted to the training set."""
    longest = int(data.dataset.lengths.max())
    return {
        "training mean": _training_mean(data),
        "GC fraction": linear(data.training, data.test, gc_fraction),
        "dinucleotides": linear(data.training, data.test, dinucleotides),
        "ridge on one-hot bases": _ridge(data, longest),
        "kernel ridge": _kernel_ridge(data, longest),
    }


def linear(
    training: Sequence[Batch],
    test: Sequence[Batch],
    describe: Callable[[Sequence[Batch]], Features],
) -> Spectra:
    """Linear regression on features, by least squares."""
    return _fitted(LinearRegression(), describe(training), describe(test), targets(training))


def _training_mean(data: PreparedData) -> Spectra:
    wanted, statistics = targets(data.test), data.statistics
    means = statistics.mean["log10_transmission"], statistics.mean["log10_dos"]
    return Spectra(
        *(np.broadcast_to(m.numpy(), t.shape) for m, t in zip(means, wanted, strict=True))
    )


def _ridge(data: PreparedData, longest: int) -> Spectra:
    inputs, asked = (one_hot_bases(part, longest) for part in (data.training, data.test))
    return _fitted(Ridge(_RIDGE_PENALTY), inputs, asked, targets(data.training))


def _fitted(regression: Any, inputs: Features, asked: Features, wanted: Spectra) -> Spectra:  # noqa: ANN401
    predictions = []
    for target in wanted:
        known = np.isfinite(target).all(axis=1)
        predictions.append(regression.fit(inputs[known], target[known]).predict(asked))
    return Spectra(*predictions)


def _kernel_ridge(data: PreparedData, longest: int) -> Spectra:
    """Gaussian kernel on one-hot bases, averaged over equivalent descriptions of both junctions.

    Width and penalty are those with the lowest error on the validation set.
    """
    views = [one_hot_views(part, longest) for part in (data.training, data.validation, data.test)]
    distances = [_distances(views[0], asked) for asked in views]
    pairs = zip(targets(data.training), targets(data.validation), strict=True)
    return Spectra(*(_best_kernel(distances, *pair) for pair in pairs))


def _distances(inputs: Features, asked: Features) -> NDArray[np.float64]:
    """Squared distances of all descriptions to each other, (4, 4, asked, inputs)."""
    products = np.einsum("vak,wik->vwai", asked, inputs, optimize=True)
    squares = (asked**2).sum(-1)[:, None, :, None] + (inputs**2).sum(-1)[None, :, None]
    distances: NDArray[np.float64] = np.maximum(squares - 2.0 * products, 0.0)
    return distances


def _best_kernel(distances: list[NDArray[np.float64]], wanted: Target, validated: Target) -> Target:
    known = np.isfinite(wanted).all(axis=1)
    mean, lowest, best = wanted[known].mean(axis=0), np.inf, np.empty(0)
    for width, penalty in product(_WIDTHS, _PENALTIES):
        train, validation, test = (
            np.exp(-one[..., known] / (2.0 * width**2)).mean(axis=(0, 1)) for one in distances
        )
        model = KernelRidge(alpha=penalty, kernel="precomputed")
        model.fit(train[known], wanted[known] - mean)
        missed = np.abs(model.predict(validation) + mean - validated)
        error = missed[np.isfinite(missed)].mean()
        if error < lowest:
            lowest, best = error, model.predict(test) + mean
    return best
