"""Makes the typed clients of the REST API: in TypeScript by openapi-typescript, in Python by
openapi-python-client, both from the OpenAPI document.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from edge.openapi.publishing import EDGE

OWN = Path(__file__).parent
MODULES = EDGE / "node_modules"
TYPESCRIPT, PYTHON = "typescript", "python"


def make_typescript(openapi: Path, folder: Path) -> None:
    """Write the npm package to `folder`; CalledProcessError where Node refuses."""
    shutil.copytree(OWN / TYPESCRIPT, folder, dirs_exist_ok=True)
    _node("openapi-typescript/bin/cli.js", str(openapi), "--output", str(folder / "api.ts"))
    compile_typescript(folder)


def compile_typescript(folder: Path) -> None:
    """Compile what is in the folder, by its tsconfig.json; CalledProcessError."""
    modules = folder / "node_modules"
    if not modules.exists():
        modules.symlink_to(MODULES)
    _node("typescript/bin/tsc", "--project", str(folder))


def make_python(openapi: Path, folder: Path) -> None:
    """Write the Python project to `folder`; CalledProcessError with what is wrong."""
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--overwrite"]
    command += ["--path", str(openapi), "--output-path", str(folder), "--fail-on-warning"]
    command += ["--config", str(OWN / PYTHON / "config.yml")]
    subprocess.run(command, check=True)


def _node(script: str, *arguments: str) -> None:
    subprocess.run(["node", str(MODULES / script), *arguments], check=True)  # noqa: S607
