"""What a run is: what a checkpoint must agree with to be continued."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor

import dnawire
from dnawire.checkpoint import describe_environment
from dnawire.compiled.environment import describe_compiled_code
from dnawire.compiled.switch import only_definitions
from dnawire.config import GuardClass, TrainConfig, guard_classes
from dnawire.data import Splits
from dnawire.runs.preparation import PreparedData


@dataclass
class RunIdentity:
    """What a checkpoint must agree with to be continued."""

    args: Mapping[str, Any]
    """Every setting by its flat name."""
    run_id: str
    """Digest of everything that shapes the result."""
    data_digest: str
    """SHA-256 of the records."""
    question_digest: str
    """SHA-256 of what the records are about: junctions, energies and source, not spectra."""
    splits_digest: str
    """SHA-256 of the record numbers of training, validation and test."""
    environment: Mapping[str, Any]
    energies: Float[Tensor, " E"]


def identity_of(config: TrainConfig, data: PreparedData, processes: int) -> RunIdentity:
    """Identity of a run that starts anew here."""
    dataset = data.dataset
    return RunIdentity(
        args=config.flat(),
        run_id=run_id(config, data.digest, data.splits),
        data_digest=data.digest,
        question_digest=dataset.question_digest,
        splits_digest=data.splits.digest,
        environment=describe_environment()
        | describe_compiled_code()
        | {
            "dnawire": dnawire.__version__,
            "processes": processes,
            "only definitions": only_definitions(),
        },
        energies=data.statistics.energies,
    )


def run_id(config: TrainConfig, records: str, splits: Splits | None = None) -> str:
    """Digest of everything that shapes the result: equal for equal runs."""
    classes = guard_classes()
    shaping = {
        name: value
        for name, value in config.flat().items()
        if classes[name] is GuardClass.MUST_MATCH
    }
    # Without a file the settings above say how the records are split.
    split = {"splits": splits.digest} if splits and config.data.splits else {}
    text = json.dumps({**shaping, "records": records, **split}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
