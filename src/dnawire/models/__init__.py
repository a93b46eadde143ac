"""Models: a graph becomes spectra, directly or through a Hamiltonian; nothing of training.

Each folder is a type of model; `dnawire.config.model_types` finds it. A folder declares its
settings to the command line without torch: all other names are imported when one is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dnawire.models._public import *  # noqa: F403


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}._public"), name)
