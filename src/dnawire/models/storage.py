"""A trained model as a folder or one file: safetensors and JSON; nothing that runs code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from dnawire.config import model_types
from dnawire.errors import NotFoundError, UnusableFileError, UsageError
from dnawire.files.durable import replace_durably
from dnawire.models.base import TransportModel
from dnawire.models.registry import ModelSpecification, build_model
from dnawire.models.sealed import (
    DESCRIPTION_NAME,
    MODEL_SUFFIX,
    WEIGHTS_NAME,
    ModelFiles,
    check_sealed,
    read_sealed,
    sealed_folder,
)

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


def load_model(path: Path) -> StoredModel:
    """Read a model from its folder, or from the one file that `dnawire export` makes.

    Raises
    ------
    NotFoundError
        If the folder holds no model.
    UnusableFileError
        If a file is damaged, altered since it was exported, foreign or newer than this program.
    """
    files = read_model_files(path)
    place = path if path.is_file() else path / DESCRIPTION_NAME
    description = _read_description(place, files.description)
    check_sealed(path, files, description)
    specification, model = _build(place, description)
    weights = path if path.is_file() else path / WEIGHTS_NAME
    try:
        model.load_state_dict(load(files.weights))
    except (SafetensorError, RuntimeError, OSError, MemoryError) as error:
        raise UnusableFileError(
            f"{weights} does not hold the weights of this model: "
            f"{' '.join(str(error).split()) or type(error).__name__}",
            "Copy the model folder again, use the version of dnawire that wrote it, or train it "
            "anew with this one.",
        ) from error
    _check_finite(weights, model)
    model.eval().pack()
    return StoredModel(model, specification, description["provenance"])


def read_model_files(path: Path) -> ModelFiles:
    """Read the files of a model; what was exported is held against its checksums.

    Raises
    ------
    NotFoundError
        If the folder holds no model.
    UnusableFileError
        If it was altered since it was exported, or a file cannot be read.
    """
    if path.is_file():
        return read_sealed(path)
    if not (path / DESCRIPTION_NAME).is_file() or not (path / WEIGHTS_NAME).is_file():
        raise NotFoundError(
            f"no model in {path}: {DESCRIPTION_NAME} or {WEIGHTS_NAME} is missing",
            "Give the output folder of a finished run, e.g. outputs/hamiltonian, or what "
            f"`dnawire export` made: a folder or a file ending in {MODEL_SUFFIX}.",
        )
    return sealed_folder(path)


def weights_digest(weights: Mapping[str, Tensor]) -> str:
    """SHA-256 of the names, types, shapes and values of a state, whatever file it is in."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        value = weights[name].detach().cpu().contiguous()
        digest.update(f"{name} {value.dtype} {list(value.shape)}\n".encode())
        digest.update(value.numpy().tobytes())
    return digest.hexdigest()


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


def _read_description(path: Path, text: str) -> dict[str, Any]:
    try:
        description = json.loads(text)
        known = description["format"] == _FORMAT and description["version"] == _VERSION
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _foreign(path) from error
    if not known:
        raise _foreign(path)
    return dict(description)


def _foreign(path: Path) -> UnusableFileError:
    return UnusableFileError(
        f"{path} does not describe a model of this program, version {_VERSION}",
        "Give a folder that `dnawire train` wrote, with a version of dnawire at least as new.",
    )
