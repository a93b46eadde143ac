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

_FLAG: Final = re.compile(r"(?<![\w-])--([a-z]\w*)")


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

    The function then raises `UsageError` for a wrong call, naming the nearest keyword; remedies
    that name flags, which are for commands, name the keywords.
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
                raise _of_keywords(error) from error.__cause__

        checked.__signature__ = full  # type: ignore[attr-defined]
        return cast("Callable[P, R]", checked)

    return decorated


def _of_keywords(error: DnawireError) -> DnawireError:
    """The same error with keywords in the place of flags."""
    texts = (_FLAG.sub(r"\1", text) for text in (error.problem, error.remedy))
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
        full.bind(*args, **given)
    except TypeError as error:
        raise UsageError(f"{name}: {error}", f"Call it as {_shown(full)}.") from None
    return given


def _shown(full: Signature) -> str:
    words = [one.name for one in full.parameters.values() if one.name != "self"]
    return f"({', '.join(words)})"
