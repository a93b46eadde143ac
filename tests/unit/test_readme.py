"""The pages are true: their commands exist and run, and their links lead somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import pytest
from harness import TrainingProcess, any_command, without_figures

from dnawire.cli._flags import parse
from dnawire.cli.calibrate import CalibrateFlags
from dnawire.cli.compare import CompareFlags
from dnawire.cli.dephasing import DephasingFlags
from dnawire.cli.design import DesignFlags
from dnawire.cli.disorder import DisorderFlags
from dnawire.cli.doctor import DoctorFlags
from dnawire.cli.ensemble import EnsembleFlags
from dnawire.cli.evaluate import EvaluateFlags
from dnawire.cli.export import ExportFlags
from dnawire.cli.fit import FitFlags
from dnawire.cli.generate import XTB, GenerateFlags
from dnawire.cli.generate_xtb import GenerateXtbFlags
from dnawire.cli.import_records import ImportFlags
from dnawire.cli.iv import IvFlags
from dnawire.cli.parameters import ParametersFlags
from dnawire.cli.predict import PredictFlags
from dnawire.cli.report import ReportFlags
from dnawire.cli.runs import RunsFlags
from dnawire.cli.scan import ScanFlags
from dnawire.cli.screen import ScreenFlags
from dnawire.cli.series import SeriesFlags
from dnawire.cli.status import StatusFlags, with_interval
from dnawire.cli.structure import StructureFlags
from dnawire.cli.thermoelectric import ThermoelectricFlags
from dnawire.cli.train import parse_flags
from dnawire.cli.uncertainty import UncertaintyFlags
from dnawire.errors import UsageError

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
JOB_SCRIPT = ROOT / "examples" / "slurm_train.sh"
INDEX = ROOT / "docs" / "index.md"
PAGES = [README, ROOT / "CONTRIBUTING.md", *sorted({*(ROOT / "docs").rglob("*.md")} - {INDEX})]

FLAGS: Final[dict[str, type[Any]]] = {
    "calibrate": CalibrateFlags,
    "uncertainty": UncertaintyFlags,
    "dephasing": DephasingFlags,
    "design": DesignFlags,
    "disorder": DisorderFlags,
    "doctor": DoctorFlags,
    "ensemble": EnsembleFlags,
    "fit": FitFlags,
    "predict": PredictFlags,
    "screen": ScreenFlags,
    "export": ExportFlags,
    "runs": RunsFlags,
    "report": ReportFlags,
    "series": SeriesFlags,
    "scan": ScanFlags,
    "evaluate": EvaluateFlags,
    "compare": CompareFlags,
    "generate": GenerateFlags,
    "import": ImportFlags,
    "iv": IvFlags,
    "parameters": ParametersFlags,
    "structure": StructureFlags,
    "thermoelectric": ThermoelectricFlags,
}
OTHER_PROGRAMS: Final = frozenset(
    {
        ".", "[", "export", "for", "grep", "head", "pip", "python3", "scontrol",
        "sha256sum", "srun", "tail",
    }
)  # fmt: skip
KEYWORDS: Final = frozenset({"do", "done", "exec", "fi", "if", "then", "while"})
BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK: Final = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")

FEW_RECORDS: Final = ("--num_samples", "30", "--seq_length", "4", "--num_energy_points", "10")
SHORT: Final = ("--num_epochs", "1", "--hidden_dim", "16", "--num_layers", "1")


def shell_commands(script: str) -> Iterator[list[str]]:
    """Words of every simple command, without keywords and comments."""
    for line in script.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        for ends, group in groupby(lexer, key=lambda word: set(word) <= set("();<>|&")):
            words = [word for word in group if word not in KEYWORDS and word != "$@"]
            if words and not ends:
                yield words


def cli_words(words: list[str]) -> list[str] | None:
    """Words after ``dnawire`` of a command of ours, None for other known programs."""
    match words:
        case ["dnawire", *rest]:
            return rest
        case ["python", "main.py", *flags]:
            return ["train", *flags]
        case ["torchrun", *words] if "main.py" in words:
            return ["train", *words[words.index("main.py") + 1 :]]
        case ["sbatch", script, *flags]:
            assert (ROOT / script).is_file()
            [command] = shell_commands((ROOT / script).read_text(encoding="utf-8"))
            return [*(cli_words(command) or ()), *flags]
        case ["python", script, *flags]:
            text = (ROOT / script).read_text(encoding="utf-8")
            assert all(f'"{flag}"' in text for flag in flags if flag.startswith("--")), script
            return None
    assert words[0] in OTHER_PROGRAMS, f"nobody checks the command {shlex.join(words)}"
    return None


def commands_of(page: Path) -> list[list[str]]:
    """Words after ``dnawire`` of all our commands in the bash blocks of a page."""
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    scripts = [script for language, script in blocks if language == "bash"]
    found = [cli_words(words) for script in scripts for words in shell_commands(script)]
    return [words for words in found if words is not None]


def check_flags(words: list[str]) -> None:
    """Parse a command as the program does, without running it."""
    name, *flags = words
    if name == "train":
        parse_flags(flags).resolved()
    elif name == "status":
        parse(StatusFlags, with_interval(flags), name)
    elif flags[:1] == [XTB]:
        parse(GenerateXtbFlags, flags[1:], name)
    else:
        parse(FLAGS[name], flags, name)


@pytest.mark.parametrize(
    "words", [words for page in PAGES for words in commands_of(page)], ids=shlex.join
)
def test_commands_of_the_pages_have_flags_that_exist(words: list[str]) -> None:
    check_flags(words)


@pytest.mark.parametrize(
    ("name", "least"),
    [("README.md", 8), ("docs/checkpoints.md", 8), ("docs/exit_codes.md", 2), ("docs/slurm.md", 3)],
)
def test_commands_are_found(name: str, least: int) -> None:
    assert len(commands_of(ROOT / name)) >= least


@pytest.mark.parametrize(
    "command",
    ["python main.py --oops 1", "dnawire predict exact:kordas2025 ACGT --oops", "dnawire trian"],
)
def test_a_wrong_command_would_be_noticed(command: str) -> None:
    [words] = map(cli_words, shell_commands(command))
    assert words is not None
    with pytest.raises((SystemExit, KeyError)):
        check_flags(words)


def test_a_wrong_value_would_be_noticed() -> None:
    with pytest.raises(UsageError, match="checkpoint_frequency"):
        check_flags(["train", "--checkpoint_frequency", "0"])


def test_an_unknown_program_would_be_noticed() -> None:
    with pytest.raises(AssertionError, match="nobody checks the command conda install"):
        cli_words(["conda", "install"])


def slug(heading: str) -> str:
    """Anchor that a heading gets on the web."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def anchors(page: Path) -> set[str]:
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    return {slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_and_images_exist(page: Path) -> None:
    for target in LINK.findall(BLOCK.sub("", page.read_text(encoding="utf-8"))):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), f"{target} does not exist"
        assert path.is_relative_to(ROOT), f"{target} is outside of the repository"
        assert not anchor or anchor in anchors(path), f"{target}: there is no such heading"


