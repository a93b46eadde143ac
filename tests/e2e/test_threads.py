"""A run repeats itself to the last bit, with any number of threads."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import MODELS, finish
from outcome import assert_identical, results

FULL_SIZE = ["--num_samples", "150", "--num_epochs", "2", "--batch_size", "32"]
"""Models of the default size: smaller ones leave PyTorch nothing to share between threads."""


@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("model", MODELS)
def test_two_runs_are_equal(tmp_path: Path, model: str, threads: str) -> None:
    flags = (*FULL_SIZE, "--model_type", model, "--num_threads", threads)
    for name in ("one", "other"):
        finish(tmp_path / name, *flags)
    assert_identical(results(tmp_path / "one", model), results(tmp_path / "other", model))
