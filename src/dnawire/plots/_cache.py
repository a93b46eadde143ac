"""Where nothing can be written, one warning is enough: that of the kernels, which costs time."""

from __future__ import annotations

import logging

_ABOUT_ITS_CACHE = ("mkdir -p failed", "Matplotlib created a temporary cache directory")


def is_about_something_else(record: logging.LogRecord) -> bool:
    """Whether a message of matplotlib is not about the place of its cache."""
    return not str(record.msg).startswith(_ABOUT_ITS_CACHE)


logging.getLogger("matplotlib").addFilter(is_about_something_else)
