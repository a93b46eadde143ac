"""A wanted T(E) of a file or of two rows of numbers."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dnawire.errors import NotFoundError, UnusableFileError, UsageError
from dnawire.files.text import NotTextError, read_text
from dnawire.inference.targets import WantedSpectrum
from dnawire.scalars import InvalidNumberError, read_number

_COMMENT: Final = "#"
_DELIMITERS: Final = ",;\t"
_ENERGY: Final = ("energy_ev", "energy", "e")
_LINEAR: Final = ("transmission", "t")
_LOGARITHM: Final = ("log10_transmission",)
_REMEDY: Final = (
    "write a table with a column energy_eV, increasing, and one column transmission or "
    "log10_transmission."
)


def read_spectrum(path: Path) -> WantedSpectrum:
    """Read a wanted T(E) from a table divided by commas, semicolons or tabs.

    Its first row names the columns: ``energy_eV`` (or ``energy``, ``E``), and ``transmission`` (or
    ``T``) or ``log10_transmission``; others count for nothing. ``#`` begins a comment line.

    Raises
    ------
    NotFoundError
        If there is no such file.
    UnusableFileError
        If it is no such table; names the line.
    """
    try:
        lines = read_text(path).split("\n")
    except FileNotFoundError as error:
        raise NotFoundError(f"{path} does not exist.", "name a table of energies and T.") from error
    except (OSError, NotTextError) as error:
        raise _unusable(path, getattr(error, "strerror", None) or str(error)) from error
    rows = [
        (number, line)
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.startswith(_COMMENT)
    ]
    if not rows:
        raise _unusable(path, "it is empty")
    delimiter = max(_DELIMITERS, key=rows[0][1].count)
    cells = [(number, next(csv.reader([line], delimiter=delimiter))) for number, line in rows]
    names = [name.strip().lower() for name in cells[0][1]]
    energies = _column(path, cells, _only(path, names, _ENERGY))
    values = _column(path, cells, _only(path, names, _LINEAR + _LOGARITHM))
    if set(_LOGARITHM) & set(names):
        return _increasing(energies, values, str(path))
    return _positive(energies, values, str(path))


def given_spectrum(energies: ArrayLike, transmission: ArrayLike) -> WantedSpectrum:
    """Return a wanted T(E), T at increasing energies in eV.

    Raises
    ------
    UsageError
        If the two are no rows of finite numbers.
    UnusableFileError
        If the energies do not increase, or T is not above zero.
    """
    try:
        rows = np.array(energies, np.float64), np.array(transmission, np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError("the wanted spectrum holds what is no number", "Give numbers.") from error
    if rows[0].ndim != 1 or rows[0].shape != rows[1].shape or not np.isfinite(rows).all():
        raise UsageError(
            f"the wanted spectrum has energies of shape {rows[0].shape} and T of {rows[1].shape}",
            "Give two rows of finite numbers of the same length.",
        )
    return _positive(*rows, "the given spectrum")


def _positive(
    energies: NDArray[np.float64], transmission: NDArray[np.float64], origin: str
) -> WantedSpectrum:
    if (transmission <= 0.0).any():
        smallest = float(transmission.min())
        raise UnusableFileError(f"{origin}: T is {smallest:g}, and must be above zero.", _REMEDY)
    return _increasing(energies, np.log10(transmission), origin)


def _increasing(
    energies: NDArray[np.float64], log10_transmission: NDArray[np.float64], origin: str
) -> WantedSpectrum:
    if not len(energies) or (np.diff(energies) <= 0.0).any():
        raise UnusableFileError(f"{origin}: its energies do not increase.", _REMEDY)
    return WantedSpectrum(energies, log10_transmission, origin)


def _only(path: Path, names: Sequence[str], known: Sequence[str]) -> int:
    found = [number for number, name in enumerate(names) if name in known]
    if len(found) != 1:
        raise _unusable(path, f"{len(found)} of its columns are called {' or '.join(known)}")
    return found[0]


def _column(path: Path, cells: Sequence[tuple[int, list[str]]], column: int) -> NDArray[np.float64]:
    def numbers() -> Iterator[float]:
        width = len(cells[0][1])
        for line, row in cells[1:]:
            if len(row) != width:
                raise _unusable(path, f"line {line} has {len(row)} columns instead of {width}")
            try:
                yield read_number(row[column])
            except InvalidNumberError as error:
                raise _unusable(path, f"line {line}: {error}") from error

    return np.fromiter(numbers(), np.float64)


def _unusable(path: Path, problem: str) -> UnusableFileError:
    return UnusableFileError(f"{path} holds no spectrum: {problem}.", _REMEDY)
