"""The recipes of docs/extending.md: the code of the page is taken as it is, and run."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Final, NamedTuple

import harness
import numpy as np
import pytest
import torch
from harness import CHECKPOINTS, TINY
from model_kit import ENERGIES, junction_of
from outcome import assert_identical, outcome

import dnawire.cli
from dnawire.data import TransportDataset
from dnawire.data.checks import find_problem
from dnawire.data.importers.structure import ForeignDataError
from dnawire.errors import EXIT_FINISHED, EXIT_USAGE, UnusableFileError
from dnawire.graphs import junction_batch
from dnawire.inference import load_predictor
from dnawire.junction import Contact, Duplex, Junction
from dnawire.tightbinding import parse_parameters

PAGE: Final = Path(__file__).parents[2] / "docs" / "extending.md"
BLOCK: Final = re.compile(r"^```\w+\n# (\S+\.\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES: Final = dict(BLOCK.findall(PAGE.read_text(encoding="utf-8")))
NAME: Final = "additive"
KILLED_AFTER: Final = 9
FLAGS: Final = (
    *TINY, "--model_type", NAME, "--contribution_scale", "0.2", "--num_epochs", "3",
    "--checkpoint_dir", CHECKPOINTS, "--checkpoint_seconds", "1e-9",
)  # fmt: skip
RESUMED: Final = """
import os, signal, sys
from torch.optim.optimizer import register_optimizer_step_post_hook
from harness import without_figures

steps, killed_after, flags = [], int(sys.argv[1]), tuple(sys.argv[2:])

def count(*_):
    steps.append(None)
    if len(steps) == killed_after:
        os.kill(os.getpid(), signal.SIGKILL)

child = os.fork()
if not child:
    register_optimizer_step_post_hook(count)
    sys.exit(without_figures(flags))
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
sys.exit(without_figures(flags))
"""
"""Trains in a child that kills itself right after the given optimizer step, and goes on."""

IN_PEACE: Final = """
import json, sys
from dnawire.cli import main

for words in json.loads(sys.argv[1]):
    print("ended:", words[0], main(words), file=sys.stderr)
"""
"""Runs one command after the other."""

RUN: Final = f"outputs/{NAME}"
COMMANDS: Final = (
    ("train", *FLAGS),
    ("predict", RUN, "ACGT", "ACG/C_T", "--output", "predicted"),
    ("screen", RUN, "--length", "3", "--output", "screened"),
    ("predict", RUN, "ACGT", "--energy_max", "-7", "--output", "refused"),
    ("train", *TINY, "--contribution_scale", "0.3"),
    ("train", "--print_config"),
    ("train", "--help"),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of installed packages: that of the model, as pip would leave it."""
    site = tmp_path_factory.mktemp("site")
    for name, text in FILES.items():
        if name.startswith("additive/"):
            (site / name).parent.mkdir(exist_ok=True)
            (site / name).write_text(text)
    (groups,) = tomllib.loads(FILES["pyproject.toml"])["project"]["entry-points"].items()
    lines = [f"[{groups[0]}]", *(f"{name} = {value}" for name, value in groups[1].items())]
    information = site / "additive-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: additive\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return site


