"""Own settings of the types of models: flags like all others, refused where they have no effect."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, cast

from pydantic.dataclasses import dataclass

from dnawire.config._group import GROUP
from dnawire.config.model import EncoderSettings, ModelConfig
from dnawire.config.model_types import declaration, model_types

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from dnawire.config._group import Group


@cache
def model_group() -> type[ModelConfig]:
    """Return `ModelConfig` with the own settings of all types of models.

    Raises
    ------
    TypeError
        Two classes of settings declare the same name: a flag has one meaning.
    """
    kinds = dict.fromkeys(declaration(name).settings for name in model_types())
    own = [kind for kind in kinds if kind is not EncoderSettings]
    union = type(ModelConfig.__name__, (*reversed(own), ModelConfig), {"__module__": __name__})
    _check_owners(union)
    union.__doc__ = ModelConfig.__doc__
    group = dataclass(frozen=True, config=GROUP, kw_only=True)(union)
    return cast("type[ModelConfig]", group)


def settings_of(config: ModelConfig) -> EncoderSettings:
    """Return the settings of the chosen type of model, shared and own ones."""
    kind = declaration(config.model_type).settings
    given = {name: getattr(config, name) for name in fields_of(kind) if hasattr(config, name)}
    return kind(**given)


def foreign_settings(name: str) -> frozenset[str]:
    """Names of the own settings of all types of models but the given one."""
    everything, shared = set(fields_of(model_group())), set(fields_of(ModelConfig))
    return frozenset(everything - shared - set(fields_of(declaration(name).settings)))


def fields_of(kind: type[Group]) -> Mapping[str, FieldInfo]:
    """Fields of a group by name."""
    fields: Mapping[str, FieldInfo] = vars(kind)["__pydantic_fields__"]
    return fields


def _check_owners(union: type) -> None:
    owners: dict[str, type] = {}
    for owner in union.__mro__:
        for name in vars(owner).get("__annotations__", {}):
            if name in owners:
                raise TypeError(f"{owners[name].__name__} and {owner.__name__} both declare {name}")
            owners[name] = owner
