"""Canonical keys of many duplexes at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnawire.data.ragged import Ragged
from dnawire.junction import DNA, LETTERS, Alphabet

ASCII_LETTERS = np.frombuffer(LETTERS.encode(), dtype=np.uint8)
"""ASCII letter of every base code."""


def canonical_keys(codes: Ragged) -> tuple[str, ...]:
    """Key of every duplex, equal to `Duplex.key`: the same for both writings of a molecule.

    Parameters
    ----------
    codes
        Base codes in ladder layout, rows (L, 2).

    Returns
    -------
    tuple of str
        One key per duplex.
    """
    keys = np.empty(len(codes), dtype=object)
    lengths = codes.counts
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        ladder = codes.values[codes.positions(rows)].reshape(len(rows), length, 2)
        texts, flipped = duplex_texts(ladder), duplex_texts(ladder[:, ::-1, ::-1])
        keys[rows] = np.where(texts <= flipped, texts, flipped).astype(str)
    return tuple(str(key) for key in keys)


def duplex_texts(ladder: NDArray[np.int8], alphabet: Alphabet = DNA) -> NDArray[Any]:
    """Texts of duplexes of one length, as `Duplex.text`.

    Parameters
    ----------
    ladder
        Base codes in ladder layout, (B, L, 2).
    alphabet
        What the codes stand for.

    Returns
    -------
    ndarray
        ASCII bytes, (B,).
    """
    num, length, _ = ladder.shape
    letters = np.frombuffer(alphabet.letters.encode(), dtype=np.uint8)
    upper, lower = letters[ladder[:, :, 0]], letters[ladder[:, ::-1, 1]]
    slash = np.full((num, 1), ord("/"), dtype=np.uint8)
    text = np.concatenate([upper, slash, lower], axis=1)
    partners = np.array(alphabet.partner_codes, dtype=np.int8)
    perfect = (partners[ladder[:, :, 0]] == ladder[:, :, 1]).all(axis=1)
    text[perfect, length:] = 0
    return np.ascontiguousarray(text).view(f"S{2 * length + 1}")[:, 0]
