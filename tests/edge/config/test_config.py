import json
import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge import registry
from edge.cli.main import main
from edge.config import catalogue, checking, example
from edge.config.env_file import take_file
from services.kit.process.settings import OwnSettings
from tests.support import ROOT

NAMED = re.compile(r"\bSTELLR_[A-Z0-9]+(?:_[A-Z0-9]+)*\b")


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for each in catalogue.settings():
        monkeypatch.delenv(each.name, raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_example_has_every_setting() -> None:
    told = "write it anew: stellr config --example > .env.example"
    assert (ROOT / ".env.example").read_text() == example.text(), told


def test_every_setting_says_what_it_is() -> None:
    assert [each.name for each in catalogue.settings() if not each.about] == []


def test_every_class_of_settings_is_in_it() -> None:
    registry.load_all()
    listed = {base for kind in catalogue.KINDS.values() for base in kind.__mro__}
    assert {each for each in _kinds(OwnSettings) if each.__module__[:6] != "tests."} <= listed


def _kinds(kind: type[OwnSettings]) -> set[type[OwnSettings]]:
    return {kind}.union(*map(_kinds, kind.__subclasses__()))


def test_every_name_in_the_code_is_a_setting() -> None:
    known = {each.name for each in catalogue.settings()}
    known |= {name.rstrip("_") for name in (*catalogue.FAMILIES, "STELLR_TWILIO_")}
    sources = [path for room in ("services", "edge") for path in (ROOT / room).rglob("*.py")]
    found = {name for path in sources for name in NAMED.findall(path.read_text())}
    assert found - known == set()


def test_secrets_are_shown_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STELLR_SMTP_URL", "smtp://me:opensesame@mail.example")
    monkeypatch.setenv("STELLR_BREACHED_PASSWORDS_URL", "https://me:opensesame@passwords.example")
    monkeypatch.setenv("STELLR_OPENID_CLIENT_SECRET", "opensesame")
    for arguments in (["config"], ["config", "--json"], ["config", "--changed"]):
        done = CliRunner().invoke(main, arguments)
        assert "opensesame" not in done.output
        assert done.output.count("(hidden)") == 3


def test_where_a_value_comes_from_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("STELLR_WORKERS=2\nSTELLR_THREADS=3\n")
    monkeypatch.setenv("STELLR_THREADS", "4")
    # What it puts into the environment goes with the test.
    monkeypatch.setenv("STELLR_WORKERS", "")
    monkeypatch.delenv("STELLR_WORKERS")
    Path("secrets").mkdir()
    Path("secrets/stellr_smtp_url").write_text("smtp://me:opensesame@mail.example\n")
    Path("secrets/stellr_threads").write_text("5")
    Path("secrets/stellr_mail_rate").write_text("5\n")
    monkeypatch.setenv("STELLR_SECRETS_DIR", "secrets")
    told = json.loads(CliRunner().invoke(main, ["config", "--json"]).stdout)["settings"]
    shown = {
        name: (told[f"STELLR_{name}"]["value"], told[f"STELLR_{name}"]["source"])
        for name in ("WORKERS", "THREADS", "PORT", "SMTP_URL", "MAIL_RATE")
    }
    assert shown == {
        "WORKERS": ("2", ".env"),
        "THREADS": ("4", "environment"),
        "PORT": ("8080", "default"),
        "SMTP_URL": ("(hidden)", "file"),
        "MAIL_RATE": ("5", "file"),
    }


def test_the_address_that_follows_from_the_port_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> str:
        document = CliRunner().invoke(main, ["config", "--json"]).stdout
        found: str = json.loads(document)["settings"]["STELLR_PUBLIC_URL"]["value"]
        return found

    monkeypatch.setenv("STELLR_PORT", "8710")
    monkeypatch.setenv("STELLR_HOST", "192.0.2.7")
    assert told() == "http://192.0.2.7:8710"
    monkeypatch.setenv("STELLR_PUBLIC_URL", "https://a.example")
    assert told() == "https://a.example"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("POOL_SIZE", "many", "'many' is no whole number"),
        ("THREADS", "0", "'0' is below 1"),
        ("WORKERS", "99", "'99' is above 32"),
        ("WEB_PUSH", "perhaps", "'perhaps' is neither true nor false"),
        ("REMINDER_DAYS", "soon", "'soon' is no number"),
        ("LIMIT_READ", "-1", "'-1' is no whole number"),
        ("LOG_LEVEL", "LOUD", "'LOUD' is no level (DEBUG"),
        ("PUBLIC_URL", "academy.example", "'academy.example' is no address"),
        ("RATE_LIMITS", "mysql://u:secret@host", "must be memory:// or redis://host"),
        ("HOST", "::", ":: is no IPv4 address"),
        ("DATABASE_URL", "postgress://auth:secret@h/db", "no PostgreSQL URL, such as"),
        ("LISTEN_DATABASE_URL", "host=h password=secret", "no PostgreSQL URL, such as"),
        ("DATABASE_URL_AUTH", "postgress://auth:secret@h/db", "no PostgreSQL URL, such as"),
        ("DATABASE_ADMIN_URL", "postgresql://a:x@secret@h/db", "no PostgreSQL URL, such as"),
        ("SMTP_URL", "mail:secret@host", "must be smtp://host"),
        ("SMS_COUNTRIES", "US,X1", "X1 is no country code"),
        ("TWILIO_ACCOUNT_SID", "AC1", "is missing, other settings of Twilio are there"),
        ("TLS_CERT", __file__, "belong together"),
        ("TLS_CERT", "/nowhere.pem", "there is no file '/nowhere.pem' that can be read"),
        ("TLS_KEY", "/nowhere.pem", "there is no file '/nowhere.pem' that can be read"),
        ("ENVOY", "/nowhere.yaml", "there is no file '/nowhere.yaml' that can be read"),
        ("FIREBASE_CREDENTIALS", "/", "there is no file '/' that can be read"),
    ],
)
def test_what_is_wrong_is_told_by_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"STELLR_{name}", value)
    (problem,) = checking.problems()
    assert problem.startswith("STELLR_")
    assert name.split("_", maxsplit=1)[0] in problem
    assert said in problem
    assert "secret" not in problem


