import subprocess
import sys

import pytest

LOOK = """
import sys
from edge.local.terminal import doing, have_standard_streams, say
have_standard_streams()
streams = [sys.stdin, sys.stdout, sys.stderr]
assert [each.fileno() for each in streams] == [0, 1, 2]
say("\\N{SNOWMAN}")
doing("more")
sys.exit(0 if sys.stdin.read() == "" else 1)
"""


@pytest.mark.parametrize(
    ("closed", "shown"),
    [("<&-", b"\\u2603\n"), (">&-", b""), ("2>&-", b"\\u2603\n"), ("<&- >&- 2>&-", b"")],
)
def test_what_was_closed_or_has_few_characters_ends_nothing(closed: str, shown: bytes) -> None:
    done = subprocess.run(
        ["sh", "-c", f'PYTHONIOENCODING=latin-1 exec "$0" -c "$1" {closed}', sys.executable, LOOK],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, shown, b"")
