"""A private SLURM of one node on the loopback interface, as root, without a trace in the system.

    sudo python tests/slurm/cluster.py FOLDER [NAME=VALUE ...]

starts one whose files are all in FOLDER, with further settings of ``slurm.conf``, prints the
``export`` that makes the commands of SLURM speak to it, and stops it at Ctrl+C. It needs the
packages ``slurm-wlm`` and ``munge`` of Debian or Ubuntu; with ``--check`` instead of a folder it
only says whether it could.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

PROGRAMS: Final = ("slurmctld", "slurmd", "munged", "sbatch", "scontrol", "squeue")
POLL_SECONDS: Final = 0.25
START_SECONDS: Final = 240.0
_ENDINGS: Final = {signal.SIGINT, signal.SIGTERM}

DEFAULTS: Final[Mapping[str, str]] = {
    "KillWait": "5",
    "GraceTime": "0",
    "OverTimeLimit": "0",
    "PreemptMode": "REQUEUE",
    "Scheduler": "preempt_youngest_first",
}
"""What a test may want otherwise."""

_CONFIGURATION: Final = """\
ClusterName={name}
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
SlurmctldPort={controller_port}
SlurmdPort={node_port}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0,{Scheduler}
SlurmdParameters=config_overrides
KillWait={KillWait}
OverTimeLimit={OverTimeLimit}
PreemptType=preempt/partition_prio
PreemptMode={PreemptMode}
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=65536
PartitionName=normal Nodes=ALL Default=YES PriorityTier=1 GraceTime={GraceTime}
PartitionName=urgent Nodes=ALL PriorityTier=10 PreemptMode=OFF
"""


def obstacle() -> str:
    """Why there can be no cluster here; empty if there can."""
    if os.geteuid() != 0:
        return "a private SLURM needs root"
    missing = [name for name in PROGRAMS if shutil.which(name, path=_path()) is None]
    return f"`apt-get install slurm-wlm munge` provides {', '.join(missing)}" if missing else ""


class Cluster:
    """A running SLURM: a context manager.

    Parameters
    ----------
    folder
        Where all its files go.
    cpus
        Number of processors that the node claims to have.
    settings
        Settings other than `DEFAULTS`.
    """

    def __init__(self, folder: Path, *, cpus: int = 1, **settings: str) -> None:
        assert not set(settings) - set(DEFAULTS), settings
        self.folder = folder.resolve()
        self.host = socket.gethostname().split(".")[0]
        self._settings = {**DEFAULTS, **settings}
        self._cpus = cpus
        self._guard: subprocess.Popen[bytes] | None = None
        self.environment = {**os.environ, "SLURM_CONF": str(self.folder / "slurm.conf")}
        self.environment["PATH"] = _path()

    def __enter__(self) -> Self:
        self._write_files()
        self._start_guard()
        try:
            self._start_munge()
            self.call("slurmctld", "-c")
            self.start_node()
            self.wait(lambda: "idle" in self.call("sinfo", "--noheader", "--format", "%T"))
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def call(self, *command: str) -> str:
        """Run a command of SLURM and return what it says."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def submit(
        self, script: Path, *options: str, folder: Path, arguments: Sequence[str] = ()
    ) -> str:
        """Submit a script from a working folder and return the number of the job."""
        output = f"--output={folder}/job.log"
        options = ("--parsable", f"--chdir={folder}", output, "--open-mode=append", *options)
        return self.call("sbatch", *options, str(script), *arguments).strip()

    def description(self, job: str) -> dict[str, str]:
        """What ``scontrol show job`` says."""
        words = self.call("scontrol", "show", "job", "--oneliner", job).split()
        return dict(word.partition("=")[::2] for word in words)

    def state(self, job: str) -> str:
        """State of a job, e.g. RUNNING."""
        return self.description(job)["JobState"]

    def has_ended(self, job: str) -> bool:
        """Whether a job has ended for good."""
        return self.state(job) not in ("PENDING", "RUNNING", "COMPLETING", "REQUEUED", "PREEMPTED")

    def wait(self, condition: Callable[[], bool], seconds: float = START_SECONDS) -> None:
        """Ask until a condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not within {seconds} s\n{self.logs()}"
            time.sleep(POLL_SECONDS)

    def logs(self) -> str:
        """Ends of the logs of both daemons."""
        files = sorted(self.folder.glob("slurm*d.log"))
        return "\n".join(f"{file.name}:\n{file.read_text()[-3000:]}" for file in files)

    def start_node(self) -> None:
        """Start the daemon of the node."""
        self.call("slurmd", "-N", self.host)

    def stop_node(self) -> None:
        """Stop the daemon of the node; jobs run on."""
        _end(self.folder / "slurmd.pid")

    def stop(self) -> None:
        """Stop everything that this cluster has started."""
        if self._guard is not None:
            self._guard.communicate()
            self._guard = None

    def _start_guard(self) -> None:
        """Start who stops the cluster when this process stops it or dies, of whatever cause."""
        command = (sys.executable, __file__, "--guard", str(self.folder))
        self._guard = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)

    def _write_files(self) -> None:
        for name in ("state", "spool"):
            (self.folder / name).mkdir(parents=True)
        # The security of munge asks that nobody else can write in any folder above.
        self.folder.chmod(0o755)
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        text = _CONFIGURATION.format(
            name="private",
            host=self.host,
            folder=self.folder,
            controller_port=_free_port(),
            node_port=_free_port(),
            cpus=self._cpus,
            **self._settings,
        )
        (self.folder / "slurm.conf").write_text(text)

    def _start_munge(self) -> None:
        files = (("key-file", "key"), ("socket", "socket"), ("seed-file", "seed"))
        options = [f"--{option}={self.folder}/munge.{suffix}" for option, suffix in files]
        own = [f"--{name}-file={self.folder}/munged.{name}" for name in ("pid", "log")]
        self.call("munged", "--force", *options, *own)


def guard(folder: Path) -> None:
    """Wait for the end of the standard input, then stop the cluster of a folder."""
    sys.stdin.read()
    environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf"), "PATH": _path()}
    busy = ("squeue", "--noheader", "--states=RUNNING,COMPLETING")
    for command in (("scancel", "--user=root", "--full"), busy):
        deadline = time.monotonic() + START_SECONDS
        while _says(command, environment) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
    for name in ("slurmctld", "slurmd", "munged"):
        _end(folder / f"{name}.pid")
    for process in processes_of(folder):
        _kill(process, signal.SIGKILL)


def _says(command: tuple[str, ...], environment: Mapping[str, str]) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def processes_of(folder: Path) -> list[int]:
    """Numbers of all living processes whose working folder is this one or lies in it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                place = Path(os.readlink(entry / "cwd"))
            except OSError:
                continue
            if place == folder or folder in place.parents:
                found.append(int(entry.name))
    return found


def _path() -> str:
    return f"{os.environ['PATH']}:/usr/sbin:/sbin"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end(pid_file: Path) -> None:
    """End a daemon and wait for it."""
    try:
        process = int(pid_file.read_text())
    except (OSError, ValueError):
        return
    for number, seconds in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 10.0)):
        deadline = time.monotonic() + seconds
        while _kill(process, number) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
    pid_file.unlink(missing_ok=True)


def _kill(process: int, number: signal.Signals) -> bool:
    """Send a signal and return whether the process was there and alive."""
    try:
        os.kill(process, number)
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def main(words: list[str]) -> int:
    """Run a cluster until Ctrl+C."""
    if not words or obstacle():
        print(obstacle() or __doc__, file=sys.stderr)  # noqa: T201
        return 64
    if words == ["--check"]:
        return 0
    if words[0] == "--guard":
        guard(Path(words[1]))
        return 0
    settings: dict[str, Any] = dict(word.split("=", 1) for word in words[1:])
    with Cluster(Path(words[0]), **settings) as cluster:
        print(f"export SLURM_CONF={cluster.environment['SLURM_CONF']}", flush=True)  # noqa: T201
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDINGS)
        signal.sigwait(_ENDINGS)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
