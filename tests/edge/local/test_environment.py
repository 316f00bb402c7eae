from pathlib import Path

from edge.local.connections import plan_connections
from edge.local.environment import Settings, has_openid, service_environ
from edge.local.state import State

SETTINGS = Settings(
    state=State(Path("/state")),
    public_url="http://127.0.0.1:8080",
    envoy_admin="http://127.0.0.1:9901",
    targets={"auth": ["127.0.0.1:1", "127.0.0.1:2"], "gateway": ["127.0.0.1:3"]},
    databases={"auth": "postgresql:///stellr_auth"},
    plan=plan_connections(1, 1),
)


def test_each_service_is_told_what_is_its_own() -> None:
    auth = service_environ(SETTINGS, "auth", "127.0.0.1:1", {})
    gateway = service_environ(SETTINGS, "gateway", "127.0.0.1:3", {})
    assert auth["STELLR_DATABASE_URL"] == "postgresql:///stellr_auth"
    assert "STELLR_ENVOY_ADMIN" not in auth
    assert "STELLR_DATABASE_URL" not in gateway
    assert gateway["STELLR_ENVOY_ADMIN"] == "http://127.0.0.1:9901"


def test_the_users_variables_pass_but_do_not_win() -> None:
    user = {"STELLR_SMTP_URL": "smtp://mail", "STELLR_LISTEN": "0.0.0.0:1"}
    environ = service_environ(SETTINGS, "auth", "127.0.0.1:1", user)
    assert environ["STELLR_SMTP_URL"] == "smtp://mail"
    assert environ["STELLR_LISTEN"] == "127.0.0.1:1"
    assert environ["STELLR_TARGET_AUTH"] == "127.0.0.1:1,127.0.0.1:2"


def test_a_provider_without_the_academys_id_there_is_none() -> None:
    assert has_openid({"STELLR_OPENID_CLIENT_ID": "academy"})
    assert not has_openid({"STELLR_OPENID_ISSUER": "https://id.example"})
    assert not has_openid({"STELLR_OPENID_CLIENT_ID": ""})
