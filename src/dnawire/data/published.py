"""Published conductances that come with this package, as tables with their DOI."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

from dnawire.config.suggestion import nearest
from dnawire.data.measurements import Measurements, read_measurements
from dnawire.errors import NotFoundError

PUBLISHED: Final = "published:"
"""Begins the names of tables of this package."""


def available_measurements() -> tuple[str, ...]:
    """Names of the tables of this package, sorted."""
    files = resources.files(__package__).joinpath("published").iterdir()
    return tuple(sorted(one.name[:-4] for one in files if one.name.endswith(".csv")))


def load_measurements(table: str | Path) -> Measurements:
    """Read a table of measured conductance, or one of this package.

    Conductances of the tables of this package are relative: in units of that of their first row.

    Parameters
    ----------
    table
        A file, see `read_measurements`; or ``published:NAME``.

    Raises
    ------
    NotFoundError
        If there is no such table.
    UnusableDataFileError
        See `read_measurements`.
    """
    if not is_published(table):
        return read_measurements(table)
    name, known = str(table).removeprefix(PUBLISHED), available_measurements()
    if name not in known:
        raise NotFoundError(
            f"there is no published table '{name}'.",
            f"{nearest(name, known)} Available: {', '.join(known)}.".lstrip(),
        )
    with resources.as_file(resources.files(__package__) / "published" / f"{name}.csv") as path:
        return read_measurements(path)


def is_published(table: str | Path) -> bool:
    """Whether a word names a table of this package."""
    return str(table).startswith(PUBLISHED)
