"""Which records calibrate an ensemble: flags of the command, which are keywords as well."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dnawire.errors import UsageError
from dnawire.scalars import Range, check_range, check_switch

_COVERAGE: Final = Range(0.01, 0.99, "of the values")


@dataclass(frozen=True)
class CalibrateOptions:
    """Which records calibrate, and what for."""

    records: Path | None = None
    """File of records that no member has learned from; without it the test records of the runs,
    which must be the same."""

    splits: Path | None = None
    """Take the test part of this file alone, e.g. splits.json of a run on the same records."""

    coverage: float = 0.9
    """Share of the values that intervals are to hold."""

    overwrite: bool = False
    """Replace an earlier calibration."""

    def __post_init__(self) -> None:
        check_range("coverage", self.coverage, _COVERAGE)
        check_switch("overwrite", self.overwrite)
        if self.splits is not None and self.records is None:
            raise UsageError(
                "splits has no effect without records: the test records of the runs are taken",
                "Give --records, or drop --splits.",
            )
