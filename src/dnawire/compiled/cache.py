"""Compiled kernels on the disk: a help for the next start, never a condition of this one.

Each kernel has one file for each kind of arguments, in a folder named after `kernel_digest`: no
change of sources, compilers or processor meets what was compiled before it, and processes that
write at once cannot mix up what they write. numba's own cache has an index, which they can, and
asks only the file of the function itself whether it has changed.

A file holds machine code and a pickle of numba: whoever can write it can run code as the user. So
the folder must belong to the user alone, or nothing is read or written. The digest in front of the
content finds damage before anything is unpickled; it is no protection against malice.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import re
import shutil
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

from numba import config
from numba.core.compiler import CompileResult
from numba.core.runtime import rtsys
from numba.core.serialize import dumps

from dnawire.compiled.digest import SOURCES, digest_of_sources, kernel_digest
from dnawire.files.durable import replace_atomically

logger = logging.getLogger(__name__)

_UNUSED_AFTER: Final = 30 * 24 * 3600
"""Seconds after which a folder that no process has used is removed."""

_FOLDER: Final = re.compile(r"[0-9a-f]{16}")
_DIGEST_BYTES: Final = hashlib.sha256().digest_size
_ELSEWHERE: Final = "set NUMBA_CACHE_DIR to a folder of your own, with space, that can be written"
_said: Final[set[int]] = set()


class KernelCache:
    """What numba asks for the compiled code of one function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._name = f"{function.__module__}.{function.__qualname__}"
        self._enclosed = dumps([cell.cell_contents for cell in function.__closure__ or ()])

    @property
    def cache_path(self) -> str:
        """Folder, for the statistics that numba shows."""
        return str(kernel_folder())

    def load_overload(self, signature: Any, target: Any) -> Any:  # noqa: ANN401
        """Return the code for these types of arguments; None to have it compiled."""
        # What compiling needs beside this, it asks for itself: a sixth of a second of imports.
        rtsys.initialize(target)
        path = self._path(signature)
        if path is None:
            return None
        try:
            return CompileResult._rebuild(target, *pickle.loads(_read(path)))
        except FileNotFoundError:
            message = "compiling kernels, once: up to a minute; the next start finds them in %s"
            _say_once(logging.INFO, message, path.parent)
        except Exception as problem:
            # No list of errors covers what unpickling and linking can raise.
            _complain(f"{path}: {problem}", "nothing to do, the file is written again")
        return None

    def save_overload(self, signature: Any, result: Any) -> None:  # noqa: ANN401
        """Save code that was just compiled, unless it may be older than the sources are by now."""
        path = self._path(signature)
        if path is None or result.library.has_dynamic_globals or digest_of_sources() != SOURCES:
            return
        content = dumps(result._reduce())
        try:
            replace_atomically(path, hashlib.sha256(content).digest() + content)
        except OSError as problem:
            _complain(problem, _ELSEWHERE)

    def flush(self) -> None:
        """Remove nothing: what has this digest is never out of date."""

    def _path(self, signature: Any) -> Path | None:  # noqa: ANN401
        folder = kernel_folder()
        if folder is None:
            return None
        fields = [_names_of_fields(kind) for kind in getattr(signature, "args", signature)]
        spelled = repr((signature, fields, self._enclosed))
        return folder / f"{self._name}-{hashlib.sha256(spelled.encode()).hexdigest()[:16]}.bin"


def _names_of_fields(kind: object) -> tuple[Any, ...]:
    """Names of the fields of a tuple and of those in it, which numba's names of types omit."""
    inner = map(_names_of_fields, getattr(kind, "types", ()))
    return (getattr(kind, "fields", ()), *inner)


@cache
def kernel_folder() -> Path | None:
    """Return the folder for this digest, made if missing; None if there is none to be trusted."""
    try:
        folder = _base() / kernel_digest()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_private(folder)
    except (OSError, RuntimeError) as problem:
        _complain(problem, _ELSEWHERE)
        return None
    _tidy(folder)
    return folder


def _base() -> Path:
    if config.CACHE_DIR:
        return Path(config.CACHE_DIR) / "dnawire"
    home = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The specification of these folders has paths that are not absolute ignored.
    return (home if home.is_absolute() else Path.home() / ".cache") / "dnawire" / "kernels"


def _require_private(folder: Path) -> None:
    status = folder.lstat()
    mine = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    if not mine or stat.S_IMODE(status.st_mode) & 0o077:
        raise PermissionError(f"{folder} is open to others, who could put code there")


def _tidy(folder: Path) -> None:
    """Mark the folder as used, and remove those that have not been used for long."""
    # A cache that can only be read stays as it is.
    with suppress(OSError):
        os.utime(folder)
        for other in folder.parent.iterdir():
            age = time.time() - other.stat().st_mtime
            if _FOLDER.fullmatch(other.name) and age > _UNUSED_AFTER:
                shutil.rmtree(other, ignore_errors=True)


def _read(path: Path) -> bytes:
    data = path.read_bytes()
    digest, content = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        raise ValueError("the content is damaged")
    return content


def _complain(problem: object, advice: str) -> None:
    message = "cache of compiled kernels: %s; compiling anew, which takes a while; %s"
    _say_once(logging.WARNING, message, problem, advice)


def _say_once(level: int, message: str, *values: object) -> None:
    if level not in _said:
        _said.add(level)
        logger.log(level, message, *values)
