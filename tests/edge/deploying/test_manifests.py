"""What the manifests of Kubernetes promise: of each service, of each pod, of who may ask whom."""

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from edge import registry
from edge.config import catalogue
from edge.deploying import manifests
from edge.deploying.manifests import FOLDER, OVERLAYS, Manifest
from edge.envoy import stats
from edge.local.connections import RESERVE
from edge.registry import SERVICES
from services.kit.http.paths import ALIVE, HEALTH
from services.kit.process.main import ASKED_SECONDS, GRACE_SECONDS, NOTICE_SECONDS
from services.kit.process.runtime import IDENTITY_SERVICE
from services.kit.process.settings import SECRETS_DIR, Settings
from tests.edge.envoy.running import running_door
from tests.support import eventually

ROOT = FOLDER.parents[1]
NAME, COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"
GRPC, STREAMS, CONTENT = 50051, 50052, 50053
PGBOUNCER = "deploy/pgbouncer/pgbouncer.ini"
RENDERER = manifests.renderer()
rendered = pytest.mark.skipif(RENDERER is None, reason="neither kustomize nor kubectl is here")
# Beside a pool: who listens for jobs, and who listens for events.
LISTENING = 2


@pytest.fixture(name="base", scope="module")
def _base() -> list[Manifest]:
    """The base as its files say."""
    return list(manifests.sources(FOLDER / "base"))


@pytest.fixture(name="overlay", scope="module", params=OVERLAYS)
def _overlay(request: pytest.FixtureRequest) -> list[Manifest]:
    """Each overlay as a cluster gets it."""
    assert RENDERER
    return manifests.render(FOLDER / request.param, RENDERER)


def of_kind(found: Iterable[Manifest], kind: str) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each for each in found if each["kind"] == kind}


def pods(found: Iterable[Manifest]) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind in ("Deployment", "Job"):
        for name, each in of_kind(found, kind).items():
            yield name, each["spec"]["template"]["spec"]


def asked_by(name: str) -> set[str]:
    """Whom a service calls or follows; all hear who is signed out."""
    service = registry.load(name)
    return {*service.calls, *service.follows, IDENTITY_SERVICE} - {name}


def test_each_service_is_all_there(base: list[Manifest]) -> None:
    deployments = of_kind(base, "Deployment")
    own = {name: each for name, each in deployments.items() if name not in ("envoy", "operator")}
    assert own.keys() == SERVICES.keys()
    for name, each in own.items():
        (container,) = each["spec"]["template"]["spec"]["containers"]
        assert container["args"] == ["serve", name]
        labels = each["spec"]["template"]["metadata"]["labels"]
        assert labels == {NAME: name, COMPONENT: "service"}
        assert each["spec"]["selector"]["matchLabels"] == {NAME: name}
        volumes = {volume["name"]: volume for volume in each["spec"]["template"]["spec"]["volumes"]}
        assert volumes["secrets"]["secret"]["secretName"] == name


def test_a_service_is_found_by_its_name_and_balanced_by_who_asks(base: list[Manifest]) -> None:
    found = of_kind(base, "Service")
    for name in SERVICES:
        ports = [GRPC, STREAMS, *([CONTENT] if registry.load(name).http else [])]
        assert found[name]["spec"]["clusterIP"] == "None"
        assert found[name]["spec"]["selector"] == {NAME: name}
        assert [each["port"] for each in found[name]["spec"]["ports"]] == ports


def test_one_pod_of_each_may_go_and_load_brings_more(base: list[Manifest]) -> None:
    budgets, scalers = (
        of_kind(base, kind) for kind in ("PodDisruptionBudget", "HorizontalPodAutoscaler")
    )
    for name in (*SERVICES, "envoy"):
        assert budgets[name]["spec"]["maxUnavailable"] == 1
        assert budgets[name]["spec"]["selector"]["matchLabels"] == {NAME: name}
        scaler = scalers[name]["spec"]
        assert scaler["scaleTargetRef"]["name"] == name
        assert 2 <= scaler["minReplicas"] < scaler["maxReplicas"]


