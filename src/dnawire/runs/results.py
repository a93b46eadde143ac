"""Results of a complete run: scores and predictions of the best model on the test set."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from dnawire.config import TrainConfig
from dnawire.data import Coverage, Ragged, TransportDataset, parameter_set_of, shared_contacts
from dnawire.graphs import Batch, SpectraBatch
from dnawire.models import TransportModel, save_model
from dnawire.predictors.conditions import conditions_of_settings
from dnawire.predictors.shortfalls import shortfalls
from dnawire.quantities import SCORED, scored_in
from dnawire.runs.identity import RunIdentity
from dnawire.runs.model_card import model_card
from dnawire.runs.optional import optional
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
    specification = model_specification(config, len(data.statistics.energies))
    provenance = provenance_of(config, data, trainer, identity)
    target = folder.path / "model"
    with folder.writing():
        folder.write_metrics(state.history)
        save_model(target, model, specification, provenance)
        baselines = baseline_scores(_on_cpu(data.training), _on_cpu(data.test), data.statistics)
        predictions = test_predictions(config.model_name, model, data)
        scores = {config.model_name: test_scores(predictions, data), **baselines}
        folder.write_scores(scores)
        provenance |= {"scores": scores}
        save_model(target, model, specification, provenance)
        with optional("the card of the model"):
            card = model_card(specification, provenance, data.splits)
            folder.write_text("model/README.md", card)
        with optional("the file of test records"):
            source = {"model": config.model_name, "run_id": identity.run_id}
            folder.write_test_records(*predicted_records(predictions, data, source))
    model.load_state_dict(last)
    logger.info("best epoch %d; errors on the test set:", state.best_epoch)
    logger.info("%s", score_table(scores))
    for shortfall in shortfalls(scores):
        logger.warning("warning: THE MODEL IS NO BETTER THAN A BASELINE: %s", shortfall)
    logger.info("results: %s", folder.path)


def provenance_of(
    config: TrainConfig, data: PreparedData, trainer: Trainer, identity: RunIdentity
) -> dict[str, Any]:
    """Where a model comes from; all that a prediction relies on is taken from the records."""
    dataset = replace(data.dataset, spectra={})
    return {
        "config": dict(identity.args),
        "source": dataset.source,
        "origin": _origin(config, data.dataset),
        "eta": data.statistics.eta,
        "energy_reference": sorted(set(dataset.energy_reference.tolist())),
        "trained_on": Coverage.of_dataset(dataset.select(data.splits.train)).to_plain(),
        "quantities": [one.name for one in scored_in(data.dataset.spectra)],
        "leaked_duplexes": len(data.splits.leaks(dataset)),
        "best_epoch": trainer.state.best_epoch,
        "run_id": identity.run_id,
    }


def _origin(config: TrainConfig, dataset: TransportDataset) -> dict[str, Any]:
    """Contacts that all records share and parameter set that they hold; each perhaps None."""
    if config.data.data is None:
        return conditions_of_settings(config.flat())
    contacts = shared_contacts(dataset)
    return {
        "contacts": contacts and [one.text for one in contacts],
        "parameters": parameter_set_of(dataset),
    }


def test_predictions(name: str, model: TransportModel, data: PreparedData) -> list[SpectraBatch]:
    """Spectra that the model predicts for each batch of the test set; none if it cannot."""
    with optional(f"the score of {name}"), torch.no_grad():
        return [model.evaluate(batch.junctions) for batch in data.test]
    return []


def test_scores(predictions: Sequence[SpectraBatch], data: PreparedData) -> Scores:
    """Errors on the test set; NaN if there are no predictions."""
    if not predictions:
        return dict.fromkeys((quantity.name for quantity in SCORED), math.nan)
    scores = ScoreSum()
    for prediction, batch in zip(predictions, data.test, strict=True):
        scores.add(prediction.known(), batch.spectra.known())
    return scores.result()


def predicted_records(
    predictions: Sequence[SpectraBatch], data: PreparedData, source: dict[str, Any]
) -> tuple[TransportDataset, TransportDataset]:
    """Reference and predicted records of the test set, in the same order."""
    records = torch.cat([batch.records for batch in data.test]).cpu().numpy()
    order = np.argsort(records)
    reference = data.dataset.select(records[order])
    size = len(data.dataset.energies)
    offsets = np.arange(len(records) + 1) * size
    spectra = {}
    for one in scored_in(reference.spectra, *(one.known() for one in predictions)):
        values = torch.cat([prediction.known()[one.column].cpu() for prediction in predictions])
        spectra[one.column] = Ragged(values.numpy()[order].reshape(-1), offsets)
    return reference, replace(reference, spectra=spectra, source=source)


def _on_cpu(buckets: Sequence[Batch]) -> list[Batch]:
    return [bucket.to(torch.device("cpu")) for bucket in buckets]
