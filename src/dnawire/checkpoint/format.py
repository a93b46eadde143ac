"""The checkpoint file: a plain PyTorch archive that carries its own seal.

A checkpoint opens with ``torch.load(path, weights_only=True)`` like any other. Its last bytes, the
comment of the zip archive, are a seal in readable text: the format version, a counter that grows
with every save, and the SHA-256 of every byte before the digest. ``head -c -64 FILE | sha256sum``
prints the digest that ``tail -c 64 FILE`` shows.

The seal is checked before anything is unpickled. It is part of the file, not a second file beside
it, because then the two cannot be torn apart by a crash, a copy or a rename, and the digest covers
the seal's own text as well: any single changed bit and any missing byte is found.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from dnawire.checkpoint.application import ANY_APPLICATION
from dnawire.checkpoint.manifest import manifest_of
from dnawire.checkpoint.plain import plain_copy
from dnawire.errors import UnusableCheckpointError

FORMAT_VERSION: Final = 1

_OWN_KEYS: Final = ("format_version", "manifest")
_SEAL: Final = "dnawire checkpoint; format {version:04d}; save {counter:012d}; sha256 "
_SEAL_PATTERN: Final = re.compile(
    rb"dnawire checkpoint; format (\d{4}); save (\d{12}); sha256 ([0-9a-f]{64})"
)
_DIGEST_LENGTH: Final = 64
_SEAL_LENGTH: Final = len(_SEAL.format(version=0, counter=0)) + _DIGEST_LENGTH
_ZIP_START: Final = b"PK\x03\x04"
_NO_COMMENT: Final = b"\x00\x00"


class DamagedCheckpointError(UnusableCheckpointError):
    """One checkpoint file cannot be trusted.

    Parameters
    ----------
    path
        Name of the file.
    reason
        What is wrong with it.
    remedy
        What to do about it.
    """

    def __init__(
        self, path: Path | str, reason: str, remedy: str = ANY_APPLICATION.unusable
    ) -> None:
        super().__init__(f"Failed to load checkpoint {path}: {reason}", remedy)
        self.reason = reason


class NewerCheckpointError(DamagedCheckpointError):
    """A checkpoint is intact, and was written by a newer version of this program."""


@dataclass(frozen=True)
class Seal:
    """What the last bytes of a checkpoint say about it.

    Parameters
    ----------
    version
        Version of the file format.
    counter
        Number of the save; of two checkpoints of one folder the larger is the newer.
    """

    version: int
    counter: int


def encode(payload: Mapping[str, Any], counter: int = 0, keys: Collection[str] = ()) -> bytes:
    """Turn a training state into the bytes of a checkpoint file.

    Parameters
    ----------
    payload
        Plain values, see `plain_copy`; ``format_version`` and ``manifest`` are added.
    counter
        Number of the save.
    keys
        Keys that the payload must have.

    Raises
    ------
    ValueError
        A key is missing, or one of the keys added here is given.
    TypeError
        A value is not plain.
    """
    missing = [key for key in keys if key not in payload]
    if missing:
        raise ValueError(f"the payload of a checkpoint lacks {', '.join(missing)}")
    given = [key for key in _OWN_KEYS if key in payload]
    if given:
        raise ValueError(f"{', '.join(given)} of a checkpoint cannot be given")
    content = plain_copy(dict(payload))
    content["format_version"] = FORMAT_VERSION
    content["manifest"] = manifest_of(content)
    buffer = io.BytesIO()
    torch.save(content, buffer)
    _seal(buffer, counter)
    return buffer.getvalue()


def decode(
    data: bytes, path: Path | str = "(in memory)", keys: Collection[str] = ()
) -> dict[str, Any]:
    """Turn the bytes of a checkpoint file into the training state, or refuse.

    Parameters
    ----------
    data
        Content of the file.
    path
        Name of the file in an error message.
    keys
        Keys that the state must have.

    Raises
    ------
    UnusableCheckpointError
        The data are truncated, changed, foreign, of a newer format or not plain.
    """
    check_seal(data, path)
    return unpack(data, path, keys)


def check_seal(data: bytes, path: Path | str) -> Seal:
    """Verify every byte of a checkpoint file without unpickling any.

    Raises
    ------
    UnusableCheckpointError
        The data are truncated, changed or foreign; `NewerCheckpointError` if of a newer format.
    """
    if not data:
        raise DamagedCheckpointError(path, "the file is empty")
    found = _SEAL_PATTERN.fullmatch(data[-_SEAL_LENGTH:])
    if found is None:
        raise DamagedCheckpointError(
            path, "it does not end with a seal: truncated, or written by another program"
        )
    covered = memoryview(data)[:-_DIGEST_LENGTH]
    if hashlib.sha256(covered).hexdigest().encode() != found[3]:
        raise DamagedCheckpointError(
            path, "its SHA-256 digest does not match: the file is corrupted"
        )
    seal = Seal(version=int(found[1]), counter=int(found[2]))
    if seal.version > FORMAT_VERSION:
        raise NewerCheckpointError(
            path,
            f"it has format version {seal.version}, this program reads up to {FORMAT_VERSION}",
            "install a newer version of this program",
        )
    return seal


def unpack(data: bytes, path: Path | str, keys: Collection[str] = ()) -> dict[str, Any]:
    """Unpickle plain values from data whose seal was checked, and check them by the manifest.

    A seal proves that a file is as it was written, not that its writer was honest: the archive is
    held to what `encode` writes, and only tensors and plain values are built.

    Raises
    ------
    UnusableCheckpointError
        The content is not what `encode` writes.
    """
    try:
        _check_archive(data)
        content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        _check_content(content, len(data), keys)
    except MemoryError:
        raise
    except Exception as error:
        # Whatever a hostile file makes the reader raise, the file is what is wrong.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DamagedCheckpointError(
            path, f"its content is not a training state ({reason})"
        ) from error
    return dict(content)


def _seal(buffer: io.BytesIO, counter: int) -> None:
    """Append the seal to an archive, as the comment that a zip archive may end with."""
    with buffer.getbuffer() as archive:
        if bytes(archive[-2:]) != _NO_COMMENT:
            raise RuntimeError("torch.save wrote an archive with a comment; the seal has no place")
        archive[-2:] = struct.pack("<H", _SEAL_LENGTH)
    buffer.seek(0, io.SEEK_END)
    buffer.write(_SEAL.format(version=FORMAT_VERSION, counter=counter).encode())
    with buffer.getbuffer() as covered:
        digest = hashlib.sha256(covered).hexdigest()
    buffer.write(digest.encode())


def _check_archive(data: bytes) -> None:
    """Refuse what makes the reader take another path or unfold more than the file holds."""
    if not data.startswith(_ZIP_START):
        raise ValueError("it is no zip archive")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise ValueError("it is compressed")
    if sum(member.file_size for member in members) > len(data):
        raise ValueError("its parts are larger than the whole")


def _check_content(content: object, size: int, keys: Collection[str]) -> None:
    if not isinstance(content, dict):
        raise TypeError(f"a {type(content).__name__} instead of a dictionary")
    missing = [key for key in (*keys, *_OWN_KEYS) if key not in content]
    if missing:
        raise ValueError(f"it lacks {', '.join(missing)}")
    rest = {key: value for key, value in content.items() if key != "manifest"}
    if manifest_of(rest, largest=size) != content["manifest"]:
        raise ValueError("its manifest does not match")
