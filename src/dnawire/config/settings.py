"""The register of all settings: one flat name each, unique over the groups.

A setting without a docstring or without a `GuardClass` is a mistake of ours, and is refused.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import TYPE_CHECKING, Any, Final, get_args

from dnawire.config._messages import allowed_values, unknown_name
from dnawire.config.checkpoint import CheckpointConfig
from dnawire.config.data import DataConfig
from dnawire.config.guard_class import GuardClass
from dnawire.config.loss import LossConfig
from dnawire.config.model import ModelConfig
from dnawire.config.model_settings import fields_of, model_group
from dnawire.config.optimization import OptimizationConfig
from dnawire.config.output import OutputConfig
from dnawire.config.runtime import RuntimeConfig

if TYPE_CHECKING:
    from dnawire.config._group import Group

GROUPS: Final[Mapping[str, type[Group]]] = MappingProxyType(
    {
        "data": DataConfig,
        "model": ModelConfig,
        "optimization": OptimizationConfig,
        "loss": LossConfig,
        "runtime": RuntimeConfig,
        "checkpoint": CheckpointConfig,
        "output": OutputConfig,
    }
)
"""The groups by name, in the order of help and files."""


@dataclasses.dataclass(frozen=True)
class Setting:
    """What is known about one setting."""

    name: str
    """Flat name: the flag without its dashes, and the key in a file."""
    group: str
    """Name of its group."""
    guard: GuardClass
    """What a change means for a run that is resumed."""
    default: Any
    """Value when neither a flag nor a file gives one."""
    allowed: str
    """Which values are accepted, in words."""
    help: str
    """What it is, in a sentence or two."""
    is_optional: bool
    """Whether it may be None."""


@cache
def settings() -> Mapping[str, Setting]:
    """Return every setting by its flat name, in the order of the groups."""
    found: dict[str, Setting] = {}
    for group, kind in _groups().items():
        for setting in describe_group(group, kind):
            if setting.name in found:
                raise TypeError(f"two settings are called {setting.name}")
            found[setting.name] = setting
    return MappingProxyType(found)


def guard_classes() -> dict[str, GuardClass]:
    """Return the guard class of every setting by its flat name."""
    return {name: setting.guard for name, setting in settings().items()}


def build_groups(values: Mapping[str, Any]) -> dict[str, Group]:
    """Return all groups, filled from flat names; names that are missing take their defaults.

    Raises
    ------
    dnawire.errors.UsageError
        A name does not exist, or a value is of the wrong type or out of bounds.
    """
    known = settings()
    for name in values:
        if name not in known:
            raise unknown_name(name, known)
    return {
        group: kind(**{name: values[name] for name in values if known[name].group == group})
        for group, kind in _groups().items()
    }


def to_plain(value: object) -> Any:  # noqa: ANN401
    """Return the value of a setting as JSON knows it: paths are text, tuples are lists."""
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def describe_group(group: str, kind: type[Group]) -> Iterator[Setting]:
    """Yield the settings of one group; `TypeError` names a field that is not fully declared."""
    for name, field in fields_of(kind).items():
        guards = [mark for mark in field.metadata if isinstance(mark, GuardClass)]
        text = _docstring(kind, name)
        if len(guards) != 1 or not text:
            raise TypeError(f"{kind.__name__}.{name} needs one GuardClass and one docstring")
        is_optional = NoneType in get_args(field.annotation)
        allowed = allowed_values(field)
        yield Setting(name, group, guards[0], field.default, allowed, text, is_optional)


def _docstring(kind: type[Group], name: str) -> str:
    """Pydantic does not hand the docstring of an inherited field down to the subclass."""
    for owner in kind.__mro__:
        field = vars(owner).get("__pydantic_fields__", {}).get(name)
        if field is not None and field.description:
            return " ".join(field.description.split())
    return ""


def _groups() -> Mapping[str, type[Group]]:
    """`GROUPS` with the own settings of the types of models, which import this package."""
    return {**GROUPS, "model": model_group()}
