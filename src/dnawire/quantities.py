"""The table of quantities: what records hold, models predict, tables and figures show.

A new quantity is a row here; then `transport.Spectra` and `graphs.SpectraBatch` need its tensor,
under the name of its column, and `LossConfig` its weight. ``tests/unit/test_quantities.py`` names
what was forgotten. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = TypeVar("Array")
"""A NumPy array or a tensor."""

_HIGHEST_DOS: Final = 20.0
_TINY: Final = float(np.log10(np.finfo(np.float64).tiny))


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """One quantity of a junction; its values are stored, learned and compared in its scale."""

    name: str
    """In code, flags and files, for example ``dos``."""
    symbol: str
    """In tables, for example ``DOS``."""
    title: str
    """In figures, for example ``Density of states``."""
    unit: str
    """Of the plain value; empty if it has none."""
    axes: tuple[Literal["site", "energy"], ...] = ("energy",)
    """Of its values; those over sites are in site order in records, in ladder layout in tensors."""
    scale: Literal["log10", "linear"] = "log10"
    """Scale of every column and tensor."""
    floor: float = -np.inf
    """What the transport gives, in the scale, where the value is too small to be told from none."""
    highest: float = np.inf
    """The largest value in the scale that anything real can have."""
    is_required: bool = False
    """Whether each record has it; others are used where records and model have them."""
    is_scored: bool = False
    """Whether predictions are judged by it in metrics, tables and figures."""
    can_vanish: bool = True
    """Whether zero is possible; it is minus infinity in decades, and no target of the training."""

    @property
    def column(self) -> str:
        """Name of its column and tensor, for example ``log10_dos``."""
        return self.name if self.scale == "linear" else f"{self.scale}_{self.name}"

    @property
    def label(self) -> str:
        """Title with unit, for axes of figures."""
        return f"{self.title} ({self.unit or 'dimensionless'})"

    @property
    def scale_label(self) -> str:
        """Symbol in its scale, for heads of tables, for example ``log10 DOS``."""
        return self.symbol if self.scale == "linear" else f"{self.scale} {self.symbol}"

    @property
    def scale_unit(self) -> str:
        """Unit of a difference in its scale."""
        return self.unit if self.scale == "linear" else "decades"

    @property
    def error_label(self) -> str:
        """Head of a column of errors, for example ``log10 DOS (decades)``."""
        return f"{self.scale_label} ({self.scale_unit})" if self.scale_unit else self.scale_label

    @property
    def has_sites(self) -> bool:
        """Whether there is a value for each site."""
        return "site" in self.axes

    def scaled(self, values: ArrayLike) -> NDArray[Any]:
        """Plain values in the scale; zero is minus infinity, what is impossible is NaN.

        Values over sites keep their floating point type, others become float64.
        """
        plain = np.asarray(values, dtype=None if self.has_sites else np.float64)
        if self.scale == "linear":
            return plain
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(np.log10(plain))

    def is_possible(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Which values in the scale can be: numbers up to the highest, and that of zero."""
        possible: NDArray[np.bool_] = np.isfinite(values) & (values <= self.highest)
        if self.scale == "log10" and self.can_vanish:
            possible |= np.isneginf(values)
        return possible

    def plain(self, values: Array) -> Array:
        """Plain values of an array or a tensor in the scale, which may underflow to zero."""
        return values if self.scale == "linear" else 10.0**values  # type: ignore[operator]


QUANTITIES: Final = (
    Quantity(
        name="transmission",
        symbol="T",
        title="Transmission",
        unit="",
        highest=4.0,
        is_required=True,
        is_scored=True,
    ),
    Quantity(
        name="dos",
        symbol="DOS",
        title="Density of states",
        unit="1/eV",
        floor=_TINY,
        highest=_HIGHEST_DOS,
        is_scored=True,
        can_vanish=False,
    ),
    Quantity(
        name="ldos",
        symbol="LDOS",
        title="Local density of states",
        unit="1/eV",
        axes=("site", "energy"),
        floor=_TINY,
        highest=_HIGHEST_DOS,
    ),
)
"""Every quantity, in the order of columns, of terms of the loss and of tables."""

BY_NAME: Final = {quantity.name: quantity for quantity in QUANTITIES}
"""The same rows by their names."""

BY_COLUMN: Final = {quantity.column: quantity for quantity in QUANTITIES}
"""The same rows by the names of their columns."""

SCORED: Final = tuple(quantity for quantity in QUANTITIES if quantity.is_scored)
"""Those that predictions are judged by."""

SCORE_COLUMNS: Final = {quantity.name: f"val_{quantity.name}_mae" for quantity in SCORED}
"""Column of ``metrics.csv`` of each of them."""


def scored_in(*columns: Container[str]) -> tuple[Quantity, ...]:
    """The scored quantities whose columns are in all of these."""
    return tuple(one for one in SCORED if all(one.column in found for found in columns))


def scaled_columns(**values: ArrayLike | None) -> dict[str, NDArray[Any]]:
    """Columns of a record from plain values by name of the quantity; None leaves one out.

    For example ``scaled_columns(transmission=t, dos=d)`` holds ``log10_transmission`` and
    ``log10_dos``.
    """
    return {
        BY_NAME[name].column: BY_NAME[name].scaled(array)
        for name, array in values.items()
        if array is not None
    }


def site_order_columns(
    spectra: Mapping[str, ArrayLike], present: NDArray[np.bool_]
) -> dict[str, NDArray[np.float64]]:
    """Columns of many records of one length from what the transport gives.

    Parameters
    ----------
    spectra
        By column, (B, E) or (B, L, 2, E) in ladder layout.
    present
        Where there is a base, (B, L, 2).

    Returns
    -------
    dict
        By column, (B, E) or (sites of all records, E); minus infinity at the floor of a quantity,
        where nothing is known of a value but that it is small.
    """
    columns = {}
    for quantity in QUANTITIES:
        if quantity.column in spectra:
            values = np.asarray(spectra[quantity.column])
            rows = values[present] if quantity.has_sites else values
            is_unknown = rows <= quantity.floor
            if is_unknown.any():
                rows = np.where(is_unknown, -np.inf, rows)
            columns[quantity.column] = rows
    return columns


def column_name(name: str, unit: str) -> str:
    """Name of a column of a CSV file, with its unit, for example ``energy_eV``, ``dos_per_eV``."""
    return "_".join([name, *unit.replace("1/", "per ").split()])
