"""Operators: what models are made of beside PyTorch's own; nothing of training.

Each is one module: its definition in plain PyTorch, its CPU kernel and its adjoint. To add one,
write its module and its row in `OPERATORS`; ``tests/unit/test_operators.py`` does the rest.
"""

from __future__ import annotations

from typing import Any, Final

from dnawire.operators.aggregate import aggregate
from dnawire.operators.assemble import assemble
from dnawire.operators.gather_edges import gather_edges
from dnawire.operators.neighborhoods import (
    Edges,
    Neighborhoods,
    edges_of,
    neighborhoods,
    unique_rows,
)
from dnawire.operators.operator import Operator, Routine, definitions, only_definitions
from dnawire.operators.pool import pool
from dnawire.operators.read_out import read_out
from dnawire.operators.transport import block_transport, dense_transport
from dnawire.operators.weighted_huber import energy_weights, weighted_huber

OPERATORS: Final[tuple[Routine[..., Any], ...]] = (
    aggregate,
    assemble,
    block_transport,
    dense_transport,
    edges_of,
    gather_edges,
    neighborhoods,
    pool,
    read_out,
    unique_rows,
    weighted_huber,
)

__all__ = [
    "OPERATORS",
    "Edges",
    "Neighborhoods",
    "Operator",
    "Routine",
    "aggregate",
    "assemble",
    "definitions",
    "edges_of",
    "energy_weights",
    "gather_edges",
    "neighborhoods",
    "only_definitions",
    "pool",
    "read_out",
    "unique_rows",
    "weighted_huber",
]
