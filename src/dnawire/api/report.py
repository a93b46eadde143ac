"""``dnawire.report``: runs and an explorer of tight-binding sets as one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

import dnawire
from dnawire.api.target import write_target
from dnawire.errors import UsageError
from dnawire.inference import EXACT
from dnawire.reports import ExplorerStart, Page, PageSection, explorer_data, rendered
from dnawire.tightbinding import ParameterSet, available_parameters, load_parameters

if TYPE_CHECKING:
    from dnawire.api.compare_runs import RunComparison
    from dnawire.api.report_runs import RunPages
    from dnawire.api.train import Training
    from dnawire.plots import Table

OUTPUT: Final = "report.html"
"""File of a report, where the user names none."""

_NOTEBOOK_HEIGHT: Final = 720


class Report:
    """A page on training runs, with an explorer. It shows itself in a notebook.

    Parameters
    ----------
    comparison
        The runs; None for the explorer alone.
    sets
        Parameter sets that the explorer offers, beside those of this package.
    """

    def __init__(self, comparison: RunComparison | None, sets: Sequence[ParameterSet]) -> None:
        self.comparison = comparison
        self._own = list(sets)

    @cached_property
    def html(self) -> str:
        """The page: it needs no network, and the same runs give the same text."""
        sets = self._sets
        return rendered(self._page, explorer_data(sets, self._start))

    @cached_property
    def warnings(self) -> list[str]:
        """What is not to be trusted, in sentences."""
        if self.comparison is None:
            return []
        from dnawire.api.report_runs import warnings_of

        return [*warnings_of(self.comparison), *self.comparison.warnings]

    @property
    def lines(self) -> list[str]:
        """What the page is about, as text."""
        names = ", ".join(one.label for one in self._sets)
        explorer = [f"explorer of {names}"]
        return explorer if self.comparison is None else [*self.comparison.lines, "", *explorer]

    def table(self) -> Table:
        """Columns of ``dnawire runs``, or the sets of the explorer where there are no runs."""
        if self.comparison is not None:
            return self.comparison.table()
        return {"set": ("", [one.label for one in self._sets])}

    def save(self, output: str | Path = OUTPUT, *, overwrite: bool = False) -> Path:
        """Write the page as one file.

        Parameters
        ----------
        output
            The file.
        overwrite
            Replace what is there.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        NotWritableError
            The file exists and may not be replaced, or cannot be written.
        """
        path = Path(output)
        write_target(path, self.html.encode(), overwrite=overwrite)
        return path

    def __repr__(self) -> str:
        return "\n".join([*self.lines, *(f"warning: {one}" for one in self.warnings)])

    def _repr_html_(self) -> str:
        size = f'style="width: 100%; height: {_NOTEBOOK_HEIGHT}px; border: 0"'
        return f'<iframe title="dnawire report" srcdoc="{escape(self.html)}" {size}></iframe>'

    @cached_property
    def _sets(self) -> list[ParameterSet]:
        """Sets to choose from, each once: those that were asked for are the first."""
        packaged = map(load_parameters, available_parameters())
        of_runs = [] if self.comparison is None else self._sets_of_runs()
        found: dict[str, ParameterSet] = {}
        for one in (*self._own, *of_runs, *packaged):
            known = found.setdefault(one.name, one)
            if known.digest != one.digest:
                raise UsageError(
                    f"two parameter sets are called {one.name}: {known.label} and {one.label}",
                    "Give each a name of its own.",
                )
        return list(found.values())

    def _sets_of_runs(self) -> list[ParameterSet]:
        return [load_parameters(one) for one in self._runs.parameters]

    @cached_property
    def _runs(self) -> RunPages:
        from dnawire.api.report_runs import RunPages

        assert self.comparison is not None
        return RunPages(self.comparison)

    @property
    def _start(self) -> ExplorerStart:
        usual = ExplorerStart.of(self._sets[0])
        if self.comparison is None or self._own:
            return usual
        return self._runs.start(usual)

    @property
    def _page(self) -> Page:
        footer = f"Made by dnawire {dnawire.__version__}. The file needs no network."
        if self.comparison is None:
            return Page("DNA junction explorer", "", footer, self.warnings)
        sections: list[PageSection] = self._runs.sections()
        names = ", ".join(self.comparison.names)
        subtitle = "Training runs, from the files that they left, and an explorer."
        return Page(f"Report: {names}", subtitle, footer, self.warnings, sections)


def report(*targets: Path | str | Training) -> Report:
    """Put training runs, and an explorer of tight-binding sets, on one page.

    The page is one HTML file that opens without a network: what differs from the defaults, records,
    versions, learning curves, scores beside baselines, parity, spectra, Hamiltonian, LDOS and
    ladder, of several runs side by side. Its explorer computes T, DOS and conductance of any
    sequence at once, exactly as this package does.

    Parameters
    ----------
    *targets
        Output folders of runs, finished or not, or what `dnawire.train` gave; and ``exact:NAME`` or
        ``exact:FILE.toml``, sets for the explorer, which alone make a page without runs.

    Returns
    -------
    Report
        `Report.save` writes the file.

    Raises
    ------
    NotFoundError
        If a folder holds no run.
    UsageError, UnusableDataFileError
        If nothing is named, a run is named twice, or a file is damaged.
    UnknownParameterSetError
        If there is no such set.
    """
    if not targets:
        raise UsageError(
            "nothing is named to report on", f"Give output folders of runs, or {EXACT}NAME."
        )
    texts = [str(one) for one in targets if isinstance(one, str) and one.startswith(EXACT)]
    runs = [one for one in targets if one not in texts]
    sets = [load_parameters(one.removeprefix(EXACT)) for one in texts]
    if not runs:
        return Report(None, sets)
    from dnawire.api.compare_runs import compare_runs

    return Report(compare_runs(*runs), sets)
