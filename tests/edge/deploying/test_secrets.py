import json
import ssl
import stat
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from psycopg.conninfo import conninfo_to_dict

from edge.deploying.secrets import SERVERS, Places, make_secrets

SERVICES = {"auth": True, "course": True, "media": True, "gateway": False}
PLACES = Places("db.example:5432", "redis.example:6379", Path("/run/stellr"))


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.*")}


def test_each_part_has_its_own_and_no_others(tmp_path: Path) -> None:
    make_secrets(tmp_path, SERVICES, PLACES)
    read = {name: (tmp_path / name / "secret").read_text() for name in SERVICES}
    assert len(set(read.values())) == len(SERVICES)
    shared = {path.parent.name: path.read_text() for path in tmp_path.glob("*/shared-secret")}
    assert shared.keys() == {"course", "media"}
    assert len(set(shared.values())) == 1
    own = conninfo_to_dict((tmp_path / "auth/stellr_database_url").read_text())
    assert (own["user"], own["dbname"], own["host"]) == ("stellr_auth", "stellr_auth", "db.example")
    assert own["sslmode"] == "verify-full"
    everywhere = [path for path in tmp_path.rglob("*") if path.is_file()]
    holders = {p.parent.name for p in everywhere if str(own["password"]) in p.read_text()}
    assert holders == {"auth", "migrate"}
    assert not (tmp_path / "gateway/stellr_database_url").exists()
    kids = [key["kid"] for key in json.loads((tmp_path / "auth/mesh.json").read_text())["keys"]]
    assert kids == [*SERVICES, "operator"]


def test_a_server_may_prove_itself_by_other_authorities(tmp_path: Path) -> None:
    public = "/etc/ssl/certs/ca-certificates.crt"
    servers = replace(PLACES, postgres_ca=public, redis_ca=public, administrator="chief")
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres/password").write_text("of a server: @ours/")
    make_secrets(tmp_path, SERVICES, servers)
    own = conninfo_to_dict((tmp_path / "auth/stellr_database_url").read_text())
    assert (own["sslmode"], own["sslrootcert"]) == ("verify-full", public)
    assert not {"sslcert", "sslkey"} & own.keys()
    chief = conninfo_to_dict((tmp_path / "migrate/stellr_database_admin_url").read_text())
    assert (chief["user"], chief["dbname"]) == ("chief", "postgres")
    assert chief["password"] == "of a server: @ours/"
    limits = urlsplit((tmp_path / "gateway/stellr_rate_limits").read_text())
    assert parse_qs(limits.query) == {"ssl_ca_certs": [public]}


def test_who_listens_and_who_migrates_goes_past_a_pooler(tmp_path: Path) -> None:
    make_secrets(tmp_path, SERVICES, replace(PLACES, pooler="pgbouncer:6432"))
    told = {
        name: conninfo_to_dict((tmp_path / name).read_text())
        for name in (
            "auth/stellr_database_url",
            "auth/stellr_listen_database_url",
            "migrate/stellr_database_url_auth",
        )
    }
    assert [each["host"] for each in told.values()] == ["pgbouncer", "db.example", "db.example"]
    password = told["auth/stellr_database_url"]["password"]
    users = (tmp_path / "pgbouncer/userlist.txt").read_text()
    assert f'"stellr_auth" "{password}"\n' in users
    assert users.count("\n") == sum(SERVICES.values())
    make_secrets(tmp_path, SERVICES, PLACES)
    assert not (tmp_path / "auth/stellr_listen_database_url").exists()


def test_nobody_else_reads_them(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres").chmod(0o755)
    make_secrets(tmp_path, SERVICES, PLACES)
    for path in tmp_path.rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        of_servers = path.is_dir() or path.parent.name in SERVERS
        assert mode & (0o027 if of_servers else 0o077) == 0, path


def test_what_is_there_stays_and_what_is_lost_is_made_anew(tmp_path: Path) -> None:
    make_secrets(tmp_path, SERVICES, PLACES)
    before = contents(tmp_path)
    make_secrets(tmp_path, SERVICES, PLACES)
    assert contents(tmp_path) == before
    (tmp_path / "authority/ca.crt").unlink()
    (tmp_path / "authority/ca.key").unlink()
    make_secrets(tmp_path, SERVICES, PLACES)
    after = contents(tmp_path)
    assert after["auth/tls.key"] == before["auth/tls.key"]
    assert after["auth/tls.crt"] != before["auth/tls.crt"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(tmp_path / "auth/ca.crt")
    context.load_cert_chain(tmp_path / "auth/tls.crt", tmp_path / "auth/tls.key")
