"""What spectra of Watson-Crick duplexes leave open, as docs/parameter_sets.md states it."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dnawire.tightbinding import ParameterSet, ladder_blocks, load_parameters, parameters_of_dna
from dnawire.transport import block_spectra

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "identifiability.py"))
KORDAS = load_parameters("kordas2025")
ONE, BOTH = [0], [0, 1]


@pytest.mark.parametrize(
    ("name", "strands", "with_ldos", "unknowns", "null"),
    [
        ("kordas2025", ONE, False, 42, 0),
        ("kordas2025", BOTH, False, 42, 2),
        ("kordas2025", BOTH, True, 42, 0),
        ("roche-voityuk", ONE, False, 22, 0),
        ("roche-voityuk", BOTH, False, 22, 0),
    ],
)
def test_number_of_null_directions(
    name: str, strands: list[int], with_ldos: bool, unknowns: int, null: int
) -> None:
    parameters = load_parameters(name)
    sample = SCRIPT["random_sample"](parameters, 300, 6, seed=2)
    jacobian = SCRIPT["sensitivities"](parameters, sample, strands, with_ldos=with_ldos)
    relative, directions = SCRIPT["null_directions"](jacobian)
    assert jacobian.shape[1] == unknowns
    assert len(directions) == null
    assert relative[relative >= 1e-9].min() > 1e-2


def test_the_null_directions_mix_the_two_bases_of_a_pair() -> None:
    """Turning the orbitals of all G-C pairs, or all A-T pairs, by one angle leaves T and DOS."""
    sample = SCRIPT["random_sample"](KORDAS, 300, 6, seed=2)
    jacobian = SCRIPT["sensitivities"](KORDAS, sample, BOTH, with_ldos=False)
    _, directions = SCRIPT["null_directions"](jacobian)
    places = SCRIPT["unknowns"](KORDAS)
    table = [getattr(KORDAS, name)[place] for name, place in places]
    codes = sample.codes[:40]
    bases = [ladder_blocks(codes, SCRIPT["unit"](KORDAS, place)) for place in places]
    blocks = ladder_blocks(codes, KORDAS)
    np.testing.assert_allclose(
        sum(value * one.step for value, one in zip(table, bases, strict=True)), blocks.step
    )
    for purine, pyrimidine in ((2, 1), (0, 3)):
        turn = np.zeros((*codes.shape[:2], 2, 2))
        sign = (codes[..., 0] == purine) * 1.0 - (codes[..., 0] == pyrimidine)
        turn[..., 0, 1], turn[..., 1, 0] = sign, -sign
        changed = blocks.diagonal @ turn - turn @ blocks.diagonal
        across = blocks.step @ turn[:, 1:] - turn[:, :-1] @ blocks.step
        along = np.stack([_flat(one.diagonal, one.step) for one in bases], axis=-1)
        direction, residual, *_ = np.linalg.lstsq(along, _flat(changed, across), rcond=None)
        assert residual.max(initial=0.0) < 1e-20
        direction /= np.linalg.norm(direction)
        assert np.linalg.norm(directions @ direction) == pytest.approx(1.0, abs=1e-6)


def _flat(diagonal: np.ndarray, step: np.ndarray) -> np.ndarray:
    return np.concatenate((diagonal.ravel(), step.ravel()))


def flip_base(parameters: ParameterSet, base: int) -> ParameterSet:
    """The orbital of one kind of base with the other sign."""
    sign = np.where(np.arange(4) == base, -1.0, 1.0)
    names = ("stacking", "pairing", "diagonal_five", "diagonal_three")
    tables = {name: getattr(parameters, name) * sign * sign[:, None] for name in names}
    return replace(parameters, **tables)


def flip(*names: str) -> Callable[[ParameterSet], ParameterSet]:
    return lambda one: replace(one, **{name: -getattr(one, name) for name in names})


@pytest.mark.parametrize(
    "change",
    [
        *(lambda one, base=base: flip_base(one, base) for base in range(4)),
        flip("stacking", "diagonal_five", "diagonal_three"),
        flip("pairing", "diagonal_five", "diagonal_three"),
    ],
    ids=["A", "C", "G", "T", "every second pair", "one strand"],
)
@pytest.mark.parametrize("name", parameters_of_dna())
def test_signs_that_no_spectrum_shows(
    name: str, change: Callable[[ParameterSet], ParameterSet]
) -> None:
    parameters = load_parameters(name)
    sample = SCRIPT["random_sample"](parameters, 40, 7, seed=3)
    left, right = np.zeros((2, 40, 7, 2))
    left[:, 0, 0], right[:, -1] = 0.1, 0.05
    found = []
    for one in (parameters, change(parameters)):
        blocks = ladder_blocks(sample.codes, one)
        found.append(block_spectra(*blocks[:2], left, right, sample.energies))
    for mine, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0.0, atol=1e-9)
