"""Junctions and records as tensors."""

from dnawire.graphs.schema import JunctionBatch, SpectraBatch
from dnawire.graphs.tensors import (
    Batch,
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
    "JunctionBatch",
    "LoadedBatch",
    "SpectraBatch",
    "blocks",
    "finite_mean",
    "iterate",
    "junction_batch",
    "ladder_batch",
    "length_buckets",
]
