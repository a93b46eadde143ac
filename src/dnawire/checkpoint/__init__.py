"""Checkpoints that cannot be lost, and everything that resuming from one needs.

The package knows nothing of what is computed and can be used on its own. What needs PyTorch is
imported when it is first asked for, so that a run can be watched without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from dnawire.checkpoint.application import Application
from dnawire.checkpoint.guard import ABSENT, Difference, check, differences
from dnawire.checkpoint.holder import Holder, read_holder
from dnawire.checkpoint.liveness import STALE_SECONDS, liveness
from dnawire.checkpoint.lock import DirectoryLock
from dnawire.checkpoint.owner import Owner, OwnerState
from dnawire.checkpoint.save_interval import SaveInterval, suggested_interval
from dnawire.files.durable import replace_atomically, replace_durably
from dnawire.files.filesystem import REAL, FileSystem

if TYPE_CHECKING:
    from dnawire.checkpoint.environment import compare_environments, describe_environment
    from dnawire.checkpoint.finite import not_finite
    from dnawire.checkpoint.format import FORMAT_VERSION, decode, encode
    from dnawire.checkpoint.generations import LoadedCheckpoint, Rejected, load_checkpoint
    from dnawire.checkpoint.plain import plain_copy
    from dnawire.checkpoint.state import GlobalRandomness, Stateful, StateRegistry
    from dnawire.checkpoint.store import CheckpointStore, SavedCheckpoint

_WITH_TORCH: Final = {
    "environment": ("compare_environments", "describe_environment"),
    "finite": ("not_finite",),
    "format": ("FORMAT_VERSION", "decode", "encode"),
    "generations": ("LoadedCheckpoint", "Rejected", "load_checkpoint"),
    "plain": ("plain_copy",),
    "state": ("GlobalRandomness", "Stateful", "StateRegistry"),
    "store": ("CheckpointStore", "SavedCheckpoint"),
}
_HOMES: Final = {name: home for home, names in _WITH_TORCH.items() for name in names}

__all__ = [
    "ABSENT",
    "FORMAT_VERSION",
    "REAL",
    "STALE_SECONDS",
    "Application",
    "CheckpointStore",
    "Difference",
    "DirectoryLock",
    "FileSystem",
    "GlobalRandomness",
    "Holder",
    "LoadedCheckpoint",
    "Owner",
    "OwnerState",
    "Rejected",
    "SaveInterval",
    "SavedCheckpoint",
    "StateRegistry",
    "Stateful",
    "check",
    "compare_environments",
    "decode",
    "describe_environment",
    "differences",
    "encode",
    "liveness",
    "load_checkpoint",
    "not_finite",
    "plain_copy",
    "read_holder",
    "replace_atomically",
    "replace_durably",
    "suggested_interval",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import the module that a name comes from."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
