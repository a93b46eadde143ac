"""Configuration: validated, documented and frozen; every flag of the command line is one field.

`TrainConfig` composes the groups. A value that is impossible raises `dnawire.errors.UsageError`
with the name, the value and what is allowed.
"""

from __future__ import annotations

from dnawire.config._consistency import check_generation
from dnawire.config.checkpoint import CheckpointConfig
from dnawire.config.data import DataConfig, GenerationConfig
from dnawire.config.files import read_settings, to_yaml, write_yaml
from dnawire.config.guard_class import GuardClass
from dnawire.config.loss import LossConfig
from dnawire.config.model import ModelConfig
from dnawire.config.optimization import OptimizationConfig
from dnawire.config.output import OutputConfig
from dnawire.config.runtime import RuntimeConfig, SeedConfig
from dnawire.config.settings import GROUPS, Setting, build_groups, guard_classes, settings
from dnawire.config.train_config import TrainConfig

__all__ = [
    "GROUPS",
    "CheckpointConfig",
    "DataConfig",
    "GenerationConfig",
    "GuardClass",
    "LossConfig",
    "ModelConfig",
    "OptimizationConfig",
    "OutputConfig",
    "RuntimeConfig",
    "SeedConfig",
    "Setting",
    "TrainConfig",
    "build_groups",
    "check_generation",
    "guard_classes",
    "read_settings",
    "settings",
    "to_yaml",
    "write_yaml",
]
