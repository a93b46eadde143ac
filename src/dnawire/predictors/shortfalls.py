"""In what a trained model is no better than a baseline, which needs no training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from dnawire.quantities import SCORED, Quantity

POOR_MODEL: Final = "poor_model"
"""In the column ``status`` of tables."""


def shortfalls(scores: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Name what predicts the test set at least as well as the model, and what has no score.

    Parameters
    ----------
    scores
        Mean absolute errors on the test set by name of the quantity, for each predictor: the model
        first, then the baselines. NaN is a score that could not be computed; that of a baseline
        proves nothing.

    Returns
    -------
    list of str
        For example ``log10 T: 1.34, training mean 1.02``; empty if the model is better in all.
    """
    (_, own), *baselines = scores.items()
    unknown = [
        one
        for one in SCORED
        if math.isnan(own[one.name])
        # Nobody has a score of what the records do not have.
        and not (baselines and all(math.isnan(score[one.name]) for _, score in baselines))
    ]
    return [f"{quantity.scale_label}: no score" for quantity in unknown] + [
        _shortfall(quantity, own[quantity.name], name, score[quantity.name])
        for name, score in baselines
        for quantity in SCORED
        if own[quantity.name] >= score[quantity.name]
    ]


def _shortfall(quantity: Quantity, own: float, name: str, score: float) -> str:
    return f"{quantity.scale_label}: {own:.3g}, {name} {score:.3g}"
