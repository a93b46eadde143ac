"""Every operator: compiled code means what the definition says, and PyTorch knows it rightly."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import harness
import pytest
import torch
from operator_samples import SAMPLES, Draw, as_tensors, unique_tensors
from torch import Tensor

from dnawire.compiled.switch import definitions, only_definitions
from dnawire.operators import OPERATORS, Operator, Routine

NAMES = [one.name for one in OPERATORS]
every = pytest.mark.parametrize("operator", OPERATORS, ids=NAMES)
differentiable = pytest.mark.parametrize(
    "operator", [one for one in OPERATORS if isinstance(one, Operator)], ids=lambda one: one.name
)
SINGLE, DOUBLE = 2e-5, 1e-12
"""Relative errors of sums of some hundred products."""
UNTRACED = ("test_schema", "test_autograd_registration", "test_faketensor")
CHECKS = (*UNTRACED, "test_aot_dispatch_dynamic")


def samples(operator: Routine[..., Any]) -> list[tuple[Any, ...]]:
    return list(SAMPLES[operator.name](Draw(3)))


def leaves(
    operator: Operator[..., Any], args: tuple[Any, ...], kind: torch.dtype | None = None
) -> list[Any]:
    """Arguments of which those with a gradient ask for it, all of one precision if given."""
    found = []
    for name, one in zip(names(operator, args), args, strict=True):
        is_float = isinstance(one, Tensor) and one.is_floating_point()
        one = one.to(kind) if is_float and kind else one
        asks = name in operator.by
        found.append(one.detach().clone().requires_grad_() if asks else one)
    return found


def names(operator: Operator[..., Any], args: tuple[Any, ...]) -> list[str]:
    """Name of every argument; the last parameter may have several."""
    several = len(args) - len(operator.parameters)
    return [*operator.parameters, *[operator.parameters[-1]] * several]


def results(operator: Routine[..., Any], result: Any) -> tuple[Tensor, ...]:  # noqa: ANN401
    return unique_tensors(result) if operator.name == "unique_rows" else as_tensors(result)


def assert_close(found: Tensor, expected: Tensor, what: str) -> None:
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    bound = SINGLE if found.dtype == torch.float32 else DOUBLE
    scale = float(expected.abs().max()) if expected.numel() else 0.0
    torch.testing.assert_close(found, expected, rtol=0.0, atol=bound * scale + 1e-30, msg=what)


def test_every_operator_has_samples() -> None:
    assert sorted(SAMPLES) == sorted(NAMES)
    assert sorted(set(NAMES)) == NAMES


@every
def test_compiled_values_are_those_of_the_definition(operator: Routine[..., Any]) -> None:
    for args in samples(operator):
        assert operator.is_compiled(*args)
        found, expected = operator(*args), operator.definition(*args)
        for one, other in zip(results(operator, found), results(operator, expected), strict=True):
            assert_close(one, other, operator.name)


@differentiable
def test_compiled_gradients_are_those_of_the_definition(operator: Operator[..., Any]) -> None:
    for args in samples(operator):
        found, expected = (
            gradients(call, leaves(operator, args)) for call in (operator, operator.definition)
        )
        own = [name for name in names(operator, args) if name in operator.by]
        for name, one, other in zip(own, found, expected, strict=True):
            assert_close(one, other, f"{operator.name} by {name}")


def gradients(call: Callable[..., Any], args: list[Any]) -> list[Tensor]:
    """Gradient of a random combination of all results that have one."""
    draw = Draw(5)
    outputs = [one for one in as_tensors(call(*args)) if one.requires_grad]
    arriving = [draw.normal(*one.shape, kind=one.dtype) for one in outputs]
    wanted = [one for one in args if isinstance(one, Tensor) and one.requires_grad]
    return list(
        torch.autograd.grad(outputs, wanted, arriving, allow_unused=True, materialize_grads=True)
    )


@differentiable
def test_the_definition_has_the_gradients_of_finite_differences(
    operator: Operator[..., Any],
) -> None:
    for args in samples(operator):
        inputs = leaves(operator, args, torch.float64)
        assert torch.autograd.gradcheck(operator.definition, inputs, atol=1e-6, fast_mode=True)


@differentiable
def test_pytorch_knows_the_operator(operator: Operator[..., Any]) -> None:
    # Tracing takes seconds; on the smallest sample the cheaper checks are enough.
    for args, checks in ((samples(operator)[0], UNTRACED), (samples(operator)[-1], CHECKS)):
        given, count = leaves(operator, args), len(operator.parameters)
        if len(given) > count:
            given[count - 1 :] = [given[count - 1 :]]
        torch.library.opcheck(operator.registered, tuple(given), test_utils=checks)


@differentiable
def test_second_derivatives_are_refused(operator: Operator[..., Any]) -> None:
    args = leaves(operator, samples(operator)[-1])
    outputs = [one.sum() for one in as_tensors(operator(*args)) if one.requires_grad]
    with pytest.raises(NotImplementedError, match="second derivatives"):
        torch.autograd.grad(outputs, [args[0]], create_graph=True)


@every
def test_definitions_run_where_they_are_asked_for(operator: Routine[..., Any]) -> None:
    args = samples(operator)[0]
    with definitions():
        assert not operator.is_compiled(*args)
        found = operator(*args)
    expected = operator.definition(*args)
    for one, other in zip(results(operator, found), results(operator, expected), strict=True):
        assert torch.equal(one, other)
    assert operator.is_compiled(*args)


@pytest.mark.parametrize(("value", "expected"), [("1", "True"), ("0", "False"), ("", "False")])
def test_the_environment_chooses(value: str, expected: str) -> None:
    code = "from dnawire.compiled.switch import only_definitions; print(only_definitions())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"DNAWIRE_DEFINITIONS": value},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == expected
    assert not only_definitions()


def test_no_command_needs_a_kernel_if_definitions_are_asked_for(tmp_path: Path) -> None:
    sizes = "--num_samples 20 --seq_length 3 --num_energy_points 9 --hidden_dim 16"
    train = f"--model_type hamiltonian --num_epochs 1 {sizes}"
    predict = "predict exact:kordas2025 ACG --left_contact upper:0 --right_contact upper:2"
    code = (
        "from harness import any_command, without_figures\n"
        f"print(without_figures({train.split()}), any_command({predict.split()}))"
    )
    environment = os.environ | {
        "DNAWIRE_DEFINITIONS": "1",
        "NUMBA_CACHE_DIR": str(tmp_path),
        "PYTHONPATH": str(Path(harness.__file__).parent),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "0 0", done.stderr
    assert not list(tmp_path.rglob("*.bin"))


@every
def test_kernels_take_only_the_types_that_they_are_made_for(operator: Routine[..., Any]) -> None:
    for args in samples(operator):
        single = [isinstance(one, Tensor) and one.dtype == torch.float32 for one in args]
        doubled = [
            one.double() if is_single else one for one, is_single in zip(args, single, strict=True)
        ]
        assert operator.is_compiled(*doubled) != any(single)
