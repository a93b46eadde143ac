"""What an operator is: one meaning in plain PyTorch, and compiled code that must agree with it."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Generic, ParamSpec, TypeVar

import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.library import Library, infer_schema, register_autograd, register_fake

from dnawire.compiled.single import CHANNELS

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

NAMESPACE: Final = "dnawire"
_LIBRARY: Final = Library(NAMESPACE, "DEF")
_VARIABLE: Final = "DNAWIRE_DEFINITIONS"
_switch: Final = {"definitions": os.environ.get(_VARIABLE, "") not in ("", "0")}


def only_definitions() -> bool:
    """Whether every operator runs its definition: ``DNAWIRE_DEFINITIONS=1`` in the environment."""
    return _switch["definitions"]


@contextmanager
def definitions(chosen: bool = True) -> Iterator[None]:
    """Run every operator by its definition, or none that compiled code can do, for a while."""
    before, _switch["definitions"] = _switch["definitions"], chosen
    try:
        yield
    finally:
        _switch["definitions"] = before


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
        """Whether compiled code does the work for these arguments."""
        given = (*args, *kwargs.values())
        on_cpu = all(one.is_cpu for one in given if isinstance(one, Tensor))
        return on_cpu and not only_definitions() and self.fits(*args, **kwargs)


class Operator(Routine[Parameters, Result]):
    """A differentiable routine, registered with PyTorch as ``dnawire::NAME``.

    The adjoint is an operator too, ``dnawire::NAME_adjoint``. Shapes for tracing come from the
    definition, which must return contiguous tensors.

    Parameters
    ----------
    definition, kernel, fits
        See `Routine`. The annotations of the kernel are plain types: they give the schema.
    adjoint
        Takes the gradients of the results, then the arguments; returns the gradients of the
        arguments in ``by``.
    by
        Names of the arguments that have a gradient.
    """

    def __init__(
        self,
        definition: Callable[Parameters, Result],
        kernel: Callable[..., Result],
        adjoint: Callable[..., Any],
        by: Sequence[str],
        fits: Callable[..., bool],
    ) -> None:
        name = definition.__name__
        names = list(inspect.signature(kernel).parameters)
        positions = [names.index(one) for one in by]
        adjoint_op = _register(f"{name}_adjoint", adjoint, _shapes_like(len(names), positions))
        registered = _register(name, kernel, definition)

        def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
            found = adjoint_op(*gradients, *_restore(ctx))
            everything: list[Tensor | None] = [None] * len(names)
            for position, one in zip(positions, _as_tuple(found), strict=True):
                everything[position] = one
            return tuple(everything)

        register_autograd(f"{NAMESPACE}::{name}", backward, setup_context=_save, lib=_LIBRARY)
        super().__init__(definition, registered, fits)


def operator(
    kernel: Callable[..., Result],
    adjoint: Callable[..., Any],
    by: Sequence[str],
    fits: Callable[..., bool],
) -> Callable[[Callable[Parameters, Result]], Operator[Parameters, Result]]:
    """Make the decorated definition an `Operator`."""
    return lambda definition: Operator(definition, kernel, adjoint, by, fits)


def routine(
    kernel: Callable[..., Result], fits: Callable[..., bool] = lambda *_, **__: True
) -> Callable[[Callable[Parameters, Result]], Routine[Parameters, Result]]:
    """Make the decorated definition a `Routine`."""
    return lambda definition: Routine(definition, kernel, fits)


def is_single(x: Tensor) -> bool:
    """Whether kernels for rows of channels in single precision can work on these."""
    return x.dtype == torch.float32 and x.shape[-1] % CHANNELS == 0


def flat(one: Tensor) -> NDArray[Any]:
    """All numbers of a tensor, for kernels."""
    return one.detach().contiguous().view(-1).numpy()


def tensor(array: NDArray[Any], *shape: int) -> Tensor:
    """Flat numbers of a kernel as a tensor of this shape."""
    return torch.from_numpy(array).view(shape)


def _register(name: str, kernel: Callable[..., Any], fake: Callable[..., Any]) -> Any:  # noqa: ANN401
    schema = infer_schema(kernel, mutates_args=())
    _LIBRARY.define(f"{name}{schema}")
    _LIBRARY.impl(name, kernel, "CPU")
    register_fake(f"{NAMESPACE}::{name}", fake, lib=_LIBRARY)
    return getattr(getattr(torch.ops, NAMESPACE), name).default


def _shapes_like(count: int, positions: Sequence[int]) -> Callable[..., Any]:
    """Make up the result of an adjoint for tracing: like the arguments at these positions."""

    def fake(*args: Any) -> Any:  # noqa: ANN401
        own = args[len(args) - count :]
        found = tuple(torch.empty_like(own[position]) for position in positions)
        return found if len(found) > 1 else found[0]

    return fake


def _save(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:  # noqa: ANN401
    del output
    ctx.save_for_backward(*(one for one in inputs if isinstance(one, Tensor)))
    ctx.others = [None if isinstance(one, Tensor) else (one,) for one in inputs]


def _restore(ctx: Any) -> list[Any]:  # noqa: ANN401
    tensors = iter(ctx.saved_tensors)
    return [next(tensors) if other is None else other[0] for other in ctx.others]


def _as_tuple(found: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return found if isinstance(found, tuple) else (found,)
