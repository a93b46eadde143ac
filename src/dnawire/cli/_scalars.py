"""How flags that hold one value, or None, are read: errors name what is wrong, not a type."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin

from tyro.constructors import ConstructorRegistry, PrimitiveConstructorSpec, PrimitiveTypeInfo

from dnawire.files.paths import read_path
from dnawire.scalars import read_integer, read_number

_READERS: Final[dict[Any, tuple[str, Callable[[str], object]]]] = {
    int: ("INT", read_integer),
    float: ("FLOAT", read_number),
    Path: ("PATH", read_path),
    str: ("TEXT", str),
}
_NONE: Final = "None"

REGISTRY: Final = ConstructorRegistry()


def _choice(words: tuple[str, ...]) -> PrimitiveConstructorSpec[Any]:
    """One of some words; None, which stands for a flag that is left out, is none of them."""
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=f"{{{','.join(words)}}}",
        instance_from_str=lambda written: written[0],
        is_instance=lambda value: value is None or value in words,
        str_from_instance=lambda value: [str(value)],
        choices=words,
    )


@REGISTRY.primitive_rule
def _scalar(info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
    members = get_args(info.type)
    is_optional = len(members) == 2 and NoneType in members
    kind = next(one for one in members if one is not NoneType) if is_optional else info.type
    if is_optional and get_origin(kind) is Literal:
        return _choice(get_args(kind))
    if kind not in _READERS or (kind is str and not is_optional):
        return None
    metavar, read = _READERS[kind]

    def value_of(words: list[str]) -> object:
        return None if is_optional and words == [_NONE] else read(words[0])

    def is_instance(value: object) -> bool:
        is_kind = isinstance(value, kind) and not isinstance(value, bool)
        return is_kind or (is_optional and value is None)

    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=metavar,
        instance_from_str=value_of,
        is_instance=is_instance,
        str_from_instance=lambda value: [str(value)],
    )
