"""The Postman collection: made by openapi-to-postmanv2, run by newman (edge/package.json)."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edge.openapi.publishing import COLLECTION, EDGE
from edge.postman.mailbox import mailbox

MODULES = EDGE / "node_modules"
ENVIRONMENT = COLLECTION.with_name("stellr.postman_environment.json")
JOURNEY = "The journey"
NODE = "node"
# A request of the journey that waits asks so often, 0.1 s apart.
REQUEST_DELAY_MS = "20"

Json = dict[str, Any]


def make(openapi: Path, target: Path = COLLECTION) -> None:
    """Make the collection anew; CalledProcessError where Node refuses."""
    command = [NODE, str(EDGE / "postman" / "make.cjs"), str(openapi), str(target)]
    subprocess.run(command, check=True)


def run(url: str, outbox: Path) -> int:
    """Walk the journey at a stack whose mails lie in `outbox`: newman's exit status."""
    with mailbox(outbox) as address:
        command = [NODE, str(MODULES / "newman" / "bin" / "newman.js"), "run", str(COLLECTION)]
        command += ["--environment", str(ENVIRONMENT), "--folder", JOURNEY]
        command += ["--env-var", f"baseUrl={url}", "--env-var", f"mailbox={address}"]
        command += ["--delay-request", REQUEST_DELAY_MS, "--bail"]
        return subprocess.run(command, check=False).returncode


def operations(collection: Json) -> set[tuple[str, str]]:
    """The verbs and paths of a collection's operations, as OpenAPI writes them."""
    folders = [each for each in collection["item"] if each["name"] != JOURNEY]
    return {(each["method"].lower(), _path(each["url"])) for each in requests(folders)}


def described(openapi: Json) -> set[tuple[str, str]]:
    """The same of an OpenAPI document."""
    return {(verb, path) for path, verbs in openapi["paths"].items() for verb in verbs}


def read() -> Json:
    """The collection as it is kept."""
    found: Json = json.loads(COLLECTION.read_text())
    return found


def requests(items: list[Json]) -> Iterator[Json]:
    """The requests in folders, at any depth."""
    for each in items:
        if "item" in each:
            yield from requests(each["item"])
        else:
            yield each["request"]


def _path(url: Json) -> str:
    # A variable that is a whole segment is `:name` in Postman, another `{{name}}`.
    return "/" + "/".join(
        re.sub(r"^:(\w+)$|\{\{(\w+)\}\}", r"{\1\2}", part) for part in url["path"]
    )
