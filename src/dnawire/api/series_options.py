"""What a series is asked beside its conditions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dnawire.api.conditions import ConditionKeywords
from dnawire.scalars import COUPLING, check_range, checked_row

_LENGTHS: Final = "2:20"


@dataclass(frozen=True)
class SeriesOptions:
    """Lengths of a series, and what destroys coherence."""

    lengths: str | None = None
    """Lengths in base pairs: numbers and ranges FIRST:LAST or FIRST:LAST:STEP, ends included,
    separated by commas. Of a range those are taken that are whole numbers of units. None takes 2:20
    of a family; sequences have their own."""

    probe_coupling: float | None = None
    """Coupling in eV of a voltage probe on every base, which takes phase and energy from carriers
    and gives them back; without it transport is coherent."""

    def __post_init__(self) -> None:
        check_range("probe_coupling", self.probe_coupling, COUPLING)

    @property
    def lengths_of_family(self) -> str:
        """Lengths that are asked for of a family."""
        return _LENGTHS if self.lengths is None else self.lengths


class SeriesKeywords(ConditionKeywords, total=False):
    """Keywords of a series, named like the flags of `SeriesOptions`, which explains them.

    ``lengths`` may also be numbers, e.g. ``range(2, 21)``.
    """

    lengths: Iterable[int] | str | None
    probe_coupling: float | None


def lengths_text(lengths: Iterable[int] | str | None) -> str | None:
    """Lengths as the flag writes them."""
    if lengths is None or isinstance(lengths, str):
        return lengths
    return ",".join(map(str, checked_row("lengths", lengths)))
