"""Operators: what models are made of beside PyTorch's own; nothing of training.

Each is one module: its definition in plain PyTorch, its CPU kernel and its adjoint. To add one,
write its module and its row in `OPERATORS`; ``tests/unit/test_operators.py`` does the rest.
"""

from __future__ import annotations

from typing import Any, Final

from dnawire.operators.assemble import assemble
from dnawire.operators.composition import NUM_FEATURES, composition
from dnawire.operators.edge_network import edge_network
from dnawire.operators.message_passing import message_passing
from dnawire.operators.neighborhoods import (
    Edges,
    Neighborhoods,
    edges_of,
    neighborhoods,
    unique_rows,
)
from dnawire.operators.operator import Operator, Routine
from dnawire.operators.pool import pool
from dnawire.operators.transport import block_transport, dense_transport
from dnawire.operators.weighted_huber import energy_weights, weighted_huber

OPERATORS: Final[tuple[Routine[..., Any], ...]] = (
    assemble,
    block_transport,
    composition,
    dense_transport,
    edge_network,
    edges_of,
    message_passing,
    neighborhoods,
    pool,
    unique_rows,
    weighted_huber,
)

__all__ = [
    "NUM_FEATURES",
    "OPERATORS",
    "Edges",
    "Neighborhoods",
    "Operator",
    "Routine",
    "assemble",
    "composition",
    "edge_network",
    "edges_of",
    "energy_weights",
    "message_passing",
    "neighborhoods",
    "pool",
    "unique_rows",
    "weighted_huber",
]
