"""The command line: help, suggestions, precedence, exit codes."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from dnawire.cli import main
from dnawire.cli._main import COMMANDS, EXIT_BROKEN_PIPE
from dnawire.cli.train import _after_interrupt, parse_flags
from dnawire.config import TrainConfig
from dnawire.data import read_dataset
from dnawire.errors import (
    EXIT_FINISHED,
    EXIT_INTERRUPTED,
    EXIT_IO_ERROR,
    EXIT_NOT_FOUND,
    EXIT_USAGE,
)
from dnawire.tightbinding import load_parameters

ROOT = Path(__file__).parents[2]
HEAVY = "{'torch', 'numpy', 'scipy', 'matplotlib', 'h5py'}"


def config_of(*arguments: str) -> TrainConfig:
    return parse_flags(arguments).resolved()


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in COMMANDS)])
def test_help_answers_without_numerical_libraries(arguments: list[str]) -> None:
    code = (
        "import sys; from dnawire.cli import main; "
        f"code = main({arguments!r}); loaded = {HEAVY} & set(sys.modules); "
        "sys.exit(f'{code} {loaded}' if code or loaded else 0)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr
    assert "usage: dnawire" in process.stdout


@pytest.mark.parametrize("program", [["-m", "dnawire", "train"], ["main.py"]])
def test_programs_answer_and_pass_the_exit_code_on(program: list[str]) -> None:
    command = [sys.executable, *program]
    helped = subprocess.run([*command, "--help"], cwd=ROOT, capture_output=True, check=False)
    assert helped.returncode == EXIT_FINISHED
    assert b"usage: dnawire train" in helped.stdout
    refused = subprocess.run([*command, "--oops"], cwd=ROOT, capture_output=True, check=False)
    assert refused.returncode == EXIT_USAGE
    assert b"--oops" in refused.stderr


def test_a_reader_that_leaves_is_no_traceback() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "dnawire", "train", "--help"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, message = process.communicate()
    assert process.returncode == EXIT_BROKEN_PIPE
    assert message == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments", [["doctor", "."], ["parameters"], ["train", "--help"], ["--version"]]
)
def test_output_that_cannot_be_written_is_one_line(
    tmp_path: Path, arguments: list[str], unbuffered: str
) -> None:
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [sys.executable, "-m", "dnawire", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert process.returncode == EXIT_IO_ERROR, process.stderr
    assert process.stderr.startswith("dnawire: error: cannot write standard output: ")
    assert process.stderr.count("\n") == 1


@pytest.mark.parametrize("word", ["--version", "-V", "version"])
def test_version(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word]) == EXIT_FINISHED
    assert capsys.readouterr().out == "dnawire 0.1.0\n"


@pytest.mark.parametrize("words", [["help"], ["--help"], ["-h"], ["help", "train"]])
def test_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == EXIT_FINISHED
    assert capsys.readouterr().out.startswith(f"usage: dnawire {(*words, 'COMMAND')[1]} ")


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_knows_every_command_and_flag(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == EXIT_FINISHED
    script = capsys.readouterr().out
    assert all(name in script for name in COMMANDS)
    for flag in ("num_epochs", "rank_by", "fermi_energy", "watch", "mtbf"):
        assert flag in script, flag


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("kordas2025", "Did you mean 'exact:kordas2025'?"),
        ("exact:kordas", "Did you mean 'kordas2025'?"),
        ("outputs/nothing", "Remedy: Give the output folder"),
    ],
)
def test_a_model_that_is_not_there_suggests_what_is_near(
    model: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", model, "ACGT"]) != EXIT_FINISHED
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("word", ["xyzzy", "versions"])
def test_only_what_is_near_is_suggested(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word]) == EXIT_USAGE
    assert main(["parameters", word]) == EXIT_USAGE
    assert "did you mean" not in capsys.readouterr().err.lower()


def test_words_that_are_no_number_are_called_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "exact:kordas2025", "A", "--fermi_energy", "abc"]) == EXIT_USAGE
    told = capsys.readouterr().err
    assert "'abc' is not a number" in told
    assert "None" not in told.replace("(default: None)", "")


def test_without_a_command_the_overview_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == EXIT_USAGE
    message = capsys.readouterr().err
    assert all(name in message for name in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trian"], ("unknown command 'trian'", "'train'")),
        (["train", "--num_epoch", "3"], ("--num_epoch", "--num_epochs")),
        (["train", "--nun_epochs=3"], ("--nun_epochs=3", "--num_epochs")),
        (["train", "--chekpoint_dir", "a"], ("--chekpoint_dir", "--checkpoint_dir")),
        (["train", "--num_epochs", "many"], ("--num_epochs", "'many'")),
        (["train", "--num_epochs", "0"], ("command line: num_epochs = 0", "at least 1")),
        (["train", "--model_type", "magic"], ("'magic'", "'hamiltonian'")),
        (["train", "--hidden_dim", "10"], ("hidden_dim = 10", "hidden_dim = 12")),
        (["generate"], ("OUT",)),
        (["generate", "a", "--seed", "-1"], ("command line: seed = -1", "at least 0")),
        (["generate", "a", "--min_length", "9"], ("min_length = 9", "seq_length = 8")),
        (["import", "a", "b", "--window", "all"], ("'all'", "'homo'")),
    ],
)
def test_a_wrong_command_line_exits_64_and_says_what_is_right(
    arguments: list[str], words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == EXIT_USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    for word in words:
        assert word in captured.err


def test_a_missing_configuration_file_exits_66(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--config", "missing.yaml"]) == EXIT_NOT_FOUND
    assert "missing.yaml: no such configuration file" in capsys.readouterr().err


INTERRUPTED_AT_IMPORT = """
import atexit, os, signal, sys
from dnawire.cli import main

