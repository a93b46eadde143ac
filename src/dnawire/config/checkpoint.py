"""Settings of checkpoints, of resuming and of the time limit."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.dataclasses import dataclass

from dnawire.config._group import GROUP, Group, NonNegativeFloat, OptionalPath, PositiveFloat
from dnawire.config.guard_class import IGNORED, MAY_CHANGE
from dnawire.scalars import InvalidNumberError, read_number

DEFAULT_DIRECTORY: Final = Path("checkpoints")
DEFAULT_FREQUENCY: Final = 10
_DEFAULT_SHARE: Final = 0.0025

_CLOCK: Final = re.compile(
    r"(?:(?P<days>[0-9]{1,5})-)?"
    r"(?P<hours>[0-9]{1,7}):(?P<minutes>[0-9]{2}):(?P<seconds>[0-9]{2})"
)
_TIME_LIMIT_RULE: Final = (
    "auto, none, HH:MM:SS, D-HH:MM:SS or a number of seconds above 0 and at most 1e9"
)
_LONGEST: Final = 1e9
_WORDS: Final = frozenset({"auto", "none"})


def _seconds(limit: str) -> float:
    """Turn a time limit into seconds; raise ValueError with the rule when it is none."""
    clock = _CLOCK.fullmatch(limit)
    if clock is not None:
        days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        total = float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
    else:
        try:
            total = read_number(limit)
        except InvalidNumberError:
            raise ValueError(_TIME_LIMIT_RULE) from None
    if not 0.0 < total <= _LONGEST:
        raise ValueError(_TIME_LIMIT_RULE)
    return total


def _number_as_text(value: object) -> object:
    """Accept seconds as a number, which a file may give without quotes."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else value


def _checked_limit(value: str) -> str:
    if value not in _WORDS:
        _seconds(value)
    return value


@dataclass(frozen=True, config=GROUP, kw_only=True)
class CheckpointConfig(Group):
    """Settings of checkpoints, of resuming and of the time limit.

    Checkpoints are written when checkpoint_dir, resume_from or checkpoint_frequency is given.
    """

    checkpoint_dir: Annotated[OptionalPath, IGNORED] = None
    """Folder of checkpoints to write and resume from; else that of resume_from or ./checkpoints."""

    resume_from: Annotated[OptionalPath, IGNORED] = None
    """Checkpoint file to resume from."""

    checkpoint_frequency: Annotated[int | None, Field(ge=1, le=10**9), MAY_CHANGE] = None
    """Save a checkpoint every N epochs; when checkpoints are on and this is not given, every 10, of
    which some are passed over if epochs are so short that saving would take 0.25 % of the time."""

    checkpoint_seconds: Annotated[PositiveFloat, MAY_CHANGE] = 60.0
    """Also save a checkpoint when this many seconds have passed since the last one."""

    allow_fallback: Annotated[bool, IGNORED] = False
    """With resume_from: take an older checkpoint of the same folder if the file is damaged."""

    allow_change: Annotated[tuple[str, ...], Field(strict=False), IGNORED] = ()
    """Names of settings that may differ from those of the run that is resumed."""

    fresh: Annotated[bool, IGNORED] = False
    """Archive the old files of checkpoint_dir and start anew."""

    time_limit: Annotated[
        str, BeforeValidator(_number_as_text), AfterValidator(_checked_limit), IGNORED
    ] = "auto"
    """Stop and save before a SLURM job ends (auto), also before this much time has passed
    (HH:MM:SS, D-HH:MM:SS or seconds), or never (none)."""

    stop_margin: Annotated[NonNegativeFloat, IGNORED] = 60.0
    """Seconds before the time limit at which the run stops; in a SLURM job at most a quarter of the
    time that is left at the start."""

    requeue: Annotated[Literal["auto", "never"], IGNORED] = "auto"
    """Send a SLURM batch job that stopped for its time limit, and has done a step, back into the
    queue, if the job allows it (auto), or never."""

    @property
    def enabled(self) -> bool:
        """Whether checkpoints are written and looked for."""
        given = (self.checkpoint_dir, self.resume_from, self.checkpoint_frequency)
        return any(value is not None for value in given)

    @property
    def directory(self) -> Path:
        """Folder of the checkpoints."""
        if self.checkpoint_dir is not None:
            return self.checkpoint_dir
        if self.resume_from is None:
            return DEFAULT_DIRECTORY
        return self.resume_from if os.path.isdir(self.resume_from) else self.resume_from.parent

    @property
    def frequency(self) -> int:
        """Number of epochs between two checkpoints."""
        return self.checkpoint_frequency or DEFAULT_FREQUENCY

    @property
    def max_epoch_share(self) -> float:
        """Largest share of the time for saves by epochs; what is asked for is done in any case."""
        return _DEFAULT_SHARE if self.checkpoint_frequency is None else math.inf

    @property
    def time_limit_seconds(self) -> float | None:
        """Time limit in seconds; None if the setting gives none in numbers."""
        return None if self.time_limit in _WORDS else _seconds(self.time_limit)

    @property
    def heeds_job(self) -> bool:
        """Whether the end of a SLURM job counts as a time limit."""
        return self.time_limit != "none"
