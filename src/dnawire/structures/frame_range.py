"""Which frames of a file: ``first:last:step``, numbered from 1 as in messages and tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dnawire.errors import UsageError

_TEXT: Final = re.compile(r"(\d*):(\d*)(?::(\d*))?")


@dataclass(frozen=True)
class FrameRange:
    """Frames (or models) of a file.

    Parameters
    ----------
    first, last
        Numbers of the first and of the last one, from 1; both belong to it. None is the last one
        of the file.
    step
        Every step-th is taken.
    """

    first: int = 1
    last: int | None = None
    step: int = 1

    @classmethod
    def parse(cls, text: str) -> FrameRange:
        """Read ``first:last`` or ``first:last:step``; what is left out is 1, the last one, and 1.

        Raises
        ------
        UsageError
            If it is neither, or there is nothing in it.
        """
        found = _TEXT.fullmatch(text.strip())
        if found is not None:
            first, last, step = (int(one) if one else None for one in found.groups())
            numbers = (1 if first is None else first, last, 1 if step is None else step)
            if numbers[0] > 0 and numbers[2] > 0 and (last is None or last >= numbers[0]):
                return cls(*numbers)
        raise UsageError(
            f"frames = '{text}': no range of frames.",
            "write first:last or first:last:step with numbers from 1, for example 1:1000:10 or "
            "501:, where the last frame belongs to it.",
        )

    def numbers(self, count: int, path: Path) -> range:
        """Numbers of the frames of a file that has so many.

        Raises
        ------
        UsageError
            If it has fewer than are asked for.
        """
        last = count if self.last is None else self.last
        if max(self.first, last) > count:
            raise UsageError(
                f"{path} has {count} frames, and frame {max(self.first, last)} is asked for.",
                "give another range of frames.",
            )
        return range(self.first, last + 1, self.step)


ALL_FRAMES: Final = FrameRange()
"""From the first to the last one."""
