"""In what a model is no better than what needs no training."""

from __future__ import annotations

import math

import pytest

from dnawire.predictors.shortfalls import shortfalls

MEAN = {"transmission": 1.0, "dos": 0.3}


@pytest.mark.parametrize(
    ("own", "named"),
    [
        ({"transmission": 0.9, "dos": 0.29}, []),
        ({"transmission": 1.0, "dos": 0.29}, ["log10 T: 1, training mean 1"]),
        ({"transmission": 0.9, "dos": math.nan}, ["log10 DOS: no score"]),
        (
            {"transmission": 2.0, "dos": 0.4},
            ["log10 T: 2, training mean 1", "log10 DOS: 0.4, training mean 0.3"],
        ),
    ],
)
def test_a_quantity_must_be_better(own: dict[str, float], named: list[str]) -> None:
    assert shortfalls({"mine": own, "training mean": MEAN}) == named


def test_a_baseline_without_a_score_proves_nothing() -> None:
    unknown = dict.fromkeys(MEAN, math.nan)
    assert shortfalls({"mine": MEAN, "training mean": unknown}) == []
