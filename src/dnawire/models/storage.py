"""A trained model as a folder: weights as safetensors, all else as JSON; nothing that runs code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

from safetensors import SafetensorError
from safetensors.torch import load, save

from dnawire.config import model_types
from dnawire.errors import NotFoundError, UnusableFileError, UsageError
from dnawire.files.durable import replace_durably
from dnawire.files.filesystem import LARGEST_FILE, read_regular
from dnawire.files.text import read_text
from dnawire.models.base import TransportModel
from dnawire.models.registry import ModelSpecification, build_model

WEIGHTS_NAME: Final = "model.safetensors"
DESCRIPTION_NAME: Final = "config.json"
_FORMAT: Final = "dnawire-model"
_VERSION: Final = 1


def save_model(
    folder: Path,
    model: TransportModel,
    specification: ModelSpecification,
    provenance: dict[str, Any],
) -> None:
    """Write ``model.safetensors`` and ``config.json``; ``provenance`` is kept as it is."""
    folder.mkdir(parents=True, exist_ok=True)
    description = {
        "format": _FORMAT,
        "version": _VERSION,
        "specification": specification.to_plain(),
        "provenance": provenance,
    }
    weights = {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
    replace_durably(folder / WEIGHTS_NAME, save(weights))
    replace_durably(folder / DESCRIPTION_NAME, (json.dumps(description, indent=2) + "\n").encode())


class StoredModel(NamedTuple):
    """What `save_model` wrote."""

    model: TransportModel
    """In evaluation mode."""
    specification: ModelSpecification
    provenance: dict[str, Any]


def load_model(folder: Path) -> StoredModel:
    """Read a model.

    Raises
    ------
    NotFoundError
        If the folder holds no model.
    UnusableFileError
        If a file is damaged, foreign or newer than this program.
    """
    path = folder / DESCRIPTION_NAME
    if not path.is_file() or not (folder / WEIGHTS_NAME).is_file():
        raise NotFoundError(
            f"no model in {folder}: {DESCRIPTION_NAME} or {WEIGHTS_NAME} is missing",
            "Give the output folder of a finished run, e.g. outputs/hamiltonian.",
        )
    description = _read_description(path)
    specification, model = _build(path, description)
    try:
        # By its bytes: the library takes no path whose name is not UTF-8.
        model.load_state_dict(load(read_regular(folder / WEIGHTS_NAME, LARGEST_FILE)))
    except (SafetensorError, RuntimeError, OSError, MemoryError) as error:
        raise UnusableFileError(
            f"{folder / WEIGHTS_NAME} does not hold the weights of this model: "
            f"{' '.join(str(error).split()) or type(error).__name__}",
            "Copy the model folder again, use the version of dnawire that wrote it, or train it "
            "anew with this one.",
        ) from error
    _check_finite(folder / WEIGHTS_NAME, model)
    model.eval().pack()
    return StoredModel(model, specification, description["provenance"])


def _check_finite(path: Path, model: TransportModel) -> None:
    for name, weights in model.named_parameters():
        if not weights.isfinite().all():
            raise UnusableFileError(
                f"{path}: {name} holds a number that is not finite",
                "Copy the model folder again, or train it anew.",
            )


def _build(path: Path, description: dict[str, Any]) -> tuple[ModelSpecification, TransportModel]:
    try:
        values = dict(description["specification"])
        _check_model_type(path, values["model_type"])
        specification = ModelSpecification.of(**values)
        return specification, build_model(specification, seed=0)
    except (KeyError, TypeError, ValueError, RuntimeError, MemoryError, UsageError) as error:
        raise _foreign(path) from error


def _check_model_type(path: Path, name: str) -> None:
    if name not in model_types():
        raise UnusableFileError(
            f"{path} describes a model of type {name!r}; here are {', '.join(model_types())}",
            "Install the package that offers this type of model, or a newer version of dnawire.",
        )


def _read_description(path: Path) -> dict[str, Any]:
    try:
        description = json.loads(read_text(path))
        known = description["format"] == _FORMAT and description["version"] == _VERSION
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _foreign(path) from error
    if not known:
        raise _foreign(path)
    return dict(description)


def _foreign(path: Path) -> UnusableFileError:
    return UnusableFileError(
        f"{path} does not describe a model of this program, version {_VERSION}",
        "Give a folder that `dnawire train` wrote, with a version of dnawire at least as new.",
    )
