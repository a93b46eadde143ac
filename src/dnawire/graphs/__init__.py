"""Junctions and records as tensors."""

from dnawire.graphs.schema import MISSING_BASE, NUM_BASES, JunctionBatch, SpectraBatch
from dnawire.graphs.tensors import Batch, iterate, junction_batch, ladder_batch, length_buckets

__all__ = [
    "MISSING_BASE",
    "NUM_BASES",
    "Batch",
    "JunctionBatch",
    "SpectraBatch",
    "iterate",
    "junction_batch",
    "ladder_batch",
    "length_buckets",
]
