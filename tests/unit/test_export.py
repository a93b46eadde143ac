"""Models that are passed on: the same model, with all that one must know, or none at all."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from inference_kit import FAIR_SCORES, save

import dnawire as dw
from dnawire.cli import main
from dnawire.errors import (
    EXIT_FINISHED,
    EXIT_UNUSABLE_FILE,
    NotFoundError,
    NotWritableError,
    UnusableFileError,
    UsageError,
)
from dnawire.models import load_model, read_model_files, weights_digest

CARD = "# A model\n\nGood for nothing.\n"
NAMES = {"README.md", "SHA256SUMS", "config.json", "model.safetensors"}
FORMS = ("shared", "shared.safetensors")


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of a run, which is not the working directory."""
    run = save(tmp_path / "run", "hamiltonian", scores=FAIR_SCORES)
    (run / "model" / "README.md").write_text(CARD)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return run


@pytest.fixture(params=FORMS)
def exported(trained: Path, request: pytest.FixtureRequest) -> Path:
    return dw.export(trained, request.param, license="CC-BY-4.0", citation="Doe 2026")


def test_it_predicts_what_the_run_predicts(trained: Path, exported: Path) -> None:
    ours, theirs = (
        dw.predict("ACGTA", one, left="upper:0=0.1", right="upper:-1=0.1")
        for one in (trained, exported)
    )
    np.testing.assert_array_equal(ours.hamiltonian, theirs.hamiltonian)
    np.testing.assert_array_equal(ours.log10_transmission, theirs.log10_transmission)
    assert dw.load(exported).name == "shared"
    assert main(["screen", str(exported), "--length", "2", "-q"]) == EXIT_FINISHED
    digests = {
        weights_digest(load_model(one).model.state_dict()) for one in (trained / "model", exported)
    }
    assert len(digests) == 1
    assert digests.pop() in read_model_files(exported).card


def test_it_says_what_one_must_know(exported: Path) -> None:
    files = read_model_files(exported)
    assert files.card.startswith(CARD)
    for words in ("CC-BY-4.0", "Doe 2026", "dnawire 0.1.0", "https://doi.org/10.1103/PhysRevE"):
        assert words in files.card
    sharing = json.loads(files.description)["sharing"]
    assert (sharing["license"], sharing["citation"]) == ("CC-BY-4.0", "Doe 2026")


def test_what_nobody_said_is_said(trained: Path) -> None:
    assert dw.export(trained) == Path("run.safetensors")
    assert "not stated: ask its authors" in read_model_files(Path("run.safetensors")).card


def test_the_checksums_are_those_of_coreutils(trained: Path) -> None:
    folder = dw.export(trained, "shared")
    assert {path.name for path in folder.iterdir()} == NAMES
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True)


def places(size: int) -> Iterator[int]:
    """The header and the end of a file byte by byte, and some bytes between them."""
    yield from range(min(160, size))
    yield from range(160, size, 1 + size // 150)
    yield from range(max(size - 8, 0), size)


def test_a_file_with_any_byte_altered_is_refused(trained: Path) -> None:
    path = dw.export(trained, "shared.safetensors")
    whole = path.read_bytes()
    seal = whole.index(rb"\"sha256\": \"")
    for place in (*places(len(whole)), *range(seal, seal + 80)):
        altered = bytearray(whole)
        altered[place] ^= 1
        path.write_bytes(altered)
        with pytest.raises(UnusableFileError):
            read_model_files(path)
    for other in (whole[:-1], whole + b"\0", whole[:7], b""):
        path.write_bytes(other)
        with pytest.raises(UnusableFileError):
            read_model_files(path)
    path.write_bytes(whole)
    read_model_files(path)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_folder_with_any_byte_altered_is_refused(trained: Path, name: str) -> None:
    path = dw.export(trained, "shared") / name
    whole = path.read_bytes()
    for place in places(len(whole)):
        altered = bytearray(whole)
        altered[place] ^= 1
        path.write_bytes(altered)
        with pytest.raises(UnusableFileError, match="altered after it was exported"):
            read_model_files(path.parent)
    path.write_bytes(whole + b"\n")
    with pytest.raises(UnusableFileError, match="altered after it was exported"):
        read_model_files(path.parent)


def test_a_folder_without_its_checksums_is_refused(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = dw.export(trained, "shared")
    (folder / "SHA256SUMS").unlink()
    assert main(["predict", "shared", "ACGT"]) == EXIT_UNUSABLE_FILE
    assert "SHA256SUMS is missing\n  Remedy: Copy it again" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY" + bytes(90), b"\xff" * 4096])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "some.safetensors"
    path.write_bytes(content)
    with pytest.raises(UnusableFileError, match="is no model that `dnawire export` wrote"):
        dw.load(path)


def test_weights_alone_are_refused(trained: Path) -> None:
    with pytest.raises(UnusableFileError, match="is no model that `dnawire export` wrote"):
        dw.load(trained / "model" / "model.safetensors")


@pytest.mark.parametrize("form", FORMS)
def test_the_command_writes_what_the_call_writes(
    trained: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(trained), "--output", form, "--license", "MIT"]) == EXIT_FINISHED
    said = capsys.readouterr()
    assert "license     MIT" in said.out
    assert f"dnawire predict {form} SEQUENCE" in said.err
    Path("again").mkdir()
    dw.export(trained, f"again/{form}", license="MIT")
    files = [form] if Path(form).is_file() else [f"{form}/{name}" for name in NAMES]
    for name in files:
        assert Path(name).read_bytes() == Path("again", name).read_bytes()
    words = ["export", str(trained), "--output", form, "--overwrite", "--json"]
    assert main(words) == EXIT_FINISHED
    told = json.loads(capsys.readouterr().out)
    values = {one["name"]: one["values"] for one in told["columns"]}
    assert (values["file"], values["license"]) == ([form], ["not stated"])
    assert "nobody can tell what is allowed" in told["warnings"][0]


@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_replaced_unasked(trained: Path, form: str) -> None:
    first = dw.export(trained, form)
    with pytest.raises(NotWritableError):
        dw.export(trained, form, license="MIT")
    assert '"license": null' in read_model_files(first).description
    assert dw.export(trained, form, license="MIT", overwrite=True) == first
    assert '"license": "MIT"' in read_model_files(first).description


def test_an_export_is_exported_with_its_new_license_alone(exported: Path) -> None:
    card = read_model_files(dw.export(exported, "second", license="MIT")).card
    assert card.count("## License") == 1
    assert "MIT" in card
    assert "CC-BY" not in card


def test_what_cannot_be_exported(trained: Path) -> None:
    with pytest.raises(UsageError, match="a parameter set and no trained model"):
        dw.export("exact:kordas2025")
    (trained / "model" / "README.md").unlink()
    with pytest.raises(NotFoundError, match="has no card"):
        dw.export(trained)
    with pytest.raises(NotFoundError, match="no such folder or file"):
        dw.export("nowhere")
