"""``dnawire evaluate``: errors of a model on records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import tyro

from dnawire.api.folder import ResultPlace
from dnawire.cli._flags import ResultMessages, parse
from dnawire.cli._results import finish


@tyro.conf.configure(tyro.conf.FlagCreatePairsOff)
@dataclass(frozen=True)
class EvaluateFlags:
    """Score a model on records, by the definition of the training, and name the worst records."""

    model: tyro.conf.Positional[str]
    """Output folder of a training run, e.g. outputs/hamiltonian; pretrained:NAME for a model of
    this package; or exact:NAME for the exact spectra of a tight-binding parameter set."""

    records: tyro.conf.Positional[Path]
    """File of records, of `dnawire generate`, `dnawire import` or a training run."""

    splits: Path | None = None
    """Score the test part of this file alone, e.g. splits.json of a run on the same records; the
    baselines then learn from its training part. Without it all records are scored, and there are
    no baselines."""

    results: ResultPlace = field(default_factory=ResultPlace)

    device: str = "auto"
    """Where the network of a trained model computes: auto, cpu, cuda or cuda:NUMBER; auto is the
    CPU, and a GPU is slow."""

    messages: ResultMessages = field(default_factory=ResultMessages)


def run(arguments: Sequence[str]) -> int:
    """Score the model, print and write its errors, and return the exit code.

    Raises
    ------
    dnawire.errors.DnawireError
        The records cannot be used or answered, the model cannot be used, or the results cannot be
        written.
    """
    flags = parse(EvaluateFlags, arguments, "evaluate")
    flags.messages.configure()
    from dnawire.api.evaluation import Evaluation
    from dnawire.data import read_dataset
    from dnawire.inference import load_predictor

    predictor = load_predictor(flags.model, flags.device)
    dataset = read_dataset(flags.records)
    evaluation = Evaluation.prepared(predictor, dataset, str(flags.records), flags.splits)
    return finish(evaluation, flags.results, flags.messages)
