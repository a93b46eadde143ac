"""What the doctor sees under real conditions, and under conditions that a test makes up."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from harness import code_of_doctor

from dnawire.checkpoint import DirectoryLock, FileSystem
from dnawire.cli import main
from dnawire.cluster import SlurmJob
from dnawire.doctor import (
    Finding,
    SaveCost,
    Storage,
    Verdict,
    cadence_findings,
    job_findings,
    state_size,
    storage_findings,
)
from dnawire.doctor.storage import file_system
from dnawire.errors import EXIT_PROBLEM_FOUND, EXIT_USAGE

DOCTOR = f"{sys.executable} -m dnawire doctor . --num_parameters 1000"
MEMORY = Path("/dev/shm")
ALLOWED = "JobId=17 Requeue=1 BatchFlag=1 Restarts=2"
RUN = "python main.py --checkpoint_dir c"
WARNED = "#SBATCH --signal=B:USR1@120\n"
HANDLED = "--signals-to-handle=SIG"


@pytest.fixture(autouse=True)
def outside_of_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)


def examined(folder: Path, fs: FileSystem | None = None) -> dict[str, Finding]:
    with Storage.opened(folder) as real:
        storage = real if fs is None else Storage(folder, real.probe, fs)
        return {finding.subject: finding for finding in storage_findings(storage, 1000)}


def test_a_good_folder_passes_and_is_left_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "checkpoints"
    assert main(["doctor", str(folder), "--num_parameters", "1000"]) == code_of_doctor(tmp_path)
    assert list(tmp_path.iterdir()) == []
    folder.mkdir()
    assert main(["doctor", str(folder), "--num_parameters", "1000"]) == code_of_doctor(tmp_path)
    assert list(folder.iterdir()) == []
    assert "replaced a file 200 times at once" in capsys.readouterr().out


def test_json_says_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", str(tmp_path), "--json"]) == code_of_doctor(tmp_path)
    content = json.loads(capsys.readouterr().out)
    assert content["schema"] == 1
    subjects = [finding["subject"] for finding in content["findings"]]
    assert {"signals", "job", "folder", "rename", "fsync", "save", "cadence"} <= set(subjects)
    by_subject = {finding["subject"]: finding for finding in content["findings"]}
    assert by_subject["rename"]["verdict"] == "OK"


def test_impossible_numbers_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--mtbf", "0"]) == EXIT_USAGE
    assert main(["doctor", "--num_parameters", "-1"]) == EXIT_USAGE
    assert "mtbf = 0" in capsys.readouterr().err


@pytest.mark.skipif(not os.access(MEMORY, os.W_OK), reason="no tmpfs here")
def test_a_file_system_in_memory_is_a_problem(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", str(MEMORY), "--num_parameters", "1000"]) == EXIT_PROBLEM_FOUND
    output = capsys.readouterr().out
    assert "PROBLEM  file system  tmpfs" in output
    assert "Remedy: " in output


@pytest.mark.parametrize("folder", ["/proc/self/checkpoints", "{tmp}/file/checkpoints"])
def test_a_folder_that_cannot_be_written_is_a_problem(
    tmp_path: Path, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["doctor", folder.format(tmp=tmp_path)]) == EXIT_PROBLEM_FOUND
    assert "PROBLEM  folder" in capsys.readouterr().out


def test_the_longest_mount_point_counts(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    inner = tmp_path / "with space"
    escaped = str(inner).replace(" ", "\\040")
    mounts.write_text(f"a / ext4 rw 0 0\nb {escaped} lustre rw 0 0\nc /other nfs4 rw 0 0\n")
    assert file_system(inner / "x", mounts) == "lustre"
    assert file_system(tmp_path, mounts) == "ext4"
    assert file_system(tmp_path, tmp_path / "none") == "unknown"


class Torn(FileSystem):
    """Replaces a file in many steps."""

    def replace(self, source: Path, target: Path) -> None:
        content = source.read_bytes()
        with target.open("wb", buffering=0) as file:
            size = 1 + len(content) // 16
            for start in range(0, len(content), size):
                file.write(content[start : start + size])
        source.unlink()


class Overwriting(FileSystem):
    """Lets a link or a new file take the place of another."""

    def link(self, source: Path, target: Path) -> None:
        target.unlink(missing_ok=True)
        os.link(source, target)


class WithoutExclusion(FileSystem):
    def open_exclusive(self, path: Path) -> int:
        return os.open(path, os.O_WRONLY | os.O_CREAT)


class WithoutSync(FileSystem):
    def fsync(self, descriptor: int) -> None:
        raise OSError(errno.EIO, "input/output error")


class Ahead(FileSystem):
    def modified(self, path: Path) -> float:
        return super().modified(path) + 3600.0


@pytest.mark.parametrize(
    ("fs", "subject", "verdict", "says"),
    [
        (Torn(), "rename", Verdict.PROBLEM, "does not replace a file at once"),
        (Overwriting(), "new names", Verdict.PROBLEM, "a hard link replaces"),
        (WithoutExclusion(), "new names", Verdict.PROBLEM, "could create one file"),
        (WithoutSync(), "fsync", Verdict.PROBLEM, "input/output error"),
        (Ahead(), "clock", Verdict.WARNING, "differ by 3600 s"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_storage_that_breaks_a_promise_is_found_out(
    tmp_path: Path, fs: FileSystem, subject: str, verdict: Verdict, says: str
) -> None:
    findings = examined(tmp_path, fs)
    assert findings[subject].verdict is verdict
    assert says in findings[subject].text
    others = {
        finding.verdict
        for name, finding in findings.items()
        if name not in (subject, "file system")
    }
    assert others == {Verdict.OK}


def test_too_little_space_is_a_problem(tmp_path: Path) -> None:
    with Storage.opened(tmp_path) as storage:
        space = storage_findings(storage, 10**18)[-1]
    assert (space.subject, space.verdict) == ("space", Verdict.PROBLEM)


def test_the_owner_is_named_while_it_lives(tmp_path: Path) -> None:
    assert examined(tmp_path)["owner"].text == "nobody has used the folder"
    with DirectoryLock(tmp_path):
        owner = examined(tmp_path)["owner"]
        assert owner.verdict is Verdict.WARNING
        assert f"in use: process {os.getpid()}" in owner.text
    assert examined(tmp_path)["owner"].text.startswith("free; last used by process ")


def test_the_size_of_a_state_is_that_of_the_checkpoint(tmp_path: Path) -> None:
    assert state_size(tmp_path, 1_000_000) == 16_100_000
    (tmp_path / "checkpoint_latest.pth").write_bytes(b"x" * 123)
    assert state_size(tmp_path, 1_000_000) == 123


def test_the_cadence_is_that_of_young_and_daly() -> None:
    save, cadence = cadence_findings(SaveCost(1_200_000, 0.02), mtbf_hours=4.0)
    assert save.text == "a state of 1.2 MB takes 0.020 s"
    assert "--checkpoint_seconds 24 loses least" in cadence.text
    slow, _ = cadence_findings(SaveCost(10**9, 20.0), mtbf_hours=24.0)
    assert slow.verdict is Verdict.PROBLEM


@pytest.mark.parametrize(
    ("shell", "code", "says"),
    [
        (f"nohup {DOCTOR}", None, "SIGHUP ignored, as by nohup"),
        (f"trap '' TERM; {DOCTOR}", EXIT_PROBLEM_FOUND, "SIGTERM would not reach a run"),
        (f"trap '' USR1; {DOCTOR}", EXIT_PROBLEM_FOUND, "SIGUSR1 would not reach a run"),
    ],
)
def test_signals_that_the_caller_ignores(
    tmp_path: Path, shell: str, code: int | None, says: str
) -> None:
    done = subprocess.run(
        ["bash", "-c", shell], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == (code or code_of_doctor(tmp_path)), done.stderr
    assert says in done.stdout


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Judge:
    return Judge(tmp_path, monkeypatch)


class Judge:
    """Findings about a job whose SLURM answers as a test wants."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def __call__(
        self, script: str = "", left: str = "echo 1:00:00", description: str = ALLOWED
    ) -> dict[str, Finding]:
        (self._folder / "script").write_text(script)
        control = f"case $1 in show) echo {description};; write) cat {self._folder}/script;; esac"
        for name, answer in (("squeue", left), ("scontrol", control)):
            program = self._folder / name
            program.write_text(f"#!/bin/sh\n{answer}\n")
            program.chmod(0o755)
        return {finding.subject: finding for finding in job_findings(SlurmJob("17", "17"))}