def test_every_page_can_be_reached_from_the_readme() -> None:
    targets = {(ROOT / target).resolve() for target in LINK.findall(README.read_text("utf-8"))}
    assert set(PAGES) - {README} <= targets


def test_the_job_script_comes_back_and_is_a_valid_command() -> None:
    subprocess.run(["bash", "-n", JOB_SCRIPT], check=True)
    text = JOB_SCRIPT.read_text(encoding="utf-8")
    [command] = shell_commands(text)
    assert command[:2] == ["python", "main.py"]
    check_flags(["train", *command[2:]])
    directives, _, rest = text.partition("\nexec python main.py ")
    assert rest.endswith('"$@"\n')
    asked = set(re.findall(r"^#SBATCH (\S+)", directives, re.MULTILINE))
    assert asked >= {"--requeue", "--open-mode=append"}


def made_beforehand() -> list[str]:
    """Command of ``make train`` that leaves the model with which the page predicts."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    [flags] = re.findall(r"main\.py (--model_type \$@ .*?) 2>&1", makefile)
    return ["train", *shlex.split(flags.replace("$@", "hamiltonian"))]


def shortening(words: list[str]) -> tuple[str, ...]:
    """Flags that make a command of the page quick."""
    if words[0] != "train":
        return ()
    return SHORT if "--data" in words else (*SHORT, *FEW_RECORDS)


def one_after_the_other(lines: tuple[str, ...]) -> int:
    """Run commands; the first training draws its figures, which take longer than the others."""
    for number, words in enumerate(map(tuple, map(shlex.split, lines))):
        is_plain = number > 0 and words[0] == "train"
        if code := without_figures(words[1:]) if is_plain else any_command(words):
            sys.exit(f"{words} ended with exit code {code}")
    return 0


@pytest.mark.long
def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    commands = [made_beforehand(), *commands_of(README)]
    lines = [shlex.join([*words, *shortening(words)]) for words in commands]
    code, messages = TrainingProcess(tmp_path, *lines, command=one_after_the_other).end()
    assert code == 0, messages
    assert messages.count("already complete: 1 epochs") == 2
    assert "highest DOS peaks (eV)" in messages
    for name in (
        "my_checkpoints/checkpoint_latest.pth",
        "outputs/standard/scores.csv",
        "outputs/hamiltonian/figures/hamiltonian.png",
        "outputs/xtb_standard/model/model.safetensors",
        "outputs/xtb_hamiltonian/model/model.safetensors",
        "predictions/hamiltonian/1/summary.csv",
        "predictions/exact/spectra.png",
    ):
        assert (tmp_path / name).is_file(), name
