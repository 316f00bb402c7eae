"""How a new learner comes in: by e-mail, by phone, or by the local OpenID provider."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from edge.journey.browser import Browser, require, wait
from edge.journey.inbox import Inbox, Mail
from edge.journey.steps import Steps
from edge.local.state import State
from services.kit.urls import LOOPBACK

MESSAGE_SECONDS = 15.0
PROVIDER_SECONDS = 10.0
NOVICES = ("Ada", "Caroline", "Galileo", "Hypatia", "Johannes", "Tycho", "Vera", "Zhang")


@dataclass
class Learner:
    """Who walks."""

    name: str = field(
        default_factory=lambda: f"{secrets.choice(NOVICES)} {secrets.token_hex(2).upper()}"
    )
    email: str = field(default_factory=lambda: f"learner-{secrets.token_hex(6)}@stellr.example")
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)
    phone: str = field(default_factory=lambda: f"+1202{2_000_000 + secrets.randbelow(8_000_000)}")


@dataclass
class SigningUp:
    """Signs the learner up; the key of the local OpenID provider is in the directory `state`."""

    browser: Browser
    state: Path
    inbox: Inbox
    learner: Learner
    steps: Steps

    def by_email(self) -> dict[str, Any]:
        """Register and prove the address by the code of the mail: the session."""
        who = self.learner
        with self.steps.step("register") as step:
            body = {"email": who.email, "password": who.password, "displayName": who.name}
            verification = self.browser.post("/register", body)["verificationId"]
            step.says(f"{who.name} <{who.email}>")
        with self.steps.step("receive the code") as step:
            where = f"a mail in {self.inbox}, where mails are while no mail server is set,"
            mail, *_ = wait(MESSAGE_SECONDS, where, self._mails)
            require(mail.code, "the mail has no code")
            step.says(f'mail "{mail.subject}"')
        return self._prove("verify the address", "/verify-email", verification, mail.code)

    def by_phone(self) -> dict[str, Any]:
        """Give a number and prove it by the code of the message: the session."""
        who = self.learner
        with self.steps.step("give a phone number") as step:
            body = {"phone": who.phone, "displayName": who.name}
            verification = self.browser.post("/login/phone", body)["verificationId"]
            step.says(f"{who.name}, {who.phone}")
        with self.steps.step("receive the code") as step:
            code = wait(
                MESSAGE_SECONDS,
                f"a text message in {self.inbox}",
                lambda: self.inbox.texted_code(who.phone),
            )
            step.says("by SMS")
        return self._prove("verify the number", "/verify-phone", verification, code)

    def by_google(self) -> dict[str, Any]:
        """Sign in at the local OpenID provider and bring its code: the session."""
        redirect_uri = f"{self.browser.url}/"
        with self.steps.step("ask where to sign in") as step:
            query = urlencode({"redirectUri": redirect_uri})
            begun = self.browser.get(f"/login/google?{query}")
            provider = urlsplit(begun["authorizationUrl"])
            local = provider.hostname in LOOPBACK
            require(local, f"only the local provider lets anybody in, not {provider.hostname}")
            step.says(f"{provider.scheme}://{provider.netloc}")
        with self.steps.step("sign in at the provider") as step:
            brought = self._sign_in(begun["authorizationUrl"])
            require(brought.get("state") == begun["state"], "another state came back")
            step.says(f"{self.learner.name} <{self.learner.email}>")
        with self.steps.step("bring its code") as step:
            proof = {"code": brought["code"], "state": begun["state"], "redirectUri": redirect_uri}
            session: dict[str, Any] = self.browser.post("/login/google", proof)
            step.says("signed in")
        return session

    def _sign_in(self, url: str) -> dict[str, str]:
        """Fill in the provider's page: what it sends back with the person."""
        key = State(self.state).openid_login_key.read_text()
        form = {"email": self.learner.email, "name": self.learner.name, "key": key}
        answer = httpx.post(url, data=form, timeout=PROVIDER_SECONDS, trust_env=False)
        require(answer.has_redirect_location, f"the provider answered {answer.status_code}")
        query = parse_qs(urlsplit(answer.headers["location"]).query)
        return {name: values[0] for name, values in query.items()}

    def _prove(self, name: str, path: str, verification: str, code: str) -> dict[str, Any]:
        with self.steps.step(name) as step:
            body = {"verificationId": verification, "code": code}
            session: dict[str, Any] = self.browser.post(path, body)
            step.says("signed in")
        return session

    def _mails(self) -> list[Mail]:
        return self.inbox.mails_to(self.learner.email)


WAYS: dict[str, Callable[[SigningUp], dict[str, Any]]] = {
    "email": SigningUp.by_email,
    "phone": SigningUp.by_phone,
    "google": SigningUp.by_google,
}
