"""What the results of all commands have in common: a table, a figure, files, a notebook's view."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Self

from dnawire.api.savable import Destination, Savable
from dnawire.api.tables import aligned, data_frame, html_image, html_lines, html_table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from dnawire.plots import Table


class Result(Savable):
    """Prints as a table, and shows itself in a notebook. `steps` fills what was prepared."""

    below: ClassVar[str]
    """Folder of the results, where the user names none."""
    members: ClassVar[re.Pattern[str]]
    """Names of all files that can be written."""
    unit: ClassVar[str]
    """What a step computes, in the plural."""

    shown: ClassVar[int] = 50
    """Rows of the table that is printed."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Short name of who was asked."""

    @property
    @abstractmethod
    def num_steps(self) -> int:
        """How many units there are, as far as is known."""

    @property
    def last_step(self) -> int:
        """How many of the units the last step has computed."""
        return 1

    @property
    def state(self) -> str:
        """What is found so far, in a few words; empty where nothing is worth it."""
        return ""

    @property
    @abstractmethod
    def heading(self) -> list[str]:
        """Lines that say who was asked, and for what."""

    @property
    @abstractmethod
    def rows(self) -> list[list[str]]:
        """The table that is printed: names of the columns first."""

    @property
    @abstractmethod
    def lines(self) -> list[str]:
        """What is said below the table."""

    @property
    @abstractmethod
    def warnings(self) -> list[str]:
        """What is not to be trusted, in sentences."""

    @abstractmethod
    def steps(self) -> Iterator[None]:
        """Compute one step after the other; the result is complete after the last."""

    @abstractmethod
    def table(self) -> Table:
        """The table as columns, with all digits."""

    @abstractmethod
    def plot(self) -> Figure:
        """Figure of the result."""

    def picture(self) -> Figure | None:
        """What a notebook shows of it; None if that is too much for one figure."""
        return self.plot()

    def completed(self) -> Self:
        """Compute all steps."""
        for _ in self.steps():
            pass
        return self

    def to_dataframe(self) -> pd.DataFrame:
        """The table as a pandas data frame; units are in the names.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        return data_frame(self.table())

    @property
    def _destination(self) -> Destination:
        return Destination(self.below, self.name, self.members)

    @property
    def text(self) -> list[str]:
        """All that is printed, but for the warnings."""
        below = ["", *self.lines] if self.lines else []
        shown = aligned(self.rows[: 1 + self.shown])
        return [*self.heading, "", *shown, *self._remainder, *below]

    @property
    def _remainder(self) -> list[str]:
        more = len(self.rows) - 1 - self.shown
        return [f"{more} more; the table has all of them"] if more > 0 else []

    def __repr__(self) -> str:
        return "\n".join([*self.text, *(f"warning: {one}" for one in self.warnings)])

    def _repr_html_(self) -> str:
        from dnawire.plots import shown

        table = html_table(self.rows[: 1 + self.shown])
        warnings = [f"warning: {one}" for one in self.warnings]
        below = [*self._remainder, *self.lines, *warnings]
        parts = [html_lines(self.heading), table, *([html_lines(below)] if below else [])]
        picture = self.picture()
        return "".join(parts + ([html_image(shown(picture), self.below)] if picture else []))


class Stoppable(Result):
    """A result whose computation may be stopped between two steps."""

    @property
    @abstractmethod
    def is_complete(self) -> bool:
        """Whether all steps are done."""

    @property
    @abstractmethod
    def is_presentable(self) -> bool:
        """Whether what a stop has left is worth a table."""

    @property
    @abstractmethod
    def said_of_stop(self) -> str:
        """What a stop has left, in a sentence."""
