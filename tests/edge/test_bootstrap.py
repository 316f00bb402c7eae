import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "edge" / "bootstrap.sh"
TOOLS = ("basename", "cmp", "cp", "cut", "dirname", "grep", "mkdir", "rm", "sed", "sh", "touch")
# Says what it was asked for; has the version, and the exit status of the check, that it is given.
PYTHON = """#!/bin/sh
echo "$*" | head -n 1 >> {calls}
case "$*" in
    *"import pip"* | *sys.exit*) exit {status} ;;
    *python_version*) echo {version} ;;
    "-m venv "*)
        mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
        echo "command = $0 -m venv {made_at}" > "$3/pyvenv.cfg" ;;
    *installing*) exit {installs} ;;
esac
"""


class Machine:
    """A machine with the Pythons and tools that a test gives it."""

    def __init__(self, folder: Path) -> None:
        self.bin, self.venv, self.calls = folder / "bin", folder / "venv", folder / "calls"
        self.lock = folder / "some.lock"
        self.lock.write_text("one==1.0\n")
        self.bin.mkdir()
        for tool in (*TOOLS, "head"):
            os.symlink(str(shutil.which(tool)), self.bin / tool)
        self.kernel("Linux", "x86_64")
        self.program("getconf", "echo glibc 2.36")

    def kernel(self, kernel: str, machine: str) -> None:
        """What uname says."""
        self.program("uname", f'case "$1" in -s) echo {kernel} ;; *) echo {machine} ;; esac')

    def program(self, name: str, body: str) -> None:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def python(
        self, name: str, version: str, status: int = 0, installs: int = 0, made_at: str = ""
    ) -> None:
        path = self.bin / name
        path.write_text(
            PYTHON.format(
                calls=self.calls,
                status=status,
                version=version,
                installs=installs,
                made_at=made_at or self.venv,
            )
        )
        path.chmod(0o755)

    def bootstrap(self, python: str = "", before: str = "") -> subprocess.CompletedProcess[str]:
        argv = ["sh", str(SCRIPT), str(self.venv), str(self.lock), python]
        return subprocess.run(
            argv, env={"PATH": f"{before}{self.bin}"}, capture_output=True, text=True, check=False
        )

    def starting(self) -> "subprocess.Popen[str]":
        """The same, which is not waited for."""
        argv = ["sh", str(SCRIPT), str(self.venv), str(self.lock)]
        return subprocess.Popen(
            argv, env={"PATH": str(self.bin)}, stdout=subprocess.PIPE, text=True
        )

    def count(self, word: str) -> int:
        return sum(word in line for line in self.calls.read_text().splitlines())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def refused(machine: Machine, python: str = "") -> str:
    """The one sentence of a refusal, which has changed nothing."""
    done = machine.bootstrap(python)
    assert (done.returncode, done.stdout) == (1, "")
    assert not machine.venv.exists()
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_an_environment_is_made_and_what_is_whole_stays(machine: Machine) -> None:
    machine.python("python3", "3.12.1")
    done = machine.bootstrap()
    assert done.stdout == f"Stellr makes {machine.venv} with python3, Python 3.12.1\n"
    assert done.returncode == 0
    assert machine.bootstrap().stdout == ""
    assert (machine.count("-m venv"), machine.count("installing")) == (1, 1)


