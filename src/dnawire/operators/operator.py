"""What an operator is: one meaning in plain PyTorch, and compiled code that must agree with it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from inspect import Parameter, Signature
from types import UnionType
from typing import (
    Any,
    Final,
    Generic,
    ParamSpec,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch._ops import OpOverload
from torch.library import Library, infer_schema, register_autograd, register_fake
from torch.utils._pytree import tree_map

from dnawire.compiled.single import CHANNELS
from dnawire.compiled.switch import only_definitions

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

NAMESPACE: Final = "dnawire"
_SEVERAL: Final = list[Tensor]
_LIBRARY: Final = Library(NAMESPACE, "DEF")


class Routine(Generic[Parameters, Result]):
    """A function of tensors with compiled code for the CPU.

    Parameters
    ----------
    definition
        What it means, in plain PyTorch, for any device and precision.
    kernel
        The same for the CPU.
    fits
        Whether the kernel can work on the arguments, which are on the CPU.
    """

    def __init__(
        self,
        definition: Callable[Parameters, Result],
        kernel: Callable[..., Result],
        fits: Callable[..., bool],
    ) -> None:
        self.name = definition.__name__
        self.definition, self.kernel, self.fits = definition, kernel, fits
        self.__doc__ = definition.__doc__

    def __call__(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        """Run compiled code where it can, else the definition."""
        if self.is_compiled(*args, **kwargs):
            return self.kernel(*args, **kwargs)
        return self.definition(*args, **kwargs)

    def is_compiled(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> bool:
        """Whether compiled code does the work for these arguments; the first one is a tensor."""
        first: Any = args[0]
        on_cpu: bool = first.is_cpu
        return on_cpu and not only_definitions() and self.fits(*args, **kwargs)


class Operator(Routine[Parameters, Result]):
    """A differentiable routine, registered with PyTorch as ``dnawire::NAME``.

    Its adjoint is registered too, as ``dnawire::NAME_adjoint``. Schema and shapes for tracing come
    from the definition, which must return contiguous tensors. Outside of tracing the kernel is
    called without the dispatcher, which would cost more than some kernels.

    Parameters
    ----------
    definition, fits
        See `Routine`; results are tensors.
    kernel
        Returns what the definition returns, and the adjoint: a function from the gradients by the
        results to those by the arguments in ``by``.
    by
        Names of the arguments that have a gradient, in the order of the adjoint. Only the last one
        may be of any number (``*weights``).
    """

    def __init__(
        self,
        definition: Callable[Parameters, Result],
        kernel: Callable[..., tuple[Result, Callable[..., Any]]],
        by: Sequence[str],
        fits: Callable[..., bool],
    ) -> None:
        self.parameters, self.by = list(inspect.signature(definition).parameters), tuple(by)
        positions = [self.parameters.index(one) for one in by]
        self.registered = _register(definition, kernel, positions)
        super().__init__(definition, _function(kernel, positions), fits)

    def __call__(self, *args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        """Run compiled code where it can, else the definition."""
        if not self.is_compiled(*args, **kwargs):
            return self.definition(*args, **kwargs)
        call = self.registered if torch.compiler.is_compiling() else self.kernel
        result: Result = call(*args, **kwargs)
        return result


def operator(
    kernel: Callable[..., tuple[Any, Callable[..., Any]]],
    by: Sequence[str],
    fits: Callable[..., bool],
) -> Callable[[Callable[Parameters, Result]], Operator[Parameters, Result]]:
    """Make the decorated definition an `Operator`."""
    return lambda definition: Operator(definition, kernel, by, fits)


def routine(
    kernel: Callable[..., Result], fits: Callable[..., bool] = lambda *_, **__: True
) -> Callable[[Callable[Parameters, Result]], Routine[Parameters, Result]]:
    """Make the decorated definition a `Routine`."""
    return lambda definition: Routine(definition, kernel, fits)


def is_single(x: Tensor) -> bool:
    """Whether kernels for rows of channels in single precision can work on these."""
    return x.dtype == torch.float32 and x.shape[-1] % CHANNELS == 0


def array(one: Tensor) -> NDArray[Any]:
    """Numbers of a tensor on the CPU, contiguous, for kernels."""
    return np.ascontiguousarray(one.detach().numpy())


def tensors_of(arrays: Iterable[NDArray[Any]]) -> tuple[Tensor, ...]:
    """Results of a kernel as tensors."""
    return tuple(map(torch.from_numpy, arrays))


def _function(kernel: Callable[..., Any], positions: Sequence[int]) -> Callable[..., Any]:
    """Kernel and adjoint as a function that autograd knows."""

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *inputs: Any) -> Any:  # noqa: ANN401
            ctx.count = len(inputs)
            result, ctx.adjoint = kernel(*inputs)
            return result

        @staticmethod
        def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
            if torch.is_grad_enabled():
                raise NotImplementedError("compiled operators have no second derivatives")
            return _of_all([None] * ctx.count, positions, ctx.adjoint(*gradients))

    return Function.apply


def _register(
    definition: Callable[..., Any], kernel: Callable[..., Any], positions: Sequence[int]
) -> OpOverload[..., Any]:
    """Make operators of PyTorch of a kernel and of its adjoint."""
    name, signature = definition.__name__, _plain_signature(definition)
    inputs = list(signature.parameters.values())
    num_results = len(get_args(signature.return_annotation)) or 1
    gradients = [
        Parameter(f"by_{number}", Parameter.POSITIONAL_OR_KEYWORD, annotation=Tensor)
        for number in range(num_results)
    ]
    kinds = tuple(inputs[position].annotation for position in positions)

    def spread(args: Sequence[Any]) -> tuple[Any, ...]:
        """Arguments of the definition: what is of any number is one list for PyTorch."""
        return (*args[:-1], *args[-1]) if inputs[-1].annotation is _SEVERAL else tuple(args)

    def adjoint(*args: Any) -> Any:  # noqa: ANN401
        found = kernel(*spread(args[num_results:]))[1](*args[:num_results])
        if kinds[-1] is _SEVERAL:
            found = (*found[: len(kinds) - 1], list(found[len(kinds) - 1 :]))
        return found

    def shapes(*args: Any) -> Any:  # noqa: ANN401
        own = [args[num_results + position] for position in positions]
        made = tuple(tree_map(torch.empty_like, own))
        return made if len(made) > 1 else made[0]

    def backward(ctx: Any, *arriving: Tensor) -> tuple[Any, ...]:  # noqa: ANN401
        given = _restore(ctx)
        nothing = [
            [None] * len(one) if kind.annotation is _SEVERAL else None
            for kind, one in zip(inputs, given, strict=True)
        ]
        return _of_all(nothing, positions, adjoint_operator(*arriving, *given))

    operator_ = _define(
        name,
        signature,
        lambda *args: kernel(*spread(args))[0],
        lambda *args: definition(*spread(args)),
    )
    adjoint_signature = Signature(
        [*gradients, *inputs], return_annotation=_tuple_of(kinds) if len(kinds) > 1 else Tensor
    )
    adjoint_operator = _define(f"{name}_adjoint", adjoint_signature, adjoint, shapes)
    register_autograd(f"{NAMESPACE}::{name}", backward, setup_context=_save, lib=_LIBRARY)
    return operator_


def _define(
    name: str, signature: Signature, kernel: Callable[..., Any], fake: Callable[..., Any]
) -> OpOverload[..., Any]:
    def prototype() -> None:
        """Carry the signature."""

    prototype.__signature__ = signature  # type: ignore[attr-defined]
    _LIBRARY.define(f"{name}{infer_schema(prototype, mutates_args=())}")
    _LIBRARY.impl(name, kernel, "CPU")
    register_fake(f"{NAMESPACE}::{name}", fake, lib=_LIBRARY)
    return getattr(getattr(torch.ops, NAMESPACE), name).default  # type: ignore[no-any-return]


def _plain_signature(function: Callable[..., Any]) -> Signature:
    """Signature in types of which PyTorch makes schemas: tensors without their shapes."""
    signature, hints = inspect.signature(function), get_type_hints(function)
    parameters = []
    for name, one in signature.parameters.items():
        kind = _SEVERAL if one.kind is Parameter.VAR_POSITIONAL else _plain(hints[name])
        parameters.append(Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, annotation=kind))
    return Signature(parameters, return_annotation=_plain(hints["return"]))


def _plain(annotation: Any) -> Any:  # noqa: ANN401
    if hasattr(annotation, "array_type"):
        return Tensor
    origin, inner = get_origin(annotation), tuple(map(_plain, get_args(annotation)))
    if origin is tuple:
        return _tuple_of(inner)
    if origin is Sequence:
        return _SEVERAL if inner == (Tensor,) else annotation
    return Union.__getitem__(inner) if origin in (Union, UnionType) else annotation


def _tuple_of(kinds: tuple[Any, ...]) -> Any:  # noqa: ANN401
    return tuple.__class_getitem__(kinds)


def _of_all(nothing: list[Any], positions: Sequence[int], found: Any) -> tuple[Any, ...]:  # noqa: ANN401
    """Gradients by some of the arguments as those by all; the last of some may be several."""
    several = (found,) if isinstance(found, Tensor) else tuple(found)
    *single, last = positions
    for position, one in zip(single, several, strict=False):
        nothing[position] = one
    rest = several[len(single) :]
    nothing[last : last + len(rest)] = rest
    return tuple(nothing)


def _save(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:  # noqa: ANN401
    del output
    ctx.save_for_backward(*(one for one in inputs if isinstance(one, Tensor)))
    ctx.others = [None if isinstance(one, Tensor) else (one,) for one in inputs]


def _restore(ctx: Any) -> list[Any]:  # noqa: ANN401
    tensors = iter(ctx.saved_tensors)
    return [next(tensors) if other is None else other[0] for other in ctx.others]
