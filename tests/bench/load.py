"""Drives a stack with k6, by a plan that load.js carries out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
CONNECTIONS = 8


class Latency(NamedTuple):
    """How long requests took, milliseconds: half of them at most, and all but one in a hundred."""

    median: float
    p99: float


def drive(folder: Path, plan: dict[str, Any]) -> Latency:
    """Carry out a plan, with files in a folder: the latency of its requests over HTTP. SystemExit
    where an answer is not what it should be."""
    path, summary = folder / "plan.json", folder / "summary.json"
    path.write_text(json.dumps({"connections": CONNECTIONS, "folder": str(HERE), **plan}))
    k6 = Path(sys.executable).with_name("k6")
    options = ["--quiet", "--no-usage-report", f"--summary-export={summary}"]
    done = subprocess.run(
        [str(k6), "run", *options, str(HERE / "load.js")],
        env={**os.environ, "PLAN": str(path)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"the load failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    latency = json.loads(summary.read_text())["metrics"].get("http_req_duration", {})
    return Latency(latency.get("med", 0.0), latency.get("p(99)", 0.0))
