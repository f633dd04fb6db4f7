"""What a report says about where it was made."""

import platform
from pathlib import Path


def machine() -> dict[str, str]:
    """Python, operating system and processor of this machine."""
    return {"python": platform.python_version(), "system": platform.system(), "processor": _processor()}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()
