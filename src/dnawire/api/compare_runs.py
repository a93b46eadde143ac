"""``dnawire.compare_runs``: settings that differ, learning curves and scores of training runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dnawire.api.result_names import RESULT_NAMES
from dnawire.api.run_folder import RunFolder
from dnawire.api.savable import Destination, Savable
from dnawire.api.tables import aligned, data_frame, html_image, html_lines, html_table
from dnawire.api.train import Training
from dnawire.config import GuardClass, settings
from dnawire.errors import UsageError
from dnawire.quantities import SCORED
from dnawire.scalars import checked_path, checked_row

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from dnawire.plots import Table
    from dnawire.plots.training import Metrics

_NOTHING: Final = "-"
_LONGEST: Final = 32
"""Characters of a value that are printed; files have all."""
_KEPT_APART: Final = ("checkpoint", "output")
"""Groups of settings that shape no number."""


class RunComparison(Savable):
    """Training runs side by side. It prints as tables, and shows itself in a notebook.

    Parameters
    ----------
    runs
        One or more, read from their folders.
    """

    def __init__(self, runs: Sequence[RunFolder]) -> None:
        if not runs:
            raise UsageError("there is no run to compare", "Give output folders of runs.")
        self.runs = list(runs)

    @cached_property
    def names(self) -> list[str]:
        """Short names of the runs: their folders without what these have in common."""
        texts = [os.path.abspath(one.path) for one in self.runs]
        if len(set(texts)) < len(texts):
            twice = next(text for text in texts if texts.count(text) > 1)
            raise UsageError(f"{twice} is named twice", "Name each run once.")
        common = os.path.commonpath([os.path.dirname(text) for text in texts])
        return [os.path.relpath(text, common) for text in texts]

    @cached_property
    def settings(self) -> dict[str, list[Any]]:
        """Settings that differ, by name: one value for each run, None where it has none."""
        known = settings()
        return {
            name: values
            for name, one in known.items()
            if one.group not in _KEPT_APART and one.guard is not GuardClass.IGNORED
            for values in [[run.settings.get(name) for run in self.runs]]
            if any(value != values[0] for value in values)
        }

    @property
    def rows(self) -> list[list[str]]:
        """The table of scores that is printed: names of the columns, then a row for each run."""
        errors = [one.error_label for one in SCORED]
        head = ["run", "epochs", "best epoch", "validation loss", *errors, "status"]
        return [head, *map(_score_row, self.names, self.runs)]

    @property
    def setting_rows(self) -> list[list[str]]:
        """The table of settings that differ: a row for each run; empty if none does."""
        if not self.settings:
            return []
        columns = [
            [name, *(_shown(one)[:_LONGEST] for one in values)]
            for name, values in self.settings.items()
        ]
        return [list(row) for row in zip(["run", *self.names], *columns, strict=True)]

    @property
    def warnings(self) -> list[str]:
        """Why numbers of different runs do not compare, in sentences."""
        found = []
        if len({digest for one in self.runs if (digest := one.test_digest())}) > 1:
            found.append("the records differ: neither scores nor validation losses compare")
        of_loss = [name for name in self.settings if settings()[name].group == "loss"]
        if of_loss:
            found.append(f"validation losses do not compare, as these differ: {', '.join(of_loss)}")
        if more := len(self._curves) - len(self._drawn):
            found.append(f"{more} runs of a higher validation loss are not in the figure")
        return found

    def to_dataframe(self) -> pd.DataFrame:
        """The numbers of both tables as a pandas data frame, a row for each run.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        return data_frame(self.table())

    def table(self) -> Table:
        """Columns of ``runs.csv``: who, how far, how good, and the settings that differ."""
        best = [one.best for one in self.runs]
        scores = [one.scores or {} for one in self.runs]
        return {
            "run": ("", self.names),
            "folder": ("", [str(one.path) for one in self.runs]),
            "run_id": ("", [one.run_id for one in self.runs]),
            "epochs": ("", [one.epochs for one in self.runs]),
            "num_epochs": ("", [one.settings["num_epochs"] for one in self.runs]),
            "best_epoch": ("", ["" if one is None else str(one[0]) for one in best]),
            "best_val_loss": ("", [float("nan") if one is None else one[1] for one in best]),
            **{
                f"{one.name}_mae": (one.scale_unit, [s.get(one.name, float("nan")) for s in scores])
                for one in SCORED
            },
            "status": ("", [one.status for one in self.runs]),
            **{
                name: ("", ["" if value is None else value for value in values])
                for name, values in self.settings.items()
                if name != "num_epochs"
            },
        }

    def plot(self) -> Figure:
        """Figure of the validation losses and errors by epoch.

        Raises
        ------
        UsageError
            If no run has a complete epoch.
        """
        from dnawire.plots.run_comparison import curves_figure

        if not self._curves:
            raise UsageError("no run has completed an epoch yet", "Wait for the first one.")
        return curves_figure(self._drawn, "circles: epochs of the lowest validation loss")

    @property
    def _destination(self) -> Destination:
        return Destination("comparisons", "runs", RESULT_NAMES["runs"])

    def write(self, folder: Path) -> None:
        """Write the table, and the figure beside its numbers, into a folder that exists."""
        from dnawire import plots
        from dnawire.plots.run_comparison import curves_table

        plots.save_table(folder / "runs.csv", self.table())
        if self._curves:
            plots.save_figure(self.plot(), folder / "curves", curves_table(self._curves))

    @property
    def lines(self) -> list[str]:
        """Both tables as text."""
        shown = aligned(self.setting_rows) if self.settings else ["no setting differs"]
        return [*aligned(self.rows), "", *shown]

    def __repr__(self) -> str:
        return "\n".join([*self.lines, *(f"warning: {one}" for one in self.warnings)])

    def _repr_html_(self) -> str:
        from dnawire.plots import shown

        parts = [html_table(self.rows)]
        parts += [html_table(self.setting_rows)] if self.settings else []
        parts += [html_lines([f"warning: {one}" for one in self.warnings])]
        parts += [html_image(shown(self.plot()), "learning curves")] if self._curves else []
        return "".join(parts)

    @cached_property
    def _curves(self) -> dict[str, Metrics]:
        pairs = zip(self.names, self.runs, strict=True)
        return {name: one.metrics for name, one in pairs if one.metrics is not None}

    @cached_property
    def _drawn(self) -> dict[str, Metrics]:
        """Curves that one figure can tell apart: those of the lowest validation losses."""
        from dnawire.plots.run_comparison import MOST_CURVES

        losses = {
            name: float("inf") if one.best is None else one.best[1]
            for name, one in zip(self.names, self.runs, strict=True)
        }
        chosen = set(sorted(self._curves, key=losses.__getitem__)[:MOST_CURVES])
        return {name: curve for name, curve in self._curves.items() if name in chosen}


def compare_runs(*runs: Path | str | Training) -> RunComparison:
    """Compare training runs, finished or not: what differs, how they learned, how good they are.

    Parameters
    ----------
    *runs
        Their output folders, or what `dnawire.train` gave.

    Returns
    -------
    RunComparison
        Tables and learning curves.

    Raises
    ------
    NotFoundError
        If a folder holds no run.
    UsageError, UnusableDataFileError
        If there is no run, one is named twice, or a file is damaged.
    """
    folders = [
        one.folder if isinstance(one, Training) else checked_path("runs", one)
        for one in checked_row("runs", runs)
    ]
    return RunComparison([RunFolder.read(folder) for folder in folders])


def _score_row(name: str, run: RunFolder) -> list[str]:
    best, scores = run.best, run.scores or {}
    return [
        name,
        f"{run.epochs}/{run.settings['num_epochs']}",
        _NOTHING if best is None else str(best[0]),
        _NOTHING if best is None else f"{best[1]:.4g}",
        *(f"{scores[one.name]:.4f}" if one.name in scores else _NOTHING for one in SCORED),
        run.status.split(":")[0],
    ]


def _shown(value: object) -> str:
    return _NOTHING if value is None else str(value)
