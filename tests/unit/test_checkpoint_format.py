"""The checkpoint file: what it holds, and that whatever is wrong with it is found."""

from __future__ import annotations

import builtins
import hashlib
import io
import math
import os
import pickle
import random
import subprocess
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from checkpoint_kit import payload, resealed, sealed, step_of

from dnawire.checkpoint import FORMAT_VERSION, decode, encode, plain_copy
from dnawire.checkpoint.format import NewerCheckpointError, check_seal
from dnawire.errors import UnusableCheckpointError

GOLDEN = Path(__file__).parents[1] / "data" / "checkpoint_format_1.pth"
DATA = encode(payload(3), counter=7)


def is_refused(data: bytes | bytearray) -> bool:
    try:
        check_seal(bytes(data), "x")
    except UnusableCheckpointError:
        return True
    return False


def test_round_trip_keeps_everything() -> None:
    content = decode(DATA)
    assert step_of(content) == 3
    assert content["args"] == payload(3)["args"]
    assert math.isnan(content["val_losses"][0])
    assert content["energy_grid"].dtype == torch.float64
    assert content["format_version"] == FORMAT_VERSION


@pytest.mark.parametrize("mmap", [False, True])
def test_file_opens_with_plain_torch(tmp_path: Path, mmap: bool) -> None:
    path = tmp_path / "checkpoint_latest.pth"
    path.write_bytes(DATA)
    assert step_of(torch.load(path, weights_only=True, mmap=mmap)) == 3


