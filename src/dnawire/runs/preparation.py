"""From a configuration to everything a run needs: records, split, tensors, model, trainer."""

from __future__ import annotations

import copy
import hashlib
import logging
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from dnawire.compiled.single import CHANNELS
from dnawire.config import DataConfig, TrainConfig, declaration, settings_of
from dnawire.data import (
    Splits,
    TransportDataset,
    generate_dataset,
    generation_spec,
    named_seed,
    read_dataset,
    read_splits,
    split_dataset,
)
from dnawire.data.atomistic import AtomisticColumns, read_atomistic
from dnawire.errors import MixedEnergyGridError, UsageError
from dnawire.graphs import Batch, ChargeSource, charge_source, iterate, length_buckets
from dnawire.models import (
    ModelSpecification,
    TargetStatistics,
    TransportModel,
    build_model,
    model_class,
)
from dnawire.quantities import QUANTITIES, scored_in
from dnawire.runs.warm_start import take_weights
from dnawire.structures import load_helix
from dnawire.training.average import WeightAverage
from dnawire.training.distributed import ProcessGroup, SingleProcess
from dnawire.training.levels import RecordLevels
from dnawire.training.loop import Trainer
from dnawire.training.loss import ChargeLoss, LevelLoss, loss_for
from dnawire.training.optimizer import build_optimizer
from dnawire.training.order import BatchOrder
from dnawire.training.schedule import LearningRateSchedule
from dnawire.training.state import RunState
from dnawire.training.statistics import target_statistics
from dnawire.xtb.level import Level

logger = logging.getLogger(__name__)

_FEWEST_ENERGIES: Final = 2


@dataclass(frozen=True)
class PreparedData:
    """Records, their split, and their tensors on the device of the run."""

    dataset: TransportDataset
    splits: Splits
    training: list[Batch]
    validation: list[Batch]
    test: list[Batch]
    statistics: TargetStatistics
    digest: str
    """SHA-256 of all that the run knows of its records."""
    levels: RecordLevels | None
    """Levels of training and validation, if they are trained on."""


def prepare_dataset(config: TrainConfig) -> TransportDataset:
    """Read the records of ``--data``, or generate them, with the spectra that the run uses."""
    columns = used_columns(config)
    if config.data.data is not None:
        return read_dataset(config.data.data, columns)
    return generate_dataset(generation_spec(config.data, config.runtime.seed), columns)


def used_columns(config: TrainConfig) -> set[str]:
    """Spectra that all records have, and what the model predicts with a weight in the loss."""
    predicted = model_class(config.model.model_type).quantities
    return {
        one.column
        for one in QUANTITIES
        if one.is_scored
        or (one.name in predicted and getattr(config.loss, f"{one.name}_weight") > 0)
    }


def prepare_data(
    config: TrainConfig, dataset: TransportDataset, device: torch.device
) -> PreparedData:
    """Split the records by duplex and turn them into tensors.

    Raises
    ------
    MixedEnergyGridError
        If the records differ in energy grid or ``eta``.
    TooFewRecordsError
        If there are fewer than three different duplexes.
    NotFoundError, UnusableDataFileError, UsageError
        If the file of splits cannot be used, or puts a duplex on two sides.
    """
    _check_energies(dataset)
    columns = _charge_columns(config)
    charges = None if columns is None else charge_source(columns)
    splits = _splits(config.data, dataset)
    energies, eta = torch.from_numpy(dataset.energies.copy()), shared_eta(dataset)
    training = length_buckets(dataset, splits.train, charges)
    statistics = target_statistics(training, energies, eta)
    size = config.optimization.batch_size
    spectra = {one.column: dataset.spectra[one.column] for one in scored_in(dataset.spectra)}
    scored = replace(dataset, spectra=spectra)
    return PreparedData(
        dataset=dataset,
        splits=splits,
        training=[bucket.to(device) for bucket in training],
        validation=_batches(dataset, splits.validation, size, device, charges),
        test=_batches(scored, splits.test, size, device),
        statistics=statistics,
        digest=_digest(dataset, columns),
        levels=None if columns is None else _levels(config, columns, splits),
    )


def _target(config: TrainConfig) -> str:
    return declaration(config.model.model_type).target


def _digest(dataset: TransportDataset, columns: AtomisticColumns | None) -> str:
    if columns is None:
        return dataset.digest
    return hashlib.sha256((dataset.digest + columns.digest).encode()).hexdigest()


def _charge_columns(config: TrainConfig) -> AtomisticColumns | None:
    """Shell charges that the model is trained on; None if it is trained on spectra.

    Raises
    ------
    UsageError
        If the records have none, or were computed at another level or for another geometry.
    """
    path = config.data.data
    if _target(config) == "spectra" or path is None:
        return None
    remedy = "Give --data FILE with a file of `dnawire generate xtb`."
    columns = read_atomistic(path)
    if columns is None:
        raise UsageError(
            f"{config.model.model_type} learns shell charges, and the records of {path} have none",
            remedy,
        )
    level = Level(settings_of(config.model).solvent).name  # type: ignore[attr-defined]
    if columns.level != level:
        raise UsageError(
            f"the records of {path} are at the level {columns.level}, the model at {level}",
            "Train with the --solvent of the records.",
        )
    if columns.helix_digest != load_helix().digest:
        raise UsageError(
            f"the records of {path} have the geometry {columns.helix}, or one of another version; "
            "models know ideal B-DNA",
            remedy,
        )
    return columns


