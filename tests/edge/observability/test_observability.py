"""The dashboard and the alerts ask for nothing that an academy does not tell."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.support import ROOT, Stack, eventually

FOLDER = ROOT / "edge" / "observability"
RULES = [
    rule
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
ALERTS = [rule for rule in RULES if "alert" in rule]
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
# What Grafana puts in.
VARIABLES = {"$__rate_interval": "1m", "$__range": "1h", "$service": ".*"}
needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool is not installed"
)


def of_dashboard() -> Iterator[tuple[str, str]]:
    for panel in PANELS:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for annotation in DASHBOARD["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


QUERIES = [(rule.get("alert") or rule["record"], rule["expr"]) for rule in RULES]
QUERIES += of_dashboard()


def asked(expression: str) -> dict[str, set[str]]:
    """The metrics of an expression, each with the labels that it is chosen by."""
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    found: dict[str, set[str]] = {}

    def visit(part: Any) -> None:
        if isinstance(part, promql_parser.VectorSelector):
            found.setdefault(part.name, set()).update(m.name for m in part.matchers.matchers)

    promql_parser.walk(promql_parser.parse(expression), visit)
    return found


def metrics(stack: Stack, awaited: str) -> str | None:
    """What the stack tells, once it tells of that."""
    text = httpx.get(f"{stack.operations_url}/metrics", timeout=20).text
    return text if awaited in text else None


@pytest.fixture(scope="module")
def told(stack: Stack) -> dict[str, set[str]]:
    """The labels of every metric that the stack tells of, by its name in queries."""
    # Envoy tells of times once it has added them up, each five seconds.
    text = eventually(lambda: metrics(stack, "envoy_http_downstream_rq_time_bucket"), 10)
    names: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        ends = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total", "")}
        for end in ends.get(family.type, ("",)):
            names.setdefault(family.name + end, set())
        for sample in family.samples:
            names.setdefault(sample.name, set()).update(sample.labels)
    return names


@pytest.mark.parametrize(("name", "expression"), QUERIES)
def test_everything_asked_for_is_told_by_a_stack(
    told: dict[str, set[str]], name: str, expression: str
) -> None:
    wanted = asked(expression)
    assert wanted
    for metric, labels in wanted.items():
        if metric in RECORDED:
            continue
        assert metric in told, name
        # Of what has not happened yet no labels are known.
        assert not told[metric] or labels <= told[metric], name


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: str(rule["alert"]))
def test_an_alert_says_how_urgent_it_is_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary", "description"}
    assert "$value" not in rule["annotations"]["description"]


def test_names_are_given_once() -> None:
    for names in (
        [rule["alert"] for rule in ALERTS],
        [panel["title"] for panel in PANELS],
        [panel["id"] for panel in DASHBOARD["panels"]],
    ):
        assert len(names) == len(set(names))


def test_every_panel_says_what_it_shows_and_lies_beside_the_others() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    for panel in PANELS:
        assert panel["description"].endswith((".", "`."))
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}


def test_alerts_name_commands_and_panels_that_there_are(stack: Stack) -> None:
    titles = {panel["title"] for panel in DASHBOARD["panels"]}
    text = " ".join(rule["annotations"]["description"] for rule in ALERTS)
    for title in re.findall(r"(?:panel|row) '([^']+)'", text):
        assert title in titles
    for command in set(re.findall(r"`stellr ([a-z ]+)`", text)):
        assert stack.command(*command.split(), "--help").returncode == 0, command


@needs_promtool
@pytest.mark.parametrize(
    "command",
    [
        ("check", "rules", "alerts.yml"),
        ("check", "config", "prometheus.yml"),
        ("test", "rules", "alerts_test.yml"),
    ],
)
def test_prometheus_takes_them(command: tuple[str, ...]) -> None:
    done = subprocess.run(
        ["promtool", *command], cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
