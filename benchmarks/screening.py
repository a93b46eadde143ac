"""Sequences screened per second: all 65,536 8-mers at 100 energies or one, ranked.

Run ``python benchmarks/screening.py``: exactly, and by untrained models of the default size. One
thread, CPU time of whole screenings; their speed does not depend on what was learned. The exact
screenings are measured in turn with those of the same Hamiltonians that compute every sequence
whole. The memory is what the process grew by at its peak, after a first small screening.
"""

from __future__ import annotations

import resource
from functools import partial

import torch
from threadpoolctl import threadpool_limits
from timing import alternate, matrix_product, peak

from dnawire.config import TrainConfig
from dnawire.inference import (
    Conditions,
    Distribution,
    PatternCandidates,
    Predictor,
    Question,
    Ranking,
    load_predictor,
    screen,
)
from dnawire.junction import Contact
from dnawire.models import predictor_class
from dnawire.predictors import HamiltonianPredictor
from dnawire.runs.preparation import build_trainer, prepare_data, prepare_dataset
from dnawire.tightbinding import ladder_blocks, load_parameters

ALL_8_MERS = "NNNNNNNN"
A_SIXTEENTH = "ACNNNNNN"
DEVICE = torch.device("cpu")


def untrained(model_type: str, conditions: Conditions) -> Predictor:
    """Predictor of a model of the default size before its first step."""
    config = TrainConfig.from_flat({"model_type": model_type, "num_samples": 200})
    data = prepare_data(config, prepare_dataset(config), DEVICE)
    model = build_trainer(config, data, DEVICE).model.eval()
    return predictor_class(model_type)(model_type, conditions, model)


def whole(exact: Predictor) -> Predictor:
    """Predictor of the same Hamiltonians that shares nothing."""
    source = partial(ladder_blocks, parameters=load_parameters("kordas2025"))
    return HamiltonianPredictor("whole", exact.conditions, source)


def screening(
    predictor: Predictor, pattern: str, rank_by: str = "mean_log10_transmission"
) -> Ranking:
    """Screen as ``dnawire screen`` does."""
    energies = predictor.conditions.energies
    question = Question(
        left=Contact.at("upper", 0, 0.1),
        right=Contact.at("upper", -1, 0.1),
        energies=energies,
        window=(float(energies[0]), float(energies[-1])),
        eta=predictor.conditions.eta,
        fermi_energy=None if rank_by == "mean_log10_transmission" else -7.1,
        temperature=300.0,
        rank_by=rank_by,
    )
    ranking = Ranking(question.rank_by, lowest=False, top=100)
    distribution = Distribution()
    for piece in screen(predictor, PatternCandidates(pattern), question, unique=False):
        ranking.add(piece)
        distribution.add(piece.values[question.rank_by])
    return ranking


def peak_memory() -> float:
    """MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def compare(name: str, predictor: Predictor, rounds: int) -> None:
    """Print the row of one predictor."""
    screening(predictor, A_SIXTEENTH)
    before = peak_memory()
    calls = {
        "all": lambda: screening(predictor, ALL_8_MERS),
        "product": matrix_product(torch.float32),
    }
    timings = alternate(calls, rounds, {"all": 1, "product": 20})
    number, best = PatternCandidates(ALL_8_MERS).count, peak(timings["product"])
    rate = 1e3 * number / timings["all"].median
    print(
        f"{name:18} {rate:9.0f} sequences/s   memory +{peak_memory() - before:.0f} MB   "
        f"{rate / best:6.0f} sequences per GFLOP of a float32 product ({best:.0f} GFLOP/s)"
    )


def compare_sharing(exact: Predictor, rounds: int) -> None:
    """Print what shared beginnings gain, by quantity."""
    predictors = {"shared": exact, "whole": whole(exact)}
    for rank_by in ("log10_transmission", "mean_log10_transmission"):
        calls = {
            name: partial(screening, predictor, ALL_8_MERS, rank_by)
            for name, predictor in predictors.items()
        }
        timings = alternate(calls, rounds, {"shared": 4, "whole": 1})
        number = PatternCandidates(ALL_8_MERS).count
        rates = {name: 1e3 * number / timing.median for name, timing in timings.items()}
        print(
            f"{rank_by:23} {rates['shared']:9.0f} sequences/s   whole {rates['whole']:8.0f}   "
            f"{rates['shared'] / rates['whole']:.1f} times"
        )


if __name__ == "__main__":
    torch.set_num_threads(1)
    with threadpool_limits(1):
        exact = load_predictor("exact:kordas2025")
        compare_sharing(exact, rounds=7)
        compare("exact:kordas2025", exact, rounds=7)
        compare("hamiltonian", untrained("hamiltonian", exact.conditions), rounds=3)
        compare("standard", untrained("standard", exact.conditions), rounds=3)
