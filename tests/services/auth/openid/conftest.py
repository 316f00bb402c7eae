import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.kit.data.database import Database
from tests.services.auth.openid.real_provider import REDIRECT_URI, RealProvider, installed, running
from tests.services.auth.own_auth import OwnAuth, own_auth
from tests.support import Stack


@pytest.fixture(scope="session")
def provider_folder() -> Iterator[Path]:
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("the provider needs Node and npm")
    with installed() as folder:
        yield folder


@pytest.fixture(scope="module")
def provider(provider_folder: Path) -> Iterator[RealProvider]:
    with running(provider_folder) as real:
        yield real


@pytest.fixture
def auth(
    stack: Stack,
    database_of: Callable[[str], Database],
    monkeypatch: pytest.MonkeyPatch,
    provider: RealProvider,
) -> Iterator[OwnAuth]:
    """An auth that is set up for the provider."""
    with own_auth(stack, database_of("auth"), monkeypatch, **settings(provider.issuer)) as running:
        yield running


def settings(issuer: str) -> dict[str, str]:
    return {
        "openid_issuer": issuer,
        "openid_client_id": "academy",
        "openid_client_secret": "s&cret%+",
        "openid_audiences": "app",
        "openid_redirect_uris": REDIRECT_URI,
        "limit_openid": "1000000",
    }
