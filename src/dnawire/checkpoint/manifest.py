"""A manifest names the content of a checkpoint: one digest per tensor, one for all the rest.

Two checkpoints of the same state have the same tensor digests wherever and whenever they were
written, and a single entry tells which part of two states differs.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from torch import Tensor, uint8


def manifest_of(value: object, largest: int | None = None) -> dict[str, Any]:
    """Digest a plain value.

    Parameters
    ----------
    value
        Nested plain value, see `plain_copy`.
    largest
        Number of parts above which the value is refused. A file of that many bytes cannot honestly
        hold more, but one made with ill intent can refer to the same part again and again.

    Returns
    -------
    dict
        ``tensors``: dtype, shape and SHA-256 of the raw bytes of each tensor, by its place;
        ``values``: SHA-256 of the canonical JSON of everything else.

    Raises
    ------
    ValueError
        There are too many parts, or a tensor is not contiguous.
    TypeError
        Something in the value is not plain.
    """
    digester = _Digester(largest)
    skeleton = json.dumps(digester.skeleton(value, ""), separators=(",", ":"))
    return {
        "tensors": digester.tensors,
        "values": hashlib.sha256(skeleton.encode("utf-8", "surrogatepass")).hexdigest(),
    }


class _Digester:
    """Walks through a value once, collecting tensors and leaving a skeleton for JSON."""

    def __init__(self, largest: int | None) -> None:
        self.tensors: dict[str, dict[str, Any]] = {}
        self._largest = largest
        self._parts = 0

    def skeleton(self, value: object, place: str) -> object:
        self._parts += 1
        if self._largest is not None and self._parts > self._largest:
            raise ValueError("it refers to more values than its size can hold")
        if isinstance(value, Tensor):
            self.tensors[place] = _describe(value, place)
            return {"tensor": place}
        if isinstance(value, dict):
            pairs = [[key, self.skeleton(item, f"{place}/{key}")] for key, item in value.items()]
            metadata = getattr(value, "_metadata", None)
            return {"dict": pairs, "metadata": metadata and self.skeleton(metadata, place)}
        if isinstance(value, list | tuple):
            items = [self.skeleton(item, f"{place}/{n}") for n, item in enumerate(value)]
            return {type(value).__name__: items}
        return value


def _describe(tensor: Tensor, place: str) -> dict[str, Any]:
    if not tensor.is_contiguous():
        raise ValueError(f"the tensor {place} is not contiguous")
    raw = tensor.detach().reshape(-1).view(uint8).numpy()
    return {
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
        "sha256": hashlib.sha256(raw.data).hexdigest(),
    }
