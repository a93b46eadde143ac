"""Files of an ensemble: a table of the geometries, statistics, checks, a figure and its numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dnawire import plots
from dnawire.api.ensemble_tables import checks_table, statistics_table

if TYPE_CHECKING:
    from dnawire.api.ensemble_result import Ensemble

_SUMMARY, _STATISTICS, _CHECKS, _FIGURE = "summary.csv", "statistics.csv", "checks.csv", "ensemble"


def write_ensemble(folder: Path, ensemble: Ensemble) -> None:
    """Write all that is known of an ensemble.

    Raises
    ------
    NotWritableError
        The system refuses.
    """
    plots.save_table(folder / _SUMMARY, ensemble.table())
    counts = ensemble.num_geometries, len(ensemble.failures)
    plots.save_table(folder / _STATISTICS, statistics_table(ensemble.statistics, *counts))
    if any(one.deviations for _, one in ensemble.answers):
        plots.save_table(folder / _CHECKS, checks_table(ensemble.answers))
    numbers = plots.ensemble_table(ensemble.drawn, [label for label, _ in ensemble.answers])
    plots.save_figure(ensemble.plot(), folder / _FIGURE, numbers)
