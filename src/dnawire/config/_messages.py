"""Pydantic's complaints in the words of this package: name, value, what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Final, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt

from dnawire.config.suggestion import nearest
from dnawire.errors import UsageError

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

_KINDS: Final[Mapping[object, str]] = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "text",
    Path: "a path",
}


def allowed_values(field: FieldInfo) -> str:
    """Describe in words which values a field accepts, e.g. ``an integer of at least 1``."""
    kinds = get_args(field.annotation) if _is_union(field.annotation) else (field.annotation,)
    words = " or ".join(_kind(kind) for kind in kinds if kind is not NoneType)
    limits = _limits(field.metadata)
    optional = ", or None" if NoneType in kinds else ""
    return f"{words} {limits}".rstrip() + optional


def unknown_name(name: str, names: Iterable[str]) -> UsageError:
    """Return the error for a setting that does not exist, naming the nearest one that does."""
    remedy = nearest(name, names) or "See `dnawire train --help` for all names."
    return UsageError(f"unknown setting {name!r}", remedy)


def usage_error(error: ValidationError, group: Any) -> UsageError:  # noqa: ANN401
    """Translate the first complaint of pydantic about `group` into a `UsageError`."""
    details = error.errors(include_url=False)[0]
    fields: Mapping[str, FieldInfo] = group.__pydantic_fields__
    name = str(details["loc"][0])
    if name not in fields:
        return unknown_name(name, fields)
    field = fields[name]
    return UsageError(
        f"{name} = {details['input']!r} is not allowed: it must be {_rule(details, field)}",
        f"Choose an allowed value, or leave {name} out for its default {field.default}.",
    )


def _rule(details: ErrorDetails, field: FieldInfo) -> str:
    """Return what a value must be: a validator of ours says it, else the annotation does."""
    if details["type"] == "value_error":
        return str(details["ctx"]["error"])
    return allowed_values(field)


def _is_union(annotation: object) -> bool:
    return get_origin(annotation) in (Union, UnionType)


def _kind(annotation: object) -> str:
    if get_origin(annotation) is Literal:
        return "one of " + ", ".join(repr(choice) for choice in get_args(annotation))
    if get_origin(annotation) is tuple:
        return "a list of names"
    return _KINDS[annotation]


def _limits(metadata: Iterable[object]) -> str:
    words: list[str] = []
    for bound in metadata:
        match bound:
            case Ge(ge=value):
                words.append(f"of at least {value}")
            case Gt(gt=value):
                words.append(f"above {value}")
            case Le(le=value):
                words.append(f"of at most {value}")
            case Lt(lt=value):
                words.append(f"below {value}")
    return " and ".join(words)
