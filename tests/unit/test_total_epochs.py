"""Another total number of epochs: one that is passed already is refused for what it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from dnawire.config import OptimizationConfig, TrainConfig
from dnawire.errors import ConfigurationMismatchError
from dnawire.runs.resume import check_settings


@pytest.mark.parametrize(
    ("schedule", "remedy"),
    [("cosine", "num_epochs 5,"), ("one-cycle", "num_epochs 5,"), ("constant", "4 or more")],
)
def test_fewer_epochs_than_are_done_are_no_jump_of_the_rate(
    schedule: Literal["cosine", "one-cycle", "constant"],
    remedy: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    then = TrainConfig(optimization=OptimizationConfig(num_epochs=5, schedule=schedule))
    now = replace(then, optimization=replace(then.optimization, num_epochs=3))
    with caplog.at_level("INFO"), pytest.raises(ConfigurationMismatchError) as caught:
        check_settings({"args": then.flat(), "epoch": 4}, now)
    assert caught.value.problem == "num_epochs = 3, but 4 epochs are done"
    assert remedy in caught.value.remedy
    assert caplog.text == ""


@pytest.mark.parametrize(("warmup", "words"), [(1, "it would jump from"), (5, "its course would")])
def test_more_epochs_of_a_schedule_that_knows_its_end_are_refused(warmup: int, words: str) -> None:
    """While the rate still rises, nothing jumps."""
    optimization = OptimizationConfig(num_epochs=6, schedule="cosine", warmup_epochs=warmup)
    then = TrainConfig(optimization=optimization)
    now = replace(then, optimization=replace(optimization, num_epochs=8))
    done = {"epoch": 4, "resume": {"state": {"run": {"step": 28}}}}
    with pytest.raises(ConfigurationMismatchError) as caught:
        check_settings({"args": then.flat(), **done}, now)
    assert words in caught.value.remedy
