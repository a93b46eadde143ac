"""Every block of code of every page runs, or a reason stands here why it does not."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from _pytest.mark import ParameterSet
from harness import TrainingProcess, any_command, code_of_doctor, without_figures
from test_readme import FEW_RECORDS, PAGES, ROOT, SHORT, cli_words, shell_commands

FENCED: Final = re.compile(r"^( *)```(\S*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
RUN: Final = frozenset({"bash", "sh", "python"})
SHOWN: Final = frozenset({"", "json", "toml"})
"""What a program prints or reads."""

TESTED: Final[dict[tuple[str, str], str]] = {
    ("README.md", "bash"): "tests/unit/test_readme.py::test_the_commands_of_the_readme_run",
    ("docs/extending.md", "python"): "tests/contract/test_extending.py::run",
    ("docs/observables.md", "bash"): "tests/unit/test_observables_page.py::"
    "test_the_tables_are_printed",
    ("docs/observables.md", "python"): "tests/unit/test_observables_page.py::test_the_examples_run",
    ("docs/python.md", "python"): "tests/unit/test_docs.py::"
    "test_the_tour_runs_and_is_that_of_the_notebook",
}
"""Blocks of a page, by language, that another test runs."""

SLURM: Final = "needs SLURM; tests/slurm runs such jobs"
PROCESSES: Final = "starts several processes; tests/e2e/test_torchrun.py does so"
KEPT: Final = "a run with checkpoints, as in README.md and tests/e2e"
SKELETON: Final = "a fragment, of which the page says what is to be filled in"
LONG: Final = "half an hour and more; tests/unit/test_readme.py checks the flags"
MEMBERS: Final = "an ensemble of five runs; tests/unit/test_members.py makes small ones"
INSTALLS: Final = "an installation; tests/e2e/test_wheel.py makes one"

EXCUSED: Final[dict[str, dict[str, str]]] = {
    "README.md": {"run = dw.train(num_epochs=100": KEPT},
    "docs/atomistic.md": {"dnawire train --data xtb_4_8.h5": "tests/contract/test_atomistic_*.py"},
    "docs/checkpoints.md": {
        "python main.py": KEPT,
        "dnawire status runs/": "watches for ever; tests/e2e/test_status.py",
        "head -c -64": "the file of a run; tests/unit/test_checkpoint_format.py",
        "tail -c 64": "the file of a run; tests/unit/test_checkpoint_format.py",
    },
    "docs/design.md": {
        "dnawire design outputs/hamiltonian": "a minute; tests/unit/test_design.py",
        "dnawire design exact:kordas2025 --target transmission_spectrum --spectrum wanted.csv":
            "a table of the reader; the page makes another one below",
        "found = dw.design(": SKELETON,
    },
    "docs/distributed.md": {
        "torchrun": PROCESSES, "exec torchrun": PROCESSES, "if grep": SLURM, "export": SLURM,
        "srun": SLURM,
    },
    "docs/electrostatics.md": {"from dnawire import Duplex": SKELETON},
    "docs/ensembles.md": {
        "dnawire ensemble pretrained:xtb topology.pdb": "tests/unit/test_trajectories.py",
        "import dnawire as dw": "ten minutes; tests/unit/test_ensemble.py",
    },
    "docs/exit_codes.md": {"python main.py": KEPT, "while": KEPT},
    "docs/extending.md": {"export": KEPT, "python main.py": KEPT},
    "docs/fitting.md": {
        "dnawire fit exact:kordas2025 measured.csv": "tests/unit/test_fitting_page.py",
        "dnawire fit exact:kordas2025 published": "a minute; tests/unit/test_fit.py fits the table",
        "import dnawire as dw": "tests/unit/test_fitting_page.py",
    },
    "docs/gallery.md": {
        "dnawire train --model_type hamiltonian": "what `make train` does",
        "python benchmarks": LONG,
    },
    "docs/sharing.md": {
        "pip install": INSTALLS,
        "seq 4": "tests/unit/test_sweep.py",
        "sbatch": SLURM,
        "dnawire runs outputs/sweep": "tests/unit/test_sweep.py makes such runs",
        "import dnawire as dw\n\n\ndef validation_loss": SKELETON,
    },
    "docs/slurm.md": {
        "python main.py": SLURM, "sbatch": SLURM, "exec": SLURM, "for job": SLURM,
    },
    "docs/start.md": {
        "python3 -m": INSTALLS, ". environment": INSTALLS, "pip install": INSTALLS,
    },
    "docs/uncertainty.md": {
        "dnawire generate": MEMBERS, "seq": MEMBERS, "sbatch": SLURM, "dnawire predict": MEMBERS,
        "import dnawire as dw": MEMBERS, "dnawire calibrate": MEMBERS, "dw.calibrate": MEMBERS,
        "dnawire uncertainty outputs": MEMBERS, "dw.uncertainty(": MEMBERS,
    },
    "docs/xtb.md": {
        "sbatch": SLURM, "dnawire generate xtb": "hours; tests/unit/test_generate_xtb.py",
    },
}  # fmt: skip
"""Beginnings of commands and of blocks of Python that are not run, and why."""

SLOW: Final = frozenset(
    {
        "docs/analyses.md", "docs/atomistic.md", "docs/design.md", "docs/ensembles.md",
        "docs/file_formats.md", "docs/gallery.md", "docs/report.md", "docs/sharing.md",
        "docs/start.md", "docs/tutorials/atomistic.md", "docs/tutorials/own_data.md",
        "docs/uncertainty.md",
    }
)  # fmt: skip
"""Pages that take long, and whose commands have fast tests of their own."""


FROM_NOTHING: Final = frozenset(
    {
        "docs/parameter_sets.md", "docs/start.md", "docs/tutorials/atomistic.md",
        "docs/tutorials/long_duplexes.md", "docs/tutorials/own_data.md",
        "docs/tutorials/fit.md", "docs/tutorials/design.md",
    }
)  # fmt: skip
"""Pages that make all that they use."""


OWN_FILES: Final = {"docs/xtb.md": {"records.h5": "tests/data/xtb_pairs.h5"}}
"""Files that pages use under names that other pages have, too."""


class Item(NamedTuple):
    """A line of shell or a block of Python."""

    language: str
    text: str


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def items_of(page: Path) -> Iterator[Item]:
    """What a reader would run, in the order of the page."""
    for indent, language, block in FENCED.findall(page.read_text(encoding="utf-8")):
        assert language in RUN | SHOWN, f"{name_of(page)}: nobody checks {language}"
        text = textwrap.dedent(block) if indent else block
        if language == "python":
            yield Item("python", text)
        elif language in RUN:
            lines = text.replace("\\\n", " ").splitlines()
            yield from (Item("bash", line) for line in lines if line and line[0] != "#")


def excuse_of(page: str, item: Item) -> str | None:
    """Return why something is not run here, None if it is."""
    excuses = EXCUSED.get(page, {})
    known = [begin for begin in excuses if item.text.lstrip().startswith(begin)]
    return TESTED.get((page, item.language)) or (excuses[known[0]] if known else None)


def run_page(words: tuple[str, ...]) -> int:
    """Run all that a page does not excuse, as its reader would, in the folder of the moment."""
    names: dict[str, Any] = {}
    exec("import dnawire as dw", names)
    for item in items_of(ROOT / words[0]):
        if excuse_of(words[0], item) is not None:
            continue
        sys.stderr.write(f">>> {item.text}\n")
        if item.language == "python":
            exec(compile(item.text, words[0], "exec"), names)
        elif code := run_line(item.text):
            sys.exit(f"{item.text} ended with exit code {code}")
    return 0


def run_line(line: str) -> int:
    """Run one line of shell: trainings of a small model by few records, few geometries."""
    [words] = shell_commands(line)
    ours = cli_words(words)
    assert ours is not None, f"nobody knows how to run {line}"
    if ours[0] != "train":
        fewer = ("--frames", "2") if ours[0] == "ensemble" and "--frames" in ours else ()
        code = any_command((*ours, *fewer))
        return code - code_of_doctor(Path.cwd()) if ours[0] == "doctor" else code
    few = () if "--data" in ours else FEW_RECORDS
    return without_figures((*ours[1:], *SHORT, *few, *epochs(ours)))


def epochs(words: list[str]) -> tuple[str, ...]:
    """One epoch, and one more where a page asks for more epochs than are done."""
    return ("--num_epochs", "2") if "num_epochs" in words else ()


def prepared_commands() -> list[str]:
    """What the reader of a page has done before."""
    train = ["train", "--data", "records.h5", *SHORT]
    return [
        shlex.join(["generate", "records.h5", "--num_samples", "40", "--seq_length", "8"]),
        shlex.join([*train, "--model_type", "hamiltonian", "--checkpoint_dir", "my_checkpoints"]),
        shlex.join([*train, "--model_type", "standard"]),
        shlex.join(["structure", "ACGTTGCA", "frames.pdb"]),
    ]


def run_lines(lines: tuple[str, ...]) -> int:
    """Run commands one after the other."""
    for words in map(shlex.split, lines):
        is_training = words[0] == "train"
        if without_figures(tuple(words[1:])) if is_training else any_command(tuple(words)):
            return 1
    return 0


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the models and files that pages speak of."""
    folder = tmp_path_factory.mktemp("prepared")
    code, messages = TrainingProcess(folder, *prepared_commands(), command=run_lines).end()
    assert code == 0, messages
    shutil.copy(folder / "my_checkpoints" / "checkpoint_latest.pth", folder)
    (folder / "mine.txt").write_text("ACGTACGT\nGGGGCCCC\n")
    (folder / "mine.fasta").write_text(">one\nACGT\n>two\nACGG\n")
    for name in ("tests", "examples"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def marked(page: Path) -> ParameterSet:
    marks = [pytest.mark.slow] if name_of(page) in SLOW else []
    return pytest.param(page, id=name_of(page), marks=marks)


@pytest.mark.parametrize("page", [marked(page) for page in PAGES])
def test_the_blocks_of_a_page_run(page: Path, prepared: Path, tmp_path: Path) -> None:
    name = name_of(page)
    if all(excuse_of(name, item) is not None for item in items_of(page)):
        return
    folder = tmp_path / "reader"
    if name not in FROM_NOTHING:
        shutil.copytree(prepared, folder, symlinks=True)
    for target, source in OWN_FILES.get(name, {}).items():
        shutil.copy(ROOT / source, folder / target)
    code, messages = TrainingProcess(folder, name, command=run_page).end()
    assert code == 0, messages[-3000:]


def test_every_excuse_is_needed() -> None:
    items = {name_of(page): list(items_of(page)) for page in PAGES}
    for page, excuses in EXCUSED.items():
        assert all(excuses.values()), page
        for begin in excuses:
            assert any(item.text.lstrip().startswith(begin) for item in items[page]), begin
    for page, language in TESTED:
        assert any(item.language == language for item in items[page]), page
    assert set(items) >= SLOW


@pytest.mark.parametrize("test", [*TESTED.values()])
def test_what_runs_elsewhere_does(test: str) -> None:
    file, _, name = test.partition("::")
    assert f"\ndef {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_a_new_page_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block that nobody excuses runs, and one in a language that nobody knows fails."""
    page = tmp_path / "new.md"
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    page.write_text("```bash\ndnawire predict exact:kordas2025 ACGT --oops\n```\n")
    code, messages = TrainingProcess(tmp_path, str(page), command=run_page).end()
    assert code != 0
    assert "--oops" in messages
    page.write_text("```console\n$ dnawire --help\n```\n")
    with pytest.raises(AssertionError, match=r"new\.md: nobody checks console"):
        list(items_of(page))
