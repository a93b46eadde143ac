"""A guard against resuming a run with other settings than it was started with."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dnawire.errors import ConfigurationMismatchError, UsageError


class _Absent:
    """Stands in the place of a setting that one side does not have."""

    def __repr__(self) -> str:
        return "(absent)"


ABSENT: Final = _Absent()


@dataclass(frozen=True)
class Difference:
    """A setting that is not what it was.

    Parameters
    ----------
    name
        The setting.
    saved
        Its value in the checkpoint, or `ABSENT`.
    current
        Its value now, or `ABSENT`.
    """

    name: str
    saved: object
    current: object

    def __str__(self) -> str:
        return f"{self.name}: {self.saved!r} -> {self.current!r}"


def differences(
    saved: Mapping[str, Any], current: Mapping[str, Any], ignored: Collection[str] = ()
) -> list[Difference]:
    """Compare the settings of a checkpoint with those of this start.

    Parameters
    ----------
    saved, current
        Settings by name; lists and tuples of equal items are equal.
    ignored
        Names of settings that belong to one start of the program only.

    Returns
    -------
    list of Difference
        Those that are not ignored, in the order of the current settings.
    """
    names = [*current, *(name for name in saved if name not in current)]
    found = [Difference(name, saved.get(name, ABSENT), current.get(name, ABSENT)) for name in names]
    return [
        item for item in found if item.name not in ignored and not _same(item.saved, item.current)
    ]


def check(
    saved: Mapping[str, Any],
    current: Mapping[str, Any],
    *,
    ignored: Collection[str] = (),
    may_change: Collection[str] = (),
    allowed: Collection[str] = (),
    remedy: str = "give the saved settings, or allow {names} to change",
) -> list[Difference]:
    """Refuse settings that must match and do not: all but those named here.

    Parameters
    ----------
    saved, current, ignored
        See `differences`.
    may_change
        Names of settings that shape no number.
    allowed
        Names of settings that may differ although they should match, as a user gives them.
    remedy
        What to do about a refusal; ``{names}`` stands for the names that are refused.

    Returns
    -------
    list of Difference
        Differences that are tolerated and worth reporting.

    Raises
    ------
    ConfigurationMismatchError
        Settings that must match differ: a table of all of them.
    UsageError
        A name in ``allowed`` is no setting.
    """
    _check_names(allowed, {*saved, *current})
    found = differences(saved, current, ignored)
    refused = [item for item in found if item.name not in (*may_change, *allowed)]
    if refused:
        raise ConfigurationMismatchError(
            f"The checkpoint was made with other settings:\n{_table(refused)}",
            remedy.format(names=" ".join(item.name for item in refused)),
        )
    return found


def _check_names(allowed: Collection[str], known: Collection[str]) -> None:
    for name in allowed:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else "give the name of a setting"
            raise UsageError(f"allowed change of {name}: there is no setting of that name", hint)


def _same(one: object, other: object) -> bool:
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    both_nan = one != one and other != other
    return both_nan or bool(one == other)


def _table(items: list[Difference]) -> str:
    rows = [("flag", "saved", "now")]
    rows += [(item.name, repr(item.saved), repr(item.current)) for item in items]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = (
        " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(f"  {line.rstrip()}" for line in lines)
