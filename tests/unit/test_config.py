"""Values, bounds and cross-field rules of the configuration."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_kit import SPECTRAL

from dnawire.config import (
    CheckpointConfig,
    GenerationConfig,
    TrainConfig,
    check_generation,
)
from dnawire.errors import UsageError

LIMIT_RULE = "auto, none, HH:MM:SS, D-HH:MM:SS or a number of seconds above 0 and at most 1e9"
ENERGY_RULE = "a number of at least -10000.0 and of at most 10000.0, or None"


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("num_epochs", 0, "an integer of at least 1 and of at most 1000000000"),
        ("num_epochs", 1.5, "an integer of at least 1 and of at most 1000000000"),
        ("num_epochs", True, "an integer of at least 1 and of at most 1000000000"),
        ("num_epochs", "3", "an integer of at least 1 and of at most 1000000000"),
        ("learning_rate", 0.0, "a number above 0.0 and of at most 1000000000.0"),
        ("learning_rate", float("inf"), "a number above 0.0 and of at most 1000000000.0"),
        ("dropout", 1.0, "a number of at least 0.0 and below 1.0"),
        ("test_fraction", 1.0, "a number above 0.0 and below 1.0"),
        ("energy_min", float("nan"), ENERGY_RULE),
        ("checkpoint_frequency", 0, "an integer of at least 1 and of at most 1000000000, or None"),
        ("model_type", "magic", "one of 'atomistic', 'hamiltonian', 'standard'"),
        ("min_length", 0, "an integer of at least 1, or -1 for seq_length"),
        ("min_length", -2, "an integer of at least 1, or -1 for seq_length"),
        ("device", "gpu", "auto, cpu, cuda or cuda:NUMBER"),
        ("fresh", "yes", "true or false"),
        ("output_dir", 3, "a path"),
        ("model_name", "", "text, or None"),
        ("allow_change", "seed", "a list of names"),
        ("time_limit", "1:30", LIMIT_RULE),
        ("time_limit", "0", LIMIT_RULE),
        ("time_limit", -5, LIMIT_RULE),
    ],
)
def test_an_impossible_value_is_refused_with_name_value_and_rule(
    name: str, value: object, allowed: str
) -> None:
    with pytest.raises(UsageError) as caught:
        TrainConfig.from_flat({name: value})
    assert caught.value.problem.startswith(f"{name} = ")
    assert str(value) in caught.value.problem
    assert caught.value.problem.endswith(f"it must be {allowed}")


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"min_length": 9, "seq_length": 8}, ("min_length", "seq_length")),
        ({"energy_min": -6.0, "energy_max": -6.0}, ("energy_min", "energy_max")),
        ({"energy_min": -6.0}, ("energy_min", "energy_max")),
        ({"energy_max": -6.0}, ("energy_min", "energy_max")),
        ({"validation_fraction": 0.5, "test_fraction": 0.5}, ("validation_", "test_fraction")),
        ({"hidden_dim": 10, "num_heads": 4}, ("hidden_dim", "num_heads")),
        ({"transmission_weight": 0.0, "dos_weight": 0.0, "ldos_weight": 0.0}, ("dos_weight",)),
        ({"fresh": True, "resume_from": "a/checkpoint_latest.pth"}, ("fresh", "resume_from")),
        ({"fresh": True}, ("fresh", "checkpoints are off")),
        ({"time_limit": "60"}, ("time_limit", "checkpoints are off")),
        ({"data": "a.h5", "num_samples": 7}, ("num_samples = 7", "no effect", "a.h5")),
        ({"data": "a.h5", "eta": 0.1}, ("eta = 0.1", "no effect")),
        ({"allow_change": ["num_epoch"]}, ("allow_change", "num_epoch", "num_epochs")),
        ({"allow_change": ["output_dir"]}, ("allow_change", "output_dir", "not needed")),
    ],
)
def test_contradicting_values_are_refused(values: dict[str, Any], names: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        TrainConfig.from_flat(values)
    for name in names:
        assert name in str(caught.value)


def test_generation_alone_is_checked_too() -> None:
    with pytest.raises(UsageError, match="min_length = 9"):
        check_generation(GenerationConfig(min_length=9))


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="unknown setting 'learning_rat'") as caught:
        TrainConfig.from_flat({"learning_rat": 1e-3})
    assert "'learning_rate'" in caught.value.remedy


def test_shortest_duplex() -> None:
    assert GenerationConfig(seq_length=8).shortest == 8
    assert GenerationConfig(seq_length=8, min_length=4).shortest == 4


@pytest.mark.parametrize(
    ("values", "enabled", "directory", "frequency"),
    [
        ({}, False, "checkpoints", 10),
        ({"checkpoint_dir": "a"}, True, "a", 10),
        ({"checkpoint_frequency": 3}, True, "checkpoints", 3),
        ({"resume_from": "b/checkpoint_latest.pth"}, True, "b", 10),
        ({"resume_from": "b/checkpoint_latest.pth", "checkpoint_dir": "a"}, True, "a", 10),
        ({"checkpoint_seconds": 5.0, "allow_fallback": True}, False, "checkpoints", 10),
    ],
)
def test_when_and_where_checkpoints_are_kept(
    values: dict[str, Any], enabled: bool, directory: str, frequency: int
) -> None:
    checkpoint = CheckpointConfig(**values)
    assert checkpoint.enabled is enabled
    assert checkpoint.directory == Path(directory)
    assert checkpoint.frequency == frequency


@pytest.mark.parametrize(
    ("limit", "seconds"),
    [
        ("90", 90.0),
        (90, 90.0),
        (1.5, 1.5),
        ("00:01:30", 90.0),
        ("24:00:00", 86400.0),
        ("1-02:00:03", 93603.0),
    ],
)
def test_time_limit_in_seconds(limit: object, seconds: float) -> None:
    config = TrainConfig.from_flat({"time_limit": limit, "checkpoint_dir": "a", "stop_margin": 0.0})
    assert config.checkpoint.time_limit_seconds == seconds


def test_no_time_limit() -> None:
    assert CheckpointConfig().time_limit_seconds is None


def test_model_name_is_the_type_unless_given() -> None:
    assert TrainConfig.from_flat({"model_type": "hamiltonian"}).model_name == "hamiltonian"
    assert TrainConfig.from_flat({"model_name": "mine"}).model_name == "mine"


GENERATED = {"data", "num_samples", "eta", "left_contact"}
finite = st.floats(min_value=1e-6, max_value=1e3)
changes = st.fixed_dictionaries(
    {},
    optional={
        "data": st.just("some/records.h5"),
        "num_samples": st.integers(1, 10**6),
        "eta": finite,
        "learning_rate": finite,
        "model_type": st.sampled_from(list(SPECTRAL)),
        "checkpoint_dir": st.sampled_from(["a", "b/c"]),
        "allow_change": st.just(["seed", "device"]),
        "left_contact": st.sampled_from(["upper:0", "upper:0,lower:-1"]),
    },
)


@given(values=changes.filter(lambda values: not {"data"} < (values.keys() & GENERATED)))
def test_flat_values_survive_json_and_build_the_same_configuration(values: dict[str, Any]) -> None:
    config = TrainConfig.from_flat(values)
    flat = json.loads(json.dumps(config.flat()))
    assert TrainConfig.from_flat(flat) == config
    assert values.items() <= flat.items()


def test_configuration_is_frozen() -> None:
    with pytest.raises(AttributeError):
        TrainConfig().data.num_samples = 3  # type: ignore[misc]


def test_importing_the_configuration_loads_no_numerical_library() -> None:
    heavy = "{'torch', 'numpy', 'scipy', 'matplotlib', 'tyro'}"
    code = f"import sys, dnawire.config; sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
