"""The types of models: the one list, made of folders.

A folder of `dnawire.models` is a type of model, and so is every entry point of the group
``dnawire.models`` that an installed package offers. All that is not a name is imported only when it
is asked for: help answers without torch, and a plug-in may import this package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from pkgutil import resolve_name
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from dnawire.errors import UsageError

if TYPE_CHECKING:
    from dnawire.config.model import EncoderSettings

ENTRY_POINTS: Final = "dnawire.models"
"""Group of entry points by which a package adds a type of model: ``NAME = "package:MODEL"``."""

_FOLDERS: Final = Path(__file__).parents[1] / "models"


@dataclass(frozen=True)
class ModelType:
    """What the folder of a model declares as ``MODEL``; classes that need torch go by name."""

    summary: str
    """What it predicts, as the end of a sentence that begins with its name."""
    settings: type[EncoderSettings]
    """`EncoderSettings`, or a class derived from it with settings of its own."""
    model: str
    """A `dnawire.models.TransportModel` as ``module:Class``."""
    predictor: str
    """A `dnawire.predictors.Predictor` as ``module:Class``, made of name, conditions and model."""
    target: Literal["spectra", "shell_charges"] = "spectra"
    """What its forward pass predicts and what it is trained on."""
    limits: tuple[str, ...] = ()
    """What it cannot do, in sentences for the cards of its models."""


@cache
def model_types() -> Mapping[str, str]:
    """Return where each type of model declares itself, as ``module:MODEL`` by its name."""
    folders = sorted(path.parent.name for path in _FOLDERS.glob("*/__init__.py"))
    found = {name: f"{ENTRY_POINTS}.{name}:MODEL" for name in folders}
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name):
        if found.setdefault(entry.name, entry.value) != entry.value:
            raise UsageError(
                f"two types of models are called {entry.name}: {found[entry.name]} and "
                f"{entry.value}",
                "Uninstall one of their packages.",
            )
    return MappingProxyType(found)


@cache
def declaration(name: str) -> ModelType:
    """Import what a type of model declares.

    Raises
    ------
    UsageError
        The package that offers it does not hold what it says.
    """
    found = resolve(name, model_types()[name])
    if not isinstance(found, ModelType):
        raise UsageError(
            f"{model_types()[name]} is no ModelType, but {found!r}",
            f"Mend or uninstall the package that offers the model {name}.",
        )
    return found


def resolve(name: str, place: str) -> Any:  # noqa: ANN401
    """Import an object of a type of model by its place, ``module:object``.

    Raises
    ------
    UsageError
        There is no such object.
    """
    try:
        return resolve_name(place)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(
            f"the model {name} cannot be imported from {place}: {error}",
            f"Mend or uninstall the package that offers the model {name}.",
        ) from error
