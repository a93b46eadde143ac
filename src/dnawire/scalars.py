"""Numbers as people write them, the ranges of those that have a physical meaning, other values.

One grammar serves flags, configuration files, contacts and foreign files: decimal digits with a
point. What Python or YAML would take for another number (``1_000``, ``0x10``, ``1:30``, ``010`` as
8), overflows, or turns into zero, is refused instead.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Final, get_args

from dnawire.errors import UsageError

_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,1000}")
_NUMBER: Final = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_NONZERO: Final = re.compile(r"[-+.0]*[1-9]")


class InvalidNumberError(ValueError):
    """A text is no number, or none that can be kept as it is written."""


def read_integer(text: str) -> int:
    """Read a whole number in decimal digits; leading zeros count for nothing.

    Raises
    ------
    InvalidNumberError
        It is none.
    """
    stripped = text.strip()
    if _INTEGER.fullmatch(stripped) is None:
        raise InvalidNumberError(f"{text!r} is not a whole number in decimal digits")
    return int(stripped)


def read_number(text: str) -> float:
    """Read a finite number in decimal digits, with a point and an exponent if need be.

    Raises
    ------
    InvalidNumberError
        It is none, or so large or so small that it would become infinite or zero.
    """
    stripped = text.strip()
    if _NUMBER.fullmatch(stripped) is None:
        hint = " (write a point, not a comma)" if "," in stripped else ""
        raise InvalidNumberError(f"{text!r} is not a number in decimal digits{hint}")
    value = float(stripped)
    if math.isinf(value) or (value == 0.0 and _NONZERO.match(stripped)):
        raise InvalidNumberError(f"{text!r} is outside of the range of double precision")
    return value


@dataclass(frozen=True)
class Range:
    """Values that a quantity may have.

    Parameters
    ----------
    low, high
        Ends, which belong to it.
    unit
        Unit of both.
    or_zero
        Whether zero is allowed too.
    """

    low: float
    high: float
    unit: str
    or_zero: bool = False

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high or (self.or_zero and value == 0.0)

    def __str__(self) -> str:
        zero = "0 or " if self.or_zero else ""
        return f"{zero}from {self.low:g} to {self.high:g} {self.unit}"


ENERGY: Final = Range(-1e4, 1e4, "eV")
"""Energies, as far as they can be meant for valence electrons."""

COUPLING: Final = Range(1e-7, 1e3, "eV", or_zero=True)
"""Couplings to an electrode."""

BROADENING: Final = Range(1e-12, 1e3, "eV", or_zero=True)
"""Imaginary parts of the energy."""

TEMPERATURE: Final = Range(1e-3, 1e5, "K", or_zero=True)
"""Temperatures of the contacts."""


def check_range(name: str, value: float | None, allowed: Range) -> None:
    """Refuse the value of a flag or keyword that is out of range; None is one that was not given.

    Raises
    ------
    dnawire.errors.UsageError
        It is, or it is no number.
    """
    if value is None:
        return
    if not isinstance(value, Real) or isinstance(value, bool):
        raise UsageError(
            f"{name} = {value!r} is not allowed: it must be one number, {allowed}",
            f"Give a number, without quotes or brackets, for {name}.",
        )
    if value not in allowed:
        raise UsageError(
            f"{name} = {value} is not allowed: it must be {allowed}",
            f"Choose --{name} within it.",
        )


def check_count(name: str, value: int | None, allowed: Range) -> None:
    """Refuse what `check_range` refuses, and numbers that are not whole.

    Raises
    ------
    dnawire.errors.UsageError
        It is one of them.
    """
    check_range(name, value, allowed)
    if value is not None and not isinstance(value, Integral):
        raise UsageError(f"{name} = {value} is not a whole number", f"Choose a whole --{name}.")


def check_switch(name: str, value: object) -> None:
    """Refuse what is neither true nor false.

    Raises
    ------
    dnawire.errors.UsageError
        The value is something else.
    """
    if not isinstance(value, bool):
        raise UsageError(
            f"{name} = {value!r} is not allowed: it must be true or false", "Give one of these."
        )


_ROW_REMEDY: Final = "Give a list, e.g. [1, 2]."


def power_of_ten(exponent: float) -> str:
    """Number 10^exponent to two digits, e.g. ``1.1e12``, however large it is."""
    whole = math.floor(exponent)
    mantissa = float(f"{10.0 ** (exponent - whole):.1f}")
    if mantissa == 10.0:
        whole, mantissa = whole + 1, 1.0
    return f"{mantissa:g}e{whole}"


def check_choice(name: str, value: object, choices: object) -> None:
    """Refuse what is none of the values of a `typing.Literal`.

    Raises
    ------
    dnawire.errors.UsageError
        The value is another one.
    """
    known = get_args(choices)
    if value not in known:
        raise UsageError(
            f"{name} = {value!r} is not known", f"Choose one of {', '.join(map(str, known))}."
        )


def checked_text(name: str, value: object, example: str) -> str:
    """Refuse what is no text.

    Raises
    ------
    dnawire.errors.UsageError
        The value is something else.
    """
    if isinstance(value, str):
        return value
    raise UsageError(f"{name} = {value!r} is no text", f"Give a text like {example!r}.")


def checked_row(name: str, values: object, remedy: str = _ROW_REMEDY) -> tuple[Any, ...]:
    """Values of a row; a text, bytes or a table is none.

    Raises
    ------
    dnawire.errors.UsageError
        It is no row.
    """
    if isinstance(values, Iterable) and not isinstance(values, str | bytes | Mapping):
        # An array without axes says that it can be iterated, and cannot.
        with suppress(TypeError):
            return tuple(values)
    raise UsageError(f"{name} = {values!r} is no list", remedy)


def checked_path(name: str, value: object) -> Path:
    """Take a path or its text, which is used as it is.

    Raises
    ------
    dnawire.errors.UsageError
        It is neither, or no file can have this name.
    """
    text = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(text, str) or not text or "\0" in text:
        raise UsageError(f"{name} = {value!r} is no path", "Give a pathlib.Path or its text.")
    return Path(text)
