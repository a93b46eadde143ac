"""Equal values are ranked by a documented order, not by rounding errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import dnawire as dw
from dnawire.inference import (
    Budget,
    PatternCandidates,
    Question,
    Ranked,
    Ranking,
    Rules,
    SequenceSpace,
    load_predictor,
    screen,
    search,
)
from dnawire.inference.question import MEAN_TRANSMISSION
from dnawire.inference.ranking import DECIMALS
from dnawire.junction import Contact

EXACT = "exact:kordas2025"
ASKED: dict[str, Any] = {
    "left": "upper:0", "right": "lower:0", "fermi_energy": -7.1,
    "rank_by": "log10_transmission",
}  # fmt: skip


@pytest.mark.parametrize("lowest", [False, True])
def test_both_writings_of_one_junction_stand_together_in_the_order_of_the_candidates(
    lowest: bool,
) -> None:
    found = dw.screen(EXACT, length=5, top=1024, lowest=lowest, **ASKED)
    places = {text: place for place, text in enumerate(found.sequences)}
    apart = 0
    for row in found:
        if row.text < row.flipped_text:
            assert places[row.flipped_text] > places[row.text]
            other = found[places[row.flipped_text]]
            apart += other.values["log10_transmission"] != row.values["log10_transmission"]
    # Most of them are not equal to the last bit.
    assert apart > 100
    values = found.to_dataframe()["log10_transmission"].to_numpy()
    assert (np.diff(values if lowest else -values) > -(10.0**-DECIMALS)).all()


def test_the_ranking_does_not_depend_on_how_candidates_come() -> None:
    generator = np.random.default_rng(5)
    values = np.round(generator.normal(size=500), 2) + generator.uniform(-4e-7, 4e-7, size=500)
    rows = [Ranked(str(one), "", {"value": float(value)}, ()) for one, value in enumerate(values)]
    expected = sorted(range(500), key=lambda one: (-round(float(values[one]), 2), one))[:40]
    for size in (500, 7, 1):
        ranking = Ranking("value", lowest=False, top=40)
        for start in range(0, 500, size):
            places = list(range(start, min(start + size, 500)))
            ranking.merge([rows[one] for one in places], places)
        assert ranking.positions == expected


def test_a_value_that_is_equal_to_the_last_is_not_lost() -> None:
    """A better place among equals counts, though its value is worse in the last bits."""
    predictor = load_predictor(EXACT)
    contacts = Contact.at("upper", 0, 0.1), Contact.at("lower", 0, 0.1)
    energies = predictor.conditions.energies
    question = Question(*contacts, energies, (-9.0, -7.0), 0.0, None, 300.0, MEAN_TRANSMISSION)
    (piece,) = screen(predictor, PatternCandidates("NN"), question, unique=False)
    first, last = piece.select(np.arange(8)), piece.select(np.arange(8, 16))
    for lowest, worse in ((False, -1e-9), (True, 1e-9)):
        ranking = Ranking("flat", lowest=lowest, top=1)
        for part, value in ((last, 0.0), (first, worse)):
            ranking.add(part._replace(values={"flat": np.full(8, value)}))
        assert [row.text for row in ranking.rows] == ["AA"]


def test_designs_of_equal_distance_are_in_alphabetical_order() -> None:
    noise = np.random.default_rng(3)

    def measured(upper: NDArray[np.int8]) -> tuple[dict[str, NDArray[np.float64]], Any]:
        losses = 1.0 + (upper == 0).sum(axis=1) + noise.uniform(-1e-9, 1e-9, size=len(upper))
        return {"value": losses}, losses

    for evaluations, at_once in ((64, 64), (64, 5), (60, 4)):
        budget = Budget(evaluations, at_once, top=30, seed=1)
        *_, found = search([SequenceSpace(3, Rules())], measured, budget, [])
        order = [(one.upper.count("A"), one.upper) for one in found.best]
        assert order == sorted(order)
        assert len(order) == 30
    assert found.best[0].upper == "CCC"
