"""Results of a complete run: scores and predictions of the best model on the test set."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from dnawire.config import TrainConfig
from dnawire.data import Coverage, TransportDataset
from dnawire.graphs import Batch
from dnawire.models import TransportModel, save_model
from dnawire.quantities import scored_in
from dnawire.runs.identity import RunIdentity
from dnawire.runs.outputs import OutputFolder
from dnawire.runs.preparation import PreparedData, model_specification
from dnawire.runs.reporter import score_table
from dnawire.training.baselines import baseline_scores
from dnawire.training.loop import Trainer
from dnawire.training.metrics import Scores, ScoreSum

logger = logging.getLogger(__name__)


def write_results(
    folder: OutputFolder,
    config: TrainConfig,
    data: PreparedData,
    trainer: Trainer,
    identity: RunIdentity,
) -> None:
    """Evaluate the best model once on the test set and write all results.

    Raises
    ------
    NotWritableError
        The folder cannot be written.
    LockedError
        Another run owns it now.
    """
    model, state = trainer.model, trainer.state
    last = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(state.best_model)
    model.eval()
    scores = test_scores(config.model_name, model, data)
    specification = model_specification(config, len(data.statistics.energies))
    provenance = {
        "config": dict(identity.args),
        "source": data.dataset.source,
        "eta": data.statistics.eta,
        "energy_reference": sorted(set(data.dataset.energy_reference.tolist())),
        "trained_on": Coverage.of_dataset(data.dataset.select(data.splits.train)).to_plain(),
        "best_epoch": state.best_epoch,
        "run_id": identity.run_id,
        "scores": {name: dict(score) for name, score in scores.items()},
    }
    source = {"model": config.model_name, "run_id": identity.run_id}
    with folder.writing():
        folder.write_metrics(state.history)
        folder.write_scores(scores)
        folder.write_test_records(*predicted_records(model, data, source))
        save_model(folder.path / "model", model, specification, provenance)
    model.load_state_dict(last)
    logger.info("best epoch %d; errors on the test set:", state.best_epoch)
    logger.info("%s", score_table(scores))
    logger.info("results: %s", folder.path)


def test_scores(name: str, model: TransportModel, data: PreparedData) -> dict[str, Scores]:
    """Errors on the test set of the model and, beside it, of the trivial baselines."""
    scores = ScoreSum()
    with torch.no_grad():
        for batch in data.test:
            scores.add(model(batch.junctions), batch.spectra)
    baselines = baseline_scores(_on_cpu(data.training), _on_cpu(data.test), data.statistics)
    return {name: scores.result(), **baselines}


def predicted_records(
    model: TransportModel, data: PreparedData, source: dict[str, Any]
) -> tuple[TransportDataset, TransportDataset]:
    """Reference and predicted records of the test set, in the same order."""
    indices, records = [], []
    with torch.no_grad():
        for batch in data.test:
            prediction = model(batch.junctions).known()
            columns = {
                one.column: prediction[one.column].cpu().numpy() for one in scored_in(prediction)
            }
            for row, index in enumerate(batch.records.tolist()):
                indices.append(index)
                spectra = {name: values[row] for name, values in columns.items()}
                records.append(replace(data.dataset[index], spectra=spectra))
    order = np.argsort(indices)
    predicted = TransportDataset.from_records([records[position] for position in order], source)
    return data.dataset.select(np.sort(indices)), predicted


def _on_cpu(buckets: Sequence[Batch]) -> list[Batch]:
    return [bucket.to(torch.device("cpu")) for bucket in buckets]