@pytest.mark.parametrize(
    ("script", "verdict", "says"),
    [
        (f"exec {RUN}", Verdict.OK, "started by exec"),
        (f"srun {RUN}", Verdict.OK, "started by srun"),
        (f"#SBATCH --signal=B:USR1@120\nexec \\\n  {RUN}", Verdict.OK, "started by exec"),
        (f"#SBATCH --signal=USR1@120\nsrun {RUN}", Verdict.OK, "started by srun"),
        (f"# exec python main.py\n{RUN}", Verdict.WARNING, "a child of the shell"),
        (f"#SBATCH --signal=B:USR1@120\n{RUN}", Verdict.PROBLEM, "kills the shell"),
        (f"#SBATCH --signal B:USR1\n{RUN}", Verdict.PROBLEM, "kills the shell"),
        (f"#SBATCH --signal=USR1@120\n{RUN}", Verdict.WARNING, "so nobody"),
        ("exec dnawire train", Verdict.OK, "started by exec"),
        (f"{WARNED}cd project && exec {RUN}", Verdict.OK, "started by exec"),
        (f"{WARNED}exec echo; {RUN}", Verdict.PROBLEM, "kills the shell"),
        (f"{WARNED}bash -c 'cd project && exec {RUN}'", Verdict.PROBLEM, "kills the shell"),
        (f"srun bash -c 'cd project && exec {RUN}'", Verdict.OK, "started by srun"),
        (f'export X="a b"; exec {RUN}', Verdict.OK, "started by exec"),
        (f"{WARNED}exec torchrun main.py", Verdict.PROBLEM, "leaves the processes behind"),
        (f"{WARNED}exec torchrun {HANDLED}TERM main.py", Verdict.PROBLEM, "leaves the processes"),
        (f"{WARNED}exec torchrun {HANDLED}USR1 main.py", Verdict.OK, "started by exec"),
        (f"{WARNED}exec torchrun \\\n {HANDLED}TERM,SIGUSR1 main.py", Verdict.OK, "by exec"),
        ("#SBATCH --signal=B:10@99\nexec torchrun main.py", Verdict.PROBLEM, "leaves the"),
        ("#SBATCH --signal=B:SIGTERM@99\nexec torchrun main.py", Verdict.OK, "by exec"),
        ("exec torchrun main.py", Verdict.OK, "started by exec"),
        ("exec other", Verdict.OK, "names neither"),
    ],
)
def test_the_job_script_tells_which_signals_arrive(
    judged: Judge, script: str, verdict: Verdict, says: str
) -> None:
    delivery = judged(f"#!/bin/bash\n{script}\n")["delivery"]
    assert delivery.verdict is verdict
    assert says in delivery.text
    assert bool(delivery.remedy) == (verdict is not Verdict.OK)


