"""How much memory one pass takes, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from stylemix.errors import DataError

_PROGRAM = """
import sys
import torch
import stylemix
name, size, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.manual_seed(0)
model = stylemix.load(name, device="cpu")
model.stylize(torch.rand(3, size, size), torch.rand(3, size, size), refine=steps)
if sys.platform == "linux":
    # The usual getrusage remembers the peak of the process that started this one.
    with open("/proc/self/status") as file:
        peak = next(int(line.split()[1]) for line in file if line.startswith("VmHWM:")) / 2**10
else:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(peak)
"""


def peak_memory(model: str | Path, size: int, *, steps: int = 0) -> float:
    """Measure the peak resident memory of a process that stylises one square picture, in MiB.

    The libraries are part of it (about 300 MiB), as they are for everyone who runs the model.

    Args:
        model: a name or a folder, as in :func:`stylemix.stylize`.
        size: side of photograph and painting in pixels.
        steps: of optimisation.

    Raises:
        DataError: the process failed, or this system doesn't tell (Windows).
    """
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(model), str(size), str(steps)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise DataError(f"the memory of {model} can't be measured here ({last}); leave that out")
    return float(done.stdout.split()[-1])
