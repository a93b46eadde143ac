"""Tables of measured conductance, as laboratories keep them: units are in the heads of columns."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dnawire.constants import CONDUCTANCE_QUANTUM
from dnawire.errors import DnawireError, NotFoundError, UnusableDataFileError
from dnawire.files.tables import Row, TableError, TextTable, read_table
from dnawire.files.text import NotTextError, read_packed_text
from dnawire.junction import DNA, Alphabet, Duplex
from dnawire.scalars import TEMPERATURE, InvalidNumberError, Range, checked_path, read_number

_LARGEST: Final = 2**28
_ZERO_CELSIUS: Final = 273.15

_SIEMENS: Final = {
    "S": 1.0,
    "mS": 1e-3,
    "uS": 1e-6,
    "nS": 1e-9,
    "pS": 1e-12,
    "fS": 1e-15,
    "G0": CONDUCTANCE_QUANTUM,
}
"""Siemens in each unit of a conductance; G0 = 2e^2/h."""

_OF_ERROR: Final = (*_SIEMENS, "percent", "decades")
_OF_TEMPERATURE: Final = ("K", "C")
_CONDUCTANCE: Final = Range(1e-30, 1.0, "S")
_NAMES: Final = ("name", "identifier", "id", "label")
_LENGTHS: Final = ("length_base_pairs", "length")
_HEAD: Final = re.compile(r"(?P<name>.*?)[\s_]*[(\[]?\s*(?P<unit>[A-Za-z\u00b5\u03bc0]+)\s*[)\]]?")


@dataclass(frozen=True, eq=False)
class Measurements:
    """Measured conductances of duplexes; N of them, in the order of their table.

    Parameters
    ----------
    duplexes
        What was measured.
    names
        Names of the rows; empty texts if they have none.
    conductance
        In siemens, (N,), positive.
    error
        One standard deviation in siemens, (N,); NaN where none is known.
    temperature
        In kelvin, (N,); NaN where none is known.
    file
        The table, and the lines of its rows.
    """

    duplexes: tuple[Duplex, ...]
    names: tuple[str, ...]
    conductance: NDArray[np.float64]
    error: NDArray[np.float64]
    temperature: NDArray[np.float64]
    file: tuple[Path, tuple[int, ...]]

    def __len__(self) -> int:
        return len(self.duplexes)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Numbers of base pairs, (N,)."""
        return np.array([one.length for one in self.duplexes], dtype=np.int64)

    @property
    def conductance_quanta(self) -> NDArray[np.float64]:
        """In G0 = 2e^2/h, (N,)."""
        return self.conductance / CONDUCTANCE_QUANTUM

    @property
    def log10_conductance(self) -> NDArray[np.float64]:
        """log10 of the conductance in G0, (N,)."""
        return np.log10(self.conductance_quanta)

    @property
    def error_decades(self) -> NDArray[np.float64]:
        """One standard deviation of log10 G, (N,), to first order; NaN where none is known."""
        return self.error / (self.conductance * math.log(10.0))


