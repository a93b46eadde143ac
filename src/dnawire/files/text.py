"""Reading a text file that anyone may have put there, from any program on any system."""

from __future__ import annotations

import codecs
import errno
import os
import zlib
from pathlib import Path
from typing import Final

from dnawire.files.filesystem import read_regular

LARGEST: Final = 2**24
"""Bytes above which a small file is not read as text."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_GZIP: Final = b"\x1f\x8b"
_MAGIC: Final = {
    _GZIP: "compressed by gzip: unpack it first",
    b"BZh": "compressed by bzip2: unpack it first",
    b"\xfd7zXZ": "compressed by xz: unpack it first",
    b"PK\x03\x04": "a zip archive or an office document: save it as plain text",
    b"\x89HDF": "an HDF5 file",
    b"%PDF": "a PDF document: save it as plain text",
}
_END_OF_DOS_FILE: Final = "\x1a"
_BYTE_ORDER_MARK: Final = "\ufeff"


class NotTextError(ValueError):
    """The bytes of a file are no text, or its encoding is not known; says which."""


def read_text(path: Path, *, largest: int = LARGEST) -> str:
    r"""Read a regular file of text; pipes and devices, which could block forever, are refused.

    The encoding is UTF-8, or that of a byte order mark. Lines end in ``\n``, whatever ended them.

    Raises
    ------
    OSError
        The file cannot be read, is not a regular one or is larger than so many bytes.
    NotTextError
        It is no text.
    """
    return decode_text(_read_bytes(path, largest))


def read_packed_text(path: Path, *, largest: int = LARGEST) -> str:
    """Read a text that may be compressed by gzip; all else is as in `read_text`.

    Raises
    ------
    OSError, NotTextError
        See `read_text`; or the compression is damaged, or holds more than so many bytes.
    """
    content = _read_bytes(path, largest)
    return decode_text(_unpacked(content, largest) if content.startswith(_GZIP) else content)


def read_ascii(path: Path, *, largest: int = LARGEST) -> str:
    """Read a file whose data are ASCII and whose comments may have any encoding, as `read_text`.

    A byte that is not UTF-8 is taken for one letter, so that columns stay where they are.
    """
    return decode_ascii(_read_bytes(path, largest))


def decode_ascii(content: bytes) -> str:
    """Text of some bytes; see `read_ascii`."""
    try:
        return decode_text(content)
    except NotTextError:
        if b"\0" in content:
            raise
        return _lines(content.decode("latin-1"))


def decode_text(content: bytes) -> str:
    """Text of some bytes; see `read_text`."""
    known = next((words for magic, words in _MAGIC.items() if content.startswith(magic)), None)
    if known is not None:
        raise NotTextError(f"it is {known}")
    mark, encoding = next((one for one in _MARKS if content.startswith(one[0])), (b"", "utf-8"))
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise NotTextError(
            f"byte {error.start + len(mark)} is no {encoding.upper()}: save it as UTF-8"
        ) from error
    if "\0" in text:
        raise NotTextError(
            "it holds zero bytes: it is binary, or UTF-16 without a mark; save it as UTF-8"
        )
    return _lines(text)


def _unpacked(content: bytes, largest: int) -> bytes:
    """Members of a gzip file, one after the other; never more than so many bytes."""
    unpacked = bytearray()
    while content:
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        try:
            unpacked += member.decompress(content, largest + 1 - len(unpacked))
        except zlib.error as error:
            raise NotTextError(f"it is compressed by gzip, and damaged ({error})") from error
        if len(unpacked) > largest:
            raise NotTextError(f"it is compressed by gzip, and holds more than {largest} bytes")
        if not member.eof:
            raise NotTextError("it is compressed by gzip, and cut off")
        content = member.unused_data.lstrip(b"\0")
    return bytes(unpacked)


def _lines(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace(_BYTE_ORDER_MARK, "")
    return text.rstrip(_END_OF_DOS_FILE)


def _read_bytes(path: Path, largest: int) -> bytes:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    return read_regular(path, largest)
