"""Anything may come in: no traceback, no NaN with exit 0, nothing silently different."""

from __future__ import annotations

import csv
import math
import shutil
import warnings
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dnawire.cli import main
from dnawire.cli.train import parse_flags
from dnawire.config import read_settings
from dnawire.config import settings as all_settings
from dnawire.data import find_problem, import_records
from dnawire.errors import EXIT_FINISHED, EXIT_USAGE, DnawireError, UsageError
from dnawire.junction import LETTERS, Contact, Duplex, read_duplexes

AAAC = Path(__file__).parents[1] / "data" / "aaac"
pytestmark = pytest.mark.slow


def bounded(number: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


ODD = [
    *("010", "08", "0x10", "0b1", "0o7", "1_000", "1:30", "12:30:00", "1,5", ".5", "5.", "1e3"),
    *("1E-3", "1e999", "1e-999", "nan", "inf", "-0", "+7", "None", "none", "~", "$HOME", "1e155"),
    *("1e-300", "9" * 20, "\u0663", "\uff11", "true", "yes", "''", "1/2", "1d3", "-1"),
]
numbers = st.one_of(
    st.integers().map(str),
    st.floats().map(repr),
    st.floats(-20, 20).map(lambda value: f"{value:.3g}"),
    st.sampled_from(ODD),
    st.text(st.characters(codec="utf-8"), max_size=6),
)


def written(text: str) -> Decimal | None:
    """Return the number that a text means to a reader of decimals."""
    try:
        value = Decimal(text.strip()) if text.isascii() and "_" not in text else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def assert_as_written(value: object, text: str) -> None:
    """Fail if a number was taken for another one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    meant = written(text)
    assert meant is not None, (value, text)
    assert math.isfinite(value)
    assert value == (int(meant) if isinstance(value, int) else float(meant)), (value, text)


NAMES = sorted(all_settings())


@bounded(1500)
@given(name=st.sampled_from(NAMES), text=numbers, suffix=st.sampled_from([".yaml", ".toml"]))
def test_settings_of_a_file(place: Path, name: str, text: str, suffix: str) -> None:
    path = place / f"a{suffix}"
    sign = ": " if suffix == ".yaml" else " = "
    path.write_bytes(f"{name}{sign}{text}".encode())
    try:
        found = read_settings(path)
    except UsageError:
        return
    if suffix == ".yaml":
        for value in found.values():
            assert_as_written(value, text)


@bounded(400)
@given(name=st.sampled_from(NAMES), text=numbers)
def test_settings_of_the_command_line(capsys_disabled: None, name: str, text: str) -> None:
    try:
        config = parse_flags([f"--{name}={text}"])
    except (UsageError, SystemExit):
        return
    group: Any = getattr(config, all_settings()[name].group)
    value = getattr(group, name)
    if value != all_settings()[name].default:
        assert_as_written(value, text)


@pytest.fixture
def capsys_disabled(capsys: pytest.CaptureFixture[str]) -> None:
    """Keep what the parser prints out of the report."""


@bounded(800)
@given(st.lists(st.text("uplowermc:-=,.0123456789e+ \u0663", max_size=16), max_size=3))
def test_contacts(parts: list[str]) -> None:
    text = ",".join(["upper:0=0.1", *parts])
    try:
        contact = Contact.parse(text, 0.2)
    except UsageError:
        return
    assert Contact.parse(contact.text) == contact
    for one, part in zip(contact.attachments, text.split(","), strict=True):
        position, has_own, own = part.partition("=")
        assert_as_written(one.position, position.partition(":")[2])
        if has_own:
            assert_as_written(one.gamma, own)


strands = st.text(LETTERS[:4], min_size=1, max_size=12)


@bounded(600)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_files_of_sequences_of_any_bytes(place: Path, content: bytes) -> None:
    path = place / "sequences"
    path.write_bytes(content)
    try:
        found = read_duplexes(path)
    except DnawireError:
        return
    assert found


@bounded(600)
@given(
    st.lists(strands, min_size=1, max_size=6),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    st.sampled_from(["{}", " {} ", "# a\n{}", "{} # b", ">x\n{}", "5'-{}-3'", "\t{}\xa0"]),
)
def test_files_of_sequences_in_any_dress(
    place: Path, texts: list[str], encoding: str, end: str, dress: str
) -> None:
    path = place / "sequences"
    lines = [line for text in texts for line in dress.format(text.lower()).split("\n")]
    path.write_bytes(end.join(lines).encode(encoding))
    assert read_duplexes(path) == [Duplex.parse(text) for text in texts]


def spoil(content: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """Cut bytes out and put others in."""
    spoiled = content
    for where, cut, put in edits:
        start = int(where * len(spoiled))
        spoiled = spoiled[:start] + put + spoiled[start + cut :]
    return spoiled


edits = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.sampled_from([0, 1, 2, 9, 80, 2000, 10**6]),
        st.binary(max_size=4)
        | st.sampled_from([b"\n", b"\n\n", b"TER\n", b"nan", b"-", b"1e999", b"\0", b"\r", b"DA"]),
    ),
    min_size=1,
    max_size=3,
)
FILES = ["aaac.pdb", "aaac.gjf", "run1/Parameters.txt", "run1/Tran*.mat", "run1/DOS*.mat"]


@pytest.mark.parametrize("pattern", FILES)
@bounded(60)
@given(edits)
def test_runs_that_were_damaged(
    place: Path, pattern: str, edits: list[tuple[float, int, bytes]]
) -> None:
    folder = place / "aaac"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(AAAC, folder, ignore=shutil.ignore_patterns("*.h5"))
    path = next(folder.glob(pattern))
    path.write_bytes(spoil(path.read_bytes(), edits))
    check_import(folder)


@bounded(80)
@given(edits)
def test_archives_that_were_damaged(place: Path, edits: list[tuple[float, int, bytes]]) -> None:
    path = place / "archive.h5"
    path.write_bytes(spoil((AAAC / "aaac_example.h5").read_bytes(), edits))
    check_import(path)


def check_import(path: Path) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = import_records(path, "homo")
    except DnawireError:
        return
    assert find_problem(found) is None
    (record,) = found
    # Names of residues may be changed into others; their number, and the strands, may not.
    assert record.junction.length == 4


FLAGS = ["gamma_left", "gamma_right", "eta", "energy_min", "energy_max", "fermi_energy"]
FLAGS += ["temperature"]


@bounded(40)
@given(
    st.dictionaries(
        st.sampled_from(FLAGS),
        st.floats(-20, 20).map(lambda value: f"{value:.3g}")
        | st.sampled_from(["0", "1e-7", "1e3", "1e-300", "1e155", "-8", "-7.1", "300", "1e-12"]),
        max_size=3,
    )
)
def test_numbers_of_predictions(place: Path, capsys_disabled: None, flags: dict[str, str]) -> None:
    words = [word for name, text in flags.items() for word in (f"--{name}={text}",)]
    folder = place / "predicted"
    shutil.rmtree(folder, ignore_errors=True)
    code = main(["predict", "exact:kordas2025", "ACG", "--output", str(folder), *words])
    assert code in (EXIT_FINISHED, EXIT_USAGE)
    if code == EXIT_FINISHED:
        rows = list(csv.reader((folder / "summary.csv").read_text().splitlines()))
        assert not {"nan", "inf", "-inf"} & {cell.lower() for row in rows for cell in row}
