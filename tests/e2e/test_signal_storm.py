"""Signals at any instant, alone, doubled and in bursts, tear no state."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from harness import CHECKPOINTS, MODELS, TINY
from storm import signal_storm


@pytest.mark.parametrize("signals", [20, pytest.param(1000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("model", MODELS)
def test_every_saved_state_lies_on_the_way_of_a_run_in_peace(
    tmp_path: Path, model: str, signals: int, record_property: Callable[[str, object], None]
) -> None:
    flags = (*TINY, "--model_type", model, "--num_epochs", "8", "--checkpoint_frequency", "1")
    tally = signal_storm(tmp_path, model, (*flags, "--checkpoint_dir", CHECKPOINTS), signals)
    record_property("summary", tally.summary())
