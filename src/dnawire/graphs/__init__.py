"""Junctions and records as tensors."""

from dnawire.graphs.schema import JunctionBatch, SpectraBatch
from dnawire.graphs.tensors import (
    Batch,
    LoadedBatch,
    blocks,
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
    "iterate",
    "junction_batch",
    "ladder_batch",
    "length_buckets",
]
