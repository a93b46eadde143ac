"""Junctions and records as tensors."""

from dnawire.graphs.charges import charge_source
from dnawire.graphs.schema import ChargesBatch, JunctionBatch, SpectraBatch, Targets
from dnawire.graphs.tensors import (
    Batch,
    ChargeSource,
    LoadedBatch,
    blocks,
    finite_mean,
    iterate,
    junction_batch,
    ladder_batch,
    length_buckets,
)

__all__ = [
    "Batch",
    "ChargeSource",
    "ChargesBatch",
    "JunctionBatch",
    "LoadedBatch",
    "SpectraBatch",
    "Targets",
    "blocks",
    "charge_source",
    "finite_mean",
    "iterate",
    "junction_batch",
    "ladder_batch",
    "length_buckets",
]
