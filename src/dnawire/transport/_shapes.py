"""Shapes that belong together; compiled code reads beyond the end of an array that is too short."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor


def check_shapes(arrays: Mapping[str, tuple[Tensor, tuple[int, ...]]]) -> None:
    """Compare arrays, by their names, with the shapes that they must have.

    Raises
    ------
    ValueError
        A shape differs, or an array that must not be empty is.
    """
    for name, (array, expected) in arrays.items():
        if tuple(array.shape) != expected:
            raise ValueError(f"{name} has the shape {tuple(array.shape)} instead of {expected}")


def check_energies(energies: Tensor, batch: int) -> None:
    """Refuse energies that are no grid for all junctions and none for each.

    Raises
    ------
    ValueError
        There are none, they are not finite, or they are for another number of junctions.
    """
    shape = tuple(energies.shape)
    if len(shape) not in (1, 2) or shape[:-1] not in ((), (1,), (batch,)):
        raise ValueError(f"energies have the shape {shape} instead of (E,) or ({batch}, E)")
    if energies.numel() == 0 or not bool(energies.isfinite().all()):
        raise ValueError("energies must be finite, and at least one")


def check_size(name: str, array: Tensor, dimensions: int) -> None:
    """Refuse an array of another number of dimensions, or without anything in it.

    Raises
    ------
    ValueError
        It is so.
    """
    if array.ndim != dimensions or array.numel() == 0 or array.shape[-1] != array.shape[-2]:
        raise ValueError(
            f"{name} has the shape {tuple(array.shape)} instead of square blocks in "
            f"{dimensions} dimensions"
        )
