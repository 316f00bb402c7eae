import ast
from importlib import import_module
from pathlib import Path

import pytest

from edge import registry
from services.kit.process.service import Service
from tests.services.kit.harness import Kit

SERVICES = Path(registry.__file__).parents[1] / "services"
DOMAINS = [name for name in registry.SERVICES if name != "gateway"]


@pytest.mark.parametrize("name", registry.SERVICES)
def test_each_service_is_what_the_registry_says(name: str) -> None:
    service = registry.load(name)
    assert isinstance(service, Service)
    assert service.name == name
    assert set(service.calls) <= set(registry.SERVICES) - {name}
    assert service.migrations is None or (Path(service.migrations) / "versions").is_dir()


def test_the_calls_between_services_have_no_circle() -> None:
    calls = {name: service.calls for name, service in registry.load_all().items()}
    batches = registry.stop_order(calls)
    assert sorted(name for batch in batches for name in batch) == sorted(registry.SERVICES)


def test_a_service_calls_only_those_it_declares(kit: Kit) -> None:
    runtime = kit.runtime(None, name="user", calls=("auth",))
    with pytest.raises(ValueError, match="user does not declare that it calls course"):
        runtime.channel("course")


@pytest.mark.parametrize(
    "name", [*(name for name in registry.SERVICES if name != "gateway"), "kit"]
)
def test_a_domain_imports_no_other_domain(name: str) -> None:
    for path in (SERVICES / name).rglob("*.py"):
        for module in imports(path):
            parts = module.split(".")
            assert parts[0] != "edge", f"{path} imports {module}"
            foreign = parts[0] == "services" and {*parts[1:2]} & ({*DOMAINS} - {name})
            assert not foreign, f"{path} imports {module}"


def imports(path: Path) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def test_the_modules_of_all_services_can_be_imported_together() -> None:
    modules = [import_module(path) for path in registry.SERVICES.values()]
    assert len({id(module.SERVICE) for module in modules}) == len(registry.SERVICES)
