"""The search of ``dnawire design`` with measures that need no predictor."""

from __future__ import annotations

import numpy as np
import pytest

from dnawire.inference import Budget, Rules, SequenceSpace, search


def test_what_begins_alike_is_measured_together_to_the_end_of_the_budget() -> None:
    """Completed beginnings are those of the best, each sequence counts, none stands twice."""
    codes: list[np.ndarray] = []

    def measured(upper: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        codes.append(upper)
        value = abs(upper @ 4.0 ** -np.arange(11.0) - 2.0)
        return {"distance": value}, value

    spaces = [SequenceSpace(11, Rules())]
    budget = Budget(200, 2**14, 10, 1, together=12)
    *_, found = search(spaces, measured, budget, ())
    assert budget.evolved == 100
    assert budget.completed == 2**20 - 100
    assert found.evaluations == sum(map(len, codes))
    assert 2**19 < found.evaluations <= budget.all_together == 2**20
    numbers = np.concatenate([one @ 4 ** np.arange(11) for one in codes])
    assert len(np.unique(numbers)) > 0.7 * len(numbers)
    assert found.best[0].loss < 1e-5
    assert len({one.upper for one in found.best}) == 10


@pytest.mark.parametrize("evaluations", [16, 15], ids=["all", "evolution"])
def test_values_that_are_none_are_counted_and_left_out(evaluations: int) -> None:
    def measured(upper: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        value = np.where(upper[:, 0] == 0, -np.inf, upper.sum(axis=1))
        return {"value": value}, np.where(np.isfinite(value), value, np.inf)

    spaces = [SequenceSpace(2, Rules())]
    *_, found = search(spaces, measured, Budget(evaluations, 4, 100, 1), ())
    assert found.evaluations == evaluations
    assert found.vanishing + len(found.best) == evaluations
    assert all(one.upper[0] != "A" for one in found.best)
    assert [one.upper for one in found.best[:2]] == ["CA", "CC"]
