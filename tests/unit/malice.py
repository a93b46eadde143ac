"""Files that were made with ill intent, or by accident in the worst way, by kind of file."""

from __future__ import annotations

import builtins
import io
import json
import os
import pickle
import struct
import subprocess
import warnings
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import torch
from checkpoint_kit import payload, resealed, sealed

from dnawire.checkpoint import decode, encode

Maker = Callable[[Path], None]
"""Makes one file; what it would do if it ran is to create ``canary`` beside the file."""

DEEP = 100_000
TOUCH = "touch canary"
PROGRAM = b"S\"__import__('os').system('touch canary')\"\n"


class Call:
    """Pickles as a call that runs when it is loaded."""

    def __init__(self, function: Callable[..., Any], *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[object, ...]]:
        return self.call


def write(data: bytes | Callable[[], bytes]) -> Maker:
    """Make a file of these bytes."""
    return lambda path: _write(path, data if isinstance(data, bytes) else data())


def text(content: str) -> Maker:
    return write(content.encode())


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def members(*entries: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    """Return a zip archive of these entries, doubles included."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as archive:
        warnings.simplefilter("ignore", UserWarning)
        for name, data in entries:
            with archive.open(zipfile.ZipInfo(name), "w") as file:
                file.write(data)
    return buffer.getvalue()


def archive(script: bytes, *more: tuple[str, bytes]) -> bytes:
    """Return a sealed PyTorch archive whose pickle is this one."""
    entries = (("archive/data.pkl", script), ("archive/version", b"3\n"), *more)
    return resealed(members(*entries))


def changed_size() -> bytes:
    """Return a sealed archive that says that a part of it is 4 GB long."""
    data = bytearray(encode(payload(1)))
    data = data[: data.rindex(b"dnawire checkpoint")]
    start = data.rindex(b"PK\x01\x02")
    data[start + 24 : start + 28] = struct.pack("<I", 0xFFFFFFF0)
    data[-2:] = b"\x00\x00"
    return resealed(bytes(data))


def pickles(protocol: int) -> bytes:
    return pickle.dumps(Call(os.system, TOUCH), protocol)


GADGETS: dict[str, bytes] = {
    "builtins.exec": b"cbuiltins\nexec\n(" + PROGRAM + b"tR.",
    "old builtins": b"c__builtin__\neval\n(" + PROGRAM + b"tR.",
    "posix.system": b"cposix\nsystem\n(S'touch canary'\ntR.",
    "instance": b"(S'touch canary'\nios\nsystem\n.",
    "object": b"(cos\nsystem\nS'touch canary'\no.",
    "stack global": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x0ctouch canary\x85R.",
    "getattr": b"cbuiltins\ngetattr\n(cbuiltins\n__import__\n(S'os'\ntRS'system'\ntR"
    b"(S'touch canary'\ntR.",
    "build": b"ctorch\nTensor\n(tR}S'__setstate__'\ncos\nsystem\nsb.",
    "persistent": b"S'touch canary'\nQ.",
    "extension": b"\x80\x02\x82\x01.",
    "endless stack": b"(" * DEEP + b".",
    "huge string": b"\x80\x04\x8d" + struct.pack("<Q", 2**60) + b".",
    "huge list index": b"\x80\x02j" + struct.pack("<I", 2**32 - 1) + b".",
    "torch hub": b"ctorch.hub\nload\n(S'x/y'\nS'z'\ntR.",
    "string": b"ctorch._utils\n_rebuild_tensor_v2\n(" + PROGRAM + b"tR.",
    "torch jit": b"ctorch.jit\nCompilationUnit\n(S'def f(): touch canary'\ntR.",
}


def to(target: str) -> Maker:
    """Make a link."""
    return lambda path: path.symlink_to(target)


def in_lists(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def json_bytes(value: object) -> bytes:
    return json.dumps(value).encode()


NOT_FILES: dict[str, Maker] = {
    "pipe": lambda path: os.mkfifo(path),
    "zeros without end": to("/dev/zero"),
    "terminal": to("/dev/tty"),
    "itself": lambda path: path.symlink_to(path.name),
    "nowhere": to("/nowhere/at/all"),
    "folder": lambda path: path.mkdir(),
    "kernel memory": to("/proc/self/mem"),
}

SPARSE: dict[str, Maker] = {"terabyte of nothing": lambda path: _sparse(path)}


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 2**40)


def sealed_pickle(protocol: int) -> bytes:
    return archive(pickles(protocol))


CHECKPOINTS: dict[str, Maker] = {
    **NOT_FILES,
    **SPARSE,
    "empty": write(b""),
    **{f"pickle {n}": write(partial(pickles, n)) for n in range(6)},
    **{f"sealed pickle {n}": write(partial(sealed_pickle, n)) for n in range(6)},
    **{f"sealed {name}": write(partial(archive, s)) for name, s in GADGETS.items()},
    "legacy": write(lambda: resealed(pickles(2) + b"PK\x05\x06" + bytes(18))),
    "open": write(lambda: sealed(Call(builtins.open, "canary", "w"))),
    "process": write(lambda: sealed({"args": Call(subprocess.Popen, ["touch", "canary"])})),
    "nested": write(lambda: sealed(Call(pickle.loads, pickles(2)))),
    "load": write(lambda: sealed(Call(torch.load, "other.pth"))),
    "objects": write(lambda: sealed(np.array([Call(os.system, TOUCH)], dtype=object))),
    "module": write(lambda: sealed(torch.nn.Linear(1, 1))),
    "zip in zip": write(lambda: archive(b"N.", ("archive/data/0", members(("a", b"b"))))),
    "zip bomb": write(
        lambda: resealed(members(("archive/data.pkl", bytes(2**28)), method=zipfile.ZIP_DEFLATED))
    ),
    "climbing name": write(lambda: archive(b"N.", ("../../canary", b"x"))),
    "absolute name": write(lambda: archive(b"N.", ("/tmp/canary", b"x"))),
    "two scripts": write(lambda: archive(b"N.", ("archive/data.pkl", GADGETS["posix.system"]))),
    "byte order": write(lambda: archive(b"N.", ("archive/byteorder", b"middle"))),
    "code": write(lambda: archive(b"N.", ("archive/code/__torch__.py", b"import os"))),
    "constants": write(lambda: archive(b"N.", ("archive/constants.pkl", pickles(2)))),
    "said size": write(changed_size),
    "deep": write(lambda: archive(b"(" + b"]" * DEEP + b"a" * (DEEP - 1) + b"tR.")),
    "lists in lists": write(lambda: archive(b"]" * 5000 + b"a" * 4999 + b".")),
    "no state": write(lambda: sealed([1])),
    "other state": write(lambda: sealed(decode(encode(payload(1))) | {"epoch": 7})),
}


def laughs() -> str:
    """Return YAML that stands for 10^9 values by references to references."""
    lines = ["a: &a [l, l]"]
    for one, next_one in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{next_one}: &{next_one} [{','.join([f'*{one}'] * 9)}]")
    return "\n".join([*lines, "seed: *i"])


SETTINGS: dict[str, Maker] = {
    **NOT_FILES,
    **SPARSE,
    "object": text("seed: !!python/object/apply:os.system ['touch canary']"),
    "new object": text("seed: !!python/object/new:os.system ['touch canary']"),
    "name": text("seed: !!python/name:os.system"),
    "module": text("seed: !!python/module:antigravity"),
    "laughs": text(laughs()),
    "around itself": text("seed: &a [*a]"),
    "merge": text("a: &a {seed: 1}\n<<: *a"),
    "deep": text("seed: " + "[" * DEEP),
    "deep map": text("{seed: " * DEEP),
    "zeros": write(bytes(1000)),
    "no text": write(b"\xff\xfe\x00seed: 1"),
    "huge number": text("seed: " + "9" * 10_000),
    "huge name": text("x" * 10**6 + ": 1"),
    "nan": text("learning_rate: .nan"),
    "two documents": text("seed: 1\n---\nseed: 2"),
    "binary": text("data: !!binary aGVsbG8="),
    "set": text("seed: !!set {1}"),
}

TABLES: dict[str, Maker] = {
    "deep": text("seed = " + "[" * DEEP),
    "deep table": text("[" + ".".join("a" * 3000) + "]"),
    "huge number": text("seed = " + "9" * 10_000),
    "date": text("seed = 1979-05-27T07:32:00Z"),
    "pipe": NOT_FILES["pipe"],
}

LOCKS: dict[str, Maker] = {
    **{name: NOT_FILES[name] for name in ("pipe", "zeros without end", "nowhere", "folder")},
    "deep": text("[" * DEEP),
    "huge number": text('{"process": ' + "9" * 5000 + "}"),
    "no object": text("[1, 2]"),
    "foreign keys": text('{"__class__": "os.system", "token": "x"}'),
    "pickle": write(pickles(2)),
}

PROGRESS: dict[str, Maker] = {
    **NOT_FILES,
    **SPARSE,
    "deep": text("[" * DEEP),
    "huge number": text('{"epoch": ' + "9" * 10_000 + "}"),
    "no object": text("[1]"),
    "pickle": write(pickles(2)),
}


def specification(**changes: object) -> bytes:
    known = {"model_type": "standard", "num_energies": 5, "hidden_dim": 16, "num_layers": 1}
    rest = {"num_heads": 2, "dropout": 0.0}
    content = {"specification": known | rest | changes, "provenance": {}}
    return json_bytes({"format": "dnawire-model", "version": 1, **content})


DESCRIPTIONS: dict[str, Maker] = {
    **{name: NOT_FILES[name] for name in ("pipe", "zeros without end", "folder")},
    **SPARSE,
    "deep": text("[" * DEEP),
    "no specification": write(json_bytes({"format": "dnawire-model", "version": 1})),
    "foreign key": write(specification(__class__="os.system")),
    "foreign model": write(specification(model_type="os.system")),
    "huge": write(specification(hidden_dim=2**40)),
    "negative": write(specification(hidden_dim=-16)),
    "text": write(specification(num_layers="touch canary")),
    "null": write(json_bytes(None)),
}

WEIGHTS: dict[str, Maker] = {
    "pipe": NOT_FILES["pipe"],
    "zeros without end": NOT_FILES["zeros without end"],
    "pickle": write(pickles(2)),
    "said size": write(struct.pack("<Q", 2**62) + b"{}"),
    "deep": write(struct.pack("<Q", DEEP) + b"[" * DEEP),
    "outside": write(
        lambda: _tensors({"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}})
    ),
    "overlap": write(
        lambda: _tensors(
            {n: {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} for n in ("a", "b")}
        )
    ),
}


def _tensors(header: dict[str, Any]) -> bytes:
    head = json_bytes(header)
    return struct.pack("<Q", len(head)) + head + bytes(8)


def records(change: Callable[[h5py.File], None]) -> Maker:
    """Make a file of records with this in it."""

    def make(path: Path) -> None:
        with h5py.File(path, "w") as file:
            file.attrs.update(
                {"format": "dnawire-records", "schema_version": 1, "source": "{}", "digest": "0"}
            )
            change(file)

    return make


def _huge(file: h5py.File) -> None:
    file.create_dataset("duplex/letters", (2**40, 2), "S1", chunks=(1024, 2))
    file["duplex/offsets"] = [0, 2**40]


def _objects(file: h5py.File) -> None:
    file["duplex/letters"] = h5py.Reference()


def _outside(file: h5py.File) -> None:
    file["duplex"] = h5py.ExternalLink("/etc/passwd", "/")


def _piped(file: h5py.File) -> str:
    """Name of a pipe beside the file, which nobody writes to."""
    pipe = Path(file.filename).with_name("pipe")
    os.mkfifo(pipe)
    return str(pipe.absolute())


def _linked_pipe(file: h5py.File) -> None:
    file["other"] = h5py.ExternalLink(_piped(file), "/")
    file["duplex"] = h5py.SoftLink("/other")


def _stored_outside(file: h5py.File) -> None:
    file.create_dataset("duplex/letters", (4, 2), "S1", external=[(_piped(file), 0, 8)])


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((4, 2), "S1")
    layout[:] = h5py.VirtualSource(_piped(file), "letters", (4, 2), "S1")
    file.create_virtual_dataset("duplex/letters", layout)


def _virtual_without_end(file: h5py.File) -> None:
    """Files of a numbered name are looked for when such an array is asked for its shape."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    space = h5py.h5s.create_simple((0, 2), (h5py.h5s.UNLIMITED, 2))
    space.select_hyperslab((0, 0), (h5py.h5s.UNLIMITED, 1), (1, 1), (1, 2))
    source = h5py.h5s.create_simple((2,))
    properties.set_virtual(space, _piped(file).encode(), b"letters%b", source)
    file.create_group("duplex")
    kind = h5py.h5t.py_create(np.dtype("S1"))
    h5py.h5d.create(file["duplex"].id, b"letters", kind, space, properties)


def _said(size: int, **how: object) -> Callable[[h5py.File], None]:
    """Declare a spectrum that nobody wrote."""
    return lambda file: file.create_dataset("transmission/values", (size,), "f8", **how)


def _loop(file: h5py.File) -> None:
    file["duplex"] = h5py.SoftLink("/duplex")


def _deep_source(file: h5py.File) -> None:
    file.attrs["source"] = "[" * 20_000


RECORDS: dict[str, Maker] = {
    **NOT_FILES,
    **SPARSE,
    "pickle": write(pickles(2)),
    "huge": records(_huge),
    "objects": records(_objects),
    "outside": records(_outside),
    "loop": records(_loop),
    "linked pipe": records(_linked_pipe),
    "stored outside": records(_stored_outside),
    "virtual": records(_virtual),
    "virtual without end": records(_virtual_without_end),
    "said": records(_said(2**31, chunks=(2**20,), compression="gzip")),
    "said chunk": records(_said(4, chunks=(2**28,), maxshape=(None,))),
    "said a little": records(_said(2**24, chunks=(2**20,))),
    "deep source": records(_deep_source),
}
