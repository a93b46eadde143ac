"""Named random streams: every draw is a function of a seed and of what it is for."""

from __future__ import annotations

import hashlib

import numpy as np

_KEY_BYTES = 16
_SEED_BYTES = 8


def named_generator(seed: int, *names: str | int) -> np.random.Generator:
    """Make the private random stream of one purpose.

    Parameters
    ----------
    seed
        Seed of the run.
    names
        What the stream is for, for example ``"order", epoch``.

    Returns
    -------
    numpy.random.Generator
        A Philox stream whose 128-bit key is taken from the SHA-256 of ``seed/name/name``;
        streams of different names are independent of each other.
    """
    key = int.from_bytes(_digest(seed, names)[:_KEY_BYTES], "little")
    return np.random.Generator(np.random.Philox(key=key))


def named_seed(seed: int, *names: str | int) -> int:
    """Derive a seed for a library that draws by itself.

    Parameters
    ----------
    seed
        Seed of the run.
    names
        What the seed is for.

    Returns
    -------
    int
        63 bits of the SHA-256 of ``seed/name/name``.
    """
    return int.from_bytes(_digest(seed, names)[:_SEED_BYTES], "little") >> 1


def _digest(seed: int, names: tuple[str | int, ...]) -> bytes:
    return hashlib.sha256("/".join(map(str, (seed, *names))).encode()).digest()
