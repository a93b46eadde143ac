"""Everything in a run that has a state, by name, so that nothing is forgotten."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
import torch

from dnawire.checkpoint.plain import plain_copy
from dnawire.errors import ConfigurationMismatchError

Getter = Callable[[], Any]
Setter = Callable[[Any], object]


class Stateful(Protocol):
    """An object with a state, as PyTorch's modules, optimizers and schedulers have one."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state."""
        ...

    def load_state_dict(self, state_dict: dict[str, Any], /) -> object:
        """Take over a state."""
        ...


class StateRegistry:
    """Named parts of the state of a run."""

    def __init__(self) -> None:
        self._parts: dict[str, tuple[Getter, Setter]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parts, in the order in which they were registered and are restored."""
        return tuple(self._parts)

    def register(self, name: str, stateful: Stateful) -> None:
        """Register an object with ``state_dict`` and ``load_state_dict``.

        Raises
        ------
        ValueError
            The name is taken.
        """
        self.register_functions(name, stateful.state_dict, stateful.load_state_dict)

    def register_functions(self, name: str, get: Getter, put: Setter) -> None:
        """Register a state that a function returns and another one takes over.

        Raises
        ------
        ValueError
            The name is taken.
        """
        if name in self._parts:
            raise ValueError(f"a state of the name {name!r} is registered already")
        self._parts[name] = (get, put)

    def snapshot(self, copied: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
        """Copy the state of every part, with tensors on the CPU, untouched by what follows.

        Parameters
        ----------
        copied
            Copies, by name, of parts that have not changed since; they are taken as they are.

        Raises
        ------
        TypeError
            A state is not plain, see `plain_copy`.
        """
        return {
            name: copied[name] if name in copied else plain_copy(get(), name)
            for name, (get, _) in self._parts.items()
        }

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Put every part into the state of a snapshot, which stays as it is.

        Raises
        ------
        ConfigurationMismatchError
            The snapshot lacks a part or has one more; nothing was touched.
        """
        missing = [name for name in self._parts if name not in snapshot]
        unknown = [name for name in snapshot if name not in self._parts]
        if missing or unknown:
            raise ConfigurationMismatchError(
                "The checkpoint holds the state of other parts: "
                f"missing {_listed(missing)}; unknown {_listed(unknown)}",
                "resume with the settings and the version with which the run was started, "
                "or start anew in another folder",
            )
        for name, (_, put) in self._parts.items():
            put(plain_copy(snapshot[name], name))


class GlobalRandomness:
    """The random number generators of Python, NumPy and PyTorch that a process has anyway."""

    def state_dict(self) -> dict[str, Any]:
        """Return the states of all generators in plain values."""
        version, words, gauss = random.getstate()
        name, keys, *rest = np.random.get_state(legacy=True)
        return {
            "python": (version, list(words), gauss),
            "numpy": (name, torch.from_numpy(np.asarray(keys, np.int64)), *rest),
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        }

    def load_state_dict(self, state: Mapping[str, Any], /) -> None:
        """Take over states; those of devices that this host does not have are skipped."""
        version, words, gauss = state["python"]
        random.setstate((version, tuple(words), gauss))
        name, keys, *rest = state["numpy"]
        np.random.set_state((name, keys.numpy().astype(np.uint32), *rest))
        torch.set_rng_state(state["torch"])
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        for device, device_state in enumerate(state["cuda"][:count]):
            torch.cuda.set_rng_state(device_state, device)


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"
