"""`python -m tests.fuzz ST` has schemathesis (its command `ST`) try every operation of a stack.

It makes an author and administrator of its own in the stack of `--state`, which must be running
there, and takes as long as it takes: with 100 examples an operation, an hour. Whatever else follows
is handed to schemathesis.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from edge.local.running import find_running
from tests import support

# What is said of single operations.
CONFIG = Path(__file__).with_name("schemathesis.toml")
# Checks that are switched off, each with its reason; for some operations there are more in CONFIG.
NOT_CHECKED = {
    # A course that does not exist, a code that is wrong: schemas cannot say what is there, so a
    # request that fits them is refused all the same.
    "positive_data_acceptance": "what a request refers to is not there",
    # The transcoder reads "5" as 5, drops fields that it does not know (envoyproxy/envoy#46623),
    # and takes the number of an enum; names are trimmed before they are measured.
    "negative_data_rejection": "ProtoJSON takes more than the schemas say",
    # Where a variable takes any text, as {course} in `/courses/{course}` takes "x:publish", a
    # method that is unknown at one template is known at another.
    "unsupported_method": "templates overlap",
}
# What would end the session that the others need, or the account; tests/services tries them.
NOT_TRIED = ("logout", "deleteProfile", "endOtherSessions", "changePassword", "setUserRoles")


def main() -> int:
    """Run schemathesis and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("st")
    parser.add_argument("--state", type=Path, default=Path(".stellr"))
    parser.add_argument("--examples", default="100")
    options, more = parser.parse_known_args()
    stack = support.Stack(options.state, find_running(options.state).port)
    person = support.register(stack)
    for role in ("author", "admin"):
        done = stack.command("admin", "grant", person.email, role)
        if done.returncode:
            sys.exit(done.stderr)
    login = json.dumps({"email": person.email, "password": person.password})
    environ = {
        **os.environ,
        "FUZZ_URL": stack.url,
        "FUZZ_LOGIN": login,
        "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
        "PYTHONPATH": str(support.ROOT),
    }
    command = [options.st, "--config-file", str(CONFIG)]
    command += ["run", f"{stack.url}/openapi.json", "--url", stack.url]
    command += ["--max-examples", options.examples, "--exclude-checks", ",".join(NOT_CHECKED)]
    command += [f"--exclude-operation-id={each}" for each in NOT_TRIED]
    return subprocess.run([*command, *more], env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
