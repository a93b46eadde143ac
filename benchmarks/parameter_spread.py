"""How far the parameter sets disagree: log10 T of every duplex of eight base pairs.

Energies count from the on-site energy of guanine in each set, because the sets have no common zero;
contacts of 50 meV on both bases at each end, eta = 0, coherent. A duplex and its reverse complement
are counted once. Run ``python benchmarks/parameter_spread.py``: prints the table of
docs/parameter_sets.md.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from dnawire.junction import BASES
from dnawire.tightbinding import ParameterSet, ladder_blocks, load_parameters
from dnawire.transport import block_totals

LENGTH: Final = 8
GAMMA: Final = 0.05
OFFSETS: Final = (-0.5, -0.3, -0.1, 0.0, 0.1, 0.3, 0.5)
SETS: Final = ("kordas2025", "roche-voityuk")
Array = NDArray[np.float64]


def every_duplex(length: int) -> NDArray[np.int64]:
    """Codes of all Watson-Crick duplexes in ladder layout, each written in one of its two ways."""
    number = np.arange(4**length)
    upper = number[:, None] // 4 ** np.arange(length)[::-1] % 4
    lower = 3 - upper
    other_way = lower[:, ::-1] @ 4 ** np.arange(length)[::-1]
    return np.stack((upper, lower), axis=-1)[number <= other_way]


def log10_transmission(parameters: ParameterSet, codes: NDArray[np.int64]) -> Array:
    """Of every duplex at every offset from the level of guanine, (duplexes, offsets)."""
    blocks = ladder_blocks(codes, parameters)
    left, right = np.zeros((2, *codes.shape))
    left[:, 0], right[:, -1] = GAMMA, GAMMA
    energies = np.asarray(OFFSETS) + parameters.onsite[BASES.index("G")]
    return block_totals(blocks.diagonal, blocks.step, left, right, energies).log10_transmission


def without_diagonals(parameters: ParameterSet) -> ParameterSet:
    """Keep stacking and pairing only."""
    none = np.zeros_like(parameters.diagonal_five)
    return replace(parameters, diagonal_five=none, diagonal_three=none)


def main() -> None:
    """Print the table."""
    codes = every_duplex(LENGTH)
    sets = [load_parameters(name) for name in SETS]
    first, second = (log10_transmission(one, codes) for one in sets)
    plain = log10_transmission(without_diagonals(sets[0]), codes)
    print(f"{len(codes)} duplexes of {LENGTH} base pairs, decades of T\n")
    print(
        f"| E - E_G (eV) | `{SETS[0]}`: mean, sd | `{SETS[1]}`: mean, sd | difference: mean, sd "
        f"| absolute difference | the same without diagonals | rank correlation |"
    )
    print("|---|---|---|---|---|---|---|")
    for column, offset in enumerate(OFFSETS):
        one, two, bare = first[:, column], second[:, column], plain[:, column]
        apart = one - two
        print(
            f"| {offset:+.1f} | {one.mean():.2f}, {one.std():.2f} "
            f"| {two.mean():.2f}, {two.std():.2f} | {apart.mean():+.2f}, {apart.std():.2f} "
            f"| {np.abs(apart).mean():.2f} | {np.abs(bare - two).mean():.2f} "
            f"| {spearmanr(one, two).statistic:.2f} |"
        )


if __name__ == "__main__":
    main()
