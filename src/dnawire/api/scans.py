"""What `dnawire.scan` gives of several duplexes: one scan after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dnawire.api.conditions import AskedConditions
from dnawire.api.observation import page_name
from dnawire.api.result import Result
from dnawire.api.result_names import RESULT_NAMES
from dnawire.api.scan import Scan
from dnawire.api.scan_options import ScanOptions
from dnawire.api.wanted import Wanted
from dnawire.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dnawire.plots import Table
    from dnawire.predictors import Predictor


class Scans(Result):
    """Effects of every single change of each of several duplexes, in their order.

    It prints as a table, and shows itself in a notebook; an index gives one `Scan`.

    Parameters
    ----------
    scans
        One for each duplex.
    names
        Those of the records of a file, empty where there is none.
    """

    below = "scans"
    members = RESULT_NAMES["scan"]
    unit = "duplexes"

    def __init__(self, scans: Sequence[Scan], names: Sequence[str]) -> None:
        self._scans = list(scans)
        self.names = list(names)

    @classmethod
    def prepared(
        cls,
        found: Sequence[Wanted],
        options: ScanOptions,
        predictor: Predictor,
        asked: AskedConditions,
    ) -> Scans:
        """Check all that can be checked before the work; see `Scan.prepared`."""
        scans = [Scan.prepared(one.duplex, options, predictor, asked) for one in found]
        return cls(scans, [one.name for one in found])

    def __len__(self) -> int:
        return len(self._scans)

    def __getitem__(self, index: int) -> Scan:
        """Return that of one duplex."""
        return self._scans[index]

    def __iter__(self) -> Iterator[Scan]:
        return iter(self._scans)

    @property
    def name(self) -> str:
        """Short name of the model."""
        return self._scans[0].name

    @property
    def num_steps(self) -> int:
        """How many duplexes are computed: the parents, and their variants."""
        return sum(one.num_steps for one in self._scans)

    def steps(self) -> Iterator[None]:
        """Complete one scan after the other; see `Scan.steps`."""
        for one in self._scans:
            yield from one.steps()

    @property
    def heading(self) -> list[str]:
        """Lines that say who was asked, for what, and what the parents have."""
        *common, _ = self._scans[0].heading
        return [*common, *(one.heading[-1] for one in self._scans)]

    @property
    def rows(self) -> list[list[str]]:
        """The table that is printed: names of the columns, then a row for each change."""
        parts = [(name, one.duplex.text, one.rows) for name, one in self._named()]
        heads = [*(["name"] if any(self.names) else []), "parent", *parts[0][2][0]]
        return [heads] + [
            [*([name] if any(self.names) else []), parent, *row]
            for name, parent, rows in parts
            for row in rows[1:]
        ]

    @property
    def lines(self) -> list[str]:
        """How large the effects of each kind of change are, of each parent."""
        return [f"{one.duplex.text}: {line}" for one in self._scans for line in one.lines]

    @property
    def warnings(self) -> list[str]:
        """What is not to be trusted, in sentences."""
        return [f"{one.duplex.text}: {said}" for one in self._scans for said in one.warnings]

    def table(self) -> Table:
        """A row for each parent and change, in the order of the scans."""
        columns: dict[str, tuple[str, Any]] = {}
        for name, one in self._named():
            table = one.table()
            number = len(table["kind"][1])
            first = {"name": ("", [name] * number)} if any(self.names) else {}
            for key, (unit, values) in {
                **first,
                "parent": ("", [one.duplex.text] * number),
                **table,
            }.items():
                known = columns.setdefault(key, (unit, []))
                known[1].extend(values)
        return columns

    def plot(self) -> Figure:
        """Heat map of the only scan.

        Raises
        ------
        UsageError
            There are several.
        """
        if len(self) > 1:
            raise UsageError(
                f"{len(self)} scans do not fit into one figure", "Draw one: result[0].plot()."
            )
        return self._scans[0].plot()

    def picture(self) -> Figure | None:
        """Heat map of the only scan; None if there are several."""
        return self.plot() if len(self) == 1 else None

    def write(self, folder: Path) -> None:
        """Write the table of all, and the heat map of each with its numbers."""
        from dnawire import plots

        plots.save_table(folder / "scan.csv", self.table())
        for number, one in enumerate(self._scans, start=1):
            stem = f"scan{page_name(number, one.duplex)}"
            plots.save_figure(one.plot(), folder / stem, one.table())

    def _named(self) -> Iterator[tuple[str, Scan]]:
        return zip(self.names, self._scans, strict=True)
