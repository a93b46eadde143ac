"""Parameter sets by their names: those of this package, and files of one's own."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from typing import Final

from dnawire.config.suggestion import nearest
from dnawire.errors import NotFoundError, UnknownParameterSetError, UnusableDataFileError
from dnawire.files.paths import read_path
from dnawire.files.text import read_text
from dnawire.junction import DNA
from dnawire.tightbinding.parameters import ParameterSet
from dnawire.tightbinding.reading import parse_parameters

_SUFFIX: Final = ".toml"
_OWN_LINES: Final = ("name", "title", "verification")


def available_parameters() -> tuple[str, ...]:
    """List the parameter sets of this package.

    Returns
    -------
    tuple of str
        Names for `load_parameters`, sorted.
    """
    files = resources.files(__package__).joinpath("data").iterdir()
    return tuple(
        sorted(file.name[: -len(_SUFFIX)] for file in files if file.name.endswith(_SUFFIX))
    )


def parameters_of_dna() -> tuple[str, ...]:
    """Names of those sets of this package that have A, C, G and T alone, sorted."""
    return tuple(one for one in available_parameters() if load_parameters(one).alphabet == DNA)


def load_parameters(name: str) -> ParameterSet:
    """Load a parameter set.

    Parameters
    ----------
    name
        One of `available_parameters`, or the path of a file of one's own, which ends with
        ``.toml`` and is read anew by every call.

    Returns
    -------
    ParameterSet
        Tables in eV.

    Raises
    ------
    UnknownParameterSetError
        If there is no such set.
    NotFoundError, UnusableDataFileError
        If there is no such file, or it is no parameter set; names the key and the value.
    """
    if name.endswith(_SUFFIX):
        return _load_file(name)
    names = available_parameters()
    if name not in names:
        hint = nearest(name, names)
        raise UnknownParameterSetError(
            f"there is no parameter set '{name}'.",
            f"{hint} Available: {', '.join(names)}; or give the path of a file of your own, which "
            f"ends with {_SUFFIX}.".lstrip(),
        )
    return _parse(_packaged(name), f"{name}{_SUFFIX}")


def template(name: str, new: str) -> str:
    """TOML text of a set of this package under a new name, as a beginning of one's own.

    Raises
    ------
    UnknownParameterSetError
        If there is no such set.
    """
    origin = load_parameters(name)
    own = {
        "name": new,
        "title": f"My own set, begun with {origin.name}",
        "verification": f"none: changed by hand; it began as {origin.name}, whose values are "
        f"{origin.verification}",
    }
    text = _packaged(name)
    for key in _OWN_LINES:
        line = f"{key} = {json.dumps(own[key], ensure_ascii=False)}".replace("\\", r"\\")
        text = re.sub(rf"(?m)^{key} = .*$", line, text, count=1)
    return text


def _packaged(name: str) -> str:
    return resources.files(__package__).joinpath("data", f"{name}{_SUFFIX}").read_text("utf-8")


def _load_file(name: str) -> ParameterSet:
    try:
        path = read_path(name)
        text = read_text(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError as error:
        raise NotFoundError(
            f"there is no file {name} of a parameter set.",
            "Name a file that is there; `dnawire parameters NAME --template FILE` writes one.",
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnusableDataFileError(
            f"{name} is no file of a parameter set: {reason}.", "Name a TOML file."
        ) from error
    found = _parse(text, str(path))
    published = {_plain(one): one for one in available_parameters()}.get(_plain(found.name))
    if published is not None and found.digest != load_parameters(published).digest:
        alike = "that of a" if published == found.name else f"like {published!r}, the name of a"
        raise UnusableDataFileError(
            f"{path}: name = {found.name!r} is {alike} published set, which it is not.",
            "Give it a name of its own.",
        )
    return replace(found, file=(str(path), digest))


def _plain(name: str) -> str:
    """What is left of a name where case, dots, hyphens and underscores say nothing."""
    return re.sub(r"[._-]", "", name.lower())


@lru_cache(maxsize=32)
def _parse(text: str, origin: str) -> ParameterSet:
    return parse_parameters(text, origin)
