"""Final scores and predictions of the best model on the test set, looked at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from dnawire.data import TransportDataset
from dnawire.graphs import Batch
from dnawire.models import TransportModel
from dnawire.quantities import scored_in
from dnawire.runs.preparation import PreparedData
from dnawire.training.baselines import baseline_scores
from dnawire.training.metrics import Scores, ScoreSum


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