def test_seal_can_be_checked_with_standard_tools(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(DATA)
    command = "head -c -64 file | sha256sum | cut -c -64; tail -c 64 file"
    answer = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    first, second = answer.stdout.split()
    assert first == second
    assert zipfile.ZipFile(io.BytesIO(DATA)).comment.startswith(b"dnawire checkpoint; format 0001")


def test_golden_file_of_format_1_is_read() -> None:
    assert step_of(decode(GOLDEN.read_bytes())) == 42


def test_every_truncation_is_found() -> None:
    assert all(is_refused(DATA[:size]) for size in range(len(DATA)))


def test_every_single_bit_flip_is_found() -> None:
    data = bytearray(DATA)
    for position in range(len(data)):
        for bit in range(8):
            data[position] ^= 1 << bit
            assert is_refused(bytes(data)), (position, bit)
            data[position] ^= 1 << bit
    assert not is_refused(bytes(data))


def spots_that_pass(data: bytes, flips: int, pages: int) -> list[int]:
    """Positions at which a random flipped bit or a zeroed page of 4 KiB is not found."""
    draw, damaged, passed = random.Random(0), bytearray(data), []
    for number in range(flips + pages):
        start = draw.randrange(len(data) - 4096)
        end = start + (1 if number < flips else 4096)
        flipped = bytes([data[start] ^ 1 << draw.randrange(8)])
        damaged[start:end] = flipped if number < flips else bytes(end - start)
        if damaged[start:end] != data[start:end] and not is_refused(damaged):
            passed.append(start)
        damaged[start:end] = data[start:end]
    return passed


@pytest.mark.slow
def test_a_hundred_thousand_flips_and_a_thousand_pages_of_12_megabytes_are_found() -> None:
    state = payload(1)
    state["model_state_dict"]["large"] = torch.arange(3_000_000, dtype=torch.float32) + 1
    assert not spots_that_pass(encode(state), flips=100_000, pages=1000)


def test_flips_zeroed_pages_and_additions_in_a_large_file_are_found() -> None:
    state = payload(1)
    state["model_state_dict"]["large"] = torch.arange(250_000, dtype=torch.float32) + 1
    data = encode(state)
    assert not spots_that_pass(data, flips=200, pages=200)
    assert is_refused(data + b"\n")
    assert is_refused(b"\n" + data)


def test_damage_is_refused_on_the_whole_way_with_path_cause_and_remedy() -> None:
    draw = random.Random(1)
    for _ in range(50):
        position = draw.randrange(len(DATA))
        data = DATA[:position] + bytes([DATA[position] ^ 1]) + DATA[position + 1 :]
        with pytest.raises(UnusableCheckpointError, match=r"^Failed to load checkpoint a/b\.pth"):
            decode(data, Path("a/b.pth"))
    with pytest.raises(UnusableCheckpointError, match=r"corrupted\n  Remedy: resume from another"):
        decode(DATA.replace(b"num_epochs", b"num_epocHs"), "x")


def test_newer_format_is_told_from_damage() -> None:
    body = DATA[:-64].replace(b"format 0001", b"format 0002")
    newer = body + hashlib.sha256(body).hexdigest().encode()
    with pytest.raises(NewerCheckpointError, match="format version 2, this program reads up to 1"):
        decode(newer)


def test_file_of_another_program_is_refused() -> None:
    buffer = io.BytesIO()
    torch.save({"model_state_dict": {}, "epoch": 1}, buffer)
    with pytest.raises(UnusableCheckpointError, match="written by another program"):
        decode(buffer.getvalue())


class Bomb:
    """Pickles as a call that runs when it is loaded."""

    def __init__(self, function: Callable[..., Any], *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[object, ...]]:
        return self.call


class StateBomb:
    """Pickles as an object whose state is set by a method when it is loaded."""

    def __setstate__(self, state: object) -> None:
        Path(str(state)).touch()

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __getstate__(self) -> str:
        return str(self.canary)


def bombs(canary: Path) -> dict[str, object]:
    touch = f"touch {canary}"
    python = f"open({str(canary)!r}, 'w')"
    return {
        "system": Bomb(os.system, touch),
        "popen": Bomb(subprocess.Popen, touch.split()),
        "check_output": Bomb(subprocess.check_output, touch.split()),
        "exec": Bomb(builtins.exec, python),
        "eval": Bomb(builtins.eval, python),
        "open": Bomb(builtins.open, str(canary), "w"),
        "path": Bomb(Path.touch, canary),
        "nested": Bomb(pickle.loads, pickle.dumps(Bomb(os.system, touch))),
        "torch.load": Bomb(torch.load, str(canary)),
        "state": StateBomb(canary),
        "getattr": Bomb(getattr, Bomb(builtins.__import__, "os"), "system"),
        "import": Bomb(builtins.__import__, "antigravity"),
        "numpy objects": np.array([Bomb(os.system, touch)], dtype=object),
        "ordered": OrderedDict(a=Bomb(os.system, touch)),
        "as key": {Bomb(os.system, touch): 1},
    }


@pytest.mark.parametrize("kind", bombs(Path("canary")))
@pytest.mark.parametrize("whole", [True, False])
def test_no_code_of_a_file_with_a_good_seal_runs(tmp_path: Path, kind: str, whole: bool) -> None:
    canary = tmp_path / "canary"
    bomb = bombs(canary)[kind]
    data = sealed(bomb if whole else payload(1) | {"args": bomb})
    with pytest.raises(UnusableCheckpointError, match="not a training state"):
        decode(data)
    assert not canary.exists()


def lists_in_lists(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value] * 10
    return value


def around_itself() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def compressed() -> bytes:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(DATA)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.namelist():
            new.writestr(member, old.read(member))
        new.writestr("archive/data/99", bytes(2**24))
    return buffer.getvalue()


def overlapping() -> bytes:
    """Return an archive that lists the same bytes again and again."""
    buffer = io.BytesIO(DATA[: DATA.rindex(b"dnawire checkpoint")])
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b""
        archive.filelist.extend([archive.getinfo("archive/data.pkl")] * 100)
        archive._didModify = True  # type: ignore[attr-defined]
    return buffer.getvalue()


def legacy() -> bytes:
    buffer = io.BytesIO()
    torch.save(payload(1), buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue() + b"\x00\x00"


HOSTILE = {
    "more values than its size": lambda: sealed(decode(DATA) | {"args": lists_in_lists(30)}),
    "recursion": lambda: sealed(decode(DATA) | {"args": around_itself()}),
    "not contiguous": lambda: sealed(decode(DATA) | {"args": torch.zeros(1).expand(2**40)}),
    "manifest does not match": lambda: sealed(decode(DATA) | {"epoch": 4}),
    "compressed": lambda: resealed(compressed()),
    "parts are larger than the whole": lambda: resealed(overlapping()),
    "no zip archive": lambda: resealed(legacy()),
    "instead of a dictionary": lambda: sealed([1, 2]),
    "lacks format_version": lambda: sealed({"epoch": 1}),
}


@pytest.mark.parametrize("reason", HOSTILE)
def test_hostile_content_with_a_good_seal_is_refused(reason: str) -> None:
    with pytest.raises(UnusableCheckpointError, match=rf"not a training state \(.*{reason}"):
        decode(HOSTILE[reason]())


def test_lack_of_memory_is_not_blamed_on_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*arguments: object, **options: object) -> None:
        raise MemoryError

    monkeypatch.setattr(torch, "load", load)
    with pytest.raises(MemoryError):
        decode(DATA)


def test_manifest_names_the_tensor_that_differs() -> None:
    other = payload(3)
    other["model_state_dict"]["weight"][0, 0] += 1e-6
    one, two = decode(DATA)["manifest"], decode(encode(other))["manifest"]
    assert one["values"] == two["values"]
    changed = [name for name in one["tensors"] if one["tensors"][name] != two["tensors"][name]]
    assert changed == ["/model_state_dict/weight"]
    assert one["tensors"]["/energy_grid"]["dtype"] == "float64"
    assert one["tensors"]["/energy_grid"]["shape"] == [7]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"args": {"path": Path("x")}}, r"payload/args/path is a PosixPath"),
        ({"args": {"array": np.zeros(2)}}, r"payload/args/array is a ndarray"),
        ({"args": {(1, 2): 0}}, r"payload/args has the key \(1, 2\)"),
        ({"args": [0, {1, 2}]}, r"payload/args/1 is a set"),
        ({"energy_grid": torch.zeros(2).to_sparse()}, r"payload/energy_grid is not a dense"),
    ],
)
def test_what_a_checkpoint_cannot_hold_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        encode(payload(1) | change)


