"""Settings of the configuration as keywords: one for each flag, with the same default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from inspect import Parameter
from typing import Any

import numpy as np

from dnawire.api.keywords import parameters_of
from dnawire.config import settings
from dnawire.junction import Contact


def setting_parameters(names: Iterable[str]) -> tuple[Parameter, ...]:
    """Parameters of settings; what each may be is in `dnawire.config.settings`."""
    known = settings()
    values = {name: known[name].default for name in names}
    return tuple(parameters_of(dict.fromkeys(values, Parameter.empty), values))


def plain_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Values as the configuration takes them: texts of contacts, and numbers of Python."""
    return {name: _plain(value) for name, value in given.items()}


def _plain(value: object) -> object:
    if isinstance(value, Contact):
        return value.text
    return value.item() if isinstance(value, np.generic) else value
