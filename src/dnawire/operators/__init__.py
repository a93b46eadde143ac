"""Operators: what models are made of beside PyTorch's own; nothing of training.

Each is one module: its definition in plain PyTorch, its CPU kernel and its adjoint. To add one,
write its module and its row in `OPERATORS`; ``tests/unit/test_operators.py`` does the rest.
"""

from __future__ import annotations

from typing import Any, Final

from dnawire.operators.operator import Operator, Routine, definitions, only_definitions

OPERATORS: Final[tuple[Routine[..., Any], ...]] = ()

__all__ = ["OPERATORS", "Operator", "Routine", "definitions", "only_definitions"]
