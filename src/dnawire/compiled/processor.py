"""How wide the registers of the processor are that numba compiles for."""

from __future__ import annotations

from typing import Final

from numba.core.registry import cpu_target

_WIDTHS: Final = {"+avx512f": 512, "+avx": 256}
_OTHERS: Final = 128


def register_bits(features: str) -> int:
    """Bits of the widest vector registers.

    Parameters
    ----------
    features
        What a processor has, as LLVM spells it: ``+avx,-avx512f``.
    """
    known = features.split(",")
    return next((bits for feature, bits in _WIDTHS.items() if feature in known), _OTHERS)


BITS: Final = register_bits(cpu_target.target_context.codegen().magic_tuple()[-1])
"""Width of all lanes together. Wider ones would be split into several instructions, which need more
registers than there are and take longer to compile."""
