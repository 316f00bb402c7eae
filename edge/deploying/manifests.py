"""Checks the manifests of deploy/kubernetes: `python -m edge.deploying.manifests`.

Overlays are rendered by kustomize, or by kubectl, which has it inside; where a machine has neither,
the files that they are made of are checked one by one, and it is said so.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
OVERLAYS = ("base", "overlays/managed", "overlays/self-hosted")
# Of Kubernetes: the oldest that the manifests are for, and the newest that is known.
VERSIONS = ("1.30", "1.37")
# Of operators, whose schemas are theirs.
UNKNOWN = frozenset({"Cluster"})
Manifest = dict[str, Any]


class CannotRender(Exception):
    """What kustomize said of a folder."""


def renderer() -> list[str] | None:
    """The command that renders a folder, or None where there is none."""
    for command in (["kustomize", "build"], ["kubectl", "kustomize"]):
        if shutil.which(command[0]):
            return command
    return None


def render(folder: Path, command: list[str]) -> list[Manifest]:
    """What kustomize makes of a folder. Raises CannotRender."""
    done = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRender(f"{folder}: {done.stderr.strip()}")
    return list(yaml.safe_load_all(done.stdout))


def sources(folder: Path) -> Iterator[Manifest]:
    """The manifests that the kustomization of a folder names, before anything is patched."""
    told = yaml.safe_load((folder / "kustomization.yaml").read_text())
    for name in (*told.get("resources", ()), *told.get("components", ())):
        path = folder / name
        if path.is_dir():
            yield from sources(path)
        else:
            yield from yaml.safe_load_all(path.read_text())


def problems(manifests: Iterable[Manifest]) -> Iterator[str]:
    """What Kubernetes would refuse, unknown fields included: a sentence each."""
    import kubernetes_validate  # noqa: PLC0415  of developers alone

    for manifest in manifests:
        if manifest["kind"] in UNKNOWN:
            continue
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(manifest, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                where = f"{manifest['kind']} {manifest['metadata']['name']}"
                yield f"{where}, Kubernetes {version}: {error.message}"


def main() -> int:
    """Check all overlays, and say what was found and what was left out; the exit status."""
    command, found = renderer(), []
    for name in OVERLAYS:
        folder = FOLDER / name
        try:
            manifests = render(folder, command) if command else list(sources(folder))
        except CannotRender as error:
            found.append(str(error))
            continue
        found += problems(manifests)
        left = sorted({each["kind"] for each in manifests if each["kind"] in UNKNOWN})
        print(f"{name}: {len(manifests)} manifests", *(f"({each} unchecked)" for each in left))
    if command is None:
        print("no kustomize and no kubectl: manifests are checked as they are, not as patched")
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
