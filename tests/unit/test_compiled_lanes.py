"""Lanes are as wide as the registers of the processor, and values do not depend on their width."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba.core.registry import cpu_target
from tests.physics.oracle import random_system

from dnawire.compiled.double import LANES
from dnawire.compiled.processor import BITS, register_bits
from dnawire.compiled.single import CHANNELS
from dnawire.transport import block_spectra
from dnawire.transport.block import gradient
from dnawire.transport.system import block_system

FEATURES = cpu_target.target_context.codegen().magic_tuple()[-1].split(",")
NARROW = {
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "+sse2,+sse4.2,+avx,+avx2,+fma,-avx512f",
}
ENERGIES = np.linspace(-1.7, 1.9, 11)
CODE = """
import json
from tests.unit import test_compiled_lanes as here
print(json.dumps([here.LANES, here.CHANNELS, here.values()]))
"""


def values() -> list[list[float]]:
    """Spectra and gradients of a long chain, whose columns have scales."""
    diagonal, step, left, right, mask = random_system(3, 20, 2).arrays()
    found = block_spectra(diagonal, step, left, right, ENERGIES, mask=mask)
    system = block_system(diagonal, step, left, right, ENERGIES, mask, 0.0)
    slopes = gradient(system, [np.ones_like(one) for one in found], np)
    return [one.ravel().tolist() for one in (*found, *slopes)]


@pytest.mark.parametrize(
    ("features", "bits"),
    [
        ("+sse2,+avx,+avx2,+avx512f,+avx512vl", 512),
        ("+avx,+avx2,-avx512f", 256),
        ("+avx2,+avx", 256),
        ("-avx,+sse2", 128),
        ("+neon", 128),
        ("", 128),
    ],
)
def test_the_widest_registers_are_known(features: str, bits: int) -> None:
    assert register_bits(features) == bits


def test_lanes_fill_a_register() -> None:
    assert (64 * LANES, 32 * CHANNELS) == (BITS, BITS)


@pytest.mark.skipif("+avx512f" not in FEATURES, reason="needs AVX-512, to force AVX2 upon it")
def test_values_do_not_depend_on_the_width() -> None:
    """The code for AVX2, compiled and run by force where registers are wider."""
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**os.environ, **NARROW},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    lanes, channels, found = json.loads(done.stdout)
    assert (LANES, CHANNELS) == (8, 16)
    assert (lanes, channels) == (4, 8)
    for one, other in zip(found, values(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
