"""The guard against other settings, and the record of the environment."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import llvmlite.binding
import numba
import numpy as np
import pytest
import scipy
import torch

from dnawire.checkpoint import (
    ABSENT,
    Difference,
    check,
    compare_environments,
    describe_environment,
    differences,
    plain_copy,
)
from dnawire.compiled.digest import kernel_digest
from dnawire.compiled.environment import describe_compiled_code
from dnawire.errors import ConfigurationMismatchError, UsageError

IGNORED, MAY_CHANGE = ("output_dir",), ("num_epochs",)
SAVED = {"learning_rate": 0.001, "hidden": [8, 8], "num_epochs": 10, "output_dir": "a"}


def checked(
    saved: dict[str, Any], now: dict[str, Any], allowed: Sequence[str] = ()
) -> list[Difference]:
    return check(
        saved, now, ignored=IGNORED, may_change=MAY_CHANGE, allowed=allowed, remedy="allow {names}"
    )


def test_equal_settings_differ_in_nothing() -> None:
    now = SAVED | {"hidden": (8, 8), "learning_rate": 1e-3, "output_dir": "b"}
    assert differences(SAVED, now, IGNORED) == []
    nothing = {"learning_rate": float("nan"), "hidden": {"a": [1, (2,)]}}
    again = {"learning_rate": float("nan"), "hidden": {"a": (1, [2])}}
    assert differences(nothing, again, IGNORED) == []


@pytest.mark.parametrize(
    ("saved", "now"),
    [(1, True), (0, False), ([1], [1, 2]), ({"a": 1}, {"b": 1}), (None, 0), (1, "1")],
)
def test_values_that_are_not_the_same(saved: object, now: object) -> None:
    (found,) = differences({"hidden": saved}, {"hidden": now})
    assert found == Difference("hidden", saved, now)


def test_refusal_is_a_table_of_every_refused_setting_with_the_remedy() -> None:
    now = SAVED | {"learning_rate": 0.01, "hidden": [16], "num_epochs": 20}
    with pytest.raises(ConfigurationMismatchError) as caught:
        checked(SAVED, now)
    assert str(caught.value).splitlines() == [
        "The checkpoint was made with other settings:",
        "  flag          | saved  | now",
        "  learning_rate | 0.001  | 0.01",
        "  hidden        | [8, 8] | [16]",
        "  Remedy: allow learning_rate hidden",
    ]
    assert caught.value.exit_code == 78


def test_tolerated_changes_are_returned() -> None:
    now = SAVED | {"learning_rate": 0.01, "num_epochs": 20}
    found = checked(SAVED, now, allowed=["learning_rate"])
    assert list(map(str, found)) == ["learning_rate: 0.001 -> 0.01", "num_epochs: 10 -> 20"]


def test_setting_of_one_side_only() -> None:
    (found,) = differences({}, {"hidden": None})
    assert found.saved is ABSENT
    assert str(found) == "hidden: (absent) -> None"
    with pytest.raises(ConfigurationMismatchError, match=r"old_flag \| 1 +\| \(absent\)"):
        checked(SAVED | {"old_flag": 1}, SAVED)
    assert len(checked(SAVED | {"old_flag": 1}, SAVED, allowed=["old_flag"])) == 1


def test_misspelled_permission_is_refused_with_a_hint() -> None:
    with pytest.raises(UsageError, match=r"learning_rat: .*\n  Remedy: did you mean learning_rate"):
        checked(SAVED, SAVED, allowed=["learning_rat"])


def test_environment_is_plain_and_every_drift_is_named() -> None:
    now = describe_environment()
    assert plain_copy(now) == now
    assert now["threads"] == torch.get_num_threads()
    assert compare_environments(now, now) == []
    saved = now | {"threads": 64, "torch": "1.0", "old": True}
    assert compare_environments(saved, now) == [
        f"torch: 1.0 -> {now['torch']}",
        f"threads: 64 -> {now['threads']}",
        "old: True -> unknown",
    ]


def test_every_compiler_and_what_it_compiles_for_is_recorded() -> None:
    now = describe_environment() | describe_compiled_code()
    assert now["kernels"] == kernel_digest()
    assert now["cpu"] == llvmlite.binding.get_host_cpu_name()
    for package in (numba, llvmlite, scipy, np, torch):
        assert now[package.__name__] == str(package.__version__)
    for name in ("numba", "llvmlite", "scipy", "cpu", "kernels"):
        assert compare_environments(now | {name: "x"}, now) == [f"{name}: x -> {now[name]}"]


def test_what_an_older_release_did_not_record_is_no_drift() -> None:
    now = describe_environment() | describe_compiled_code()
    saved = {name: value for name, value in now.items() if name not in ("numba", "kernels")}
    assert compare_environments(saved, now) == []


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the kernel's name is one of x86")
def test_another_matrix_library_is_named() -> None:
    """OpenBLAS takes other kernels, which round otherwise, on another processor."""
    code = (
        "from dnawire.compiled.environment import describe_compiled_code; "
        "print(describe_compiled_code()['BLAS'])"
    )
    other = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "OPENBLAS_CORETYPE": "Nehalem"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    now = describe_compiled_code()
    assert "openblas" in now["BLAS"]
    assert "Nehalem" in other
    saved = now | {"BLAS": other}
    assert compare_environments(saved, now) == [f"BLAS: {other} -> {now['BLAS']}"]
