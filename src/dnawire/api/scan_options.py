"""What a scan is asked beside its conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from dnawire.api.conditions import ConditionKeywords
from dnawire.errors import UsageError

Quantity = Literal["log10_transmission", "log10_conductance"]


@dataclass(frozen=True)
class ScanOptions:
    """The quantity that changes."""

    rank_by: Quantity = "log10_transmission"
    """Quantity whose changes are ranked: log10 T at the Fermi energy, or the conductance at Fermi
    energy and temperature, which needs a model that knows the resonances."""

    def __post_init__(self) -> None:
        if self.rank_by not in get_args(Quantity):
            raise UsageError(
                f"rank_by = {self.rank_by!r} is no quantity at the Fermi energy",
                f"Choose one of {', '.join(get_args(Quantity))}.",
            )


class ScanKeywords(ConditionKeywords, total=False):
    """Keywords of a scan, named like the flags of `ScanOptions`, which explains them."""

    rank_by: Quantity