def run(site: Path, folder: Path, script: str, *words: str) -> tuple[int, str]:
    """Run a script beside the installed model; return how it ended and its messages."""
    path = os.pathsep.join((str(site), str(Path(harness.__file__).parent)))
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd=folder,
        env={"HOME": os.environ["HOME"], "PATH": "", "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


class Peace(NamedTuple):
    """What `COMMANDS` leave."""

    folder: Path
    messages: str


@pytest.fixture(scope="module")
def peace(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Peace:
    folder = tmp_path_factory.mktemp("peace")
    code, messages = run(site, folder, IN_PEACE, json.dumps(COMMANDS))
    assert code == 0, messages
    return Peace(folder, messages)


def test_a_new_model_trains_predicts_and_screens(peace: Peace) -> None:
    ended = re.findall(r"^ended: (\w+) (\d+)$", peace.messages, re.MULTILINE)
    wrong = str(EXIT_USAGE)
    assert [name for name, _ in ended] == [words[0] for words in COMMANDS]
    assert [code for _, code in ended] == ["0", "0", "0", wrong, wrong, "0", "0"]
    assert (peace.folder / RUN / "figures/parity.png").is_file()
    assert len((peace.folder / "predicted/summary.csv").read_text().splitlines()) == 3
    assert len((peace.folder / "screened/ranking.csv").read_text().splitlines()) == 1 + 4**3


def test_a_new_model_resumes_bit_exactly_after_a_kill(
    site: Path, peace: Peace, tmp_path: Path
) -> None:
    code, messages = run(site, tmp_path, RESUMED, str(KILLED_AFTER), *FLAGS)
    assert code == EXIT_FINISHED, messages
    assert "resuming from" in messages
    assert_identical(outcome(tmp_path, NAME), outcome(peace.folder, NAME))


def test_own_settings_are_flags_of_their_model_alone(peace: Peace) -> None:
    assert "--contribution_scale FLOAT" in " ".join(peace.messages.split())
    assert "contribution_scale = 0.3 has no effect on a model of type standard" in peace.messages
    assert "contribution_scale:" not in peace.messages
    assert "\n  contribution_scale: 0.2\n" in (peace.folder / RUN / "config.yaml").read_text()
    description = json.loads((peace.folder / RUN / "model/config.json").read_text())
    assert description["specification"]["contribution_scale"] == 0.2


def test_a_model_whose_package_is_not_installed_is_named(peace: Peace) -> None:
    with pytest.raises(UnusableFileError, match="a model of type 'additive'; here are") as caught:
        load_predictor(str(peace.folder / RUN))
    assert "Install the package" in caught.value.remedy


def test_new_features(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They see the site and the edge that they are of, and no difference between the strands."""
    monkeypatch.syspath_prepend(site)
    home = importlib.import_module("additive.features")
    settings = importlib.import_module("additive.settings").AdditiveSettings(hidden_dim=8)
    model = home.FeatureModel(len(ENERGIES), settings).eval()
    one = junction_of([("A", "A"), ("A", "T"), ("G", "_"), ("C", "G")])
    batch, flipped = (junction_batch([junction]) for junction in (one, one.flipped()))
    assert home.equal_bases(batch).tolist() == [[1.0, 1.0, 1.0, 1.0]]
    assert home.coupling(batch)[0, :, 0].tolist() == [0.1, 0.0, 0.0, 0.3]
    with torch.no_grad():
        torch.testing.assert_close(model(batch).known(), model(flipped).known())
    for name in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        monkeypatch.delitem(sys.modules, name)


def names_of(*files: str) -> dict[str, Any]:
    """Run modules of the page, one after the other; return the names that they define."""
    names: dict[str, Any] = {}
    for file in files:
        exec(compile(FILES[file], file, "exec"), names)
    return names


def write(folder: Path, *names: str) -> None:
    """Write modules of the page that belong to a package of dnawire."""
    for name in names:
        (folder / Path(name).name).write_text(FILES[name])


OPERATOR: Final = """
import sys
import torch
import dnawire.operators
from torch.autograd import gradcheck
from torch.library import opcheck

dnawire.operators.__path__.append(".")
from dnawire.operators.running_sum import running_sum

x = torch.linspace(-1, 1, 24, dtype=torch.float64).reshape(2, 4, 3).requires_grad_()
assert running_sum.is_compiled(x) and not running_sum.is_compiled(x.float())
torch.testing.assert_close(running_sum(x), running_sum.definition(x))
assert gradcheck(running_sum, x)
opcheck(torch.ops.dnawire.running_sum.default, (x,))
"""


def test_a_new_operator(tmp_path: Path) -> None:
    """In a process of its own: what is compiled here is cached nowhere else."""
    home = "src/dnawire/operators"
    write(tmp_path, f"{home}/running_sum.py", f"{home}/_running_sum_kernels.py")
    done = subprocess.run(
        [sys.executable, "-c", OPERATOR],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_new_quantity() -> None:
    quantity = names_of("src/dnawire/quantities.py")["FANO_FACTOR"]
    assert (quantity.column, quantity.label) == ("fano_factor", "Fano factor (dimensionless)")
    np.testing.assert_array_equal(quantity.scaled([0.25, 0.0]), [0.25, 0.0])


def test_a_new_importer(tmp_path: Path) -> None:
    find_tables = names_of("src/dnawire/data/importers/tables.py")["find_tables"]
    ends = Contact.at("upper", 0, 0.1), Contact.at("upper", -1, 0.1)
    junctions = [Junction(Duplex.parse(text), *ends) for text in ("ACG", "TTTT")]
    exact = load_predictor("exact:kordas2025").predict(junctions)
    for record in exact:
        columns = np.stack((record.energies, record.transmission, record.dos), axis=1)
        path = tmp_path / f"{record.junction.duplex.text}.csv"
        np.savetxt(path, columns, delimiter=",", header="energy,transmission,dos")
    records = [read()[0] for _, read in find_tables(tmp_path)]
    found = TransportDataset.from_records(records, {"kind": "tables"})
    assert find_problem(found) is None
    for one, reference in zip(found, exact, strict=True):
        assert one.junction == reference.junction
        np.testing.assert_allclose(one.dos, reference.dos, rtol=1e-12)
    (tmp_path / "GG.csv").write_text("energy\n1.0\n")
    runs = dict(find_tables(tmp_path))
    with pytest.raises(ForeignDataError, match=r"it has 1 columns instead of 3"):
        runs["GG.csv"]()


def test_a_new_parameter_set() -> None:
    name = "src/dnawire/tightbinding/data/uniform.toml"
    found = parse_parameters(FILES[name], name)
    np.testing.assert_array_equal(found.stacking, np.full((4, 4), 0.1))
    np.testing.assert_array_equal(found.diagonal_five, np.zeros((4, 4)))


def test_a_new_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "src/dnawire/cli/lengths.py")
    monkeypatch.setattr("dnawire.cli.__path__", [*dnawire.cli.__path__, str(tmp_path)])
    records = Path(__file__).parents[2] / "examples/data/xtb_mini.h5"
    assert importlib.import_module("dnawire.cli.lengths").run([str(records)]) == EXIT_FINISHED
    assert " base pairs: " in capsys.readouterr().out


def test_a_step_and_its_profile(capsys: pytest.CaptureFixture[str]) -> None:
    names = names_of("debugging/step.py", "debugging/profile.py")
    assert names["compiled"] == pytest.approx(names["defined"], rel=1e-5)
    assert "Self CPU time total" in capsys.readouterr().out
    gradients = [parameter.grad for parameter in names["model"].parameters()]
    assert any(bool(one.any()) for one in gradients)
