"""Configuration files: what is read, what is refused, what is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from dnawire.config import TrainConfig, read_settings, write_yaml
from dnawire.errors import NotFoundError, NotWritableError, UsageError


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("flat.yaml", "num_epochs: 7\nlearning_rate: 1e-4\ndata: records.h5\n"),
        (
            "grouped.yml",
            "optimization:\n  num_epochs: 7\n  learning_rate: 1e-4\ndata:\n  data: records.h5\n",
        ),
        ("mixed.yaml", "data: records.h5\noptimization: {num_epochs: 7, learning_rate: 0.0001}\n"),
        ("flat.toml", 'num_epochs = 7\nlearning_rate = 1e-4\ndata = "records.h5"\n'),
        (
            "grouped.toml",
            'data.data = "records.h5"\n[optimization]\nnum_epochs = 7\nlearning_rate = 1e-4\n',
        ),
    ],
)
def test_every_way_to_write_the_same(tmp_path: Path, name: str, text: str) -> None:
    values = read_settings(write(tmp_path, name, text))
    assert values == {"num_epochs": 7, "learning_rate": 1e-4, "data": "records.h5"}


def test_an_empty_file_gives_nothing(tmp_path: Path) -> None:
    assert read_settings(write(tmp_path, "empty.yaml", "")) == {}


def test_an_unquoted_clock_time_is_a_time_limit(tmp_path: Path) -> None:
    text = "time_limit: 12:00:00\ncheckpoint_dir: a\n"
    config = TrainConfig.from_flat(read_settings(write(tmp_path, "a.yaml", text)))
    assert config.checkpoint.time_limit_seconds == 12 * 3600


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.yaml", "num_epoch: 7", ("unknown setting 'num_epoch'", "'num_epochs'")),
        ("a.yaml", "model: {num_layer: 7}", ("group model", "'num_layer'", "'num_layers'")),
        ("a.yaml", "model: {num_epochs: 7}", ("group model", "unknown setting 'num_epochs'")),
        ("a.yaml", "modle: {num_layers: 7}", ("unknown setting 'modle'",)),
        ("a.yaml", "num_epochs: many", ("num_epochs = 'many'", "an integer of at least 1")),
        ("a.yaml", "num_epochs: 0", ("num_epochs = 0", "an integer of at least 1")),
        ("a.yaml", "num_epochs: 1\nnum_epochs: 2", ("'num_epochs' is given twice", "line 2")),
        ("a.yaml", "seed: 1\nruntime: {seed: 1}", ("seed is given twice",)),
        ("a.yaml", "- 3", ("holds no settings",)),
        ("a.yaml", "a: [", ("cannot be read", "line 1")),
        ("a.yaml", "? [1, 2]\n: 3", ("cannot be read", "line 1")),
        ("a.yaml", "1: 3", ("unknown setting '1'",)),
        ("a.yaml", "!!python/object/apply:os.getcwd []", ("cannot be read", "python/object")),
        ("a.toml", "num_epochs = ]", ("cannot be read", "line 1")),
        ("a.json", "{}", ("'.json'", ".yaml, .yml or .toml")),
    ],
)
def test_a_wrong_file_is_refused_by_name(
    tmp_path: Path, name: str, text: str, words: tuple[str, ...]
) -> None:
    path = write(tmp_path, name, text)
    with pytest.raises(UsageError) as caught:
        read_settings(path)
    for word in (str(path), *words):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("num_epochs: 010", "num_epochs", 10),
        ("num_epochs: 08", "num_epochs", 8),
        ("num_epochs: +7", "num_epochs", 7),
        ("learning_rate: 1e-3", "learning_rate", 1e-3),
        ("learning_rate: .5", "learning_rate", 0.5),
        ("learning_rate: 1.E-3", "learning_rate", 1e-3),
        ("time_limit: 12:30:00", "time_limit", "12:30:00"),
        ("checkpoint_dir: None", "checkpoint_dir", None),
        ("checkpoint_dir:", "checkpoint_dir", None),
        ("checkpoint_dir: ~", "checkpoint_dir", None),
        ("energy_min: None", "energy_min", None),
        ("model_name: None", "model_name", None),
    ],
)
def test_values_mean_what_a_flag_would_mean(
    tmp_path: Path, text: str, name: str, value: object
) -> None:
    found = read_settings(write(tmp_path, "a.yaml", text))[name]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "line",
    [
        "num_epochs: 0x10",
        "num_epochs: 0o10",
        "num_epochs: 1_000",
        "num_epochs: 1:30",
        "num_epochs: 0b11",
        "num_epochs: 7.0",
        "num_epochs: 99999999999999999999",
        "learning_rate: 1:30.5",
        "learning_rate: 1,5",
        "learning_rate: .nan",
        "learning_rate: .inf",
        "learning_rate: 1e999",
        "learning_rate: 1e-999",
        "seed: 99999999999999999999",
        "seq_length: 99999999",
        "hidden_dim: 4294967296",
        "gamma_left: 1e155",
        "gamma_left: 1e-300",
        "eta: 1e200",
        "energy_min: 1e5",
        "time_limit: 1:30",
        "time_limit: 1e10",
        "output_dir: None",
        "output_dir: ''",
        "checkpoint_dir: none",
        "checkpoint_dir: ~nobody-of-this-name/ck",
        "checkpoint_dir: $NOT_SET_ANYWHERE/ck",
        "checkpoint_dir: 7",
    ],
)
def test_no_value_is_silently_another_one(tmp_path: Path, line: str) -> None:
    path = write(tmp_path, "a.yaml", line)
    with pytest.raises(UsageError) as caught:
        read_settings(path)
    assert str(path) in str(caught.value)


def test_paths_of_a_file_are_read_as_by_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("PLACE", "/scratch")
    text = "checkpoint_dir: ~/ck\noutput_dir: ${PLACE}/out\ndata: $HOME/a~b.h5\n"
    config = TrainConfig.from_flat(read_settings(write(tmp_path, "a.yaml", text)))
    assert config.checkpoint.checkpoint_dir == Path("/home/somebody/ck")
    assert config.output.output_dir == Path("/scratch/out")
    assert config.data.data == Path("/home/somebody/a~b.h5")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("name", ["a.yaml", "a.toml"])
def test_the_encoding_of_a_mark_is_read(tmp_path: Path, name: str, encoding: str) -> None:
    path = tmp_path / name
    sign = ":" if name == "a.yaml" else "="
    path.write_bytes(f"# \u03b1\r\nnum_epochs {sign} 7\r\n".encode(encoding))
    assert read_settings(path) == {"num_epochs": 7}


def test_an_unknown_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("num_epochs: 7".encode("utf-16-le"))
    with pytest.raises(UsageError, match="UTF-16 without a mark"):
        read_settings(path)


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        read_settings(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no such configuration file"):
        read_settings(tmp_path / "a.yaml")


def test_written_configuration_is_read_again(tmp_path: Path) -> None:
    config = TrainConfig.from_flat(
        {
            "weight_decay": 1e-7,
            "allow_change": ["seed"],
            "checkpoint_dir": "a",
            "time_limit": "12:00:00",
            "model_name": "no",
        }
    )
    path = tmp_path / "config.yaml"
    path.write_text("old")
    write_yaml(config, path)
    assert TrainConfig.from_flat(read_settings(path)) == config
    assert list(tmp_path.iterdir()) == [path]


def test_a_configuration_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotWritableError, match="cannot write the configuration"):
        write_yaml(TrainConfig(), tmp_path / "missing" / "config.yaml")
