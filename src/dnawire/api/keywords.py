"""Functions that take many keywords: their signature shows all, and a wrong one is our error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, Final, ParamSpec, TypeVar, cast

from dnawire.config.suggestion import nearest
from dnawire.errors import DnawireError, UsageError

P = ParamSpec("P")
R = TypeVar("R")

_SHORT: Final = {"left": "left_contact", "right": "right_contact"}
TWINS: Final = _SHORT | {flag: short for short, flag in _SHORT.items()}
"""Names of contacts in calls and in flags: where a function knows one, it takes the other too."""

_FLAG: Final = re.compile(r"dnawire [a-z][^`.,;:)]*|(?<![\w-])--([a-z]\w*)")
"""A flag, unless it belongs to a command that is named with it."""


def parameters_of(
    annotations: Mapping[str, object], defaults: Mapping[str, object]
) -> Iterator[Parameter]:
    """Parameters of keywords; those without a default have None."""
    for name, annotation in annotations.items():
        text = getattr(annotation, "__forward_arg__", annotation)
        default = defaults.get(name)
        yield Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=text)


def keyword_parameters(keywords: type, *filled: type) -> tuple[Parameter, ...]:
    """Parameters of a class of keywords, with the defaults of the dataclasses that they fill."""
    defaults = {one.name: one.default for kind in filled for one in fields(kind)}
    return tuple(parameters_of(keywords.__annotations__, defaults))


def takes(keywords: Iterable[Parameter]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Give a function the signature with all keywords in the place of its ``**keywords``.

    The function then raises `UsageError` for a wrong call, naming the nearest keyword. Errors that
    name flags for which it has keywords name these; flags that only a command has stay as they are.
    """
    added = tuple(keywords)

    def decorated(function: Callable[P, R]) -> Callable[P, R]:
        own = signature(function)
        fixed = [one for one in own.parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
        full = own.replace(parameters=[*fixed, *added])

        @wraps(function)
        def checked(*args: Any, **kwargs: Any) -> R:  # noqa: ANN401
            given = _checked(function.__name__, full, args, kwargs)
            try:
                return function(*args, **given)
            except DnawireError as error:
                raise _of_keywords(error, full) from error.__cause__

        checked.__signature__ = full  # type: ignore[attr-defined]
        return cast("Callable[P, R]", checked)

    return decorated


def _of_keywords(error: DnawireError, full: Signature) -> DnawireError:
    """The same error with keywords in the place of flags."""

    def keyword(found: re.Match[str]) -> str:
        name = found[1]
        is_known = name in full.parameters or TWINS.get(name) in full.parameters
        return name if name is not None and is_known else found[0]

    texts = (_FLAG.sub(keyword, text) for text in (error.problem, error.remedy))
    return type(error)(*texts).with_traceback(error.__traceback__)


def _checked(
    name: str, full: Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """Return keywords under the names of the signature.

    Raises
    ------
    UsageError
        The function cannot be called with them.
    """
    given: dict[str, Any] = {}
    for word, value in kwargs.items():
        known = word if word in full.parameters else TWINS.get(word, word)
        if known not in full.parameters:
            keywords = [one for one in full.parameters if one != "self"]
            remedy = nearest(word, keywords) or f"It takes {', '.join(keywords)}."
            raise UsageError(f"{name}: unknown keyword {word!r}", remedy)
        if known in given:
            raise UsageError(f"{name}: {known} and {TWINS[known]} are one", "Give one of them.")
        given[known] = value
    try:
        bound = full.bind(*args, **given)
    except TypeError as error:
        raise UsageError(f"{name}: {error}", f"Call it as {_shown(full)}.") from None
    for word, value in bound.arguments.items():
        one = full.parameters[word]
        if value is None and one.default is not None and not _takes_none(one):
            default = "" if one.default is Parameter.empty else f", e.g. {one.default!r}"
            raise UsageError(f"{name}: {word} = None is not allowed", f"Give {word}{default}.")
    return given


def _takes_none(parameter: Parameter) -> bool:
    return parameter.annotation is Parameter.empty or "None" in str(parameter.annotation)


def _shown(full: Signature) -> str:
    words = [one.name for one in full.parameters.values() if one.name != "self"]
    return f"({', '.join(words)})"
