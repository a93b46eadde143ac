"""Diagonal blocks of G where eta is finite and every orbital is a source; ``xp``: its module.

``Q_n`` is the inverse of what begins with block n, as ``P_n`` is that of what ends with it::

    G_nn = (D_n - t_(n-1)^T P_(n-1)^-1 t_(n-1) - t_n Q_(n+1)^-1 t_n^T)^-1

``-Im G`` and ``G v G``, with a diagonal v, have recursions of the same form: what a block receives
from either side is added to its own part, and multiplied by inverses from both sides. The first one
adds what is positive only. ``_broadened_kernels`` holds the same for blocks of two orbitals.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from dnawire.transport.system import AnyArray

_Product = Callable[[Any, Any], Any]
"""Of an inverse and the part of a block: what leaves the block."""


class Inverses(NamedTuple):
    """Inverses of every block: with all above it, with all below it, and with both."""

    above: Sequence[Any]
    below: Sequence[Any]
    full: Sequence[Any]
    steps: Sequence[Any]

    def product(self, own: Sequence[Any], product: _Product) -> tuple[list[Any], list[Any]]:
        """What leaves each block downwards, and the whole product of it."""
        count = len(own)
        down: list[Any] = []
        for n in range(count):
            part = own[n] if n == 0 else own[n] + _conjugated(self.steps[n - 1], down[-1])
            down.append(product(self.above[n], part))
        whole: list[Any] = [None] * count
        up: Any = None
        for n in reversed(range(count)):
            t = self.steps[n] if n < count - 1 else None
            part = own[n] if t is None else own[n] + t @ up @ _transposed(t)
            up = product(self.below[n], part)
            if n > 0:
                part = part + _conjugated(self.steps[n - 1], down[n - 1])
            whole[n] = product(self.full[n], part)
        return down, whole


def inverses_of(
    blocks: Sequence[Any], steps: Sequence[Any], above: Sequence[Any], xp: ModuleType
) -> Inverses:
    """Inverses from the free blocks D_n, the steps t_n and P_n^-1."""
    count = len(blocks)
    below: list[Any] = [None] * count
    full: list[Any] = [None] * count
    for n in reversed(range(count)):
        block = blocks[n]
        if n < count - 1:
            block = block - steps[n] @ below[n + 1] @ _transposed(steps[n])
        below[n] = xp.linalg.inv(block)
        if n > 0:
            block = block - _conjugated(steps[n - 1], above[n - 1])
        full[n] = xp.linalg.inv(block)
    return Inverses(above, below, full, steps)


def density(inverses: Inverses, damping: AnyArray, xp: ModuleType) -> AnyArray:
    """LDOS (L, B, E, m) of the damping (B, L, m)."""
    identity = xp.eye(damping.shape[-1], device=damping.device)
    own = [damping[:, None, n, :, None] * identity + 0j for n in range(damping.shape[1])]
    _, whole = inverses.product(own, _spectral)
    return xp.stack([_diagonal(one).real for one in whole]) / math.pi


def density_products(
    inverses: Inverses, by_ldos: AnyArray, xp: ModuleType
) -> tuple[AnyArray, AnyArray]:
    """Derivatives by the blocks of H from those by the LDOS (L, B, E, m), summed over energies.

    Returns those by the diagonal blocks (B, L, m, m) and by the steps (B, L-1, m, m), halved.
    """
    identity = xp.eye(by_ldos.shape[-1], device=by_ldos.device)
    own = [-one[..., None] * identity / math.pi + 0j for one in by_ldos]
    down, whole = inverses.product(own, _twice)
    steps = [
        down[n] @ t @ inverses.full[n + 1] + inverses.above[n] @ t @ whole[n + 1]
        for n, t in enumerate(inverses.steps)
    ]
    diagonal = xp.stack([0.5 * one.imag.sum(1) for one in whole], 1)
    empty = xp.zeros_like(diagonal[:, :0])
    return diagonal, xp.stack([one.imag.sum(1) for one in steps], 1) if steps else empty


def _spectral(inverse: Any, part: Any) -> Any:  # noqa: ANN401
    """``g part g^dagger``, whose imaginary part vanishes for the damping."""
    return (inverse @ part @ _transposed(inverse).conj()).real + 0j


def _twice(inverse: Any, part: Any) -> Any:  # noqa: ANN401
    return inverse @ part @ inverse


def _conjugated(t: Any, inner: Any) -> Any:  # noqa: ANN401
    return _transposed(t) @ inner @ t


def _transposed(matrix: Any) -> Any:  # noqa: ANN401
    return matrix.swapaxes(-1, -2)


def _diagonal(matrix: Any) -> Any:  # noqa: ANN401
    return matrix.diagonal(0, -2, -1)
