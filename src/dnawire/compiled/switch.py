"""Whether compiled code is used at all: a debugger follows definitions, but no kernels."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_VARIABLE: Final = "DNAWIRE_DEFINITIONS"
_switch: Final = {"definitions": os.environ.get(_VARIABLE, "") not in ("", "0")}


def only_definitions() -> bool:
    """Whether everything runs by its definition: ``DNAWIRE_DEFINITIONS=1`` in the environment."""
    return _switch["definitions"]


@contextmanager
def definitions(chosen: bool = True) -> Iterator[None]:
    """Run everything by its definition, or nothing that compiled code can do, for a while."""
    before, _switch["definitions"] = _switch["definitions"], chosen
    try:
        yield
    finally:
        _switch["definitions"] = before
