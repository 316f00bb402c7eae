"""The metrics of the whole academy: of every service process and of Envoy."""

from __future__ import annotations

import http.client
from collections.abc import Sequence
from urllib.parse import urlsplit

import structlog

from services.gateway import exposition
from services.gateway.processes import Process, ask, is_own
from services.kit.process.runtime import Runtime
from stellr.runtime.v1.runtime_service_pb2 import GetMetricsRequest
from stellr.runtime.v1.runtime_service_pb2_grpc import RuntimeServiceStub

log = structlog.get_logger("stellr.metrics")
ANSWER_SECONDS = 2.0
ENVOY = "envoy"


def gather(runtime: Runtime, envoy_admin: str, everyone: Sequence[Process]) -> str:
    """Prometheus text of all that answer; `stellr_up` says who did."""
    texts = _of_processes(runtime, everyone)
    # Where there are several each is asked by itself, and none from here.
    envoy = envoy_text(envoy_admin) if envoy_admin else ""
    answered: dict[str, list[bool]] = {process.service: [] for process in everyone}
    for process, text in texts:
        answered[process.service].append(text is not None)
    if envoy_admin:
        answered[ENVOY] = [envoy is not None]
    given = [text for _, text in texts if text is not None]
    return exposition.merge([exposition.up(answered), *given, envoy or ""])


def _of_processes(
    runtime: Runtime, everyone: Sequence[Process]
) -> list[tuple[Process, str | None]]:
    # This process needs no thread to ask itself: with all of them here it would wait in vain.
    listen = runtime.settings.listen
    own = [each for each in everyone if is_own(each.address, listen)]
    others = [each for each in everyone if each not in own]

    def question(process: Process) -> object:
        token = runtime.mesh_tokens.token_for(process.service)
        get = RuntimeServiceStub(process.channel).GetMetrics
        metadata = (("x-stellr-service", token),)
        return get.future(GetMetricsRequest(), timeout=ANSWER_SECONDS, metadata=metadata)

    answers = [(each.process, each.reply and each.reply.text) for each in ask(others, question)]
    return [*((process, runtime.metrics.text()) for process in own), *answers]


def envoy_text(admin: str) -> str | None:
    """What Envoy counted since it began, from its admin's URL; None where it does not answer."""
    address = urlsplit(admin)
    if not address.hostname:
        return None
    connection = http.client.HTTPConnection(
        address.hostname, address.port or 80, timeout=ANSWER_SECONDS
    )
    try:
        connection.request("GET", "/stats/prometheus?usedonly")
        answer = connection.getresponse()
        return answer.read().decode() if answer.status == http.client.OK else None
    except (OSError, http.client.HTTPException, ValueError) as error:
        log.warning("envoy's metrics are missing", error=repr(error))
        return None
    finally:
        connection.close()
