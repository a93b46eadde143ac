"""Progress: told with the time left in a log that somebody reads, and not of what is quick."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from dnawire.cli._progress import reported


def messages(
    caplog: pytest.LogCaptureFixture, seconds: float, total: int, sizes: list[int] | None = None
) -> list[str]:
    """What is logged of items of equal duration by a clock that stands still between them."""
    now = 0.0

    def items() -> Iterator[int]:
        nonlocal now
        for size in sizes or [1] * total:
            now += seconds
            yield size

    with caplog.at_level(logging.INFO):
        found = list(reported(items(), total, "junctions", lambda one: one, lambda: now))
    assert sum(found) == total
    return [record.getMessage() for record in caplog.records]


def test_what_is_quick_has_no_line(caplog: pytest.LogCaptureFixture) -> None:
    assert messages(caplog, 0.09, 100) == []


def test_slow_items_are_told_with_the_time_left(caplog: pytest.LogCaptureFixture) -> None:
    assert messages(caplog, 6.0, 5) == [
        "2 of 5 junctions, about 0:00:18 left",
        "4 of 5 junctions, about 0:00:06 left",
    ]


def test_a_log_does_not_fill_with_lines(caplog: pytest.LogCaptureFixture) -> None:
    told = messages(caplog, 60.0, 1000)
    assert told[0] == "1 of 1000 junctions, about 16:39:00 left"
    assert 90 < len(told) < 110


def test_pieces_count_by_their_size(caplog: pytest.LogCaptureFixture) -> None:
    assert messages(caplog, 30.0, 40, [10, 30]) == ["10 of 40 junctions, about 0:01:30 left"]