def test_the_account_of_a_bucket_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json")
    assert checking.problems() == []
    monkeypatch.setenv("STELLR_GCS_BUCKET", "media")
    said = "GOOGLE_APPLICATION_CREDENTIALS: there is no file '/nowhere.json' that can be read"
    assert checking.problems() == [said]


def test_the_example_may_be_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    before = [kind().model_dump() for kind in catalogue.KINDS.values()]
    Path(".env").write_text(re.sub("^#([A-Z])", r"\1", example.text(), flags=re.MULTILINE))
    for name in take_file(Path(".env")):
        # What it puts into the environment goes with the test.
        value = os.environ.pop(name)
        monkeypatch.setenv(name, value)
    assert len([name for name in os.environ if name.startswith("STELLR_")]) > 50
    assert checking.problems() == []
    assert [kind().model_dump() for kind in catalogue.KINDS.values()] == before


def test_all_that_is_wrong_is_told_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STELLR_THREADS", "x")
    monkeypatch.setenv("STELLR_MEDIA_QUOTA_MB", "0")
    monkeypatch.setenv("STELLR_PUBLIC_URL", "nope")
    monkeypatch.setenv("STELLR_PROT", "1")
    done = CliRunner().invoke(main, ["up", "--state", "state"])
    assert done.exit_code == 1
    assert "Error: STELLR_THREADS: 'x' is no whole number" in done.stderr
    assert "STELLR_MEDIA_QUOTA_MB: '0' is below 1" in done.stderr
    assert "STELLR_PUBLIC_URL: 'nope' is no address" in done.stderr
    assert "STELLR_PROT is no setting of Stellr. Did you mean STELLR_PORT?" in done.stderr
    assert not Path("state").exists()


def test_a_name_that_is_none_is_told_with_the_nearest() -> None:
    names = ["STELLR_PROT", "STELLR_WHATEVER_ELSE", "STELLR_PORT", "PATH"]
    assert checking.unknown(names) == [
        "STELLR_PROT is no setting of Stellr. Did you mean STELLR_PORT?",
        "STELLR_WHATEVER_ELSE is no setting of Stellr.",
    ]
    names += ["STELLR_LIMIT_READ", "STELLR_TARGET_AUTH"]
    assert checking.unknown_to_service(names) == checking.unknown(names)


def test_a_file_with_settings_takes_no_precedence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STELLR_PORT", "1")
    (tmp_path / "settings").write_text("STELLR_PORT=2\n")
    assert take_file(tmp_path / "settings") == frozenset()
    assert take_file(tmp_path / "missing") == frozenset()
    # A virtual environment may have the name .env.
    assert take_file(tmp_path) == frozenset()
