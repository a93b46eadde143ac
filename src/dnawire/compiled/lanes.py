"""Several numbers at once, as types of numba: one vector register of the processor.

Kernels read like arithmetic of single numbers, intermediate results stay in registers, and the
order of operations is the one that is written, with one rounding in `fma`: the same bits whatever
the compiler does with it, from a fresh compilation or from the cache.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, ClassVar, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from dnawire.compiled.processor import BITS

_INDEX: Final = ir.IntType(32)


def define_lanes(number: types.Float) -> SimpleNamespace:
    """Make the type of several numbers of one precision, and its operations.

    Parameters
    ----------
    number
        ``numba.types.float64`` or ``numba.types.float32``.

    Returns
    -------
    SimpleNamespace
        ``count``, and functions for compiled code: ``splat`` (one number to all lanes), ``spread``
        (the same for one number of an array), ``load`` and ``store`` (``count`` numbers of a
        contiguous array from a position on), ``fma`` (a b + c with one rounding), ``total`` (sum,
        in halves) and ``where_positive`` (the second where the first is above zero, else the
        third). The operators ``+ - * /`` and the sign work too.
    """
    element = ir.DoubleType() if number is types.float64 else ir.FloatType()
    vector = ir.VectorType(element, BITS // number.bitwidth)
    lanes = _new_type(number, vector)
    _define_arithmetic(lanes)
    return SimpleNamespace(
        count=vector.count,
        lanes=lanes,
        vector=vector,
        **_define_memory(lanes, number, vector),
        **_define_functions(lanes, number, vector),
    )


def _new_type(number: types.Float, vector: Any) -> Any:
    class LanesType(types.Type):
        def __init__(self) -> None:
            super().__init__(name=f"{number}x{vector.count}")

    @register_model(LanesType)
    class LanesModel(models.PrimitiveModel):
        def __init__(self, manager: Any, kind: Any) -> None:
            super().__init__(manager, kind, vector)

    return LanesType()


def _define_arithmetic(lanes: Any) -> None:
    """Operators as instructions: overloaded ones would be compiled wherever they are used."""
    for python_operator, instruction in (
        (operator.add, "fadd"),
        (operator.sub, "fsub"),
        (operator.mul, "fmul"),
        (operator.truediv, "fdiv"),
    ):
        _define_operator(lanes, python_operator, instruction, 2)
    _define_operator(lanes, operator.neg, "fneg", 1)


def _define_operator(
    lanes: Any, python_operator: Callable[..., Any], instruction: str, operands: int
) -> None:
    @infer_global(python_operator)
    class Operator(ConcreteTemplate):
        cases: ClassVar[list[Any]] = [signature(lanes, *[lanes] * operands)]

    @lower_builtin(python_operator, *[type(lanes)] * operands)
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return getattr(builder, instruction)(*arguments)


def _define_memory(lanes: Any, number: types.Float, vector: Any) -> dict[str, Any]:
    return _define_spreading(lanes, number, vector) | _define_access(lanes, number, vector)


def _address(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    return builder.gep(array.data, [arguments[1]])


def _splatted(builder: Any, vector: Any, value: Any) -> Any:
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(_INDEX, 0))
    zeros = ir.Constant(ir.VectorType(_INDEX, vector.count), [0] * vector.count)
    return builder.shuffle_vector(first, undefined, zeros)


def _define_spreading(lanes: Any, number: types.Float, vector: Any) -> dict[str, Any]:
    @intrinsic
    def splat(context, value):
        def generate(context, builder, signature, arguments):
            return _splatted(builder, vector, arguments[0])

        return lanes(number), generate

    @intrinsic
    def spread(context, array, position):
        def generate(context, builder, signature, arguments):
            value = builder.load(_address(context, builder, signature, arguments))
            return _splatted(builder, vector, value)

        return lanes(array, types.intp), generate

    return {"splat": splat, "spread": spread}


def _define_access(lanes: Any, number: types.Float, vector: Any) -> dict[str, Any]:
    alignment = number.bitwidth // 8

    @intrinsic
    def load(context, array, position):
        def generate(context, builder, signature, arguments):
            pointer = _address(context, builder, signature, arguments)
            value = builder.load(builder.bitcast(pointer, vector.as_pointer()))
            value.align = alignment
            return value

        return lanes(array, types.intp), generate

    @intrinsic
    def store(context, array, position, value):
        def generate(context, builder, signature, arguments):
            pointer = _address(context, builder, signature, arguments)
            target = builder.bitcast(pointer, vector.as_pointer())
            builder.store(arguments[2], target).align = alignment
            return context.get_dummy_value()

        return types.none(array, types.intp, lanes), generate

    return {"load": load, "store": store}


def _define_functions(lanes: Any, number: types.Float, vector: Any) -> dict[str, Any]:
    @intrinsic
    def fma(context, a, b, c):
        def generate(context, builder, signature, arguments):
            kind = ir.FunctionType(vector, [vector] * 3)
            name = f"llvm.fma.v{vector.count}f{number.bitwidth}"
            return builder.call(
                cgutils.get_or_insert_function(builder.module, kind, name), arguments
            )

        return lanes(lanes, lanes, lanes), generate

    @intrinsic
    def total(context, a):
        def generate(context, builder, signature, arguments):
            places = [ir.Constant(_INDEX, k) for k in range(vector.count)]
            parts = [builder.extract_element(arguments[0], place) for place in places]
            while len(parts) > 1:
                half = len(parts) // 2
                parts = [builder.fadd(parts[k], parts[k + half]) for k in range(half)]
            return parts[0]

        return number(lanes), generate

    @intrinsic
    def where_positive(context, condition, a, b):
        def generate(context, builder, signature, arguments):
            zero = ir.Constant(vector, [0.0] * vector.count)
            is_positive = builder.fcmp_ordered(">", arguments[0], zero)
            return builder.select(is_positive, arguments[1], arguments[2])

        return lanes(lanes, lanes, lanes), generate

    return {"fma": fma, "total": total, "where_positive": where_positive}
