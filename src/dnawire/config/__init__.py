"""Configuration: validated, documented and frozen; every flag of the command line is one field.

`TrainConfig` composes the groups. A value that is impossible raises `dnawire.errors.UsageError`
with the name, the value and what is allowed.
"""

from __future__ import annotations

from dnawire.config._consistency import check_generation
from dnawire.config._group import (
    GROUP,
    Count,
    Group,
    NonNegativeFloat,
    PositiveFloat,
    Probability,
)
from dnawire.config.checkpoint import CheckpointConfig
from dnawire.config.data import DataConfig, GenerationConfig
from dnawire.config.files import read_settings, to_yaml, write_yaml
from dnawire.config.guard_class import IGNORED, MAY_CHANGE, MUST_MATCH, GuardClass
from dnawire.config.loss import LossConfig
from dnawire.config.model import EncoderSettings, ModelConfig
from dnawire.config.model_settings import settings_of
from dnawire.config.model_types import ModelType, declaration, model_types
from dnawire.config.optimization import OptimizationConfig
from dnawire.config.output import OutputConfig
from dnawire.config.runtime import RuntimeConfig, SeedConfig
from dnawire.config.settings import GROUPS, Setting, build_groups, guard_classes, settings
from dnawire.config.train_config import TrainConfig

__all__ = [
    "GROUP",
    "GROUPS",
    "IGNORED",
    "MAY_CHANGE",
    "MUST_MATCH",
    "CheckpointConfig",
    "Count",
    "DataConfig",
    "EncoderSettings",
    "GenerationConfig",
    "Group",
    "GuardClass",
    "LossConfig",
    "ModelConfig",
    "ModelType",
    "NonNegativeFloat",
    "OptimizationConfig",
    "OutputConfig",
    "PositiveFloat",
    "Probability",
    "RuntimeConfig",
    "SeedConfig",
    "Setting",
    "TrainConfig",
    "build_groups",
    "check_generation",
    "declaration",
    "guard_classes",
    "model_types",
    "read_settings",
    "settings",
    "settings_of",
    "to_yaml",
    "write_yaml",
]
