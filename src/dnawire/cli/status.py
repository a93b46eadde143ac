"""``dnawire status``: how runs are doing, once or again and again."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Final

import tyro

from dnawire.cli._flags import Messages, parse
from dnawire.cli._status_table import status_table
from dnawire.errors import EXIT_FINISHED, NotFoundError
from dnawire.scalars import Range, check_range

SCHEMA: Final = 1
DEFAULT_SECONDS: Final = 5.0
_SECONDS: Final = Range(0.01, 86_400.0, "seconds")
_REDRAW: Final = "\x1b[H\x1b[2J"
_FULL_WIDTH: Final = 400


@dataclass(frozen=True)
class StatusFlags:
    """Show how runs are doing.

    Reads the light files of the checkpoint folders and nothing else, and disturbs no run.
    """

    dirs: tyro.conf.Positional[tuple[Path, ...]] = (Path("."),)
    """Checkpoint folders, or folders anywhere above them."""

    watch: Annotated[float | None, tyro.conf.arg(metavar="[SECONDS]")] = None
    """Show it again every so many seconds (5) until Ctrl+C."""

    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print one line of JSON instead of a table."""

    messages: Messages = field(default_factory=Messages)

    def __post_init__(self) -> None:
        check_range("watch", self.watch, _SECONDS)


def run(arguments: Sequence[str]) -> int:
    """Show the state of runs and return the exit code.

    Raises
    ------
    dnawire.errors.NotFoundError
        A folder does not exist or, unless it is watched, holds no run.
    dnawire.errors.UsageError
        The interval is out of range.
    """
    flags = parse(StatusFlags, with_interval(arguments), "status")
    flags.messages.configure()
    for folder in flags.dirs:
        if not os.path.isdir(folder):
            problem = "is no folder" if os.path.exists(folder) else "does not exist"
            raise NotFoundError(
                f"{folder} {problem}", "Name the --checkpoint_dir of a run, or one above it."
            )
    if flags.watch is None:
        print(_shown(flags))
        return EXIT_FINISHED
    try:
        _watch(flags, flags.watch)
    except KeyboardInterrupt:
        return EXIT_FINISHED
    raise AssertionError


def with_interval(arguments: Sequence[str]) -> list[str]:
    """Give ``--watch`` the value that it may leave out."""
    words: list[str] = []
    for word, following in zip(arguments, [*arguments, ""][1:], strict=True):
        words.append(word)
        if word == "--watch" and not _is_number(following):
            words.append(str(DEFAULT_SECONDS))
    return words


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _watch(flags: StatusFlags, seconds: float) -> None:
    is_redrawn = sys.stdout.isatty() and not flags.json
    while True:
        text = _shown(flags)
        if is_redrawn:
            text = _REDRAW + _fitting(text, shutil.get_terminal_size().lines)
        print(text, end="" if is_redrawn else "\n", flush=True)
        time.sleep(seconds)


def _fitting(text: str, height: int) -> str:
    lines = text.splitlines()
    if len(lines) < height:
        return "\n".join(lines) + "\n"
    shown = lines[: max(1, height - 2)]
    return "\n".join([*shown, f"... {len(lines) - len(shown)} more lines"]) + "\n"


def _shown(flags: StatusFlags) -> str:
    from dnawire.monitor import find_runs, read_status

    found = find_runs(flags.dirs)
    if not found.runs and flags.watch is None and not flags.json:
        raise NotFoundError(
            "\n".join([f"no run in {', '.join(map(str, flags.dirs))}", *found.problems]),
            "Name the --checkpoint_dir of a run, or a folder at most 6 levels above it.",
        )
    now = time.time()
    runs = [read_status(folder, now) for folder in found.runs]
    if flags.json:
        content = {"schema": SCHEMA, "time": now, "problems": found.problems}
        return json.dumps({**content, "runs": [asdict(run) for run in runs]}, allow_nan=False)
    names = [os.path.normpath(folder) for folder in found.runs]
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _FULL_WIDTH
    return "\n".join([*status_table(names, runs, now, width), *found.problems])
