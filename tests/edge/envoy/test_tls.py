"""TLS at the door, with certificates made here."""

from __future__ import annotations

import datetime
import os
import shutil
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from edge.envoy.settings import DoorSettings
from edge.envoy.tls import SECRET_FILE, secret_by_name
from edge.local.certificate import LOOK_SECONDS, Certificate
from edge.local.ports import reserve
from tests.edge.envoy.running import running_door
from tests.support import eventually

NAME = "localhost"


class Door(NamedTuple):
    """Where the door listens, the files of its certificate, and who looks at them."""

    plain: int
    tls: int
    cert: Path
    key: Path
    kept: Certificate


def certify(cert: Path, key: Path) -> int:
    """Write a new certificate and its key; the serial number."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private, hashes.SHA256())
    )
    cert.write_bytes(made.public_bytes(Encoding.PEM))
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made.serial_number


def settings(folder: Path, port: int, **more: bool) -> DoorSettings:
    cert, key = folder / "cert.pem", folder / "key.pem"
    certify(cert, key)
    return DoorSettings(tls_cert=cert, tls_key=key, tls_port=port, **more)  # type: ignore[arg-type]


@pytest.fixture(name="door", scope="module")
def _door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    yield from opened(tmp_path_factory.mktemp("tls"))


def opened(folder: Path, **more: bool) -> Iterator[Door]:
    with reserve() as reserved:
        door = settings(folder, reserved.port, **more)
        assert door.tls_cert
        assert door.tls_key
        with running_door(folder, door=door) as ports:
            kept = Certificate(door, folder)
            yield Door(ports.public, reserved.port, door.tls_cert, door.tls_key, kept)


def handshake(door: Door, trusting: Path | None = None, **options: object) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(trusting or door.cert))
    context.set_alpn_protocols(["h2", "http/1.1"])
    for name, value in options.items():
        setattr(context, name, value)
    plain = socket.create_connection((NAME, door.tls), 5)
    return context.wrap_socket(plain, server_hostname=NAME)


def serial(door: Door) -> int:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((NAME, door.tls), 5) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as made,
    ):
        found = made.getpeercert(binary_form=True)
    assert found
    return x509.load_der_x509_certificate(found).serial_number


def get(door: Door, path: str) -> httpx.Response:
    context = ssl.create_default_context(cafile=str(door.cert))
    return httpx.get(f"https://{NAME}:{door.tls}{path}", verify=context)


def test_the_certificate_is_shown_and_http2_offered(door: Door) -> None:
    with handshake(door) as made:
        assert made.selected_alpn_protocol() == "h2"
        assert made.version() in ("TLSv1.2", "TLSv1.3")


def test_old_versions_of_tls_are_refused(door: Door) -> None:
    with pytest.warns(DeprecationWarning, match="TLSv1_1"), pytest.raises((ssl.SSLError, OSError)):
        handshake(door, maximum_version=ssl.TLSVersion.TLSv1_1)


def test_browsers_are_told_to_keep_to_tls(door: Door) -> None:
    answer = get(door, "/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, 5)
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    plain = httpx.get(f"http://{NAME}:{door.plain}/nothing")
    assert plain.status_code == 404
    assert "strict-transport-security" not in plain.headers


def moved(cert: Path, key: Path) -> int:
    """As a careful tool writes: beside it, then moved to its name; the key first."""
    new_cert, new_key = cert.with_suffix(".new"), key.with_suffix(".new")
    number = certify(new_cert, new_key)
    new_key.replace(key)
    new_cert.replace(cert)
    return number


def overwritten(cert: Path, key: Path) -> int:
    """As cp writes."""
    number = certify(cert.with_suffix(".new"), key.with_suffix(".new"))
    shutil.copyfile(key.with_suffix(".new"), key)
    shutil.copyfile(cert.with_suffix(".new"), cert)
    return number


def linked(cert: Path, key: Path) -> int:
    """As certbot writes: other files, to which the names are linked anew."""
    folder = cert.parent / f"archive-{os.urandom(4).hex()}"
    folder.mkdir()
    number = certify(folder / cert.name, folder / key.name)
    for each in (key, cert):
        each.unlink()
        each.symlink_to(folder / each.name)
    return number


@pytest.mark.parametrize("written", [moved, overwritten, linked])
def test_a_new_certificate_is_taken_without_a_restart(
    door: Door, written: Callable[[Path, Path], int]
) -> None:
    before = serial(door)
    number = written(door.cert, door.key)
    assert number != before

    def is_taken() -> bool:
        # As the launcher does again and again.
        door.kept.look()
        return serial(door) == number

    eventually(is_taken)


def test_what_is_half_written_changes_nothing(door: Door) -> None:
    before = serial(door)
    good = door.cert.read_bytes()
    certify(door.cert, door.key.with_suffix(".other"))
    time.sleep(LOOK_SECONDS)
    door.kept.look()
    assert serial(door) == before
    door.cert.write_bytes(good)


def test_only_its_owner_may_read_the_key(door: Door) -> None:
    assert (door.cert.parent / SECRET_FILE).stat().st_mode & 0o077 == 0


def test_a_container_watches_the_folder_of_the_files(door: Door) -> None:
    names = DoorSettings(tls_cert=door.cert, tls_key=door.key)
    (found,) = secret_by_name(names)["resources"]
    assert found["tls_certificate"]["private_key"] == {"filename": str(door.key)}
    assert found["tls_certificate"]["watched_directory"] == {"path": str(door.cert.parent)}


def test_plain_http_may_lead_to_tls(tmp_path: Path) -> None:
    for door in opened(tmp_path, tls_redirect=True):
        url = f"http://{NAME}:{door.plain}"
        answer = httpx.post(f"{url}/login?a=b", json={})
        assert answer.status_code == 308
        assert answer.headers["location"] == f"https://{NAME}:{door.tls}/login?a=b"
        # Machines that ask for health follow nobody.
        assert httpx.get(f"{url}/healthz").status_code == 503
        assert get(door, "/nothing").status_code == 404