# Who may speak to whom


def names_of(peers: Iterable[Mapping[str, Any]]) -> set[str]:
    """The parts that peers of a policy select by their names."""
    found: set[str] = set()
    for peer in peers:
        selector = peer["podSelector"]
        found.update(selector.get("matchLabels", {}).values())
        for each in selector.get("matchExpressions", ()):
            assert (each["key"], each["operator"]) == (NAME, "In")
            found.update(each["values"])
    return found


def ports_of(rule: Mapping[str, Any]) -> set[int]:
    return {
        number
        for each in rule["ports"]
        for number in range(each["port"], each.get("endPort", each["port"]) + 1)
    }


def test_nobody_speaks_to_anybody_by_default(base: list[Manifest]) -> None:
    policies = of_kind(base, "NetworkPolicy")
    assert policies["nobody"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert all("Egress" in each["spec"]["policyTypes"] for each in policies.values())


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_asks_whom_it_declares_and_is_asked_by_those(
    base: list[Manifest], name: str
) -> None:
    policy = of_kind(base, "NetworkPolicy")[name]["spec"]
    assert policy["podSelector"]["matchLabels"] == {NAME: name}
    (asks,) = policy["egress"]
    assert names_of(asks["to"]) == asked_by(name)
    assert ports_of(asks) == {GRPC, STREAMS}
    door, mesh = policy["ingress"]
    assert names_of(mesh["from"]) == {o for o in SERVICES if name in asked_by(o)} | {"operator"}
    assert ports_of(mesh) == {GRPC, STREAMS}
    assert names_of(door["from"]) == {"envoy"}
    content = {CONTENT} if registry.load(name).http else set()
    assert ports_of(door) == {GRPC, STREAMS} | content


def test_who_has_a_database_reaches_it(base: list[Manifest]) -> None:
    policies = of_kind(base, "NetworkPolicy")
    clients = names_of([policies["postgres-clients"]["spec"]])
    assert clients == {n for n in SERVICES if registry.has_database(n)} | {"migrate"}
    pooler = policies["pgbouncer"]["spec"]
    assert names_of([pooler]) == {"pgbouncer"}
    assert [ports_of(pooler[way][0]) for way in ("ingress", "egress")] == [{6432}, {5432}]
    limited = policies["redis-clients"]["spec"]["podSelector"]["matchLabels"]
    assert limited == {COMPONENT: "service"}
    assert names_of([policies["outside"]["spec"]]) < SERVICES.keys()
    assert names_of([policies["traces"]["spec"]]) == {*SERVICES, "envoy"}


# What holds for every pod


@rendered
def test_no_pod_can_do_more_than_it_must(overlay: list[Manifest]) -> None:
    found = dict(pods(overlay))
    assert found.keys() >= {*SERVICES, "envoy", "migrate", "operator"}
    for name, pod in found.items():
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["enableServiceLinks"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert {"hostNetwork", "hostPID", "hostIPC"}.isdisjoint(pod), name
        kinds = {kind for volume in pod["volumes"] for kind in volume if kind != "name"}
        assert kinds <= {"secret", "emptyDir", "persistentVolumeClaim"}, name
        assert all(v["emptyDir"].get("sizeLimit") for v in pod["volumes"] if "emptyDir" in v), name
        for container in (*pod["containers"], *pod.get("initContainers", ())):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys(), name
            assert container["resources"]["limits"].keys() == {"memory"}, name


@rendered
def test_nothing_secret_is_in_them(overlay: list[Manifest]) -> None:
    assert not of_kind(overlay, "Secret")
    for name, pod in pods(overlay):
        for volume in pod["volumes"]:
            assert volume.get("secret", {"defaultMode": 0o440})["defaultMode"] == 0o440, name
        for container in (*pod["containers"], *pod.get("initContainers", ())):
            told = {each["name"] for each in container.get("env", ())}
            secret = {each.name for each in catalogue.settings() if each.secret}
            assert told.isdisjoint(secret), name


@rendered
def test_a_service_is_asked_how_it_is_and_given_time_to_leave(overlay: list[Manifest]) -> None:
    (settings,) = (each["data"] for each in of_kind(overlay, "ConfigMap").values())
    for name, pod in pods(overlay):
        if name not in SERVICES:
            continue
        (container,) = pod["containers"]
        ports = {each["name"]: each["containerPort"] for each in container["ports"]}
        assert settings["STELLR_LISTEN"] == f"0.0.0.0:{ports['grpc']}"
        assert settings["STELLR_HEALTH_LISTEN"] == f"0.0.0.0:{ports['health']}"
        assert container["readinessProbe"]["httpGet"] == {"path": HEALTH, "port": "health"}
        for probe in ("startupProbe", "livenessProbe"):
            assert container[probe]["httpGet"] == {"path": ALIVE, "port": "health"}
        # Calls and jobs have their grace one after the other.
        longest = ASKED_SECONDS + NOTICE_SECONDS + 2 * GRACE_SECONDS
        assert pod["terminationGracePeriodSeconds"] > longest + 5
        noticed = container["readinessProbe"]["periodSeconds"]
        assert noticed < ASKED_SECONDS


@rendered
def test_envoy_is_asked_where_it_answers_also_when_it_is_full(overlay: list[Manifest]) -> None:
    (container,) = dict(pods(overlay))["envoy"]["containers"]
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}
    assert ports["stats"] == stats.PORT
    for probe in ("readinessProbe", "startupProbe", "livenessProbe"):
        assert container[probe]["httpGet"] == {"path": ALIVE, "port": "stats"}


@rendered
def test_pods_of_a_name_are_spread(overlay: list[Manifest]) -> None:
    for name, each in of_kind(overlay, "Deployment").items():
        if name == "redis":
            continue
        rules = each["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert [rule["topologyKey"].split("/")[-1] for rule in rules] == ["hostname", "zone"]
        assert all(NAME in rule["matchLabelKeys"] for rule in rules)
        assert each["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


@rendered
def test_every_setting_is_one(overlay: list[Manifest]) -> None:
    known = {each.name for each in catalogue.settings()} | {SECRETS_DIR}
    ((name, settings),) = of_kind(overlay, "ConfigMap").items()
    assert {each for each in settings["data"] if each.startswith("STELLR_")} <= known
    assert {f"STELLR_TARGET_{each.upper()}" for each in SERVICES} <= settings["data"].keys()
    # Its name has a digest, so that a change of it is a rolling restart.
    for _, pod in pods(overlay):
        for container in (*pod["containers"], *pod.get("initContainers", ())):
            for source in container.get("envFrom", ()):
                assert source["configMapRef"]["name"] == name


@rendered
def test_where_proxies_are_believed_nobody_else_reaches_the_door(overlay: list[Manifest]) -> None:
    (settings,) = (each["data"] for each in of_kind(overlay, "ConfigMap").values())
    public = of_kind(overlay, "NetworkPolicy")["envoy"]["spec"]["ingress"][0]
    if int(settings.get("STELLR_TRUSTED_HOPS", 0)):
        assert public["from"]
    else:
        assert "from" not in public


@rendered
def test_with_a_bucket_no_folder_is_shared() -> None:
    assert RENDERER
    managed = manifests.render(FOLDER / "overlays/managed", RENDERER)
    assert not of_kind(managed, "PersistentVolumeClaim")
    (media,) = (pod for name, pod in pods(managed) if name == "media")
    assert "persistentVolumeClaim" not in str(media)
    assert "/var/lib/stellr/media" not in str(media)


def test_the_database_takes_all_connections_of_all_replicas(base: list[Manifest]) -> None:
    component = FOLDER / "components/cloudnative-pg"
    (cluster,) = of_kind(manifests.sources(component), "Cluster").values()
    at_most = int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])
    scalers = of_kind(base, "HorizontalPodAutoscaler")
    # One more of each while it is replaced.
    processes = sum(
        scalers[name]["spec"]["maxReplicas"] + 1 for name in SERVICES if registry.has_database(name)
    )
    pool = Settings.model_fields["pool_size"].default
    assert f"STELLR_POOL_SIZE={pool}" in (FOLDER / "base/settings.env").read_text()
    assert processes * (pool + LISTENING) + RESERVE <= at_most


def test_the_table_of_connections_is_that_of_the_formula() -> None:
    table = re.findall(
        r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$",
        (ROOT / "deploy/README.md").read_text(),
        re.MULTILINE,
    )
    services = sum(map(registry.has_database, SERVICES))
    pooled = re.search(r"default_pool_size = (\d+)", (ROOT / PGBOUNCER).read_text())
    assert pooled
    assert len(table) > 3
    for row in table:
        replicas, of_ten, of_four, through_pooler = map(int, row)
        processes = services * (replicas + 1)
        direct = [processes * (size + LISTENING) + RESERVE for size in (10, 4)]
        assert [of_ten, of_four] == direct
        assert through_pooler == services * int(pooled[1]) + processes * LISTENING + RESERVE


# What runs beside the services


def test_images_are_those_of_the_compose_file(base: list[Manifest]) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    (envoy,) = of_kind(base, "Deployment")["envoy"]["spec"]["template"]["spec"]["containers"]
    assert envoy["image"] == compose["envoy"]["image"]
    redis = of_kind(manifests.sources(FOLDER / "components/redis"), "Deployment")["redis"]
    (container,) = redis["spec"]["template"]["spec"]["containers"]
    assert container["image"] == compose["redis"]["image"]
    (cluster,) = of_kind(
        manifests.sources(FOLDER / "components/cloudnative-pg"), "Cluster"
    ).values()
    assert cluster["spec"]["imageName"].split(":")[1] == compose["postgres"]["image"].split(":")[1]


@pytest.mark.skipif(shutil.which("bash") is None, reason="the image of Envoy has bash")
def test_a_door_that_is_to_go_ends_its_connections_and_takes_new_ones(
    base: list[Manifest], tmp_path: Path
) -> None:
    (envoy,) = of_kind(base, "Deployment")["envoy"]["spec"]["template"]["spec"]["containers"]
    *bash, script = envoy["lifecycle"]["preStop"]["exec"]["command"]
    slept = re.search(r"sleep (\d+)$", script)
    assert slept
    drain = envoy["command"][envoy["command"].index("--drain-time-s") + 1]
    assert int(slept[1]) > int(drain)
    with running_door(tmp_path) as ports, httpx.Client() as client:
        url = f"http://127.0.0.1:{ports.public}/nowhere"
        assert client.get(url).headers.get("connection") != "close"
        script = script.replace("/9901", f"/{ports.admin}").replace(slept[0], "true")
        done = subprocess.run([*bash, script], check=True, timeout=20, capture_output=True)
        assert b" 200 " in done.stdout

        def is_told() -> bool:
            answer = client.get(url)
            assert answer.status_code == 404
            return answer.headers.get("connection") == "close"

        # The nearer the end of the drain time, the more are told; here it is ten minutes.
        eventually(is_told, 20)


# The check itself


def test_what_kubernetes_does_not_know_is_told() -> None:
    pod = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"prots": []}}
    found = list(manifests.problems([pod]))
    assert len(found) == len(manifests.VERSIONS)
    assert all(each.startswith("Service a, Kubernetes 1.") and "prots" in each for each in found)


def test_without_kustomize_files_are_checked_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(manifests, "renderer", lambda: None)
    monkeypatch.setattr(manifests, "problems", lambda found: ["wrong"] if list(found) else [])
    assert manifests.main() == 1
    said = capsys.readouterr().out
    assert "checked as they are, not as patched" in said
    assert said.count("wrong") == len(OVERLAYS)


@rendered
def test_a_folder_that_cannot_be_rendered_is_told(tmp_path: Path) -> None:
    assert RENDERER
    (tmp_path / "kustomization.yaml").write_text("resources: [missing.yaml]\n")
    with pytest.raises(manifests.CannotRender, match=r"missing\.yaml"):
        manifests.render(tmp_path, RENDERER)