def test_keys_of_a_program_are_demanded_and_own_keys_refused() -> None:
    keys = ("epoch", "energy_grid")
    state = payload(1)
    assert decode(encode(state, keys=keys), keys=keys)["epoch"] == 1
    del state["energy_grid"]
    with pytest.raises(ValueError, match="lacks energy_grid"):
        encode(state, keys=keys)
    with pytest.raises(UnusableCheckpointError, match="lacks energy_grid"):
        decode(encode(state), keys=keys)
    with pytest.raises(ValueError, match="manifest of a checkpoint cannot be given"):
        encode(payload(1) | {"manifest": {}})


def test_views_do_not_drag_their_storage_along() -> None:
    view = torch.zeros(1_000_000)[:3]
    assert len(encode(payload(1) | {"energy_grid": view})) < 20_000


class Marked(torch.Tensor):
    """A tensor of a class that no reader knows."""


@pytest.mark.parametrize(
    "tensor",
    [
        torch.ones(2).as_subclass(Marked),
        torch.tensor([1 + 2j]).conj().imag,
        torch.tensor(2.5),
        torch.zeros(0, 3),
        torch.arange(6.0).reshape(2, 3).T,
        torch.ones(2, dtype=torch.bfloat16),
        torch.tensor([1 + 2j]).conj(),
        torch.tensor([True, False]),
        torch.nn.Parameter(torch.ones(2)),
    ],
)
def test_tensors_of_every_kind_survive(tensor: torch.Tensor) -> None:
    back = decode(encode(payload(1) | {"energy_grid": tensor}))["energy_grid"]
    assert back.dtype == tensor.dtype
    assert type(back) is torch.Tensor
    assert not back.requires_grad
    assert torch.equal(back, tensor.detach().resolve_conj().resolve_neg())


def test_numpy_numbers_become_plain_and_module_versions_stay() -> None:
    state = torch.nn.BatchNorm1d(2).state_dict()
    copy = plain_copy({"a": np.float64(0.1), "b": np.int32(3), "model": state})
    assert type(copy["a"]) is float
    assert type(copy["b"]) is int
    back = decode(encode(payload(1) | {"model_state_dict": copy["model"]}))["model_state_dict"]
    assert back._metadata == state._metadata  # type: ignore[attr-defined]
    torch.nn.BatchNorm1d(2).load_state_dict(back)


def global_numbers() -> list[int]:
    """State of NumPy's global generator."""
    return list(np.random.get_state(legacy=False)["state"]["key"])


def test_encoding_draws_no_random_number() -> None:
    before = torch.get_rng_state(), random.getstate(), global_numbers()
    encode(payload(1))
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1:] == (random.getstate(), global_numbers())
