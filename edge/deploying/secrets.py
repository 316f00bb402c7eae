"""Everything secret of an academy whose parts run apart: a folder for each part, and no more in it
than that part must know.

    auth, user, ... gateway   key.pem, mesh.json, secret; shared-secret where it signs for another;
                              stellr_database_url, stellr_rate_limits (see STELLR_SECRETS_DIR)
    operator                  key.pem, mesh.json: for the `stellr` commands
    migrate                   the address of each database, and that of the administrator
    postgres, redis           the password, and what the server is configured by
    envoy                     nothing but its certificate
    pgbouncer                 each role's password, where there is a pooler
    authority                 what signs certificates: for nobody but the one who runs this

Each but the last has its certificate: tls.crt, tls.key, and ca.crt.
"""

from __future__ import annotations

import json
import secrets
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from edge.deploying.authority import AUTHORITY, CERTIFICATE, KEY, Authority
from edge.local.keys import OPERATOR, SECRET_BYTES, private_key, public_key
from edge.local.postgres import database_name
from edge.local.state import write_private

# Signed links are made by the one and checked by the other (Runtime.shared_signer).
SHARE_A_SECRET = ("course", "media")
POSTGRES, REDIS, ENVOY, MIGRATE = "postgres", "redis", "envoy", "migrate"
SERVERS = (POSTGRES, REDIS, ENVOY)
POOLER = "pgbouncer"
PASSWORD, SHARED = "password", "shared-secret"
ADMINISTRATOR = "postgres"

# Nobody without TLS, but for who is inside of the container.
HBA = "local all all trust\nhostssl all all all scram-sha-256 clientcert=verify-ca\n"
# Counts of a minute or an hour: kept in memory, and bounded.
REDIS_CONF = """\
port 0
tls-port 6379
tls-cert-file {home}/{certificate}
tls-key-file {home}/{key}
tls-ca-cert-file {home}/{authority}
tls-auth-clients yes
requirepass {password}
save ""
appendonly no
maxmemory 128mb
maxmemory-policy volatile-ttl
"""


@dataclass(frozen=True)
class Places:
    """Where things are: the servers' host:port, and where a part finds its own folder.

    Servers and clients prove themselves to each other by the mesh's own authority. Where a file of
    authorities is named, the server alone does, by one of those. With a pooler of transactions
    services go there; their connections that listen, and migrations, to PostgreSQL itself.
    """

    postgres: str
    redis: str
    home: Path
    postgres_ca: str = ""
    redis_ca: str = ""
    pooler: str = ""
    administrator: str = ADMINISTRATOR


def make_secrets(root: Path, services: Mapping[str, bool], places: Places) -> None:
    """Make what is missing in `root`, and write anew what follows from it.

    `services` tells of each whether it has a database. Raises StartError for a key that cannot be
    read, OSError.
    """
    servers = [*SERVERS, *([POOLER] if places.pooler else [])]
    parts = [*services, OPERATOR, MIGRATE, *servers]
    for part in (*parts, "authority"):
        # The servers run as users of their own, and are of this group.
        folder = root / part
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        # Also of those that somebody made by hand.
        if folder.stat().st_mode & stat.S_IRWXO:
            folder.chmod(0o750)
    authority = Authority(root / "authority")
    for part in parts:
        authority.certify(root / part, part)
    _make_keys(root, services)
    _make_addresses(root, services, places)
    _configure_servers(root, places)
    for server in servers:
        for path in (root / server).iterdir():
            path.chmod(0o640)


def _make_keys(root: Path, services: Iterable[str]) -> None:
    holders = [*services, OPERATOR]
    public = [public_key(name, private_key(root / name / "key.pem")) for name in holders]
    mesh = json.dumps({"keys": public}, indent=1).encode()
    for name in holders:
        write_private(root / name / "mesh.json", mesh)
    for name in services:
        _kept(root / name / "secret")
    first, *others = SHARE_A_SECRET
    shared = _kept(root / first / SHARED)
    for name in others:
        write_private(root / name / SHARED, shared.encode())


def _make_addresses(root: Path, services: Mapping[str, bool], places: Places) -> None:
    limits = _redis_url(root, places)
    passwords = {}
    for name, has_database in services.items():
        write_private(root / name / "stellr_rate_limits", limits.encode())
        if has_database:
            passwords[database_name(name)] = password = _kept(root / name / PASSWORD)
            direct = _url(places, database_name(name), password)
            write_private(root / MIGRATE / f"stellr_database_url_{name}", direct.encode())
            _tell_database(root / name, places, direct)
    if places.pooler:
        known = "".join(f'"{role}" "{password}"\n' for role, password in passwords.items())
        write_private(root / POOLER / "userlist.txt", known.encode())
    password = _kept(root / POSTGRES / PASSWORD)
    admin = _url(places, places.administrator, password, database=ADMINISTRATOR)
    write_private(root / MIGRATE / "stellr_database_admin_url", admin.encode())


def _tell_database(folder: Path, places: Places, direct: str) -> None:
    listens = folder / "stellr_listen_database_url"
    if places.pooler:
        write_private(listens, direct.encode())
        direct = direct.replace(f"@{places.postgres}/", f"@{places.pooler}/", 1)
    else:
        listens.unlink(missing_ok=True)
    write_private(folder / "stellr_database_url", direct.encode())


def _url(places: Places, role: str, password: str, database: str = "") -> str:
    """The address of a database, by default that which has the name of its role."""
    files = _proofs(places, places.postgres_ca, "sslrootcert", "sslcert", "sslkey")
    tls = urlencode({"sslmode": "verify-full", **files})
    secret = quote(password, safe="")
    return f"postgresql://{role}:{secret}@{places.postgres}/{database or role}?{tls}"


def _redis_url(root: Path, places: Places) -> str:
    files = _proofs(places, places.redis_ca, "ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
    secret = quote(_kept(root / REDIS / PASSWORD), safe="")
    return f"rediss://:{secret}@{places.redis}?{urlencode(files)}"


def _proofs(places: Places, ca: str, authority: str, *own: str) -> dict[str, object]:
    """The parameters of an address that name who is believed and, where both sides must, by what a
    client proves itself."""
    if ca:
        return {authority: ca}
    files = (places.home / name for name in (AUTHORITY, CERTIFICATE, KEY))
    return dict(zip((authority, *own), files, strict=True))


def _configure_servers(root: Path, places: Places) -> None:
    write_private(root / POSTGRES / "pg_hba.conf", HBA.encode())
    told = REDIS_CONF.format(
        home=places.home,
        certificate=CERTIFICATE,
        key=KEY,
        authority=AUTHORITY,
        password=_kept(root / REDIS / PASSWORD),
    )
    write_private(root / REDIS / "redis.conf", told.encode())


def _kept(path: Path) -> str:
    """The secret in a file, which is made where there is none: letters, digits, - and _."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(SECRET_BYTES).encode())
    return path.read_text()
