"""Whatever changes a kernel has it compiled anew; in real processes, on a small package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from harness import TrainingProcess
from numba import config

import dnawire
from dnawire.compiled.digest import kernel_sources
from dnawire.errors import EXIT_FINISHED

SOURCE = Path(dnawire.__file__).parent

SUM = """
from toy.compiled.kernel import compiled
from toy.helpers import weighted

@compiled
def total(values):
    result = 0.0
    for k in range(len(values)):
        result += weighted(values[k])
    return result
"""
HELPERS = """
from toy.compiled.kernel import inlined
from toy import numbers

FACTOR = numbers.FACTOR

@inlined
def weighted(value):
    return FACTOR * value + 1.0
"""
CALL = """
import numpy as np
from toy.kernels import total
value = total(np.ones(2))
print(value, *total.stats.cache_hits.values())
"""
EDIT_WHILE_RUNNING = """
import numpy as np
from pathlib import Path
from toy import helpers
from toy.kernels import total
file = Path(helpers.__file__)
file.write_text(file.read_text().replace("+ 1.0", "+ 3.0"))
print(total(np.ones(2)))
"""
EIGHT_AT_ONCE = """
import os
import numpy as np
from toy.kernels import total
reader, writer = os.pipe()
children = []
for _ in range(8):
    child = os.fork()
    if child == 0:
        os.close(writer)
        os.read(reader, 1)
        right = all(total(np.ones(2, kind)) == 6 for kind in ("f4", "f8"))
        os._exit(0 if right else 1)
    children.append(child)
os.close(writer)
print([os.waitpid(child, 0)[1] for child in children])
"""


def execute(code: tuple[str, ...]) -> int:
    """Run code beside the package, with the cache there."""
    # Sources that are edited within a second would be taken for those of their byte code.
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(Path.cwd()))
    vars(config)["CACHE_DIR"] = str(Path("cache").absolute())
    with warnings.catch_warnings(action="error"):
        exec(code[0], {})
    return EXIT_FINISHED


class Toy(NamedTuple):
    """A package with two kernels, and a cache."""

    folder: Path

    def run(self, code: str) -> str:
        """Run code in a process that has nothing of the package yet; return all that it says."""
        return TrainingProcess(self.folder, code, command=execute).end().messages.strip()

    def start(self, code: str, **environment: str) -> str:
        """Run code in a new interpreter, which reads its environment; return what it says."""
        paths = {"PYTHONPATH": str(self.folder), "NUMBA_CACHE_DIR": str(self.folder / "cache")}
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env={**os.environ, **paths, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout.strip()

    def edit(self, module: str, old: str, new: str) -> None:
        """Change a passage of a source."""
        file = self.folder / "toy" / f"{module}.py"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    def files(self) -> list[Path]:
        """What is in the cache."""
        return sorted(self.folder.glob("cache/dnawire/*/*"))


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    package = tmp_path / "toy"
    for name in ("compiled", "files"):
        shutil.copytree(SOURCE / name, package / name, ignore=shutil.ignore_patterns("*.pyc"))
    for file in package.rglob("*.py"):
        file.write_text(re.sub(r"\bdnawire\.", "toy.", file.read_text()))
    sources = {"__init__": "", "kernels": SUM, "helpers": HELPERS, "numbers": "FACTOR = 2.0\n"}
    for name, text in {**sources, "other": "UNRELATED = 1\n"}.items():
        (package / f"{name}.py").write_text(text)
    return Toy(tmp_path)


def test_a_change_of_what_a_kernel_imports_is_seen(toy: Toy) -> None:
    assert toy.run(CALL) == "6.0"
    toy.edit("helpers", "value + 1.0", "value + 3.0 * 1.0")
    assert toy.run(CALL) == "10.0"
    toy.edit("numbers", "2.0", "4.0")
    assert toy.run(CALL) == "14.0"
    toy.edit("other", "1", "2")
    assert toy.run(CALL) == "14.0 1"
    toy.edit("numbers", "4.0", "2.0")
    toy.edit("helpers", "3.0 * 1.0", "1.0")
    assert toy.run(CALL) == "6.0 1"


def test_code_of_sources_that_change_meanwhile_is_not_saved(toy: Toy) -> None:
    assert toy.run(EDIT_WHILE_RUNNING) == "6.0"
    assert toy.files() == []
    assert toy.run(CALL) == "10.0"


def test_eight_processes_compile_and_write_at_once(toy: Toy) -> None:
    assert toy.run(EIGHT_AT_ONCE) == str([0] * 8)
    assert len(toy.files()) == 2
    assert toy.run(CALL) == "6.0 1"


def test_every_kernel_of_the_package_is_among_the_sources() -> None:
    decorated = re.compile(r"^\s*@(compiled|inlined|internal|intrinsic|njit)\b", re.MULTILINE)
    kernels = [file for file in SOURCE.rglob("*.py") if decorated.search(file.read_text())]
    assert len(kernels) > 3
    modules = {
        ".".join(("dnawire", *file.relative_to(SOURCE).with_suffix("").parts)) for file in kernels
    }
    assert modules <= kernel_sources().keys()


IMPORTS: dict[str, Callable[[str], str]] = {
    "a name": lambda module: f"from dnawire.{module} import FACTOR",
    "a module": lambda module: f"from dnawire import {module}",
    "one of several modules": lambda module: f"from dnawire import (\n    other,\n    {module},\n)",
    "by its full name": lambda module: f"import dnawire.{module} as short",
    "within a function": lambda module: f"def f():\n    import numpy, dnawire.{module}",
}


@pytest.mark.parametrize("form", IMPORTS)
def test_every_form_of_import_is_followed(form: str, tmp_path: Path) -> None:
    kernel = "from dnawire.compiled.kernel import compiled\n"
    (tmp_path / "kernels.py").write_text(kernel + IMPORTS[form]("first"))
    (tmp_path / "first.py").write_text(IMPORTS[form]("second"))
    (tmp_path / "second.py").touch()
    (tmp_path / "unrelated.py").write_text("from dnawire.compiled.single import CHANNELS\n")
    assert {"dnawire.kernels", "dnawire.first", "dnawire.second"} == kernel_sources(tmp_path).keys()


def test_the_digest_counts_the_processor_and_switches(toy: Toy) -> None:
    code = "from toy.compiled.digest import kernel_digest; print(kernel_digest())"
    changes: list[dict[str, str]] = [
        {},
        {"NUMBA_CPU_NAME": "generic"},
        {"NUMBA_CPU_FEATURES": "+avx2"},
        {"NUMBA_OPT": "1"},
    ]
    digests = [toy.start(code, **change) for change in changes]
    assert all(re.fullmatch("[0-9a-f]{16}", digest) for digest in digests)
    assert len(set(digests)) == len(changes)
