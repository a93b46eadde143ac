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
