import subprocess
import sys
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from services.kit.telemetry import Metrics
from tests.support import ROOT


def test_two_processes_of_a_service_never_have_the_same_series() -> None:
    series = []
    for process in ("1", "2"):
        metrics = Metrics("quiz", process)
        metrics.rpc("/a/B", "OK", 0.1)
        for family in text_string_to_metric_families(metrics.text()):
            series += [(s.name, *sorted(s.labels.items())) for s in family.samples]
    assert ("stellr_process_open_fds", ("process", "1"), ("service", "quiz")) in series
    assert len(series) == len(set(series))


LOGGING = """
import os, structlog
from services.kit.telemetry import configure_logs
configure_logs("course", "INFO")
for number in range(100):
    structlog.get_logger().info("line", number=number, text="x" * 1000)
os.write(1, b"alive")
os._exit(0)
"""


def test_a_full_disk_below_the_log_stops_no_work() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", LOGGING]
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=full, timeout=30, check=False
        )
    assert (done.returncode, done.stdout) == (0, b"alive")
