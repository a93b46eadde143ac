"""Models that are passed on: checksums by which every altered byte is found, and the one file.

The file is one of safetensors: weights, and all else as text in its metadata. It needs no packing,
holds nothing that could run, and any reader of safetensors opens it. A checksum finds damage and
edits; it is no signature that tells who made a model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

from safetensors.torch import save
from torch import Tensor

from dnawire.errors import UnusableFileError
from dnawire.files.filesystem import LARGEST_FILE, read_regular
from dnawire.files.text import LARGEST, decode_text

WEIGHTS_NAME: Final = "model.safetensors"
DESCRIPTION_NAME: Final = "config.json"
CARD_NAME: Final = "README.md"
CHECKSUMS_NAME: Final = "SHA256SUMS"
MODEL_SUFFIX: Final = ".safetensors"
SHARING: Final = "sharing"
"""Key of a description by which an exported model is known."""

_METADATA: Final = "dnawire"
_SEAL: Final = rb"\"sha256\": \""
_UNSEALED: Final = "0" * 64
_LENGTH: Final = 8
_SEALED: Final = (CARD_NAME, DESCRIPTION_NAME, WEIGHTS_NAME)


class ModelFiles(NamedTuple):
    """Content of a model folder, or of the one file."""

    weights: bytes
    """File of safetensors; metadata in it does not matter."""
    description: str
    """JSON."""
    card: str
    """Markdown; empty where a folder has none."""
    is_sealed: bool
    """Whether checksums were there, and right."""


def checksums(files: Mapping[str, bytes]) -> bytes:
    """Content of ``SHA256SUMS``, as ``sha256sum`` writes and checks it."""
    return "".join(
        f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)
    ).encode()


def sealed_file(weights: Mapping[str, Tensor], description: str, card: str) -> bytes:
    """Content of the one file: weights, description and card, and the SHA-256 of all of it.

    The digest is that of the file with zeros in its place.
    """
    texts = {"sha256": _UNSEALED, DESCRIPTION_NAME: description, CARD_NAME: card}
    data = save(dict(weights), metadata={_METADATA: json.dumps(texts)})
    return _resealed(data, hashlib.sha256(data).hexdigest().encode())


def read_sealed(path: Path) -> ModelFiles:
    """Read the one file.

    Raises
    ------
    UnusableFileError
        It is damaged or altered, or none of ours.
    """
    try:
        data = read_regular(path, LARGEST_FILE)
        end = _LENGTH + int.from_bytes(data[:_LENGTH], "little")
        header = json.loads(data[_LENGTH : min(end, LARGEST)])
        texts = json.loads(header["__metadata__"][_METADATA])
        found = ModelFiles(data, str(texts[DESCRIPTION_NAME]), str(texts[CARD_NAME]), True)
        seal = str(texts["sha256"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError, MemoryError) as error:
        raise UnusableFileError(
            f"{path} is no model that `dnawire export` wrote, or is damaged: {error!r}",
            "Export the model again, copy the file again, or give a folder of a model.",
        ) from error
    unsealed = _resealed(data, _UNSEALED.encode())
    if hashlib.sha256(unsealed).hexdigest() != seal or _resealed(unsealed, seal.encode()) != data:
        _refuse(path, "its content does not have the SHA-256 that it says")
    return found


def sealed_folder(folder: Path) -> ModelFiles:
    """Read a folder, sealed or not.

    Raises
    ------
    UnusableFileError
        A file cannot be read, or is not what ``SHA256SUMS`` says.
    """
    is_sealed = (folder / CHECKSUMS_NAME).exists()
    files = {
        name: _content(folder / name)
        for name in _SEALED
        if is_sealed or name != CARD_NAME or (folder / name).is_file()
    }
    if is_sealed and _content(folder / CHECKSUMS_NAME) != checksums(files):
        _refuse(folder, f"its files are not those of its {CHECKSUMS_NAME}")
    try:
        description = decode_text(files[DESCRIPTION_NAME])
    except ValueError as error:
        raise _unreadable(folder / DESCRIPTION_NAME, error) from error
    card = files.get(CARD_NAME, b"").decode(errors="replace")
    return ModelFiles(files[WEIGHTS_NAME], description, card, is_sealed)


def check_sealed(path: Path, files: ModelFiles, description: Mapping[str, object]) -> None:
    """Refuse an exported model that has lost its checksums.

    Raises
    ------
    UnusableFileError
        It was exported, and nothing tells whether it was altered.
    """
    if SHARING in description and not files.is_sealed:
        _refuse(path, f"its {CHECKSUMS_NAME} is missing")


def _resealed(data: bytes, seal: bytes) -> bytes:
    """Bytes of the one file with another digest in its place."""
    start = data.find(_SEAL) + len(_SEAL)
    return data[:start] + seal + data[start + len(_UNSEALED) :]


def _content(path: Path) -> bytes:
    try:
        return read_regular(path, LARGEST_FILE if path.name == WEIGHTS_NAME else LARGEST)
    except (OSError, MemoryError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> UnusableFileError:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return UnusableFileError(
        f"{path} cannot be read: {reason}", "Copy the model folder again, or train it anew."
    )


def _refuse(path: Path, problem: str) -> NoReturn:
    raise UnusableFileError(
        f"the model in {path} was altered after it was exported: {problem}",
        "Copy it again from where it was published, or export it again from its run.",
    )