def _levels(config: TrainConfig, columns: AtomisticColumns, splits: Splits) -> RecordLevels | None:
    """Levels of the records that are not for testing; None if they have no weight in the loss."""
    if not _level_weight(config):
        return None
    records = np.concatenate([splits.train, splits.validation])
    solvent = settings_of(config.model).solvent  # type: ignore[attr-defined]
    return RecordLevels.of(columns, records, Level(solvent).parameters)


def _level_weight(config: TrainConfig) -> float:
    return float(settings_of(config.model).level_weight)  # type: ignore[attr-defined]


def _splits(settings: DataConfig, dataset: TransportDataset) -> Splits:
    if settings.splits is not None:
        return read_splits(settings.splits, dataset, allow_leak=settings.allow_leak)
    test, validation = settings.test_fraction, settings.validation_fraction
    fractions = 1.0 - validation - test, validation, test
    return split_dataset(dataset, fractions, settings.split_seed)


def _batches(
    dataset: TransportDataset,
    records: NDArray[np.int64],
    size: int,
    device: torch.device,
    charges: ChargeSource | None = None,
) -> list[Batch]:
    buckets = length_buckets(dataset, records, charges)
    return [batch.to(device) for batch in iterate(buckets, size)]


def _check_energies(dataset: TransportDataset) -> None:
    if len(dataset.energies) < _FEWEST_ENERGIES:
        raise UsageError(
            f"the records have {len(dataset.energies)} energy; a training needs at least "
            f"{_FEWEST_ENERGIES}",
            "Train on spectra: T, and DOS if it is known, at several energies.",
        )


def shared_eta(dataset: TransportDataset) -> float:
    """The one ``eta`` of all records, in eV."""
    values = np.unique(dataset.eta)
    if len(values) > 1:
        raise MixedEnergyGridError(
            f"the records were computed with {len(values)} different values of eta",
            "Train on records of one eta.",
        )
    return float(values[0])


def model_specification(config: TrainConfig, num_energies: int) -> ModelSpecification:
    """Which model the settings ask for."""
    return ModelSpecification(config.model.model_type, num_energies, settings_of(config.model))


def initial_model(config: TrainConfig, data: PreparedData) -> TransportModel:
    """Return the model with random weights, for a state that is loaded into it."""
    specification = model_specification(config, len(data.statistics.energies))
    model = build_model(specification, named_seed(config.runtime.seed, "initial weights"))
    model.initialize(data.statistics)
    return model


def adapted_model(config: TrainConfig, data: PreparedData) -> TransportModel:
    """Return the model as a new training starts with it: adapted to its records, or trained."""
    model = initial_model(config, data)
    if config.model.init_from is None:
        model.adapt_to(data.training)
    else:
        take_weights(model, config, data)
    return model


def build_trainer(
    config: TrainConfig,
    data: PreparedData,
    device: torch.device,
    group: ProcessGroup | None = None,
    model: TransportModel | None = None,
) -> Trainer:
    """Put model, optimizer and data together, for one process or a group.

    Parameters
    ----------
    config, data
        Settings and what `prepare_data` made.
    device
        Where to train.
    group
        One process if None.
    model
        `adapted_model` if None.
    """
    group = group or SingleProcess()
    model = model or adapted_model(config, data)
    model.to(device)
    decay = config.optimization.ema_decay
    average = WeightAverage(copy.deepcopy(model), decay) if decay else None
    packed = model.pack()
    if device.type == "cpu" and config.model.hidden_dim % CHANNELS:
        logger.warning(
            "hidden_dim %d is not a multiple of %d: message passing is not compiled, thus slower",
            config.model.hidden_dim,
            CHANNELS,
        )
    optimizer = build_optimizer(packed, model.rate_factor, config.optimization)
    loss = loss_for(_target(config), model, data.statistics, config.loss)
    if data.levels is not None:
        assert isinstance(loss, ChargeLoss)
        loss = LevelLoss(loss, data.levels, _level_weight(config))
    loss = loss.to(device)
    training = [group.bucket(batch, loss) for batch in data.training]
    order = BatchOrder(training, config.optimization.batch_size, config.runtime.seed)
    steps = -(-order.batches_per_epoch // config.optimization.accumulate_batches)
    return Trainer(
        model=model,
        packed=packed,
        optimizer=optimizer,
        schedule=LearningRateSchedule(optimizer, config.optimization, steps),
        order=order,
        validation=[group.bucket(batch, loss).whole() for batch in data.validation],
        state=RunState(),
        seed=config.runtime.seed,
        gradient_clip=config.optimization.gradient_clip,
        accumulate_batches=config.optimization.accumulate_batches,
        average=average,
        max_rollbacks=config.optimization.max_rollbacks,
        rollback_rate_factor=config.optimization.rollback_rate_factor,
        group=group,
    )
