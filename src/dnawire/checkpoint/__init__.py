"""Checkpoints that cannot be lost, and everything that resuming from one needs.

The package knows nothing of what is computed and can be used on its own.
"""

from dnawire.checkpoint.durable import replace_atomically, replace_durably
from dnawire.checkpoint.environment import compare_environments, describe_environment
from dnawire.checkpoint.filesystem import REAL, FileSystem
from dnawire.checkpoint.format import DOCUMENTED_KEYS, FORMAT_VERSION, decode, encode
from dnawire.checkpoint.generations import LoadedCheckpoint, Rejected, load_checkpoint
from dnawire.checkpoint.guard import ABSENT, Difference, FlagClass, check, differences
from dnawire.checkpoint.lock import DirectoryLock
from dnawire.checkpoint.pacing import SaveSchedule, suggested_interval
from dnawire.checkpoint.plain import plain_copy
from dnawire.checkpoint.state import GlobalRandomness, Stateful, StateRegistry
from dnawire.checkpoint.store import CheckpointStore, SavedCheckpoint

__all__ = [
    "ABSENT",
    "DOCUMENTED_KEYS",
    "FORMAT_VERSION",
    "REAL",
    "CheckpointStore",
    "Difference",
    "DirectoryLock",
    "FileSystem",
    "FlagClass",
    "GlobalRandomness",
    "LoadedCheckpoint",
    "Rejected",
    "SaveSchedule",
    "SavedCheckpoint",
    "StateRegistry",
    "Stateful",
    "check",
    "compare_environments",
    "decode",
    "describe_environment",
    "differences",
    "encode",
    "load_checkpoint",
    "plain_copy",
    "replace_atomically",
    "replace_durably",
    "suggested_interval",
]
