"""How flags that hold one value, or None, are read: errors name what is wanted, not a type."""

from __future__ import annotations

from pathlib import Path
from types import NoneType
from typing import Any, Final, get_args

from tyro.constructors import ConstructorRegistry, PrimitiveConstructorSpec, PrimitiveTypeInfo

_KINDS: Final[dict[Any, tuple[str, str]]] = {
    int: ("INT", "an integer"),
    float: ("FLOAT", "a number"),
    str: ("TEXT", "text"),
    Path: ("PATH", "a path"),
}
_NONE: Final = "None"

REGISTRY: Final = ConstructorRegistry()


@REGISTRY.primitive_rule
def _scalar(info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
    members = get_args(info.type)
    is_optional = len(members) == 2 and NoneType in members
    kind = next(one for one in members if one is not NoneType) if is_optional else info.type
    kind = (get_args(kind) or (kind,))[0]
    if kind not in (_KINDS if is_optional else (int, float)):
        return None
    metavar, words = _KINDS[kind]

    def read(arguments: list[str]) -> object:
        (text,) = arguments
        if is_optional and text == _NONE:
            return None
        try:
            return kind(text)
        except ValueError:
            raise ValueError(f"'{text}' is not {words}") from None

    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=metavar,
        instance_from_str=read,
        is_instance=lambda value: isinstance(value, kind) or (is_optional and value is None),
        str_from_instance=lambda value: [str(value)],
    )
