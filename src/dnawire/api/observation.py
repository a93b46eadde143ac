"""What results of observables share: a row for some junctions, figures, files."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NamedTuple, Self, TypeVar

import numpy as np

from dnawire.api.conditions import said_of_contacts
from dnawire.api.model import Model, load
from dnawire.api.questions import Question
from dnawire.api.result import Result
from dnawire.api.wanted import DuplexLike, Wanted, junctions_or_wanted
from dnawire.errors import UsageError
from dnawire.inference import Remark, model_remarks, said_of_several, status
from dnawire.junction import Contact, Duplex, Junction

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dnawire.plots import Table
    from dnawire.predictors import Predictor

AnyQuestion = TypeVar("AnyQuestion", bound=Question)
Answer = TypeVar("Answer")

_LONGEST_NAME: Final = 40
_SUMMARY: Final = "summary.csv"


class Column(NamedTuple):
    """A column of the table that is printed and written."""

    head: str
    """Above it in print; without one it is in the file alone."""
    name: str
    """In the file."""
    unit: str
    """In the file; empty if it has none."""
    form: str
    """How its numbers are printed."""
    values: Sequence[Any]


class Page(NamedTuple):
    """A figure and its numbers."""

    name: str
    """Of its files; empty for the only one."""
    figure: Figure
    table: Table


class Observation(Result, Generic[AnyQuestion, Answer]):
    """Observables of some junctions by one model, in their order.

    It prints as a table, and shows itself in a notebook; an index or a slice chooses junctions.

    Parameters
    ----------
    predictor
        Who was asked.
    question
        For what.
    junctions
        Of what.
    contacts
        Left and right contact; None if each junction has its own.

    Attributes
    ----------
    answers
        One for each junction, when all `steps` are done.
    remarks
        What is not to be trusted, for each junction.
    row_remarks
        The same for each of its rows of the table, in their order; empty where these are alike.
    names
        Those of the records of a file, empty where there is none.
    """

    unit: ClassVar[str] = "steps"
    title: ClassVar[str]
    """Of the figures."""

    def __init__(
        self,
        predictor: Predictor,
        question: AnyQuestion,
        junctions: Sequence[Junction],
        contacts: tuple[Contact, Contact] | None,
    ) -> None:
        self.predictor = predictor
        self.question = question
        self.junctions = list(junctions)
        self.contacts = contacts
        self.answers: list[Answer] = []
        self.remarks: list[tuple[Remark, ...]] = []
        self.row_remarks: list[tuple[tuple[Remark, ...], ...]] = []
        self.names = [""] * len(self.junctions)

    @classmethod
    def prepared(
        cls,
        found: Sequence[Wanted] | Sequence[Junction],
        predictor: Predictor,
        device: str,
        question: AnyQuestion,
    ) -> Self:
        """Check contacts, of which junctions have their own; `steps` are to be done.

        Further models, if any are asked, are loaded to the device.

        Raises
        ------
        DnawireError
            A contact is impossible.
        """
        given = [one for one in found if isinstance(one, Junction)]
        if given:
            question.check_without_contacts()
            return cls(predictor, question, given, None)
        found = [one for one in found if isinstance(one, Wanted)]
        contacts = question.contacts(predictor)
        junctions = [Junction(one.duplex, *contacts) for one in found]
        prepared = cls(predictor, question, junctions, contacts)
        prepared.names = [one.name for one in found]
        return prepared

    @classmethod
    def of(
        cls,
        sequences: DuplexLike | Iterable[DuplexLike] | Path,
        model: Model | Path | str,
        device: str,
        question: AnyQuestion,
    ) -> Self:
        """Ask a model for what `junctions_or_wanted` reads, and wait for all of it.

        Raises
        ------
        DnawireError
            A sequence or contact is impossible, or there is no such model.
        """
        question.check_model(None if isinstance(model, Model) else str(model))
        predictor = load(model, device).predictor
        found = junctions_or_wanted(sequences, predictor)
        return cls.prepared(found, predictor, device, question).completed()

    @property
    def name(self) -> str:
        """Short name of the model."""
        return self.predictor.name

    @property
    def lines(self) -> list[str]:
        """Nothing is said below the table but warnings."""
        return []

    @property
    def num_steps(self) -> int:
        """Number of `steps`."""
        return len(self.junctions)

    @abstractmethod
    def steps(self) -> Iterator[None]:
        """Answer for a while at a time."""

    @property
    @abstractmethod
    def conditions(self) -> list[str]:
        """Lines that say for what was asked."""

    @abstractmethod
    def columns(self) -> list[Column]:
        """Columns of the table that is printed; the first is the number of the junction."""

    @abstractmethod
    def table(self) -> Table:
        """All numbers, as columns."""

    @abstractmethod
    def pages(self) -> Iterator[Page]:
        """Figures."""

    def extra_tables(self) -> dict[str, Table]:
        """Further tables by the names of their files."""
        return {}

    def __len__(self) -> int:
        return len(self.junctions)

    def __getitem__(self, index: int | slice) -> Self:
        """Return the same of one junction, or of several."""
        part = slice(index, index + 1 or None) if isinstance(index, int) else index
        if not self.junctions[part]:
            raise IndexError(f"{index} of {len(self)} junctions")
        found = type(self)(self.predictor, self.question, self.junctions[part], self.contacts)
        found.answers, found.remarks = self.answers[part], self.remarks[part]
        found.row_remarks = self.row_remarks[part]
        found.names = self.names[part]
        return found

    @property
    def sequences(self) -> list[str]:
        """The duplexes, in their order."""
        return [one.duplex.text for one in self.junctions]

    @property
    def heading(self) -> list[str]:
        """Lines that say who was asked, and for what."""
        return [
            f"model         {self.predictor.name}",
            f"contacts      {said_of_contacts(self.predictor, self.contacts)}",
            *self.conditions,
        ]

    @property
    def rows(self) -> list[list[str]]:
        """The table that is printed: names of the columns, then its rows."""
        shown = [one for one in self._all_columns() if one.head]
        cells = ([_cell(value, one.form) for value in one.values] for one in shown)
        return [[one.head for one in shown], *map(list, zip(*cells, strict=True))]

    @property
    def warnings(self) -> list[str]:
        """What is not to be trusted, in sentences: what holds for all of them once."""
        own = list(zip(self.sequences, self.remarks, strict=True))
        return [*self._far_off, *said_of_several(list(model_remarks(self.predictor)), own)]

    def summary(self) -> Table:
        """The table that is printed, with all digits."""
        return {one.name: (one.unit, one.values) for one in self._all_columns()}

    def plot(self) -> Figure:
        """Figure of all junctions.

        Raises
        ------
        UsageError
            If there are more than one figure holds.
        """
        first, *more = self.pages()
        if more:
            raise UsageError(
                f"{len(self)} junctions do not fit into one figure",
                "Draw some of them, e.g. result[0].plot() or result[:3].plot().",
            )
        return first.figure

    def write(self, folder: Path) -> None:
        """Write all tables and figures.

        Raises
        ------
        NotWritableError
            The system refuses.
        """
        from dnawire import plots

        plots.save_table(folder / _SUMMARY, self.summary())
        for name, table in self.extra_tables().items():
            plots.save_table(folder / name, table)
        for page in self.pages():
            plots.save_figure(page.figure, folder / f"{self.below}{page.name}", page.table)

    def picture(self) -> Figure | None:
        """Figure of all junctions; None if they need several."""
        first, *more = self.pages()
        return None if more else first.figure

    @property
    def _zero(self) -> float:
        """Energy of the model in eV from which Fermi energies count."""
        return 0.0

    @property
    def _far_off(self) -> list[str]:
        """Fermi energies that may be meant on another scale."""
        known = self.predictor.conditions.energies
        low, high = (float(end) - self._zero for end in (known[0], known[-1]))
        return [
            f"E_F = {one:g} eV lies outside of {low:g} to {high:g} eV, where {self.predictor.name} "
            "is at home: is it meant on another scale of energies?"
            for one in self.question.fermi_energies
            if not low <= one <= high
        ]

    def _repeated(self, numbers: int | Sequence[int]) -> Table:
        """Columns that tell the junctions, each in so many rows."""
        named = {"name": self.names} if any(self.names) else {}
        columns = {**named, "sequence": self.sequences}
        return {name: ("", np.repeat(values, numbers)) for name, values in columns.items()}

    def _all_columns(self) -> list[Column]:
        """Columns with those of the junction before, and the status behind."""
        number, *found = self.columns()
        of = [self.junctions[row] for row in number.values]
        own = [one for rows in self.row_remarks for one in rows]
        own = own or [self.remarks[row] for row in number.values]
        model = tuple(model_remarks(self.predictor))
        words = [status(model + one) for one in own]
        names = [self.names[row] for row in number.values]
        return [
            *([Column("name", "name", "", "", names)] if any(self.names) else []),
            Column("sequence", "sequence", "", "", [one.duplex.text for one in of]),
            Column("length", "length", "base pairs", "", [one.length for one in of]),
            Column("", "left_contact", "eV", "", [one.left.text for one in of]),
            Column("", "right_contact", "eV", "", [one.right.text for one in of]),
            *found,
            Column("status", "status", "", "", words),
        ]

    @property
    def _eta(self) -> float:
        """Imaginary part of the energy in eV: none where carriers are counted."""
        return 0.0

    def _footer(self, *further: str, thermal: tuple[float, float] | None = None) -> str:
        from dnawire.plots import footer

        known, contacts = self.predictor.conditions, self.contacts
        return footer(
            None if contacts is None else (contacts[0].text, contacts[1].text),
            energy_reference=known.energy_reference,
            eta=self._eta,
            parameters=known.parameters,
            level=known.level,
            thermal=thermal,
            further=further,
        )


def numbers_of(rows: Iterable[int]) -> Column:
    """The first of the `Observation.columns`: which junction a row is of."""
    return Column("", "junction", "", "", list(rows))


def page_name(number: int, duplex: Duplex) -> str:
    """Name of the page of one of several duplexes."""
    return f"_{number}_{duplex.text.replace('/', '-')[:_LONGEST_NAME]}"


def in_pages(observation: Observation[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Names of pages and what is on each: as many junctions as there are colors."""
    from dnawire.plots import LINES

    size = len(LINES)
    starts = range(0, len(observation), size)
    for number, start in enumerate(starts, start=1):
        name = f"_{number}" if len(starts) > 1 else ""
        yield name, observation[start : start + size]


def _cell(value: Any, form: str) -> str:  # noqa: ANN401
    return "-" if isinstance(value, float) and math.isnan(value) else format(value, form)
