"""What can be fitted to measured conductances: names, units, scales and bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from dnawire.config.suggestion import nearest
from dnawire.errors import UsageError
from dnawire.scalars import InvalidNumberError, Range, read_number


class ParameterKind(NamedTuple):
    """A parameter of a fit, whatever its value."""

    name: str
    unit: str
    is_logarithmic: bool
    """Whether its decades are fitted: it is above 0, and known to a factor."""
    allowed: Range
    low: float
    """Default lower bound; of the Fermi energy, from the lowest HOMO of the junctions."""
    high: float
    """Default upper bound; of the Fermi energy, from the highest HOMO of the junctions."""
    meaning: str


_COUPLING: Final = Range(1e-7, 1e3, "eV")

PARAMETER_KINDS: Final[Mapping[str, ParameterKind]] = MappingProxyType(
    {
        one.name: one
        for one in (
            ParameterKind(
                "fermi_energy", "eV", False, Range(-1e4, 1e4, "eV"), -0.5, 1.5, "Fermi energy"
            ),
            ParameterKind(
                "gamma", "eV", True, _COUPLING, 1e-4, 1.0, "coupling of both contacts"
            ),
            ParameterKind(
                "gamma_left", "eV", True, _COUPLING, 1e-4, 1.0, "coupling of the left contact"
            ),
            ParameterKind(
                "gamma_right", "eV", True, _COUPLING, 1e-4, 1.0, "coupling of the right contact"
            ),
            ParameterKind(
                "probe_coupling", "eV", True, _COUPLING, 1e-5, 0.3, "coupling of every probe"
            ),
            ParameterKind(
                "hopping_scale", "", True, Range(1e-3, 1e3, ""), 0.2, 5.0, "factor of all hoppings"
            ),
            ParameterKind(
                "hopping_shift", "eV", False, Range(-1.0, 1.0, "eV"), -0.05, 0.05,
                "added to the magnitude of every hopping",
            ),
            ParameterKind(
                "prefactor", "", True, Range(1e-30, 1e30, ""), 1e-6, 1e6, "factor of all G"
            ),
        )
    }
)  # fmt: skip
"""All of them, in the order of tables."""


@dataclass(frozen=True)
class FreeParameter:
    """A parameter that is fitted, between bounds.

    Parameters
    ----------
    kind
        What it is.
    low, high
        Bounds, in its unit.
    """

    kind: ParameterKind
    low: float
    high: float

    @property
    def name(self) -> str:
        """Its name."""
        return self.kind.name

    @property
    def bounds(self) -> tuple[float, float]:
        """Bounds in the coordinate that is fitted."""
        return self.coordinate(self.low), self.coordinate(self.high)

    def coordinate(self, value: float) -> float:
        """What is fitted: the value, or its decades."""
        return math.log10(value) if self.kind.is_logarithmic else value

    def value(self, coordinate: float) -> float:
        """The value at a coordinate."""
        return float(10.0**coordinate) if self.kind.is_logarithmic else coordinate

    def slope(self, value: float) -> float:
        """Derivative of the value by the coordinate."""
        return value * math.log(10.0) if self.kind.is_logarithmic else 1.0


class WantedParameter(NamedTuple):
    """A parameter that is to be fitted, as it is asked for."""

    kind: ParameterKind
    bounds: tuple[float, float] | None
    """None leaves them to the defaults."""


def parse_wanted(texts: tuple[str, ...]) -> tuple[WantedParameter, ...]:
    """Read ``NAME`` or ``NAME=LOW:HIGH``, several of them.

    Raises
    ------
    UsageError
        A name is unknown, named twice or beside what it is made of, or bounds are none.
    """
    found = tuple(_parsed(text) for text in texts)
    names = [one.kind.name for one in found]
    if not names:
        raise UsageError("vary names no parameter", f"Name some of {', '.join(PARAMETER_KINDS)}.")
    twice = {name for name in names if names.count(name) > 1}
    if "gamma" in names:
        twice |= {"gamma_left", "gamma_right"} & set(names)
    if twice:
        raise UsageError(
            f"vary = {' '.join(texts)} counts {' and '.join(sorted(twice))} twice",
            "Name each parameter once; gamma is gamma_left and gamma_right, kept equal.",
        )
    order = list(PARAMETER_KINDS)
    return tuple(sorted(found, key=lambda one: order.index(one.kind.name)))


def _parsed(text: str) -> WantedParameter:
    name, has_bounds, bounds = text.partition("=")
    kind = PARAMETER_KINDS.get(name.strip())
    if kind is None:
        known = f"Choose among {', '.join(PARAMETER_KINDS)}."
        raise UsageError(
            f"vary = {text!r}: there is no parameter {name.strip()!r}",
            f"{nearest(name.strip(), PARAMETER_KINDS)} {known}".lstrip(),
        )
    return WantedParameter(kind, _bounds(text, kind, bounds) if has_bounds else None)


def _bounds(text: str, kind: ParameterKind, bounds: str) -> tuple[float, float]:
    remedy = f"Write {kind.name}=LOW:HIGH, both {kind.allowed}."
    try:
        low, high = (read_number(part) for part in bounds.split(":"))
    except (ValueError, InvalidNumberError) as error:
        raise UsageError(f"vary = {text!r} has no two bounds", remedy) from error
    if not (low in kind.allowed and high in kind.allowed and low < high):
        raise UsageError(f"vary = {text!r}: impossible bounds", remedy)
    return low, high
