"""The flags of `dnawire train` are a promise: names, defaults and guard classes may only be added.

A change of this table breaks job scripts and saved runs; it belongs into the changelog.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Final

import pytest
from pydantic.dataclasses import dataclass

from dnawire.cli.train import TrainFlags
from dnawire.config import GROUPS, GuardClass, TrainConfig, guard_classes, settings
from dnawire.config._group import GROUP, Group
from dnawire.config.model_settings import fields_of, foreign_settings, model_group
from dnawire.config.settings import describe_group

MUST, MAY, IGNORED = GuardClass.MUST_MATCH, GuardClass.MAY_CHANGE, GuardClass.IGNORED

FROZEN: dict[str, tuple[Any, GuardClass]] = {
    "data": (None, MAY),
    "parameters": ("kordas2025", MUST),
    "num_samples": (2000, MUST),
    "seq_length": (8, MUST),
    "min_length": (-1, MUST),
    "num_energy_points": (100, MUST),
    "energy_min": (None, MUST),
    "energy_max": (None, MUST),
    "missing_fraction": (0.1, MUST),
    "left_contact": ("upper:0", MUST),
    "right_contact": ("upper:-1", MUST),
    "gamma_left": (0.1, MUST),
    "gamma_right": (0.1, MUST),
    "eta": (0.0, MUST),
    "validation_fraction": (0.1, MUST),
    "test_fraction": (0.1, MUST),
    "split_seed": (42, MUST),
    "splits": (None, MAY),
    "allow_leak": (False, MAY),
    "model_type": ("standard", MUST),
    "init_from": (None, MAY),
    "init_digest": (None, MUST),
    "hidden_dim": (128, MUST),
    "num_layers": (4, MUST),
    "num_heads": (4, MUST),
    "dropout": (0.1, MUST),
    "batch_size": (32, MUST),
    "num_epochs": (100, MUST),
    "learning_rate": (1e-3, MUST),
    "accumulate_batches": (1, MUST),
    "optimizer": ("adamw", MUST),
    "weight_decay": (1e-5, MUST),
    "momentum": (0.9, MUST),
    "ema_decay": (0.0, MUST),
    "schedule": ("cosine", MUST),
    "warmup_epochs": (5, MUST),
    "final_learning_rate_fraction": (0.01, MUST),
    "plateau_factor": (0.5, MUST),
    "plateau_patience": (10, MUST),
    "gradient_clip": (1.0, MUST),
    "max_rollbacks": (3, MAY),
    "rollback_rate_factor": (0.5, MUST),
    "transmission_weight": (1.0, MUST),
    "dos_weight": (1.0, MUST),
    "ldos_weight": (1.0, MUST),
    "huber_delta": (0.1, MUST),
    "resonance_width": (None, MUST),
    "seed": (42, MUST),
    "device": ("auto", MUST),
    "num_threads": (1, MUST),
    "checkpoint_dir": (None, IGNORED),
    "resume_from": (None, IGNORED),
    "checkpoint_frequency": (None, MAY),
    "checkpoint_seconds": (60.0, MAY),
    "allow_fallback": (False, IGNORED),
    "allow_change": ([], IGNORED),
    "fresh": (False, IGNORED),
    "time_limit": ("auto", IGNORED),
    "stop_margin": (60.0, IGNORED),
    "requeue": ("auto", IGNORED),
    "output_dir": ("outputs", MAY),
    "model_name": (None, MAY),
    "tensorboard": (False, MAY),
}


OWN: Final = {"solvent": ("water", MUST), "level_weight": (0.0, MUST)}
"""Settings of single types of models, which no other type has."""


def test_names_and_defaults_are_frozen() -> None:
    assert TrainConfig().flat() == {name: default for name, (default, _) in FROZEN.items()}


def test_guard_classes_are_frozen() -> None:
    assert guard_classes() == {name: guard for name, (_, guard) in (FROZEN | OWN).items()}


def test_own_settings_of_models_are_frozen() -> None:
    known = {**fields_of(model_group())}
    assert foreign_settings("standard") == OWN.keys()
    assert {name: known[name].default for name in OWN} == {
        name: default for name, (default, _) in OWN.items()
    }


def test_every_group_has_its_flags_on_the_command_line() -> None:
    flags = {field.name for field in dataclasses.fields(TrainFlags)}
    assert flags - set(GROUPS) == {"config", "print_config", "messages"}
    assert set(GROUPS) <= flags
    assert {field.name for field in dataclasses.fields(TrainConfig)} == set(GROUPS)


def test_every_setting_is_explained() -> None:
    for setting in settings().values():
        assert setting.help.endswith("."), setting.name
        assert setting.allowed, setting.name


@dataclass(frozen=True, config=GROUP, kw_only=True)
class WithoutGuard(Group):
    width: int = 3
    """Width."""


@dataclass(frozen=True, config=GROUP, kw_only=True)
class WithoutDocstring(Group):
    width: Annotated[int, GuardClass.MUST_MATCH] = 3


@pytest.mark.parametrize("kind", [WithoutGuard, WithoutDocstring])
def test_a_setting_without_guard_class_or_docstring_is_refused(kind: type[Group]) -> None:
    with pytest.raises(TypeError, match=f"{kind.__name__}.width needs"):
        list(describe_group("group", kind))
