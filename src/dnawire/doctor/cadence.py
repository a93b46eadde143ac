"""How long a save takes here, and how often to save."""

from __future__ import annotations

import hashlib
import os
import statistics
import time
from pathlib import Path
from typing import Final, NamedTuple

from dnawire.checkpoint import replace_durably, suggested_interval
from dnawire.checkpoint.names import LATEST
from dnawire.doctor.finding import Finding
from dnawire.doctor.storage import Storage

BYTES_PER_PARAMETER: Final = 16
"""Four numbers of four bytes: the weight, two moments of the optimizer, the best weight."""

GRACE_SECONDS: Final = 30.0
"""What SLURM leaves between SIGTERM and SIGKILL unless the site has changed it."""

_FIXED_BYTES: Final = 100_000
_TRIALS: Final = 3


class SaveCost(NamedTuple):
    """What one save takes."""

    size: int
    """Bytes."""
    seconds: float


def state_size(folder: Path, num_parameters: int) -> int:
    """Return the size of a checkpoint in bytes: of the one that is there, else an estimate."""
    try:
        return (folder / LATEST).stat().st_size
    except OSError:
        return _FIXED_BYTES + BYTES_PER_PARAMETER * num_parameters


def measure_saves(storage: Storage, size: int) -> SaveCost:
    """Write as a run does: digest, write, synchronize, read back, rename; the median of three.

    Raises
    ------
    OSError
        The storage refused: full, or a quota.
    """
    data = os.urandom(size)
    seconds = []
    for _ in range(_TRIALS):
        start = time.perf_counter()
        hashlib.sha256(data).digest()
        replace_durably(storage.probe / "state", data, fs=storage.fs)
        seconds.append(time.perf_counter() - start)
    return SaveCost(size, statistics.median(seconds))


def cadence_findings(cost: SaveCost, mtbf_hours: float) -> list[Finding]:
    """Judge the cost of a save and say how often to save.

    Parameters
    ----------
    cost
        What one save takes.
    mtbf_hours
        Mean time between two failures, in hours.
    """
    text = f"a state of {cost.size / 1e6:.1f} MB takes {cost.seconds:.3f} s"
    save = Finding.ok("save", text)
    if cost.seconds > GRACE_SECONDS / 2:
        save = Finding.problem(
            "save",
            f"{text}; between SIGTERM and SIGKILL there are {GRACE_SECONDS:.0f} s",
            "give a --checkpoint_dir on faster storage, and a --stop_margin of several saves",
        )
    interval = suggested_interval(cost.seconds, 3600.0 * mtbf_hours)
    return [
        save,
        Finding.ok(
            "cadence",
            f"with a failure every {mtbf_hours:g} h, --checkpoint_seconds {interval:.0f} loses "
            f"least (Young, Daly): {100 * cost.seconds / interval:.2g} % of the time",
        ),
    ]