class AtImport:
    def find_spec(self, name, *_):
        if name == "dnawire.cli.train":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, AtImport())
atexit.register(os.kill, os.getpid(), signal.SIGINT)
sys.exit(main(["train"]))
"""


def test_ctrl_c_exits_130_without_traceback() -> None:
    process = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_AT_IMPORT], stderr=subprocess.PIPE, text=True
    )
    assert process.returncode == EXIT_INTERRUPTED
    assert process.stderr == "dnawire: interrupted\n"


@pytest.mark.parametrize("limit", ["-Sn 8", "-n 8"])
def test_a_low_limit_of_open_files_is_raised_or_told(limit: str) -> None:
    command = f'ulimit {limit} && exec "$0" -m dnawire parameters'
    process = subprocess.run(
        ["bash", "-c", command, sys.executable], capture_output=True, text=True, check=False
    )
    assert process.returncode == (EXIT_FINISHED if "S" in limit else EXIT_USAGE), process.stderr
    assert ("the limit of open files is 8" in process.stderr) == ("S" not in limit)


def test_an_interrupted_run_is_told_how_to_become_resumable() -> None:
    assert "Add `--checkpoint_dir" in _after_interrupt(config_of(), "main.py")
    assert _after_interrupt(config_of("--checkpoint_dir", "a"), "main.py").endswith(": main.py")


@pytest.mark.parametrize("by_flag", [True, False])
def test_a_traceback_is_shown_only_on_request(
    by_flag: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", "--config", "missing.yaml"]
    main(arguments)
    assert "Traceback" not in capsys.readouterr().err
    monkeypatch.setenv("DNAWIRE_DEBUG", "0" if by_flag else "1")
    main([*arguments, "--debug"] if by_flag else arguments)
    message = capsys.readouterr().err
    assert "Traceback" in message
    assert "missing.yaml: no such configuration file" in message


def test_flags_are_accepted_with_underscores_and_hyphens() -> None:
    assert config_of("--num_epochs", "7") == config_of("--num-epochs=7")
    assert config_of("--num_epochs", "7").optimization.num_epochs == 7


def test_negative_positions_and_lists_are_values() -> None:
    config = config_of("--left_contact", "lower:-1", "--allow_change", "seed", "device")
    assert config.data.left_contact == "lower:-1"
    assert config.checkpoint.allow_change == ("seed", "device")


def test_a_flag_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("num_epochs: 7\nseed: 1\nfresh: true\ncheckpoint_dir: a\nmodel_name: mine\n")
    config = config_of(
        f"--config={path}", "--num_epochs", "9", "--no_fresh", "--model_name", "None"
    )
    assert config.optimization.num_epochs == 9
    assert config.runtime.seed == 1
    assert config.checkpoint.fresh is False
    assert config.output.model_name is None
    assert config.data.num_samples == 2000


def test_a_file_and_a_flag_are_checked_together(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("hidden_dim: 9\n")
    assert main(["train", "--config", str(path), "--print_config"]) == EXIT_USAGE
    config = config_of("--config", str(path), "--num_heads", "3")
    assert (config.model.hidden_dim, config.model.num_heads) == (9, 3)


def test_print_config_is_a_file_that_repeats_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--print_config", "--seed", "3"]) == EXIT_FINISHED
    printed = capsys.readouterr().out
    assert yaml.safe_load(printed)["runtime"]["seed"] == 3
    path = tmp_path / "a.yaml"
    path.write_text(printed)
    assert config_of("--config", str(path)) == config_of("--seed", "3")


@pytest.mark.parametrize(
    ("arguments", "level"),
    [
        ([], logging.INFO),
        (["-v"], logging.DEBUG),
        (["-q"], logging.WARNING),
        (["-q", "--quiet"], logging.ERROR),
        (["-q", "-q", "-q"], logging.ERROR),
        (["--verbose", "-v"], logging.DEBUG),
    ],
)
def test_volume_of_messages(
    arguments: list[str], level: int, capsys: pytest.CaptureFixture[str]
) -> None:
    messages = parse_flags(arguments).messages
    messages.configure()
    messages.configure()
    logger = logging.getLogger("dnawire")
    assert logger.level == level
    logger.error("said once")
    assert capsys.readouterr().err == "said once\n"


def test_parameter_sets_are_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parameters"]) == EXIT_FINISHED
    assert "kordas2025: " in capsys.readouterr().out
    assert main(["parameters", "kordas2025"]) == EXIT_FINISHED
    shown = capsys.readouterr().out
    assert "https://doi.org/" in shown
    assert "on-site energy (eV)" in shown


def test_an_unknown_parameter_set_exits_64(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parameters", "kordas"]) == EXIT_USAGE
    assert "kordas2025" in capsys.readouterr().err


def test_a_file_is_not_overwritten_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "records.h5"
    path.write_text("precious")
    assert main(["generate", str(path)]) == 73
    assert main(["generate", str(tmp_path / "missing" / "records.h5")]) == 73
    assert "--overwrite" in capsys.readouterr().err
    assert path.read_text() == "precious"


def test_the_same_flags_generate_the_same_file(tmp_path: Path) -> None:
    flags = ["--num_samples", "5", "--seq_length", "4", "--min_length", "3", "-q"]
    paths = [tmp_path / f"{number}.h5" for number in range(3)]
    for path, seed in zip(paths, ("1", "1", "2"), strict=True):
        assert main(["generate", str(path), *flags, "--seed", seed]) == EXIT_FINISHED
    first, again, other = (read_dataset(path) for path in paths)
    assert first.digest == again.digest != other.digest
    assert len(first) == 5
    assert set(first.lengths) <= {3, 4}
    window = load_parameters("kordas2025").energy_window
    np.testing.assert_allclose(first.energies, np.linspace(*window, 100))


def test_a_given_window_is_generated(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    flags = ["--num_samples", "1", "--energy_min", "-8", "--energy_max", "-7", "--eta", "0.01"]
    assert main(["generate", str(path), *flags, "--num_energy_points", "3"]) == EXIT_FINISHED
    assert read_dataset(path).energies.tolist() == [-8.0, -7.5, -7.0]
    assert read_dataset(path)[0].eta == 0.01


def test_a_command_loads_libraries_with_one_thread_and_leaves_the_environment() -> None:
    code = (
        "import os; from dnawire.cli import main; "
        "assert main(['parameters', 'kordas2025']) == 0; import threadpoolctl; "
        "found = [one['num_threads'] for one in threadpoolctl.threadpool_info()]; "
        "assert found and set(found) == {1}, found; assert os.environ['OMP_NUM_THREADS'] == '2'"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    command = [sys.executable, "-c", code]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
