"""mTLS: a service proves its name, and takes nobody without a certificate of the mesh."""

import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from edge.deploying.authority import AUTHORITY, CERTIFICATE, KEY, Authority
from services.kit.process.settings import Settings
from services.kit.rpc.clients import open_channel
from services.kit.rpc.mesh_tls import MeshTls
from tests.services.kit.harness import Kit, message, notifications, send, serving
from tests.services.kit.http.serving import serving as serving_file


def certified(folder: Path, name: str) -> MeshTls:
    own = folder / name
    own.mkdir(exist_ok=True)
    (folder / "authority").mkdir(exist_ok=True)
    Authority(folder / "authority").certify(own, name)
    return MeshTls(own / CERTIFICATE, own / KEY, own / AUTHORITY)


def settings_of(tls: MeshTls) -> dict[str, Any]:
    return {
        "mesh_cert_file": tls.certificate,
        "mesh_cert_key_file": tls.key,
        "mesh_ca_file": tls.authority,
    }


@pytest.fixture(name="port")
def _port(kit: Kit) -> Iterator[int]:
    own = settings_of(certified(kit.folder, "notification"))
    with serving(kit.runtime(notifications(lambda _: None), **own)) as port:
        yield port


def code(port: int, tls: MeshTls | None, service: str = "notification") -> grpc.StatusCode:
    with open_channel(f"127.0.0.1:{port}", [], service=service, tls=tls) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        try:
            stub.Check(health_pb2.HealthCheckRequest(), timeout=10)
        except grpc.RpcError as error:
            found: grpc.StatusCode = error.code()
            return found
        return grpc.StatusCode.OK


def test_who_has_a_certificate_of_the_mesh_is_answered(kit: Kit, port: int) -> None:
    tls = certified(kit.folder, "course")
    assert code(port, tls) is grpc.StatusCode.OK
    # The streams, too.
    assert code(port + 1, tls) is grpc.StatusCode.OK


def test_nobody_else_is(kit: Kit, port: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    stranger = certified(tmp_path_factory.mktemp("another"), "course")
    mixed = MeshTls(stranger.certificate, stranger.key, certified(kit.folder, "auth").authority)
    for tls in (None, stranger, mixed):
        assert code(port, tls) is grpc.StatusCode.UNAVAILABLE
        assert code(port + 1, tls) is grpc.StatusCode.UNAVAILABLE


def test_a_service_is_not_taken_for_another(kit: Kit, port: int) -> None:
    assert code(port, certified(kit.folder, "course"), "auth") is grpc.StatusCode.UNAVAILABLE


def test_a_mesh_channel_speaks_it(kit: Kit, port: int) -> None:
    own = settings_of(certified(kit.folder, "auth"))
    caller = kit.runtime(None, name="auth", calls=("notification",), **own)
    caller.settings.environ["STELLR_TARGET_NOTIFICATION"] = f"127.0.0.1:{port}"
    send(caller.channel("notification"))(message())
    caller.close()


def test_a_file_leaves_over_tls(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(data := os.urandom(3_000_000))
    server, client = certified(tmp_path, "media"), certified(tmp_path, "envoy")
    with serving_file(tmp_path / "file", [], 10, server.http_server()) as port:
        url = f"https://localhost:{port}/file"
        context = ssl.create_default_context(cafile=client.authority)
        with pytest.raises(httpx.HTTPError):
            httpx.get(url, verify=context)
        context.load_cert_chain(client.certificate, client.key)
        with httpx.Client(verify=context, timeout=20) as browser:
            assert browser.get(url).content == data
            assert browser.get(url, headers={"Range": "bytes=5-9"}).content == data[5:10]


def test_a_part_of_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="belong together"):
        Settings(mesh_cert_file=tmp_path).mesh_tls()
    assert Settings(mesh_cert_file="", mesh_ca_file="").mesh_tls() is None  # type: ignore[arg-type]