def test_a_warning_before_the_start_is_a_problem(judged: Judge) -> None:
    script = f"#SBATCH --signal=B:USR1@3550\nexec {RUN}\n"
    assert judged(script)["warning time"].verdict is Verdict.PROBLEM
    assert "warning time" not in judged(script, left="echo UNLIMITED")


def test_a_warning_that_is_early_enough_is_none_late_in_the_job_either(judged: Judge) -> None:
    script = f"#SBATCH --signal=B:USR1@300\nexec {RUN}\n"
    late = 'case "$*" in *%l) echo 1:00:00;; *) echo 1:00;; esac'
    assert "warning time" not in judged(script, left=late)


def test_the_end_and_the_return_of_the_job(judged: Judge) -> None:
    findings = judged()
    assert findings["time limit"].text.startswith("SLURM job 17 ends in 1:00:00")
    assert "restarts so far: 2" in findings["requeue"].text
    assert judged(left="echo UNLIMITED")["time limit"].text == "SLURM job 17 has none"
    assert judged(left="exit 1")["time limit"].verdict is Verdict.WARNING
    forbidden = judged(description="Requeue=0 BatchFlag=1")["requeue"]
    assert (forbidden.verdict, forbidden.remedy) == (Verdict.WARNING, "add `#SBATCH --requeue`")
    interactive = judged(description="Requeue=1 BatchFlag=0")["requeue"]
    assert "interactive" in interactive.text


def test_it_needs_no_torch() -> None:
    code = (
        "import sys; from dnawire.cli import main; main(['doctor', '/proc']); "
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
