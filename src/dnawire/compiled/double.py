"""Lanes in double precision, and the powers of two that keep long chains from underflowing."""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from dnawire.compiled.kernel import inlined
from dnawire.compiled.lanes import define_lanes

_DOUBLE: Final = define_lanes(types.float64)
LANES: Final[int] = _DOUBLE.count
_TYPE: Final = _DOUBLE.lanes
_WHOLE: Final = ir.VectorType(ir.IntType(64), LANES)
_MANTISSA_BITS: Final = 52
_EXPONENT_MASK: Final = 2047
_BIAS: Final = 1023

splat: Final = _DOUBLE.splat
spread: Final = _DOUBLE.spread
load: Final = _DOUBLE.load
store: Final = _DOUBLE.store
fma: Final = _DOUBLE.fma
total: Final = _DOUBLE.total
where_positive: Final = _DOUBLE.where_positive


def _constant(value: float, kind: Any) -> Any:
    return ir.Constant(kind, [value] * LANES)


@intrinsic
def exponent_of(context, a):
    """Floor of log2 |a| as a number; -1023 for zero and denormal numbers."""

    def generate(context, builder, signature, arguments):
        bits = builder.bitcast(arguments[0], _WHOLE)
        biased = builder.lshr(bits, _constant(_MANTISSA_BITS, _WHOLE))
        biased = builder.and_(biased, _constant(_EXPONENT_MASK, _WHOLE))
        return builder.sitofp(builder.sub(biased, _constant(_BIAS, _WHOLE)), _DOUBLE.vector)

    return _TYPE(_TYPE), generate


@intrinsic
def power_of_two(context, a):
    """2 to the power of whole numbers of at most 1023; zero below -1022."""

    def generate(context, builder, signature, arguments):
        lowest = _constant(-float(_BIAS), _DOUBLE.vector)
        is_above = builder.fcmp_ordered(">", arguments[0], lowest)
        clipped = builder.fptosi(builder.select(is_above, arguments[0], lowest), _WHOLE)
        biased = builder.add(clipped, _constant(_BIAS, _WHOLE))
        return builder.bitcast(
            builder.shl(biased, _constant(_MANTISSA_BITS, _WHOLE)), _DOUBLE.vector
        )

    return _TYPE(_TYPE), generate


@inlined
def absolute(a):
    """Absolute value."""
    return where_positive(a, a, -a)


@inlined
def maximum(a, b):
    """The larger of two numbers."""
    return where_positive(a - b, a, b)
