import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.api import annotations_pb2
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import MethodOptions

import stellr
from edge.envoy import render
from edge.envoy.methods import methods_of
from edge.registry import SERVICES
from services.kit.rpc import policy as policy_module
from services.kit.rpc.policy import MethodPolicy, limits_of, policies
from stellr.options.v1 import options_pb2 as options


def contracts() -> list[str]:
    """The full names of all services of all contracts."""
    root = Path(next(iter(stellr.__path__)))
    names: list[str] = []
    for path in sorted(root.rglob("*_pb2.py")):
        module = ".".join(("stellr", *path.relative_to(root).with_suffix("").parts))
        file = importlib.import_module(module).DESCRIPTOR
        names += [service.full_name for service in file.services_by_name.values()]
    return names


def rpcs() -> Iterator[tuple[str, MethodPolicy, Any]]:
    pool: Any = descriptor_pool.Default()
    for name, policy in policies(contracts()).items():
        service, method = name[1:].split("/")
        yield name, policy, pool.FindServiceByName(service).methods_by_name[method].input_type


def test_every_rpc_of_every_contract_declares_a_policy() -> None:
    assert len(contracts()) > len(SERVICES)
    assert all(policy.access != options.ACCESS_UNSPECIFIED for _, policy, _ in rpcs())


def test_a_service_with_a_method_without_policy_does_not_start() -> None:
    with pytest.raises(LookupError, match=r"grpc\.health\.v1\.Health\.Check declares no access"):
        policies(["grpc.health.v1.Health"])


def test_each_limit_is_declared_once_and_used() -> None:
    pool: Any = descriptor_pool.Default()
    shared = set(limits_of(pool.FindServiceByName(contracts()[0])))
    for name in contracts():
        shared &= set(limits_of(pool.FindServiceByName(name)))
    own = [
        limit
        for name in contracts()
        for limit in limits_of(pool.FindServiceByName(name))
        if limit not in shared
    ]
    used = {limit.name for _, policy, _ in rpcs() for limit in policy.limits}
    assert len(set(own)) == len(own)
    assert {*own, *shared} == used


def test_addresses_are_counted_first() -> None:
    for name, policy, _ in rpcs():
        by_address = [limit.key == options.RateLimit.KEY_ADDRESS for limit in policy.limits]
        assert by_address == sorted(by_address, reverse=True), name


def test_what_is_counted_by_a_value_of_the_request_is_counted_by_address_too() -> None:
    for name, policy, _ in rpcs():
        keys = {limit.key for limit in policy.limits}
        by_field = options.RateLimit.KEY_FIELD in keys
        assert not by_field or options.RateLimit.KEY_ADDRESS in keys, name


def test_a_method_that_counts_by_an_unknown_limit_does_not_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(policy_module, "limits_of", lambda _: {})
    with pytest.raises(LookupError, match=r"AuthService\.Register counts by 'register'"):
        policies(["stellr.auth.v1.AuthService"])


def test_limits_count_something() -> None:
    for name, policy, request in rpcs():
        for limit in policy.limits:
            assert limit.per_minute > 0, name
            by_field = limit.key == options.RateLimit.KEY_FIELD
            assert limit.key != options.RateLimit.KEY_UNSPECIFIED, name
            assert by_field == bool(limit.field), name
            assert not by_field or limit.field in request.fields_by_name, name
            person = limit.key == options.RateLimit.KEY_PERSON
            signed_in = (options.ACCESS_SIGNED_IN, options.ACCESS_OWN, options.ACCESS_ROLE)
            assert not person or policy.access in signed_in, name


def test_owners_roles_and_callers_exist() -> None:
    for name, policy, request in rpcs():
        assert policy.callers <= {*SERVICES, "operator", "*"}, name
        assert policy.roles <= {"learner", "author", "admin"}, name
        own = policy.access == options.ACCESS_OWN
        assert own == bool(policy.owner_field), name
        assert not own or policy.owner_field in request.fields_by_name, name
        internal = policy.access == options.ACCESS_INTERNAL
        # Services may also do what only a role may.
        by_role = policy.access == options.ACCESS_ROLE
        assert bool(policy.callers) == internal or by_role, name
        assert (policy.access == options.ACCESS_ROLE) <= bool(policy.roles), name


def test_only_internal_services_have_internal_methods() -> None:
    for name, policy, _ in rpcs():
        internal = any(
            f"{kind}Service/" in name
            for kind in ("Internal", "Runtime", "Event", "DeadLetter", "PersonalData")
        )
        assert (policy.access == options.ACCESS_INTERNAL) == internal, name


def test_get_is_repeatable_and_never_answered_with_the_past() -> None:
    pool: Any = descriptor_pool.Default()
    for name, policy, _ in rpcs():
        service, method = name[1:].split("/")
        declared = pool.FindServiceByName(service).methods_by_name[method].GetOptions()
        if declared.Extensions[annotations_pb2.http].get:
            assert declared.idempotency_level != MethodOptions.IDEMPOTENCY_UNKNOWN, name
            assert not policy.keeps_reply, name
        assert policy.asked_by_get == bool(declared.Extensions[annotations_pb2.http].get), name


def test_replies_with_tokens_are_never_kept() -> None:
    kept = {name: policy.reply for name, policy, _ in rpcs() if policy.keeps_reply}
    for name, reply in kept.items():
        fields = reply.DESCRIPTOR.fields_by_name
        assert not {"access_token", "refresh_token", "verification_id"} & set(fields), name


def test_fields_are_found_in_every_path_that_has_some() -> None:
    every = policies(contracts())
    for method in methods_of(render.contracts(), contracts()):
        for template in (path for _, path in method.rules if "{" in path and "=**" not in path):
            # Each is filled with its own name.
            filled = template.translate({ord(each): None for each in "{}"})
            names = re.findall(r"{(\w+)}", template)
            known = every[method.path].paths
            found = [match.groupdict() for each in known if (match := each.fullmatch(filled))]
            assert dict(zip(names, names, strict=True)) in found, template
