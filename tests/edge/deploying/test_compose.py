"""The compose files as they stand: valid, and what they promise of every service."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from edge import registry
from edge.deploying.secrets import SHARE_A_SECRET
from edge.envoy.settings import DoorSettings
from services.auth.settings import AuthSettings
from services.gateway.settings import GatewaySettings
from services.kit.process.settings import OwnSettings, Settings, TraceSettings
from services.media.settings import MediaSettings
from services.notification.settings import NotificationSettings
from services.progress.settings import ProgressSettings

ROOT = Path(registry.__file__).parents[1]
BASE, STAGING = ROOT / "docker-compose.yml", ROOT / "docker-compose.staging.yml"
OWN: dict[str, type[OwnSettings]] = {
    "auth": AuthSettings,
    "gateway": GatewaySettings,
    "media": MediaSettings,
    "notification": NotificationSettings,
    "progress": ProgressSettings,
}
# Read where they are used, and fields of no class.
FREE = re.compile(r"STELLR_(SECRETS_DIR|TARGET_[A-Z]+)")
Compose = dict[str, Any]
# What runs to its end at each `up`.
STEPS = ("secrets", "migrate", "envoy-config", "demo")


@pytest.fixture(name="compose", scope="module")
def _compose() -> Compose:
    found: Compose = yaml.safe_load(BASE.read_text())["services"]
    return found


def names(*kinds: type[Any]) -> set[str]:
    return {f"STELLR_{field.upper()}" for kind in kinds for field in kind.model_fields}


def folder_of_secrets(service: Compose) -> str:
    (mount,) = [
        each
        for each in service["volumes"]
        if isinstance(each, dict) and each["source"] == "secrets"
    ]
    assert (mount["target"], mount["read_only"]) == ("/run/stellr", True)
    return str(mount["volume"]["subpath"])


def test_they_are_compose_files() -> None:
    command = ["check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    checked = subprocess.run(
        [sys.executable, "-m", *command, str(BASE), str(STAGING)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_all_nine_services_run_and_leave_in_peace(compose: Compose) -> None:
    for name in registry.SERVICES:
        service = compose[name]
        assert service["command"] == ["serve", name]
        # Told to stop, a process goes on for 2.5 s and then finishes for 7 s, twice at most.
        assert int(service["stop_grace_period"].removesuffix("s")) >= 18
        assert service["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        # Scaled, no two may ask for one name or one port of the machine.
        assert not {"container_name", "ports", "hostname"} & service.keys()


def test_each_part_reads_its_own_secrets(compose: Compose) -> None:
    for name in (*registry.SERVICES, "postgres", "redis", "envoy", "migrate"):
        assert folder_of_secrets(compose[name]) == name
    assert {folder_of_secrets(compose[name]) for name in ("demo", "stellr")} == {"operator"}
    shared = {
        name
        for name in registry.SERVICES
        if "STELLR_SHARED_SECRET_FILE" in environment(compose, name)
    }
    assert shared == set(SHARE_A_SECRET)


def test_nobody_can_do_more_than_it_must(compose: Compose) -> None:
    for name, service in compose.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["user"] not in ("root", "0"), name
        assert {"mem_limit", "pids_limit", "logging"} <= service.keys(), name
        assert not {"privileged", "cap_add", "pid", "ipc"} & service.keys(), name


def test_only_envoy_is_published_and_on_this_machine(compose: Compose) -> None:
    published = {name: service["ports"] for name, service in compose.items() if "ports" in service}
    assert published.keys() == {"envoy"}
    assert all(port.startswith("127.0.0.1:") for port in published["envoy"])
    networks = yaml.safe_load(BASE.read_text())["networks"]
    assert networks["mesh"] == networks["data"] == {"internal": True}
    assert compose["postgres"]["networks"] == compose["redis"]["networks"] == ["data"]
    assert "data" not in compose["envoy"]["networks"]


def test_every_part_that_stays_says_how_it_is(compose: Compose) -> None:
    # Of services the image says it.
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()
    for name, service in compose.items():
        steps = name in (*STEPS, "stellr")
        checked = service.get("healthcheck", {"test": "of the image"})
        assert ("test" in checked) is not steps, name


def test_what_ends_is_waited_for(compose: Compose) -> None:
    # `up --wait` fails where a part ends that nothing depends on.
    waited = {
        name
        for service in compose.values()
        for name, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_completed_successfully"
    }
    assert waited == set(STEPS)


def test_envoy_begins_anew_with_new_files(compose: Compose) -> None:
    assert compose["envoy"]["depends_on"]["envoy-config"]["restart"] is True


@pytest.mark.parametrize(
    ("told", "refused"),
    [
        ("STELLR_TRUSTED_HOPS", True),  # of one part
        ("STELLR_LOG_LEVEL", True),  # of all, with a default
        ("STELLR_PORT", True),  # of compose itself
        ("STELLR_LIMIT_READ", False),
        ("STELLR_OTLP_ENDPOINT", False),
    ],
)
def test_what_would_be_lost_in_the_settings_of_all_is_refused_by_name(
    compose: Compose, told: str, refused: bool
) -> None:
    step = compose["secrets"]
    assert step["env_file"] == compose["course"]["env_file"]
    assert step["configs"] == [{"source": "compose", "target": "/docker-compose.yml"}]
    (script,) = step["command"]
    script = script.replace("$$", "$").replace("/docker-compose.yml", str(BASE))
    script = script.replace("exec stellr secrets /run/stellr", "echo made")
    # What the image sets is no setting of anybody's.
    image = dict(re.findall(r"(STELLR_\w+)=(\S+)", (ROOT / "Dockerfile").read_text()))
    environ = {"PATH": os.environ["PATH"], **image, told: "1"}
    done = subprocess.run(
        [*step["entrypoint"], script], env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, told in done.stdout, "made" in done.stdout) == (
        (1, True, False) if refused else (0, False, True)
    )


def test_a_demo_that_cannot_be_loaded_shuts_no_door(compose: Compose) -> None:
    assert compose["envoy"]["depends_on"]["demo"]["required"] is False
    # Nor has a stage one, unless it is asked for.
    staged = yaml.safe_load(STAGING.read_text())["services"]
    assert staged["demo"]["profiles"] == ["demo"]


def environment(compose: Compose, name: str) -> Compose:
    found: Compose = compose[name].get("environment", {})
    return found


def test_what_they_set_exists(compose: Compose) -> None:
    staged = yaml.safe_load(STAGING.read_text())["services"]
    for name in registry.SERVICES:
        known = names(Settings, OWN.get(name, OwnSettings))
        told = {*environment(compose, name), *environment(staged, name)}
        assert {each for each in told if not FREE.fullmatch(each)} <= known, name
    door = {*environment(compose, "envoy-config"), *environment(staged, "envoy-config")}
    unknown = {each for each in door if not FREE.fullmatch(each)} - names(DoorSettings, Settings)
    assert not unknown


def test_every_setting_of_a_service_can_be_told(compose: Compose) -> None:
    # Files, which are mounted where they are wanted, and addresses for tests.
    left = {"STELLR_FIREBASE_CREDENTIALS", "STELLR_FIREBASE_URL", "STELLR_TWILIO_URL"}
    left |= {"STELLR_WEB_PUSH_NETWORKS"}
    for name, kind in OWN.items():
        assert names(kind) - left <= environment(compose, name).keys(), name


def test_every_setting_of_the_door_can_be_told(compose: Compose) -> None:
    # TLS is the stage's; where traces go, all parts are told by one file. The containers' Envoy has
    # the configuration of the image.
    staged = yaml.safe_load(STAGING.read_text())["services"]
    told = {*environment(compose, "envoy-config"), *environment(staged, "envoy-config")}
    assert names(DoorSettings) - names(TraceSettings) - {"STELLR_ENVOY"} <= told
    assert compose["envoy-config"]["env_file"] == compose["course"]["env_file"]


def test_the_stage_leads_nobody_in_but_by_tls() -> None:
    staged = yaml.safe_load(STAGING.read_text())["services"]
    assert environment(staged, "envoy-config")["STELLR_TLS_REDIRECT"] == "true"
    assert {name for name, service in staged.items() if "ports" in service} == {"envoy"}
    assert set(registry.SERVICES) <= staged.keys()
