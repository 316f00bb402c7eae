import pytest

from edge.local.installing import LOCKED, follow

SAID = """\
Collecting one==1.0 (from -r requirements.lock (line 1))
  Downloading one-1.0-py3-none-any.whl (1 kB)
Requirement already satisfied: two==2.0 in ./lib (from -r requirements.lock (line 3))
Collecting one==1.0
Installing collected packages: one
Successfully installed one-1.0
"""


def test_what_pip_looks_for_is_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("edge.local.installing.EVERY", 1)
    began: list[str] = []
    said = follow(SAID.splitlines(), 2, lambda: began.append("installs"))
    assert capsys.readouterr().out == "  packages: 1 of 2 found\n  packages: 2 of 2 found\n"
    assert began == ["installs"]
    assert list(said)[-1] == "Successfully installed one-1.0"


def test_the_lock_is_counted_by_its_packages() -> None:
    lock = (
        "# by pip-compile\none==1.0 \\\n    --hash=sha256:00\nTwo.x[extra]==2.0 \\\n    # via one\n"
    )
    assert len(LOCKED.findall(lock)) == 2
