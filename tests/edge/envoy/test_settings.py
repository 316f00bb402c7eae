import pytest
from pydantic import ValidationError

from edge.envoy.settings import DoorSettings, door_settings


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in DoorSettings.model_fields:
        monkeypatch.delenv(f"STELLR_{name.upper()}", raising=False)


def test_by_default_pages_of_this_machine_may_call() -> None:
    door = DoorSettings()
    assert door.cors_origins == ("http://localhost:*", "http://127.0.0.1:*")
    assert (door.cors_credentials, door.has_tls) == (False, False)


def test_origins_are_listed_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STELLR_CORS_ORIGINS", " https://App.example/ ,https://*.school.example")
    assert DoorSettings().cors_origins == ("https://app.example", "https://*.school.example")
    monkeypatch.setenv("STELLR_CORS_ORIGINS", "")
    assert DoorSettings().cors_origins == ()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"CORS_ORIGINS": "app.example"}, "app.example is no origin"),
        ({"CORS_ORIGINS": "https://a.example/path"}, "is no origin"),
        ({"CORS_ORIGINS": "https://a.example') || ('"}, "is no origin"),
        ({"CORS_ORIGINS": "*", "CORS_CREDENTIALS": "true"}, "must name origins"),
        ({"TLS_CERT": __file__, "TLS_KEY": ""}, "belong together"),
        ({"TLS_CERT": "/nowhere.pem", "TLS_KEY": __file__}, "no file '/nowhere.pem' that can be"),
        ({"TLS_CERT": __file__, "TLS_KEY": __file__}, "are no certificate and its key"),
        ({"ENVOY": "/nowhere.yaml"}, "there is no file '/nowhere.yaml' that can be read"),
        ({"TLS_REDIRECT": "true"}, "needs STELLR_TLS_CERT"),
        ({"OTLP_ENDPOINT": "127.0.0.1:4317"}, "not the http://host:port of a collector"),
        ({"OTLP_ENDPOINT": "https://otlp.example:4317"}, "not the http://host:port"),
        ({"OTLP_ENDPOINT": "http://otlp.example:4317/v1"}, "not the http://host:port"),
        ({"TRACE_RATIO": "1.5"}, "less than or equal to 1"),
        ({"TRUSTED_HOPS": "-1"}, "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_is_told(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], said: str
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"STELLR_{name}", value)
    with pytest.raises(ValidationError, match=said.replace("(", r"\(")):
        DoorSettings()


def test_what_is_wrong_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STELLR_TLS_PORT", "0")
    with pytest.raises(ValueError, match="STELLR_TLS_PORT: '0' is below 1 "):
        door_settings()
