"""Aligned table of runs for a person, as wide as the terminal allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from dnawire.monitor import RunStatus

_NAME: Final = "run"
_SHORTEST_NAME: Final = 16
_GAP: Final = "  "
_NOTHING: Final = "-"


class _Column(NamedTuple):
    head: str
    text: Callable[[RunStatus, float], str]
    rank: int
    """The larger, the earlier the column is left out where space is short."""


def status_table(
    names: Sequence[str], runs: Sequence[RunStatus], now: float, width: int
) -> list[str]:
    """Return the lines of the table: a head, one per run, what went wrong, and the numbers.

    Parameters
    ----------
    names
        How to call the runs.
    runs
        Their state at the time ``now``, in seconds since 1970.
    width
        Largest number of characters in a line of the table.
    """
    if not runs:
        return ["no run yet"]
    columns = list(_COLUMNS)
    cells = {column: [column.head, *(column.text(run, now) for run in runs)] for column in columns}
    widths = {column: max(map(len, cells[column])) for column in columns}
    longest = max(len(_NAME), *map(len, names))
    wanted = min(longest, _SHORTEST_NAME)
    while len(columns) > 1 and _total(widths, columns) + wanted > width:
        columns.remove(max(columns, key=lambda column: column.rank))
    room = min(longest, max(wanted, width - _total(widths, columns)))
    lines = [
        f"{_shortened(name, room):<{room}}"
        + "".join(f"{_GAP}{cells[column][row]:>{widths[column]}}" for column in columns)
        for row, name in enumerate([_NAME, *names])
    ]
    counts = Counter(run.state for run in runs)
    summary = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    count = f"{len(runs)} run{'s'[: len(runs) > 1]}: {summary}"
    return [_printable(line) for line in (*lines, *_details(names, runs), count)]


def _total(widths: dict[_Column, int], columns: list[_Column]) -> int:
    return sum(len(_GAP) + widths[column] for column in columns)


def _details(names: Sequence[str], runs: Sequence[RunStatus]) -> list[str]:
    pairs = zip(names, runs, strict=True)
    return [f"{name}: {run.state}: {run.detail}" for name, run in pairs if run.detail]


def _shortened(name: str, room: int) -> str:
    return name if len(name) <= room else "..." + name[len(name) - room + 3 :]


def _printable(text: str) -> str:
    """Text of a foreign file cannot command the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _span(seconds: float | None) -> str:
    """Seconds as two units at most, e.g. ``45s``, ``12m``, ``3h05m``, ``2d04h``."""
    if seconds is None:
        return _NOTHING
    whole = max(0, round(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if days:
        return f"{days}d{hours % 24:02d}h"
    if hours:
        return f"{hours}h{minutes % 60:02d}m"
    return f"{minutes}m" if minutes else f"{whole}s"


def _age(moment: float | None, now: float) -> str:
    return _span(None if moment is None else now - moment)


def _number(value: float | None, form: str) -> str:
    return _NOTHING if value is None else format(value, form)


def _epoch(run: RunStatus, now: float) -> str:
    del now
    return f"{_number(run.epoch, 'd')}/{_number(run.num_epochs, 'd')}"


def _saved(run: RunStatus, now: float) -> str:
    if run.checkpoint_time is None:
        return _NOTHING
    return f"{_number(run.checkpoint_epoch, 'd')}, {_age(run.checkpoint_time, now)}"


def _owner(run: RunStatus, now: float) -> str:
    del now
    if run.job:
        return f"job {run.job}"
    return _NOTHING if run.host is None else f"{run.host.split('.')[0]}:{run.process}"


_COLUMNS: Final = (
    _Column("state", lambda run, now: run.state, 0),
    _Column("epoch", _epoch, 1),
    _Column("train", lambda run, now: _number(run.train_loss, ".4g"), 5),
    _Column("val", lambda run, now: _number(run.val_loss, ".4g"), 2),
    _Column("rate", lambda run, now: _number(run.learning_rate, ".1e"), 8),
    _Column("s/epoch", lambda run, now: _number(run.seconds_per_epoch, ".3g"), 7),
    _Column("left", lambda run, now: _span(run.seconds_left), 3),
    _Column("seen", lambda run, now: _age(run.last_sign, now), 4),
    _Column("saved", _saved, 6),
    _Column("owner", _owner, 9),
    _Column("starts", lambda run, now: _number(run.starts, "d"), 10),
)
