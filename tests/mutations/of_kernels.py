"""Protections of the compiled kernels on the disk."""

from __future__ import annotations

from typing import Final

from tests.mutations.mutation import Mutation

OF_KERNELS: Final = (
    Mutation(
        "damaged kernels",
        "compiled/cache.py",
        "    if hashlib.sha256(content).digest() != digest:\n",
        "    if False:\n",
        "tests/unit/test_compiled_cache.py -k not_unpickled",
    ),
    Mutation(
        "kernels that others can write",
        "compiled/cache.py",
        "    if not mine or stat.S_IMODE(status.st_mode) & 0o077:\n",
        "    if False:\n",
        "tests/unit/test_compiled_cache.py -k others_can_write",
    ),
    Mutation(
        "kernels by their types of fields",
        "compiled/cache.py",
        "repr((signature, fields, self._enclosed))",
        "repr((signature, self._enclosed))",
        "tests/unit/test_compiled_cache.py -k order_of_fields",
    ),
    Mutation(
        "kernels by what they enclose",
        "compiled/cache.py",
        "repr((signature, fields, self._enclosed))",
        "repr((signature, fields))",
        "tests/unit/test_compiled_cache.py -k enclosed_values",
    ),
    Mutation(
        "kernels of sources that change meanwhile",
        "compiled/cache.py",
        " or digest_of_sources() != SOURCES:\n",
        ":\n",
        "tests/unit/test_compiled_digest.py -k change_meanwhile",
    ),
    Mutation(
        "digest of kernel sources",
        "compiled/digest.py",
        "        SOURCES,\n",
        "",
        "tests/unit/test_compiled_digest.py -k a_change_of",
    ),
    Mutation(
        "sources that kernels import",
        "compiled/digest.py",
        "            pending |= (texts.keys() & _imported(texts[module])) - found\n",
        "            pass\n",
        "tests/unit/test_compiled_digest.py -k every_form",
    ),
    Mutation(
        "kernels of another processor",
        "compiled/digest.py",
        "        cpu_target.target_context.codegen().magic_tuple(),\n",
        "",
        "tests/unit/test_compiled_digest.py -k counts_the_processor",
    ),
    Mutation(
        "kernels by the switches of the compiler",
        "compiled/digest.py",
        "        [getattr(config, name) for name in _SWITCHES],\n",
        "",
        "tests/unit/test_compiled_digest.py -k counts_the_processor",
    ),
)
"""One row for each protection; add yours."""
