"""Builds what the contracts in protos/ become, and checks them.

`python -m edge.contracts` writes typed stubs to protos/gen, and into their package `stellr` the
descriptor set and what the public door publishes of itself (edge/openapi);
`python -m edge.contracts --lint` runs buf lint, and buf breaking against the last release tag;
`python -m edge.contracts --breaking COMMIT` runs buf breaking against a commit.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from importlib import resources
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
GENERATED = PROTOS / "gen"
# Data lie in the package of the stubs, so that a wheel has them too.
DESCRIPTORS = Path("stellr", "stellr.binpb")
PUBLISHED = Path("stellr", "published")
VALIDATE_PROTO = "buf/validate/validate.proto"
# Envoy turns these error details into JSON, so they belong to the descriptor set.
ERROR_DETAILS = "google/rpc/error_details.proto"


class ContractError(RuntimeError):
    """protoc refused the contracts; the message is what it printed."""


def build(target: Path = GENERATED) -> None:
    """Generate stubs with types and the descriptor set for all contracts."""
    # A contract that is gone must not leave its stubs.
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    outputs = [f"--{kind}_out={target}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")]
    _protoc(PROTOS, [*outputs, *_own_files(PROTOS)])
    _protoc(PROTOS, [f"--python_out={target}", f"--mypy_out={target}", VALIDATE_PROTO])
    write_descriptors(PROTOS, target / DESCRIPTORS)


def write_descriptors(protos: Path, target: Path) -> None:
    """Write the descriptor set of the contracts under `protos`, with all they import."""
    flags = [f"--descriptor_set_out={target}", "--include_imports", "--include_source_info"]
    _protoc(protos, [*flags, *_own_files(protos), ERROR_DETAILS])


def publish(target: Path = GENERATED) -> None:
    """Write the OpenAPI document and the pages around it; by the stubs, which must be there."""
    subprocess.run(
        [sys.executable, "-m", "edge.openapi", str(target / PUBLISHED)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": _paths(target, ROOT, os.environ.get("PYTHONPATH"))},
        check=True,
    )


def lint() -> int:
    """Run buf lint and buf breaking; the worse exit status of the two."""
    with tempfile.TemporaryDirectory() as scratch:
        current = Path(scratch, "current.binpb")
        write_descriptors(PROTOS, current)
        status = _buf("lint", str(current), *_only_own(PROTOS))
    tag = _last_release()
    if tag is None:
        print("buf breaking: no release tag (v*) yet, nothing to compare with")
        return status
    return max(status, breaking(tag))


def breaking(commit: str) -> int:
    """Run buf breaking against the contracts of a commit; its exit status.

    Raises ContractError where there is no such commit.
    """
    with tempfile.TemporaryDirectory() as scratch:
        before, current = Path(scratch, "before.binpb"), Path(scratch, "current.binpb")
        with zipfile.ZipFile(BytesIO(_protos_of(commit))) as files:
            files.extractall(scratch)
        write_descriptors(Path(scratch, "protos"), before)
        write_descriptors(PROTOS, current)
        return _buf("breaking", str(current), "--against", str(before), "--exclude-imports")


def _protos_of(commit: str) -> bytes:
    try:
        return _git("archive", "--format=zip", commit, "protos")
    except subprocess.CalledProcessError as error:
        raise ContractError(error.stderr.decode().strip()) from error


def _last_release() -> str | None:
    try:
        tag = _git("describe", "--tags", "--abbrev=0", "--match", "v*")
    except (subprocess.CalledProcessError, FileNotFoundError):
        return None
    return tag.decode().strip()


def _git(*arguments: str) -> bytes:
    return subprocess.run(
        ["git", *arguments],  # noqa: S607 - git of the machine
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout


def _buf(command: str, image: str, *arguments: str) -> int:
    buf = Path(sys.executable).with_name("buf")
    return subprocess.run([buf, command, image, *arguments], cwd=ROOT, check=False).returncode


def _only_own(protos: Path) -> list[str]:
    return [argument for name in _own_files(protos) for argument in ("--path", name)]


def _own_files(protos: Path) -> list[str]:
    return sorted(str(path.relative_to(protos)) for path in protos.glob("stellr/**/*.proto"))


def _write_validate_descriptor(directory: Path) -> Path:
    """The wheel of protovalidate carries its contract as a descriptor, not as a .proto."""
    from google.protobuf import descriptor_pb2  # noqa: PLC0415 - needed by this command alone
    from protovalidate._gen.buf.validate import validate_pb  # noqa: PLC0415

    own = descriptor_pb2.FileDescriptorProto.FromString(validate_pb.desc().proto.to_binary())
    path = directory / "validate.binpb"
    path.write_bytes(descriptor_pb2.FileDescriptorSet(file=[own]).SerializeToString())
    return path


def _protoc(protos: Path, arguments: Iterable[str]) -> None:
    well_known = resources.files("grpc_tools") / "_proto"
    with tempfile.TemporaryDirectory() as scratch:
        validate = _write_validate_descriptor(Path(scratch))
        common = Path(str(resources.files("google") / "api")).parent.parent
        includes = [f"-I{path}" for path in (protos, common, well_known)]
        command = ["protoc", *includes, f"--descriptor_set_in={validate}", *arguments]
        _run_protoc(command)


def _run_protoc(command: Sequence[str]) -> None:
    program = "import sys; from grpc_tools import protoc; sys.exit(protoc.main(sys.argv))"
    # Where a wheel is built, the plugins of protoc are not beside this Python.
    path = _paths(Path(sys.executable).parent, os.environ.get("PATH"))
    done = subprocess.run(
        [sys.executable, "-c", program, *command[1:]],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ContractError(done.stderr.strip())


def _paths(*folders: Path | str | None) -> str:
    return os.pathsep.join(str(folder) for folder in folders if folder)


def main() -> int:
    """Build, or with --lint or --breaking check, and return the exit status."""
    try:
        match sys.argv[1:]:
            case ["--lint"]:
                return lint()
            case ["--breaking", commit]:
                return breaking(commit)
        build()
        publish()
    except ContractError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
