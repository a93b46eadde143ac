"""Finds numbers that are not finite in a training state, which must never replace a good one."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor


def not_finite(value: object, place: str = "") -> str | None:
    """Place of the first tensor that holds a NaN or an infinity; None if there is none.

    Python numbers pass: an infinity marks what is not known yet, such as the best loss before the
    first epoch, and a history tells what was.

    Parameters
    ----------
    value
        Nested plain value, see `plain_copy`.
    place
        Name of the value.
    """
    if isinstance(value, Tensor):
        return None if bool(value.isfinite().all()) else place
    if isinstance(value, Mapping):
        items = list(value.items())
    elif isinstance(value, list | tuple):
        items = list(enumerate(value))
    else:
        return None
    found = (not_finite(item, f"{place}/{key}") for key, item in items)
    return next((place for place in found if place is not None), None)
