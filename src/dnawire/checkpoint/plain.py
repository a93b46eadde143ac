"""Plain values: what a checkpoint may hold, so that loading it can never run a program."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import torch
from torch import Tensor


def plain_copy(value: object, place: str = "payload") -> Any:  # noqa: ANN401
    """Copy a nested value deeply, with every tensor on the CPU and compact.

    Dictionaries with str or int keys, lists, tuples, strings, Python numbers, None and dense
    tensors are plain; NumPy numbers become Python numbers. An ``OrderedDict`` stays one and keeps
    the ``_metadata`` with which PyTorch marks the version of a module's state.

    Parameters
    ----------
    value
        Value to copy.
    place
        Name of the value in an error message.

    Raises
    ------
    TypeError
        Something in the value is not plain; the message names its place and what to use instead.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, Tensor):
        return _plain_tensor(value, place)
    if isinstance(value, dict):
        return _plain_dict(value, place)
    if type(value) is list or type(value) is tuple:
        items = [plain_copy(item, f"{place}/{n}") for n, item in enumerate(value)]
        return items if type(value) is list else tuple(items)
    raise TypeError(
        f"{place} is a {type(value).__name__}, which a checkpoint cannot hold; "
        "turn it into a tensor, a list, a dictionary, a string or a number"
    )


def _plain_tensor(tensor: Tensor, place: str) -> Tensor:
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta:
        raise TypeError(f"{place} is not a dense tensor, which is all that a checkpoint can hold")
    dense = tensor.detach().as_subclass(Tensor)
    # A copy even on the CPU: a view would drag its whole storage into the file.
    return torch.empty_like(dense, device="cpu", memory_format=torch.contiguous_format).copy_(dense)


def _plain_dict(value: dict[Any, Any], place: str) -> dict[Any, Any]:
    for key in value:
        if type(key) not in (str, int):
            raise TypeError(f"{place} has the key {key!r}; only str and int keys are plain")
    copies = {key: plain_copy(item, f"{place}/{key}") for key, item in value.items()}
    if not isinstance(value, OrderedDict):
        return copies
    ordered = OrderedDict(copies)
    if hasattr(value, "_metadata"):
        ordered._metadata = plain_copy(value._metadata, f"{place}/_metadata")  # type: ignore[attr-defined]
    return ordered
