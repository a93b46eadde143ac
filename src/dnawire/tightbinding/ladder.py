"""The tight-binding Hamiltonian of duplexes as 2x2 blocks of the ladder."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnawire.errors import InvalidDuplexError
from dnawire.junction import EDGE_KINDS, EDGES, MISSING_CODE, STRANDS
from dnawire.tightbinding.parameters import ParameterSet


class LadderBlocks(NamedTuple):
    """Block-tridiagonal Hamiltonian of a batch of duplexes, eV.

    Attributes
    ----------
    diagonal
        Block of every base pair, (B, L, 2, 2), symmetric; rows and columns are strands.
    step
        Block H[n, n+1] between neighboring pairs, (B, L-1, 2, 2): row = strand at pair n,
        column = strand at pair n+1. H[n+1, n] is its transpose.
    mask
        True where a base is present, (B, L, 2). Everything else is zero where it is not.
    """

    diagonal: NDArray[np.float64]
    step: NDArray[np.float64]
    mask: NDArray[np.bool_]


def ladder_blocks(codes: NDArray[np.integer], parameters: ParameterSet) -> LadderBlocks:
    """Build the Hamiltonian of many duplexes of one length.

    A missing base has no site: nothing couples to it, so that it breaks the chain. Whatever the
    strand a duplex is written from, the Hamiltonian is the same up to the order of its sites.

    Parameters
    ----------
    codes
        Base codes in ladder layout, (B, L, 2): A=0, C=1, G=2, T=3, missing=4, further letters of
        the set as in its alphabet.
    parameters
        Tight-binding parameters.

    Returns
    -------
    LadderBlocks
        Blocks in eV.

    Raises
    ------
    InvalidDuplexError
        If the array is not (B, L, 2) or holds another code.
    """
    _check_codes(codes, parameters)
    batch, length, strands = codes.shape
    mask = np.not_equal(codes, MISSING_CODE)
    diagonal = np.zeros((batch, length, strands, strands))
    step = np.zeros((batch, length - 1, strands, strands))
    base = np.where(mask, codes, 0)
    for strand in range(strands):
        onsite = parameters.onsite[base[..., strand]]
        diagonal[..., strand, strand] = np.where(mask[..., strand], onsite, 0.0)
    for edge in EDGES:
        start, end = edge.ends(base)
        hopping = getattr(parameters, EDGE_KINDS[edge.kind])[start, end]
        row, column = edge.element
        exists = np.logical_and(*edge.ends(mask))
        block = step if edge.is_step else diagonal
        block[..., row, column] = np.where(exists, hopping, 0.0)
        if not edge.is_step:
            block[..., column, row] = block[..., row, column]
    return LadderBlocks(diagonal, step, mask)


def dense_hamiltonian(
    diagonal: NDArray[np.float64], step: NDArray[np.float64], mask: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Assemble the Hamiltonian of one duplex from its blocks.

    Parameters
    ----------
    diagonal, step, mask
        Blocks of one duplex, (L, 2, 2), (L-1, 2, 2) and (L, 2), as in `LadderBlocks`.

    Returns
    -------
    ndarray
        Symmetric matrix in eV, (N, N), in site order: pair by pair, upper before lower,
        without missing bases.
    """
    length = diagonal.shape[0]
    blocks = np.zeros((length, length, 2, 2))
    pairs = np.arange(length)
    blocks[pairs, pairs] = diagonal
    blocks[pairs[:-1], pairs[1:]] = step
    blocks[pairs[1:], pairs[:-1]] = step.swapaxes(-1, -2)
    hamiltonian = blocks.transpose(0, 2, 1, 3).reshape(2 * length, 2 * length)
    present = mask.reshape(-1)
    return hamiltonian[np.ix_(present, present)]


def _check_codes(codes: NDArray[np.integer], parameters: ParameterSet) -> None:
    if codes.ndim != 3 or codes.shape[1] < 1 or codes.shape[2] != len(STRANDS):
        raise InvalidDuplexError(
            f"base codes have shape {codes.shape}.",
            "give codes in ladder layout (duplexes, base pairs, 2), for example "
            "Duplex.parse('ACGT').codes[None].",
        )
    letters = parameters.alphabet.letters
    if codes.size and (codes.min() < 0 or codes.max() >= len(letters)):
        known = ", ".join(f"{letter}={code}" for code, letter in enumerate(letters))
        raise InvalidDuplexError(
            f"base codes run from {codes.min()} to {codes.max()}.",
            f"use {known.replace('_', 'missing')}.",
        )
