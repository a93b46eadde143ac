"""What the training set tells at a glance, and trivial predictors, where T is 1e-400 or zero."""

from __future__ import annotations

import math

import numpy as np
import torch

from dnawire.config import TrainConfig
from dnawire.data import generate_dataset, generation_spec
from dnawire.graphs import Batch, length_buckets
from dnawire.training.baselines import baseline_scores
from dnawire.training.statistics import target_statistics


def buckets(length: int, *, vanishing: bool = False) -> tuple[list[Batch], torch.Tensor]:
    values = {"num_samples": 12, "seq_length": length, "num_energy_points": 5}
    config = TrainConfig.from_flat(values | {"missing_fraction": 0.0})
    dataset = generate_dataset(generation_spec(config.data, seed=3))
    if vanishing:
        dataset.spectra["log10_transmission"].values[:] = -np.inf
    return length_buckets(dataset, np.arange(12)), torch.from_numpy(dataset.energies)


def test_long_duplexes_are_learned_from_and_scored() -> None:
    """No logarithm of 1e-400 is lost: every record counts."""
    batches, energies = buckets(250)
    statistics = target_statistics(batches, energies, 0.0)
    assert statistics.mean["log10_transmission"].min() < -324.0
    scores = baseline_scores(batches, batches, statistics)
    for name, score in scores.items():
        assert 0.0 <= score["transmission"] < 50.0, name
    ridge, mean = scores["ridge on one-hot bases"], scores["training mean"]
    assert ridge["transmission"] < mean["transmission"]


def test_a_transmission_that_vanishes_everywhere_is_not_scored() -> None:
    batches, energies = buckets(4, vanishing=True)
    scores = baseline_scores(batches, batches, target_statistics(batches, energies, 0.0))
    assert all(math.isnan(score["transmission"]) for score in scores.values())
    assert all(math.isfinite(score["dos"]) for score in scores.values())


def test_what_records_do_not_have_is_no_statistic() -> None:
    batches, energies = buckets(4)
    known = {"log10_transmission", "log10_dos"}
    assert set(target_statistics(batches, energies, 0.0).mean) == known
