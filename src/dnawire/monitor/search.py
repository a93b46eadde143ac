"""Which folders below a folder hold runs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from dnawire.checkpoint.names import BEST, LATEST, PREVIOUS
from dnawire.monitor.names import PROGRESS_NAME

MAX_DEPTH: Final = 6
"""Levels of folders below a root that are searched."""

MAX_FOLDERS: Final = 20_000
"""Folders below all roots together that are searched."""

_MARKS: Final = frozenset({PROGRESS_NAME, LATEST, PREVIOUS, BEST})
_OLD: Final = re.compile(r"set_aside_.*|earlier-\d+|\..*")
"""Folders of runs that were replaced, and hidden ones."""


class FoundRuns(NamedTuple):
    """Folders of runs, and why the search is not complete."""

    runs: tuple[Path, ...]
    problems: tuple[str, ...]


def find_runs(roots: Sequence[Path]) -> FoundRuns:
    """Search folders, down to a limited depth, for folders that hold the files of a run.

    Links below a root are not followed. Each run is found once, in the order of names, with
    numbers in them by their value.
    """
    runs: dict[Path, Path] = {}
    problems: list[str] = []
    budget = MAX_FOLDERS
    for root in roots:
        for folder, error in _folders(root):
            if budget == 0:
                problems.append(f"{root}: stopped looking after {MAX_FOLDERS} folders")
                break
            budget -= 1
            if error:
                problems.append(error)
            elif any(os.path.lexists(folder / name) for name in _MARKS):
                runs.setdefault(folder.resolve(), folder)
    return FoundRuns(tuple(sorted(runs.values(), key=_natural)), tuple(dict.fromkeys(problems)))


def _folders(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield each folder, or with it why it cannot be looked into."""
    level = [root]
    for _ in range(MAX_DEPTH + 1):
        below: list[Path] = []
        for folder in level:
            try:
                with os.scandir(folder) as entries:
                    below += [Path(entry) for entry in entries if _is_searched(entry)]
            except OSError as error:
                yield folder, f"cannot look into {folder}: {error.strerror}"
                continue
            yield folder, ""
        level = below


def _is_searched(entry: os.DirEntry[str]) -> bool:
    return not _OLD.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)


def _natural(path: Path) -> tuple[list[tuple[bool, int, str]], str]:
    words = re.findall(r"\d+|\D+", str(path))
    numbers = [(not word.isdecimal(), int(word) if word.isdecimal() else 0, word) for word in words]
    return numbers, str(path)