@pytest.mark.skipif(not shutil.which("flock"), reason="util-linux is not installed")
def test_of_two_at_once_one_waits(machine: Machine) -> None:
    os.symlink(str(shutil.which("flock")), machine.bin / "flock")
    machine.python("python3", "3.12.1")
    folder = os.open(machine.venv.parent, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    with machine.starting() as second:
        assert second.stdout
        said = second.stdout.readline()
        assert said == f"Another make installs into {machine.venv}; waiting for it\n"
        assert not machine.venv.exists()
        os.close(folder)
        assert second.wait(30) == 0
    assert (machine.venv / "some.lock").exists()


def test_another_lock_is_installed_into_the_same_environment(machine: Machine) -> None:
    machine.python("python3", "3.12.1")
    machine.bootstrap()
    machine.lock.write_text("one==2.0\n")
    machine.bootstrap()
    assert (machine.count("-m venv"), machine.count("installing")) == (1, 2)


def test_the_first_python_that_fits_is_taken(machine: Machine) -> None:
    machine.python("python3", "3.9.18", status=3)
    machine.python("python3.12", "3.12.1")
    machine.python("python3.11", "3.11.2")
    assert "with python3.12, Python 3.12.1" in machine.bootstrap().stdout


def test_too_old_a_python_is_told_with_what_to_install(machine: Machine) -> None:
    machine.python("python3", "3.9.18", status=3)
    machine.program("apt-get", "")
    said = refused(machine)
    assert "CPython 3.11.2 to 3.14, and here python3 is 3.9.18" in said
    assert "sudo apt install python3 python3-venv" in said


@pytest.mark.parametrize("python", ["", "python3.13"])
def test_a_machine_without_python_is_told_so(machine: Machine, python: str) -> None:
    machine.program("dnf", "")
    said = refused(machine, python)
    assert "here is none: sudo dnf install python3.13" in said


def test_a_python_that_cannot_make_environments_is_told_by_its_package(machine: Machine) -> None:
    machine.python("python3", "3.13.5", status=4)
    machine.program("apt-get", "")
    said = refused(machine)
    assert "venv module is missing for python3: sudo apt install python3.13-venv" in said


@pytest.mark.parametrize(
    ("kernel", "processor", "said"),
    [
        ("Darwin", "arm64", "Stellr runs on Linux, and this is Darwin: run it in containers"),
        ("Linux", "riscv64", "Stellr runs on x86_64 and aarch64, and this is riscv64"),
    ],
)
def test_another_platform_is_refused(
    machine: Machine, kernel: str, processor: str, said: str
) -> None:
    machine.kernel(kernel, processor)
    assert said in refused(machine)


@pytest.mark.parametrize(
    ("getconf", "said"),
    [("exit 1", "Stellr needs a Linux with glibc"), ("echo glibc 2.28", "2.31")],
)
def test_another_c_library_is_refused(machine: Machine, getconf: str, said: str) -> None:
    machine.program("getconf", getconf)
    assert said in refused(machine)


def test_what_was_left_half_made_is_made_anew(machine: Machine) -> None:
    machine.python("python3", "3.12.1", installs=1)
    assert machine.bootstrap().returncode == 1
    machine.python("python3", "3.12.1")
    done = machine.bootstrap()
    assert done.returncode == 0
    assert "anew: it was left half-made" in done.stdout
    assert machine.bootstrap().stdout == ""


def test_what_was_moved_is_made_anew(machine: Machine) -> None:
    machine.python("python3", "3.12.1", made_at="/elsewhere/venv")
    machine.bootstrap()
    machine.python("python3", "3.12.1")
    assert "anew: it was moved" in machine.bootstrap().stdout
    assert machine.bootstrap().stdout == ""


def test_an_environment_on_the_path_is_not_made_anew_by_its_own_python(machine: Machine) -> None:
    machine.python("python3", "3.12.1", made_at="/elsewhere/venv")
    machine.bootstrap()
    own = machine.venv / "bin"
    (own / "python").rename(own / "python3")
    (own / "python").symlink_to("python3")
    machine.python("python3", "3.9.18", status=3)
    machine.python("python3.13", "3.13.5")
    done = machine.bootstrap(before=f"{own}:")
    assert "anew: it was moved" in done.stdout
    assert "with python3.13, Python 3.13.5" in done.stdout
    assert machine.bootstrap(before=f"{own}:").stdout == ""


def test_an_environment_of_a_python_that_is_gone_is_made_anew(machine: Machine) -> None:
    machine.python("python3", "3.12.1")
    machine.bootstrap()
    (machine.venv / "bin" / "python").unlink()
    assert "anew: its Python does not run" in machine.bootstrap().stdout


def test_another_python_that_is_named_makes_it_anew(machine: Machine) -> None:
    machine.python("python3", "3.12.1")
    machine.python("python3.14", "3.14.0")
    machine.bootstrap()
    assert "anew: it is of another Python than python3.14" in machine.bootstrap("python3.14").stdout
    assert machine.bootstrap().stdout == ""


def test_this_python_passes_the_check_that_the_others_only_imitate(machine: Machine) -> None:
    machine.program(
        "python3", f'case "$*" in *"-m venv"*) exit 7 ;; esac\nexec {sys.executable} "$@"'
    )
    done = machine.bootstrap()
    version = ".".join(map(str, sys.version_info[:3]))
    assert done.stdout == f"Stellr makes {machine.venv} with python3, Python {version}\n"
    assert done.returncode == 7
