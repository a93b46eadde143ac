"""The complete configuration of a training run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, cast

from pydantic.dataclasses import dataclass

from dnawire.config import _consistency as consistency
from dnawire.config._group import GROUP
from dnawire.config.checkpoint import CheckpointConfig
from dnawire.config.data import DataConfig
from dnawire.config.loss import LossConfig
from dnawire.config.model import ModelConfig
from dnawire.config.model_settings import foreign_settings
from dnawire.config.optimization import OptimizationConfig
from dnawire.config.output import OutputConfig
from dnawire.config.runtime import RuntimeConfig
from dnawire.config.settings import GROUPS, build_groups, settings, to_plain


@dataclass(frozen=True, config=GROUP, kw_only=True)
class TrainConfig:
    """Everything that decides a training run, checked as a whole.

    Raises
    ------
    dnawire.errors.UsageError
        A value is impossible, or two values contradict each other.
    """

    data: DataConfig = DataConfig()
    """Which records."""

    model: ModelConfig = ModelConfig()
    """Which model."""

    optimization: OptimizationConfig = OptimizationConfig()
    """How it is fitted."""

    loss: LossConfig = LossConfig()
    """What is fitted."""

    runtime: RuntimeConfig = RuntimeConfig()
    """On which machine, with which random numbers."""

    checkpoint: CheckpointConfig = CheckpointConfig()
    """How the run is kept safe."""

    output: OutputConfig = OutputConfig()
    """Where the results go."""

    def __post_init__(self) -> None:
        consistency.check_generation(self.data)
        consistency.check_source(self.data)
        consistency.check_split(self.data)
        consistency.check_model(self.model)
        consistency.check_target(self.model, self.data)
        consistency.check_loss(self.loss)
        consistency.check_checkpoint(self.checkpoint)

    @property
    def model_name(self) -> str:
        """Name of the model in the results."""
        return self.output.model_name or self.model.model_type

    def flat(self) -> dict[str, Any]:
        """Return every setting of the run by its flat name, as values that JSON knows."""
        foreign = foreign_settings(self.model.model_type)
        return {
            name: to_plain(getattr(getattr(self, setting.group), name, setting.default))
            for name, setting in settings().items()
            if name not in foreign
        }

    def grouped(self) -> dict[str, dict[str, Any]]:
        """Return the same by group and name."""
        flat = self.flat()
        return {
            group: {name: flat[name] for name in flat if settings()[name].group == group}
            for group in GROUPS
        }

    @classmethod
    def from_flat(cls, values: Mapping[str, Any]) -> Self:
        """Build a configuration from flat names; names that are missing take their defaults.

        Raises
        ------
        dnawire.errors.UsageError
            A name does not exist, a value is impossible, or two values contradict each other.
        """
        return cls(**cast("dict[str, Any]", build_groups(values)))
