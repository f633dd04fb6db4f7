"""What every benchmark does alike: command line, conditions, memory, times, children, and the result that is kept."""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from retriever.evaluation.machine import machine

RESULTS = Path(__file__).parent / "results"
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of each call: by the clock, and of the calling thread's processor, which others disturb less."""

    wall: Sequence[float]
    cpu: Sequence[float]


def command_line(doc: str | None, *, out: Path | None = None) -> argparse.ArgumentParser:
    """A parser with the module's docstring as its help, and `--out` for the file that keeps the result."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=out, help="JSON file to write")
    return parser


def write_result(path: Path | None, result: object) -> None:
    """Keep the result as JSON where `--out` wants it, if it does. Raises OSError."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def require(*modules: str, extra: str = "bench") -> None:
    """End with one line that names the extra when one of these modules is not installed."""
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise SystemExit(f"not installed: {', '.join(missing)}; run `pip install -c constraints.txt -e '.[{extra}]'`")


def conditions(*packages: str) -> dict[str, Any]:
    """What the figures depend on besides the program: machine, its load, and versions of some packages."""
    load = round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None
    versions = {"versions": {name: version(name) for name in packages}} if packages else {}
    return machine() | {"cores": os.cpu_count(), "load_1min": load} | versions


def rss_mib() -> float:
    """Memory that this process holds now, in MiB; where the system does not tell, the most it ever held."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return peak_rss_mib()
    return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def peak_rss_mib() -> float:
    """Most memory that this process ever held, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not ru_maxrss, which on Linux begins with what the parent process held.
        (line,) = [line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def timed(calls: Iterator[object], *, limit_s: float = float("inf")) -> Times:
    """Take each value of a lazy series, which is one call; none is begun after `limit_s` seconds."""
    wall: list[float] = []
    cpu: list[float] = []
    begin = time.perf_counter()
    while time.perf_counter() - begin < limit_s:
        start, start_cpu = time.perf_counter(), time.thread_time()
        if next(calls, _NOTHING) is _NOTHING:
            break
        cpu.append((time.thread_time() - start_cpu) * 1000)
        wall.append((time.perf_counter() - start) * 1000)
    return Times(wall, cpu)


def percentiles(values: Sequence[float], *shares: int, name: str = "p{}") -> dict[str, float]:
    """Some percentiles, with three digits; `name` says how they are called."""
    return {name.format(share): round(float(np.percentile(values, share)), 3) for share in shares}


def in_child(module: str, *arguments: str | Path, timeout_s: float | None = None) -> dict[str, Any]:
    """What a benchmark prints last, as JSON, when it runs in a process of its own, whose memory is then its own.

    Raises what `subprocess.run` raises.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=timeout_s)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result
