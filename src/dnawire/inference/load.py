"""From the name of a model to its predictor."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from dnawire.config.suggestion import nearest, nearest_of
from dnawire.data import Coverage
from dnawire.errors import NotFoundError, UnusableFileError, UsageError
from dnawire.inference.members import MODEL_FOLDER, find_members
from dnawire.predictors import MembersPredictor, PairwisePredictor, Predictor
from dnawire.predictors.conditions import (
    Conditions,
    conditions_of_parameters,
    conditions_of_settings,
    contacts_of_texts,
)
from dnawire.predictors.shortfalls import shortfalls
from dnawire.quantities import BY_NAME
from dnawire.tightbinding import available_parameters, ladder_blocks, load_parameters

if TYPE_CHECKING:
    from dnawire.models import StoredModel

EXACT: Final = "exact:"
"""Prefix of the names of exact predictors; a parameter set, or a file with one, follows."""

PRETRAINED: Final = "pretrained:"
"""Prefix of the names of models that this package brings along."""

_PRETRAINED_FOLDER: Final = Path(__file__).parent / "pretrained"


def load_predictor(name: str, device: str = "auto") -> Predictor:
    """Load what predicts.

    Parameters
    ----------
    name
        Output folder of a training run, its ``model`` folder or a copy of that; the folder or the
        file that ``dnawire export`` made; a folder that holds several runs, or
        ``members:RUN1,RUN2,...``, for the mean of what they say; ``pretrained:NAME`` for a model of
        this package; ``exact:NAME`` for the exact spectra of a tight-binding parameter set; or
        ``exact:FILE.toml`` for those of one's own.
    device
        Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
        CPU. Transport through a Hamiltonian is always computed on the CPU.

    Returns
    -------
    Predictor
        With the conditions of its training, or the defaults of ``dnawire generate``.

    Raises
    ------
    NotFoundError
        If there is no model.
    UnusableFileError
        If the model is damaged, foreign or newer than this program.
    UnknownParameterSetError
        If there is no such parameter set.
    UnusableDataFileError
        If a file of parameters has a fault.
    UsageError
        If there is no such device, exact spectra are wanted on a GPU, or members differ in the
        conditions of their training.
    """
    members = find_members(name)
    if members is not None:
        found = [load_predictor(one, device) for one in members.runs]
        return MembersPredictor(members.label, found, members.calibration(digest_of_model))
    if name.startswith(EXACT):
        if device not in ("auto", "cpu"):
            raise UsageError(f"device = {device!r} for {name}", "Exact spectra need the CPU.")
        return _exact(name.removeprefix(EXACT))
    # Models need torch, which takes seconds to import; exact spectra do without.
    from dnawire.models import load_model, predictor_class
    from dnawire.operators.device import named_device

    place = named_device(device)
    folder, label = named_model(name)
    stored = load_model(folder)
    predictor = predictor_class(stored.specification.model_type)
    return predictor(label, _conditions(folder, stored), stored.model.to(place))


def digest_of_model(name: str) -> str:
    """SHA-256 of what `load_predictor` loads: the files of a model, or the tables of a set.

    Raises
    ------
    NotFoundError
        If there is no model.
    UnknownParameterSetError
        If there is no such parameter set.
    """
    members = find_members(name)
    if members is not None:
        return f"{members.digest(digest_of_model)} {members.calibration(digest_of_model)}"
    if name.startswith(EXACT):
        return load_parameters(name.removeprefix(EXACT)).digest
    total = hashlib.sha256()
    place = named_model(name)[0]
    for path in [place] if place.is_file() else sorted(place.iterdir()):
        if path.is_file():
            total.update(f"{path.name} {path.stat().st_size}\n".encode())
            total.update(path.read_bytes())
    return total.hexdigest()


def pretrained_models() -> tuple[str, ...]:
    """Names of the models that this package brings along."""
    return tuple(sorted(path.name for path in _PRETRAINED_FOLDER.iterdir() if path.is_dir()))


def available_models() -> tuple[str, ...]:
    """Names of all models that need no training: those of this package, and exact ones."""
    pretrained = [PRETRAINED + one for one in pretrained_models()]
    return (*pretrained, *(EXACT + one for one in available_parameters()))


def named_model(name: str) -> tuple[Path, str]:
    """Folder or file of a model, and its short name; tells what may have been meant.

    Raises
    ------
    NotFoundError
        There is none.
    """
    known = name.removeprefix(PRETRAINED)
    if name.startswith(PRETRAINED) and known in pretrained_models():
        return _PRETRAINED_FOLDER / known, known
    if Path(name).exists():
        return _model_folder(Path(name))
    names = available_models()
    bare = {one.partition(":")[2]: one for one in names}
    meant = nearest(name, names) or nearest_of(name, bare)
    raise NotFoundError(
        f"no model in {name}: there is no such folder or file.",
        f"{meant} Give the output folder of a finished run, or {' or '.join(names)}.".lstrip(),
    )


def _exact(name: str) -> Predictor:
    parameters = load_parameters(name)
    return PairwisePredictor(
        EXACT + parameters.name,
        conditions_of_parameters(parameters),
        partial(ladder_blocks, parameters=parameters),
    )


def _model_folder(path: Path) -> tuple[Path, str]:
    """Folder of the model, and the name of the run."""
    run = path.resolve()
    if path.is_file():
        return path, path.stem
    if (path / MODEL_FOLDER).is_dir():
        return path / MODEL_FOLDER, run.name
    return path, run.parent.name if run.name == MODEL_FOLDER else run.name


def _origin(folder: Path) -> str:
    if folder.parent == _PRETRAINED_FOLDER:
        return f"those of {PRETRAINED}{folder.name}"
    return f"training of {folder}"


def _conditions(folder: Path, stored: StoredModel) -> Conditions:
    provenance = stored.provenance
    try:
        references = [float(energy) for energy in provenance["energy_reference"]]
        # Models of before 0.3 say no more than their settings.
        origin = conditions_of_settings(provenance["config"]) | provenance.get("origin", {})
        return Conditions(
            energies=stored.model.energies.numpy().copy(),
            energy_reference=references[0] if len(references) == 1 else np.nan,
            eta=float(provenance["eta"]),
            contacts=contacts_of_texts(origin["contacts"]),
            parameters=origin["parameters"],
            origin=_origin(folder),
            coverage=Coverage.from_plain(provenance["trained_on"]),
            level=provenance.get("source", {}).get("level"),
            shortfalls=tuple(shortfalls(provenance["scores"])) if "scores" in provenance else (),
            # Models of before 0.2 were trained on all.
            quantities=tuple(provenance.get("quantities", BY_NAME)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnusableFileError(
            f"the model in {folder} does not say how it was trained: {error!r}",
            "use a model folder that `dnawire train` wrote.",
        ) from error
