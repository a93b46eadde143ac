"""A training that starts from the weights of a trained model instead of random ones."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from dnawire.errors import ConfigurationMismatchError, NotFoundError, UsageError
from dnawire.inference.load import EXACT, named_model
from dnawire.models import (
    ModelSpecification,
    StoredModel,
    TransportModel,
    load_model,
    predictor_class,
    weights_digest,
)
from dnawire.models.base import GRID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dnawire.config import TrainConfig
    from dnawire.runs.preparation import PreparedData

logger = logging.getLogger(__name__)

_SAME_ENERGY: Final = 1e-9
"""eV; grids that differ by less are one grid."""


def with_digest(config: TrainConfig) -> TrainConfig:
    """Write down which weights a training starts from.

    A model that is gone is no obstacle where its digest is given: a run that is resumed takes its
    weights from its checkpoint.

    Raises
    ------
    UsageError
        ``init_from`` is no trained model, is not the one of ``init_digest``, or lies where the
        results of this training go.
    NotFoundError, UnusableFileError
        There is no such model, or it is damaged.
    """
    source = config.model.init_from
    if source is None:
        return config
    _check_place(source, config.output.output_dir / config.model_name)
    try:
        stored = _stored(config)
    except NotFoundError as error:
        if config.model.init_digest is not None:
            return config
        raise NotFoundError(
            error.problem,
            f"{error.remedy} To resume a run that began with a model which is gone, add the "
            "--init_digest of its config.yaml.",
        ) from error
    digest = weights_digest(stored.model.state_dict())
    return replace(config, model=replace(config.model, init_digest=digest))


def take_weights(model: TransportModel, config: TrainConfig, data: PreparedData) -> None:
    """Put the weights of ``init_from`` into a new model.

    Raises
    ------
    UsageError
        The models differ in type, shape, zero of the energy or, where the weights belong to one
        grid, in energies or eta.
    NotFoundError, UnusableFileError
        There is no such model, or it is damaged.
    """
    stored, source = _stored(config), config.model.init_from
    _check_type(stored.specification, config)
    _check_energies(stored, data, str(source))
    _check_shapes(stored, model, config)
    model.start_from(stored.model.state_dict(), data.training)
    logger.info("starting from the weights of %s, SHA-256 %s", source, config.model.init_digest)
    logger.warning(
        "warning: what %s was trained on may be among the test records of this run, and then its "
        "scores are too good",
        source,
    )


def check_start(saved: Mapping[str, Any], config: TrainConfig, checkpoint: str) -> None:
    """Refuse to resume a run with other weights than it started from: they would have no effect.

    Raises
    ------
    ConfigurationMismatchError
        The weights of ``init_from`` are not those of the first start.
    """
    then, now = saved.get("init_digest"), config.model.init_digest
    if then == now:
        return
    if then is None:
        raise ConfigurationMismatchError(
            f"init_from = '{config.model.init_from}' beside {checkpoint}: that run did not start "
            "from a trained model, and takes its weights from its checkpoint",
            "Drop --init_from to go on with the checkpoint; to start from the trained model, give "
            "another --checkpoint_dir, or --fresh.",
        )
    raise ConfigurationMismatchError(
        f"init_from = {config.model.init_from and str(config.model.init_from)!r} (SHA-256 "
        f"{now and now[:12]}) beside {checkpoint}: that run started from {saved['init_from']!r} "
        f"(SHA-256 {then[:12]})",
        f"Give the --init_from of the first start, with --init_digest {then} if that model is "
        "gone; to start from another one, give another --checkpoint_dir, or --fresh.",
    )


def _stored(config: TrainConfig) -> StoredModel:
    source, wanted = str(config.model.init_from), config.model.init_digest
    if source.startswith(EXACT):
        raise UsageError(
            f"init_from = {source!r} is a parameter set, which has no weights",
            "Give the output folder of a run, what `dnawire export` made, or pretrained:NAME.",
        )
    stored = load_model(named_model(source)[0])
    found = weights_digest(stored.model.state_dict())
    if wanted not in (None, found):
        raise UsageError(
            f"init_digest = {wanted!r}, but the weights of init_from = {source!r} have the "
            f"SHA-256 {found}",
            "Give the model that the settings were written for, or drop --init_digest.",
        )
    return stored


def _check_place(source: Path, results: Path) -> None:
    if source.exists() and source.resolve().is_relative_to(results.resolve()):
        raise UsageError(
            f"init_from = '{source}' lies in {results}, where the results of this training go",
            "Give another --model_name or --output_dir.",
        )


def _check_type(there: ModelSpecification, config: TrainConfig) -> None:
    if there.model_type != config.model.model_type:
        raise UsageError(
            f"init_from = '{config.model.init_from}' is a model of model_type {there.model_type}, "
            f"and this one is of {config.model.model_type}",
            f"Give --model_type {there.model_type}, or another model to start from.",
        )


def _check_energies(stored: StoredModel, data: PreparedData, source: str) -> None:
    """Refuse another zero of the energy and, where weights belong to a grid, another grid."""
    remedy = "Give records like those of that model, or another one to start from."
    zeros = set(data.dataset.energy_reference.tolist())
    known = set(stored.provenance["energy_reference"])
    if zeros != known and min(len(zeros), len(known)) == 1:
        raise UsageError(
            f"the energies of the records are counted from {_zero(zeros)} (energy_reference), "
            f"those of init_from = '{source}' from {_zero(known)}",
            remedy,
        )
    if predictor_class(stored.specification.model_type).knows_all_energies:
        return
    grids = [stored.model.energies.cpu().numpy(), data.statistics.energies.cpu().numpy()]
    if grids[0].shape != grids[1].shape or np.abs(grids[0] - grids[1]).max() > _SAME_ENERGY:
        there, here = (f"{len(one)} from {one[0]:g} to {one[-1]:g} eV" for one in grids)
        raise UsageError(
            f"the weights of init_from = '{source}' belong to its energies, {there}; those of "
            f"the records are {here}",
            remedy,
        )
    if float(stored.model.eta) != data.statistics.eta:
        raise UsageError(
            f"the weights of init_from = '{source}' belong to eta = {float(stored.model.eta):g} "
            f"eV; that of the records is {data.statistics.eta:g} eV",
            remedy,
        )


def _zero(references: set[float]) -> str:
    return f"{min(references):g} eV" if len(references) == 1 else "one for each molecule"


def _check_shapes(stored: StoredModel, model: TransportModel, config: TrainConfig) -> None:
    """Refuse other shapes by the settings that make them; tell of other settings that differ."""
    source = config.model.init_from
    differing = [
        f"{name} {value!r} there, {getattr(config.model, name)!r} here"
        for name, value in vars(stored.specification.settings).items()
        if getattr(config.model, name) != value
    ]
    here, there = _shapes(model), _shapes(stored.model)
    if here == there:
        for one in differing:
            logger.info("unlike the model that this one starts from: %s", one)
        return
    names = sorted(name for name in {*here, *there} if here.get(name) != there.get(name))
    raise UsageError(
        f"the weights of init_from = '{source}' have other shapes: "
        f"{'; '.join(differing) or ', '.join(names)}",
        "Give the settings of that model, or another one to start from.",
    )


def _shapes(model: TransportModel) -> dict[str, tuple[int, ...]]:
    state = model.state_dict()
    return {name: tuple(value.shape) for name, value in state.items() if name not in GRID}
