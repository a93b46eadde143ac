"""Designed sequences beside random draws with the same budget, exactly by kordas2025.

Run ``python benchmarks/design.py``: hidden targets are those of random sequences, so that each can
be met. A few minutes of CPU time, one thread. Distances and contrasts are in decades; a hidden
target is met within 0.2 decades. Of a contrast, the distance is how much the best random draw of
all seeds is above it, so that a negative one is better. The last columns say how often random draws
of the same CPU time are better, drawn and computed a few thousand at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

import dnawire as dw
from dnawire.api.conditions import KeywordConditions
from dnawire.api.design import Design
from dnawire.api.design_question import DesignQuestion
from dnawire.data.random import named_generator
from dnawire.inference import Rules, SequenceSpace
from dnawire.junction import BASES

MODEL: Final = dw.load("exact:kordas2025")
FERMI_ENERGY: Final = -7.1
ENERGIES: Final = np.linspace(-8.5, -6.7, 60)
MET: Final = 0.2
AT_ONCE: Final = 4096
NOTABLE: Final = 0.02
"""Decades that no evaluator tells apart."""


@dataclass(frozen=True)
class Case:
    """One kind of targets.

    Parameters
    ----------
    name
        For the table.
    length
        Number of base pairs.
    number
        Number of hidden targets, or of seeds.
    evaluations
        Budget of each search and of the draws beside it.
    target
        Name of the target.
    """

    name: str
    length: int
    number: int
    evaluations: int
    target: str


CASES: Final = (
    Case("log10 T at E_F, all 8-mers", 8, 50, 100_000, "log10_transmission"),
    Case("log10 T at E_F, 8-mers", 8, 50, 1_000, "log10_transmission"),
    *(
        Case(f"log10 T at E_F, {length}-mers", length, number, 1_000, "log10_transmission")
        for length, number in ((10, 33), (11, 33), (12, 34))
    ),
    Case("log10 T at E_F, 16-mers", 16, 50, 1_000, "log10_transmission"),
    Case("log10 G at E_F, 8-mers", 8, 10, 200, "log10_conductance"),
    Case("T(E), 8-mers", 8, 20, 1_000, "transmission_spectrum"),
    Case("T(E), 8-mers", 8, 20, 10_000, "transmission_spectrum"),
    Case("T(E), 12-mers", 12, 20, 10_000, "transmission_spectrum"),
    Case("T(-7.6)/T(-8.0) above 1e-10, 12-mers", 12, 20, 1_000, "energy_contrast"),
    Case("match/mismatch 4:GT above 1e-10, 12-mers", 12, 20, 1_000, "mismatch_contrast"),
    Case("match/mismatch 4:GT above 1e-10, 12-mers", 12, 20, 10_000, "mismatch_contrast"),
)


def hidden_sequences(length: int, number: int) -> list[str]:
    """Random sequences, the same in every case of a length."""
    codes = SequenceSpace(length, Rules()).draw(named_generator(1, "hidden", length), number)
    return ["".join(BASES[code] for code in row) for row in codes.tolist()]


def targets(case: Case) -> Iterator[dict[str, Any]]:
    """Keywords of the targets of a case."""
    at: dict[str, Any] = {"target": case.target, "fermi_energy": FERMI_ENERGY}
    for text in hidden_sequences(case.length, case.number):
        hidden = dw.predict(text, MODEL, energies=ENERGIES, fermi_energy=FERMI_ENERGY)
        at_fermi = hidden.summary.at_fermi_energy
        assert at_fermi is not None
        if case.target == "log10_transmission":
            yield at | {"value": at_fermi.log10_transmission}
        elif case.target == "log10_conductance":
            yield at | {"value": float(np.log10(at_fermi.conductance.conductance_quanta))}
        elif case.target == "transmission_spectrum":
            yield at | {"spectrum": (ENERGIES, hidden.transmission)}
        elif case.target == "energy_contrast":
            yield at | {"energy_on": -7.6, "energy_off": -8.0, "floor": -10.0}
        else:
            yield at | {"mismatch": "4:GT", "floor": -10.0}


def searched(case: Case, keywords: dict[str, Any], seed: int) -> float:
    """Loss of the best sequence that is designed."""
    asked = {"length": case.length, "evaluations": case.evaluations, "seed": seed, "top": 1}
    return dw.design(MODEL, **(asked | keywords)).found.best[0].loss


def drawn(case: Case, keywords: dict[str, Any], seed: int, seconds: float | None = None) -> float:
    """Loss of the best of as many random draws, or of as many as some CPU time allows."""
    own = dict(keywords)
    asked = KeywordConditions.of({"fermi_energy": own.pop("fermi_energy")})
    question = DesignQuestion.of({"length": case.length} | own)
    design = Design.prepared(question, MODEL.predictor, asked)
    (space,) = question.spaces(question.wanted())
    start, generator = time.process_time(), named_generator(seed, "drawn", seconds is None)
    best, left = np.inf, min(case.evaluations, int(space.size))
    while left > 0 if seconds is None else time.process_time() - start < seconds:
        at_once = min(design.budget.at_once, left if seconds is None else AT_ONCE)
        best = min(best, float(design.measured(space.draw(generator, at_once))[1].min()))
        left -= at_once
    return best


def compare(case: Case) -> None:
    """Print the row of one case."""
    losses, seconds, beaten = [], 0.0, 0
    for seed, keywords in enumerate(targets(case)):
        start = time.process_time()
        found = searched(case, keywords, seed)
        spent = time.process_time() - start
        seconds += spent
        losses.append((found, drawn(case, keywords, seed)))
        beaten += drawn(case, keywords, seed, spent) < found
    rows = np.array(losses)
    is_hidden = "contrast" not in case.target
    # A contrast has no wanted value: the best random draw of all seeds stands for it.
    rows -= 0.0 if is_hidden else rows[:, 1].min()
    excess = rows[:, 0] - rows[:, 1]
    met = [f"{share:4.0%}" if is_hidden else "   -" for share in (rows <= MET).mean(axis=0)]
    print(
        f"{case.name:42} {case.evaluations:7,} {case.number:3}   "
        f"{met[0]} {_said(rows[:, 0])}   {met[1]} {_said(rows[:, 1])}   "
        f"{(excess > 0).sum():3} {(excess > NOTABLE).sum():3} {max(excess.max(), 0.0):6.3f}   "
        f"{seconds / case.number:6.2f} {beaten:5}",
        flush=True,
    )


def _said(distances: NDArray[np.float64]) -> str:
    return f"{distances.mean():8.4f} {distances.max():8.4f}"


def main(cases: Sequence[Case]) -> None:
    """Print the table."""
    print(
        f"{'':42} {'budget':>7} {'n':>3}   {'design: met, mean, worst':22}   "
        f"{'random: met, mean, worst':22}   worse, > {NOTABLE:g}, most   s each  in this time"
    )
    for case in cases:
        compare(case)


if __name__ == "__main__":
    with threadpool_limits(1):
        main(CASES)
