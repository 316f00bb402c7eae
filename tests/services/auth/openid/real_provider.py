"""A real OpenID provider (npm oidc-provider), and a person who signs in at its pages."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx

from tests.support import ROOT, free_port

REDIRECT_URI = "https://academy.example/callback"
SOURCE = ROOT / "tests" / "openid_provider"


@dataclass
class Person:
    """Somebody with an account at the provider."""

    name: str = "Zoë Example"
    email: str = field(default_factory=lambda: f"{secrets.token_hex(6)}@learner.example")
    email_verified: bool = True
    tag: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def subject(self) -> str:
        """What the provider knows the person by."""
        claims = {"name": self.name, "email": self.email, "locale": "de", "tag": self.tag}
        text = json.dumps({**claims, "email_verified": self.email_verified})
        return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@dataclass(frozen=True)
class RealProvider:
    """A running provider."""

    issuer: str

    def sign_in(self, authorization_url: str, person: Person) -> dict[str, str]:
        """What the redirect brings back once the person signed in and agreed."""
        with httpx.Client(timeout=20) as browser:
            answer = browser.get(authorization_url)
            while True:
                if answer.is_redirect:
                    target = urljoin(str(answer.url), answer.headers["location"])
                    if target.startswith(REDIRECT_URI):
                        return dict(parse_qsl(urlsplit(target).query))
                    answer = browser.get(target)
                else:
                    answer = self._submit(browser, answer, person)

    def _submit(self, browser: httpx.Client, page: httpx.Response, person: Person) -> Any:
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
        assert page.status_code == 200, page.text
        assert action, page.text
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="(\w+)"', page.text))
        form = {**hidden, "login": person.subject, "password": "any"}
        return browser.post(urljoin(str(page.url), action[1]), data=form)

    def id_token(self, person: Person, nonce: str, client_id: str = "app") -> str:
        """The ID token that an app gets for a person, by code and PKCE of its own."""
        verifier = secrets.token_urlsafe(32)
        query = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": "openid email profile",
            "nonce": nonce,
            "code_challenge": s256(verifier),
            "code_challenge_method": "S256",
        }
        url = str(httpx.URL(f"{self.issuer}/auth", params=query))
        form = {
            "grant_type": "authorization_code",
            "client_id": client_id,
            "redirect_uri": REDIRECT_URI,
            "code": self.sign_in(url, person)["code"],
            "code_verifier": verifier,
        }
        return str(httpx.post(f"{self.issuer}/token", data=form).json()["id_token"])

    def new_keys(self) -> None:
        """Have the provider sign with other keys from now on."""
        httpx.post(f"{self.issuer}/keys", timeout=20)

    def keys(self) -> dict[str, Any]:
        """Its public keys."""
        found: dict[str, Any] = httpx.get(f"{self.issuer}/jwks").json()
        return found

    def times_asked(self) -> int:
        """How often its keys were asked for."""
        return int(httpx.get(f"{self.issuer}/requests").json()["asked"])


def s256(verifier: str) -> str:
    """The challenge of a verifier (RFC 7636)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@contextmanager
def installed() -> Iterator[Path]:
    """The provider with its packages, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="stellr-openid-") as folder:
        target = Path(folder) / "provider"
        shutil.copytree(SOURCE, target, ignore=shutil.ignore_patterns("node_modules"))
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(command, cwd=target, check=True, capture_output=True, timeout=120)
        yield target


@contextmanager
def running(folder: Path, environ: Mapping[str, str] | None = None) -> Iterator[RealProvider]:
    """The provider on a port of its own."""
    port = free_port()
    own = {**os.environ, "REDIRECT_URIS": json.dumps([REDIRECT_URI]), **(environ or {})}
    process = subprocess.Popen(
        ["node", "provider.js", str(port)], cwd=folder, env=own, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert any(line.startswith("ready") for line in process.stdout)
        yield RealProvider(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(10)