def read_measurements(path: str | Path, alphabet: Alphabet = DNA) -> Measurements:
    """Read a table of measured conductance.

    The table has a column ``sequence`` (as `Duplex.parse` reads it) and one of the conductance,
    whose head ends with the unit: ``conductance_nS``, ``conductance (G0)``. Others may be there:
    ``error`` with a unit (that of a conductance, ``percent`` or ``decades`` of log10 G; one
    standard deviation), ``temperature_K`` or ``temperature_C``, ``length`` in base pairs, which
    must be that of the sequence, and ``name``. The order of columns and all further ones do not
    matter.

    Parameters
    ----------
    path
        Text file, divided by commas, semicolons or tabs; perhaps compressed by gzip.
    alphabet
        Letters of the sequences.

    Returns
    -------
    Measurements
        In siemens and kelvin.

    Raises
    ------
    NotFoundError
        If there is no such file.
    UnusableDataFileError
        If it is no such table, or a value is impossible; names the line, the column and the value.
    """
    path = checked_path("table", path)
    try:
        table = read_table(read_packed_text(path, largest=_LARGEST).split("\n"))
        return _Reader(path, table, alphabet).measurements()
    except FileNotFoundError as error:
        raise NotFoundError(f"{path} does not exist.", "name a table of measurements.") from error
    except (OSError, NotTextError, TableError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnusableDataFileError(
            f"{path}: {reason}.",
            "write a table with columns such as sequence, conductance_G0, error_percent and "
            "temperature_K.",
        ) from error


class _Reader:
    """Columns of one table."""

    def __init__(self, path: Path, table: TextTable, alphabet: Alphabet) -> None:
        self._path = path
        self._table = table
        self._alphabet = alphabet

    def measurements(self) -> Measurements:
        rows = self._table.rows
        if not rows:
            raise TableError(self._table.line, "it has no rows")
        sequence = self._table.column("sequence")
        if sequence is None:
            raise TableError(self._table.line, "it has no column 'sequence'")
        duplexes = tuple(self._duplex(row, sequence) for row in rows)
        conductance = self._conductances(rows)
        name = self._table.column(*_NAMES)
        return Measurements(
            duplexes=duplexes,
            names=tuple(row.cells[name] if name else "" for row in rows),
            conductance=conductance,
            error=self._errors(rows, conductance),
            temperature=self._temperatures(rows),
            file=(self._path, tuple(row.line for row in rows)),
        )

    def _duplex(self, row: Row, column: str) -> Duplex:
        try:
            duplex = Duplex.parse(row.cells[column], self._alphabet)
        except DnawireError as error:
            raise self._fault(row, column, error.problem.rstrip("."), error.remedy) from error
        for head in (one for one in (self._table.column(*_LENGTHS),) if one and row.cells[one]):
            if self._number(row, head) != duplex.length:
                raise self._fault(
                    row,
                    head,
                    f"{row.cells[head]} is not the length of {duplex.text}, which has "
                    f"{duplex.length} base pairs",
                    "Correct one of them.",
                )
        return duplex

    def _conductances(self, rows: tuple[Row, ...]) -> NDArray[np.float64]:
        found = self._column_with_unit("conductance", tuple(_SIEMENS))
        if found is None:
            raise TableError(
                self._table.line,
                "it has no column of the conductance with its unit, such as conductance_G0",
            )
        head, unit = found
        values = [self._number(row, head) * _SIEMENS[unit] for row in rows]
        for row, value in zip(rows, values, strict=True):
            if value not in _CONDUCTANCE:
                raise self._fault(
                    row,
                    head,
                    f"{row.cells[head]} {unit} is no conductance of one molecule",
                    f"Leave out rows without a conductance {_CONDUCTANCE}, or mend the unit.",
                )
        return np.array(values)

    def _errors(
        self, rows: tuple[Row, ...], conductance: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        found = self._column_with_unit("error", _OF_ERROR)
        if found is None:
            return np.full(len(rows), np.nan)
        head, unit = found
        values = np.array([self._number(row, head, or_empty=math.nan) for row in rows])
        for row, value in zip(rows, values, strict=True):
            if value <= 0.0:
                problem = f"{row.cells[head]} is not above 0"
                raise self._fault(row, head, problem, "Leave the cell empty where none is known.")
        scale = {"percent": 1e-2 * conductance, "decades": math.log(10.0) * conductance}
        return values * scale.get(unit, _SIEMENS.get(unit, math.nan))

    def _temperatures(self, rows: tuple[Row, ...]) -> NDArray[np.float64]:
        found = self._column_with_unit("temperature", _OF_TEMPERATURE)
        if found is None:
            return np.full(len(rows), np.nan)
        head, unit = found
        zero = _ZERO_CELSIUS if unit == "C" else 0.0
        values = np.array([zero + self._number(row, head, or_empty=math.nan) for row in rows])
        for row, value in zip(rows, values, strict=True):
            if not math.isnan(value) and value not in TEMPERATURE:
                problem = f"{row.cells[head]} {unit} is no temperature"
                raise self._fault(row, head, problem, f"Give one {TEMPERATURE}.")
        return values

    def _column_with_unit(self, name: str, units: tuple[str, ...]) -> tuple[str, str] | None:
        """Head and unit of the one column of a quantity.

        Raises
        ------
        TableError
            If there are several, or one without a unit that is known.
        """
        found = []
        for head in self._table.heads:
            match = _HEAD.fullmatch(head.strip())
            plain = head.strip().lower()
            if match is not None and match["name"].strip().lower() == name:
                found.append((head, match["unit"].replace("\u00b5", "u").replace("\u03bc", "u")))
            elif plain == name or plain.startswith((f"{name}_", f"{name} ", f"{name}(")):
                found.append((head, ""))
        if len(found) > 1:
            heads = " and ".join(f"'{head}'" for head, _ in found)
            raise TableError(self._table.line, f"the columns {heads} both hold the {name}")
        for head, unit in found:
            if unit not in units:
                raise TableError(
                    self._table.line,
                    f"column '{head}' does not end with a unit of the {name}: {', '.join(units)}",
                )
        return found[0] if found else None

    def _number(self, row: Row, head: str, or_empty: float | None = None) -> float:
        text = row.cells[head]
        if not text and or_empty is not None:
            return or_empty
        try:
            return read_number(text)
        except InvalidNumberError as error:
            raise self._fault(row, head, str(error), "Write a number.") from error

    def _fault(self, row: Row, head: str, problem: str, remedy: str) -> UnusableDataFileError:
        where = f"{self._path}, line {row.line}, column '{head}'"
        return UnusableDataFileError(f"{where}: {problem}.", remedy)
