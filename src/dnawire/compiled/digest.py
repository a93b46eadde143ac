"""What compiled code depends on, as one digest: its sources, the compilers and the processor."""

from __future__ import annotations

import hashlib
import platform
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from numba import config
from numba.core.registry import cpu_target

from dnawire.compiled.processor import BITS

_TOOLS: Final = Path(__file__).parent
_ROOT: Final = _TOOLS.parent
_PACKAGE: Final = __name__.rsplit(".", 2)[0]
_COMPILES: Final = re.compile(
    rf"^\s*(?:from|import)\s+(?:numba\b|{re.escape(_PACKAGE)}\.compiled(?:\.kernel)?\s)",
    re.MULTILINE,
)
_IMPORT: Final = re.compile(
    r"^\s*(?:from\s+(\S+)\s+import\s+(\([^)]*\)|[^\n]*)|import\s+([^\n]*))", re.MULTILINE
)
_COMPILERS: Final = ("numba", "llvmlite", "numpy")
_SWITCHES: Final = ("OPT", "LOOP_VECTORIZE", "SLP_VECTORIZE", "DISABLE_INTEL_SVML")
"""Settings of numba, by its environment variables, that change what it makes of a source."""


def kernel_sources(root: Path = _ROOT) -> dict[str, str]:
    """Find every source that can change a kernel, by module.

    These are the modules of this folder, those that import numba or the decorators of `kernel`, and
    what these import in turn: from there compilation takes functions, types and numbers.

    Parameters
    ----------
    root
        Folder of the package.
    """
    texts = {_module_of(file, root): file.read_text("utf-8") for file in root.rglob("*.py")}
    tools = {module for module in texts if module.startswith(f"{_PACKAGE}.compiled")}
    pending = tools | {module for module, text in texts.items() if _COMPILES.search(text)}
    found: set[str] = set()
    while pending:
        module = pending.pop()
        found.add(module)
        if module not in tools:
            pending |= (texts.keys() & _imported(texts[module])) - found
    return {module: texts[module] for module in sorted(found)}


def _module_of(file: Path, root: Path) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join((_PACKAGE, *parts)).removesuffix(".__init__")


def _imported(text: str) -> Iterator[str]:
    """Yield every name that an import may have taken a module for."""
    for origin, names, plain in _IMPORT.findall(text):
        yield origin
        yield from (f"{origin}.{name}" for name in re.findall(r"\w+", names))
        yield from re.findall(r"[\w.]+", plain)


def digest_of_sources() -> str:
    """Digest of `kernel_sources` as they stand on the disk now."""
    total = hashlib.sha256()
    for module, text in kernel_sources().items():
        total.update(f"{module} {len(text)}\n{text}".encode())
    return total.hexdigest()


SOURCES: Final = digest_of_sources()
"""Digest of the sources when this module was imported, right before the kernels were."""


@cache
def kernel_digest() -> str:
    """Digest of everything that compiled code depends on, 16 hexadecimal digits."""
    parts = [
        SOURCES,
        getattr(sys.modules[_PACKAGE], "__version__", None),
        sys.implementation.cache_tag,
        platform.python_version(),
        [version(name) for name in _COMPILERS],
        [getattr(config, name) for name in _SWITCHES],
        cpu_target.target_context.codegen().magic_tuple(),
        BITS,
    ]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
