"""All parameters of one precision in one vector: an optimizer step is one operation each."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import torch
from torch import Tensor, nn
from torch._utils import _flatten_dense_tensors


class PackedParameters:
    """Vectors whose parts are the parameters of a module, and the gradients alike.

    The parameters stay what they are for everyone else: their data become views of the vectors. A
    module must not be moved to another device or precision afterwards.

    Parameters
    ----------
    module
        Its parameters are packed, in their order, one vector for each precision.
    """

    def __init__(self, module: nn.Module) -> None:
        self._parameters = list(module.parameters())
        self._offsets: list[tuple[int, int]] = []
        self.vectors: list[nn.Parameter] = []
        kinds = list(dict.fromkeys(parameter.dtype for parameter in self._parameters))
        sizes = dict.fromkeys(kinds, 0)
        for parameter in self._parameters:
            self._offsets.append((kinds.index(parameter.dtype), sizes[parameter.dtype]))
            sizes[parameter.dtype] += parameter.numel()
        for kind in kinds:
            device = self._parameters[0].device
            vector = nn.Parameter(torch.empty(sizes[kind], dtype=kind, device=device))
            vector.grad = torch.zeros_like(vector)
            self.vectors.append(vector)
        views = self._views([vector.data for vector in self.vectors])
        for parameter, view in zip(self._parameters, views, strict=True):
            view.copy_(parameter.data)
            parameter.data, parameter.grad = view, None

    @property
    def gradients(self) -> list[Tensor]:
        """Gradient of each vector; to be changed in place."""
        return [_gradient(vector) for vector in self.vectors]

    def digest(self) -> str:
        """SHA-256 of all parameters."""
        found = hashlib.sha256()
        for vector in self.vectors:
            found.update(vector.detach().cpu().numpy().tobytes())
        return found.hexdigest()

    def zero_gradients(self) -> None:
        """Forget the gradients of the parameters."""
        for parameter in self._parameters:
            parameter.grad = None

    def gather_gradients(self) -> list[Tensor]:
        """Copy the gradients of the parameters to those of the vectors; see `gradients`."""
        parts: list[list[Tensor]] = [[] for _ in self.vectors]
        for parameter, (number, _) in zip(self._parameters, self._offsets, strict=True):
            found = parameter.grad
            parts[number].append(torch.zeros_like(parameter) if found is None else found)
        for vector, some in zip(self.vectors, parts, strict=True):
            vector.grad = _flatten_dense_tensors(some)
        return self.gradients

    def clip_gradients(self, largest: float) -> float:
        """Shorten the gradient to a norm of at most ``largest``; return the norm it had."""
        norms = [torch.linalg.vector_norm(one).item() for one in self.gradients]
        norm = math.hypot(*norms)
        if norm + 1e-6 > largest:
            for gradient in self.gradients:
                gradient.mul_(largest / (norm + 1e-6))
        return norm

    def unpack_state(self, state: dict[str, Any]) -> dict[str, Any]:
        """State of an optimizer of the vectors as that of one of the single parameters."""
        entries = {}
        for number, (vector, start) in enumerate(self._offsets):
            if vector not in state["state"]:
                continue
            size, shape = self._parameters[number].numel(), self._parameters[number].shape
            entries[number] = {
                name: value[start : start + size].view(shape) if value.ndim else value
                for name, value in state["state"][vector].items()
            }
        groups = [dict(group) for group in state["param_groups"]]
        for group in groups:
            group["params"] = [
                number
                for number, (vector, _) in enumerate(self._offsets)
                if vector in group["params"]
            ]
        return {"state": entries, "param_groups": groups}

    def pack_state(self, state: dict[str, Any]) -> dict[str, Any]:
        """Undo `unpack_state`."""
        entries: dict[int, dict[str, Tensor]] = {}
        for number, (vector, _) in enumerate(self._offsets):
            if number not in state["state"]:
                continue
            parts = entries.setdefault(vector, {})
            for name, value in state["state"][number].items():
                flat = value.reshape(-1)
                known = parts.get(name)
                if value.ndim == 0:
                    parts[name] = value
                else:
                    parts[name] = flat if known is None else torch.cat((known, flat))
        groups = [dict(group) for group in state["param_groups"]]
        for group in groups:
            vectors = [self._offsets[number][0] for number in group["params"]]
            group["params"] = list(dict.fromkeys(vectors))
        return {"state": entries, "param_groups": groups}

    def _views(self, vectors: list[Tensor]) -> list[Tensor]:
        return [
            vectors[vector][start : start + parameter.numel()].view(parameter.shape)
            for parameter, (vector, start) in zip(self._parameters, self._offsets, strict=True)
        ]


def _gradient(vector: nn.Parameter) -> Tensor:
    assert vector.grad is not None
    return vector.grad
