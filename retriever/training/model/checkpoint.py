"""Where a fit stands, on disk: table, Adam's moments, random generator; so a stopped fit goes on exactly."""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor


def save_fit(path: Path, step: int, table: Tensor, optimizer: torch.optim.Optimizer, rng: np.random.Generator) -> None:
    """Replace the file as a whole: a stop in the middle of writing leaves the one before."""
    state = optimizer.state[table]
    tensors = {"table": table.detach(), **{name: state[name] for name in ("step", "exp_avg", "exp_avg_sq")}}
    temporary = path.with_suffix(".tmp")
    save_file(tensors, temporary, {"step": str(step), "rng": json.dumps(rng.bit_generator.state)})
    temporary.replace(path)


def load_fit(path: Path, table: Tensor, optimizer: torch.optim.Optimizer, rng: np.random.Generator) -> int:
    """Put everything back where `save_fit` found it; the number of steps done, 0 without a file."""
    if not path.exists():
        return 0
    with safe_open(path, framework="pt") as file:
        notes = file.metadata()
        with torch.no_grad():
            table.copy_(file.get_tensor("table"))
        state = {name: file.get_tensor(name) for name in ("step", "exp_avg", "exp_avg_sq")}
    optimizer.load_state_dict({**optimizer.state_dict(), "state": {0: state}})
    rng.bit_generator.state = json.loads(notes["rng"])
    return int(notes["step"])
