"""Settings of what a run leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic.dataclasses import dataclass

from dnawire.config._group import GROUP, Group, OptionalText, PathLike
from dnawire.config.guard_class import MAY_CHANGE


@dataclass(frozen=True, config=GROUP, kw_only=True)
class OutputConfig(Group):
    """Settings of what a run leaves behind."""

    output_dir: Annotated[PathLike, MAY_CHANGE] = Path("outputs")
    """Folder of the results."""

    model_name: Annotated[OptionalText, MAY_CHANGE] = None
    """Name of the model in the results; None takes model_type."""

    tensorboard: Annotated[bool, MAY_CHANGE] = False
    """Also write the numbers of each epoch for TensorBoard, below the results."""
