"""What an HDF5 file says about itself, asked before anything in it is read.

A file may name other files (external links, external storage, virtual datasets), which HDF5 opens
unasked: a pipe blocks for ever, and any file of the user would be read. It may also declare arrays
that are larger than it can hold, which NumPy would allocate.
"""

from __future__ import annotations

import math
from typing import Final

import h5py

_LINKS_WITHIN: Final = frozenset({h5py.h5l.TYPE_HARD, h5py.h5l.TYPE_SOFT})
_LARGEST_COMPRESSION: Final = 1100
"""A little above what deflate can reach, which is 1032."""
_SMALL: Final = 2**20
"""Bytes that an array may declare without having any: fill values are stored nowhere."""


def find_outside(file: h5py.File) -> str | None:
    """Find what in a file names another file; None if nothing does."""
    links: list[tuple[bytes, int]] = []

    def look(name: bytes, link: h5py.h5l.LinkInfo) -> None:
        # An error raised in here would not survive the passage through HDF5.
        links.append((name, link.type))

    file.id.links.visit(look, info=True)
    for name, kind in links:
        where = "/" + name.decode("utf-8", "replace")
        if kind not in _LINKS_WITHIN:
            return f"{where} is a link to another file"
        problem = _outside_storage(file, name) if kind == h5py.h5l.TYPE_HARD else None
        if problem is not None:
            return f"{where} {problem}"
    return None


def _outside_storage(file: h5py.File, name: bytes) -> str | None:
    if h5py.h5o.get_info(file.id, name).type != h5py.h5o.TYPE_DATASET:
        return None
    properties = h5py.h5d.open(file.id, name).get_create_plist()
    if properties.get_layout() == h5py.h5d.VIRTUAL:
        return "is a virtual dataset: its values lie in other files"
    return "keeps its values in another file" if properties.get_external_count() else None


def is_inflated(dataset: h5py.Dataset) -> bool:
    """Whether an array declares more than its stored bytes can hold."""
    stored = min(dataset.id.get_storage_size(), dataset.file.id.get_filesize())
    most = _SMALL + _LARGEST_COMPRESSION * stored
    shapes = [dataset.shape] + ([dataset.chunks] if dataset.chunks else [])
    return any(math.prod(shape) * dataset.dtype.itemsize > most for shape in shapes)
