"""Train models within the minutes of a lent GPU: a shelf of jobs over the trainer.

    python docs/training/gpu.py pack PHOTOGRAPHS PAINTINGS DATA
    python docs/training/gpu.py run DATA OUT --minutes 12 --jobs film-wide=5,film-equal,concat

``pack`` writes VGG-16 and parts of pictures, each small enough for one upload; ``run`` works
through the jobs by their shares of the time, with the parts that have arrived, and takes in further
ones between two phases. OUT gets a safetensors file and a sheet of samples per job, renewed every
minute, and ``log.jsonl``. A file ``until`` in OUT, of one number, moves the deadline: seconds since
1970. See docs/training-gpu.md.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from packing import KINDS, VGG, arrived, pack
from safetensors.torch import save_file
from torch import Tensor, nn

from stylemix.backbones import VGG16, feature_net
from stylemix.backbones.fused import FusedVGG16
from stylemix.images import save, to_pil
from stylemix.ops import place
from stylemix.training import TrainConfig, Trainer
from stylemix.training.data import read_pictures
from stylemix.training.model.samples import sheet

SAVE_EVERY = 60.0
LARGEST = 16 * 2**20
"""Files of the output that are larger may not come back from a lent machine."""

TERMS: dict[str, dict[str, Any]] = {
    "style": {"name": "gram", "weight": 10.0, "balanced": True, "root": True},
    "tv": {"name": "tv", "weight": 1.0},
    "identity": {"name": "pixel", "weight": 200.0},
    # Larger blocks than on a CPU: GPUs sort long rows slowly.
    "palette": {"name": "palette", "weight": 4.0, "shrink": 4},
    "lattice": {"name": "lattice", "weight": 4.0},
    "contrast": {"name": "local-contrast", "weight": 0.1},
}
SMALL = {"crop": 192, "batch": 32, "zoom": 1.4, "identity": 0.18, "partial": 0.12}
LARGE = {**SMALL, "crop": 256, "zoom": 1.1}
STEADY = {"shifted": 0.125, "weights": {"shift": 60.0}}


@dataclass(frozen=True)
class Job:
    """What one model is trained with.

    Attributes:
        phases: tables of a training's configuration, with their shares of the job's time.
        rate: of learning, at its highest.
        init: checkpoint folder in DATA to start from.
        model: preset; empty takes the job's name.
    """

    phases: tuple[Mapping[str, Any], ...]
    rate: float = 2e-3
    init: str = ""
    model: str = ""


MECHANISM = Job(({**SMALL, "share": 0.7}, {**LARGE, "share": 0.3}))
JOBS = {
    # docs/training/prune.py makes film of it.
    "film-wide": Job(({**SMALL, **STEADY, "share": 0.25}, {**LARGE, **STEADY, "share": 0.75})),
    **dict.fromkeys(("film-equal", "concat", "inject", "patch"), MECHANISM),
    "film-large": Job((LARGE,), 1e-3, init="film-large"),
}


class Data:
    """The parts that have arrived, each read once.

    Args:
        folder: holds them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.read: set[Path] = set()
        self.pictures: dict[str, list[Tensor]] = {kind: [] for kind in KINDS}

    def look(self) -> int:
        """Read what is new; return how many parts there are now."""
        for part in sorted(p for p in self.folder.iterdir() if p.is_dir() and p not in self.read):
            if not arrived(part):
                continue
            for kind, (side, _) in KINDS.items():
                shards = [str(p) for p in sorted(part.glob(f"{kind}*.tar"))]
                self.pictures[kind] += read_pictures(shards, side, what=kind)
            self.read.add(part)
        return len(self.read)

    def new(self) -> Callable[[], tuple[list[Tensor], list[Tensor]] | None]:
        """Return a function of all pictures, and then of None until there are more."""
        known = 0

        def pictures() -> tuple[list[Tensor], list[Tensor]] | None:
            nonlocal known
            before, known = known, self.look()
            while not known:
                time.sleep(0.5)
                known = self.look()
            return (self.pictures["content"], self.pictures["style"]) if known > before else None

        return pictures


class Shelf:
    """Works through jobs until the time is over.

    Args:
        args: of the command ``run``.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        self.args, self.out = args, args.out
        self.start = time.time()
        self.device = torch.device(args.device)
        self.data = Data(args.data)
        self.out.mkdir(parents=True, exist_ok=True)
        self.features = self._features()
        self.writing = 0.0
        """Seconds that writing a model took last; time for it is kept free at a job's end."""

    def say(self, **record: Any) -> None:
        """Print a line, and write it to the log."""
        line = json.dumps({"t": round(time.time() - self.start, 1), **record})
        print(line, flush=True)
        with open(self.out / "log.jsonl", "a") as file:
            file.write(line + "\n")

    @property
    def end(self) -> float:
        """Return when everything has to be over, in seconds since 1970."""
        try:
            return float((self.out / "until").read_text())
        except (OSError, ValueError):
            return self.start + 60 * self.args.minutes

    def work(self) -> None:
        """Train each job's model; one that fails leaves its time to the others."""
        left = sum(share for _, share in self.args.jobs)
        for name, share in self.args.jobs:
            try:
                self.train(name, share / left)
            except Exception:
                self.say(job=name, problem=traceback.format_exc()[-1500:])
            left -= share
        self.say(finished=True)

    def train(self, name: str, share: float) -> None:
        """Train one model for a share of the time that is left, and write it."""
        began = saved = told = time.time()
        told_step = 0
        with tempfile.TemporaryDirectory() as folder:

            def done() -> float:
                time_for_steps = (self.end - began) * share - 2 * self.writing
                return (time.time() - began) / max(1e-3, time_for_steps)

            def watch(step: int, losses: Mapping[str, float]) -> None:
                nonlocal saved, told, told_step
                now = time.time()
                if now - told > self.args.tell or not told_step:
                    speed = (step - told_step) * phases[0].batch / (now - told)
                    self.say(
                        job=name,
                        step=step,
                        done=round(done(), 3),
                        seen=trainer.session.seen,
                        per_second=round(speed, 1),
                        **{k: round(v, 5) for k, v in losses.items()},
                    )
                    told, told_step = now, step
                if now - saved > SAVE_EVERY:
                    self.write(name, trainer)
                    saved = now

            config = self.config(name, Path(folder) / name)
            phases = config.phases
            trainer = Trainer(
                config, clock=done, watch=watch, pictures=self.data.new(), features=self.features
            )
            bank = 0 if trainer.bank is None else len(trainer.bank)
            self.say(
                job=name,
                photographs=len(trainer.photographs),
                paintings=len(trainer.paintings),
                bank=bank,
            )
            try:
                trainer.run()
            finally:
                self.write(name, trainer)
        session = trainer.session
        self.say(
            job=name,
            steps=session.step,
            seen=session.seen,
            minutes=round((time.time() - began) / 60, 2),
        )

    def config(self, name: str, output: Path) -> TrainConfig:
        """Return the configuration of a job's training."""
        job, tiny = JOBS[name], self.args.tiny
        terms = {k: dict(v) for k, v in TERMS.items()}
        side = 256
        phases = [{**phase, "style_crop": [side]} for phase in job.phases]
        if tiny:
            terms["lattice"]["period"] = 4
            phases = [{**p, "crop": p["crop"] // 4, "batch": 8, "style_crop": [64]} for p in phases]
        table = {
            "output": str(output),
            "model": job.model or name,
            "init": str(self.args.data / job.init) if job.init else "",
            "data": {"bank": 1 if tiny else self.args.bank},
            "losses": {"terms": terms},
            "optimizer": {"lr": job.rate, "warmup": 100 if job.init else 300},
            "schedule": {"minutes": self.args.minutes},
            "phases": phases,
            "runtime": {
                "device": self.args.device,
                "tensorboard": False,
                "sample_every": 0,
                # The state would be larger than what comes back, and nothing resumes here.
                "save_every": 1e9,
            },
        }
        return TrainConfig.from_table(table)

    def write(self, name: str, trainer: Trainer) -> None:
        """Write the averaged weights in float16 and a sheet of samples, whole or not at all."""
        began = time.time()
        trainer.session.descent.check()
        model = trainer.averaged()
        weights = {
            k: v.half().cpu().contiguous() if v.is_floating_point() else v.cpu()
            for k, v in model.state_dict().items()
        }
        partial, file = self.out / f"{name}.partial", self.out / f"{name}.safetensors"
        save_file(weights, partial)
        if (size := partial.stat().st_size) > LARGEST:
            self.say(job=name, warning=f"{file.name} has {size} bytes and may not come back")
        partial.replace(file)
        photographs, paintings, rows = trainer.shown
        made = sheet(model, photographs.to(self.device), paintings.to(self.device), rows)
        save(to_pil(made), self.out / f"{name}.jpg")
        self.writing = time.time() - began

    def _features(self) -> nn.Module:
        """Return the network that losses look through, fused where that gives the same."""
        file = self.args.data / VGG
        if not file.exists():
            return feature_net("thin")
        plain = VGG16.load(file)
        if self.device.type != "cuda":
            return plain
        fused = FusedVGG16.load(file)
        fused.features.to(torch.bfloat16)
        return fused if self._agree(place(fused, self.device), place(plain, self.device)) else plain

    def _agree(self, fused: nn.Module, plain: nn.Module) -> bool:
        """Tell whether cuDNN's fused convolutions work here and give the plain ones' values."""
        image = torch.rand(2, 3, 64, 64, device=self.device).to(memory_format=torch.channels_last)
        found = []
        try:
            for net in (fused, plain):
                x = image.clone().requires_grad_()
                with torch.autocast("cuda", torch.bfloat16):
                    maps = net(x, ["relu1_2", "relu4_3"])
                scaled = [m.float() / m.detach().float().std() for m in maps.values()]
                torch.stack([m.square().mean() for m in scaled]).sum().backward()
                found.append((x.grad, maps["relu4_3"].detach().float()))
        except RuntimeError as problem:
            self.say(fused=False, problem=str(problem)[:300])
            return False
        error = max(float((a - b).norm() / b.norm()) for a, b in zip(*found, strict=True))
        self.say(fused=error < 0.1, error=error)
        return error < 0.1


def shares(text: str) -> list[tuple[str, float]]:
    """Read ``name=share,name=share``; a share that is left out is 1."""
    found = []
    for item in text.split(","):
        name, _, share = item.partition("=")
        if name not in JOBS:
            raise argparse.ArgumentTypeError(f"no job is named {name!r} ({', '.join(JOBS)})")
        found.append((name, float(share or 1)))
    return found


def main() -> None:
    """Read the options and pack, or work through the jobs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("pack", help="write VGG-16 and parts of pictures")
    one.add_argument("content", type=Path, help="folder of photographs")
    one.add_argument("style", type=Path, help="folder of paintings")
    one.add_argument("data", type=Path, help="folder for the parts")
    one.add_argument("--mib", type=float, default=64, help="of a part, the first with the code")
    one.add_argument("--vgg", help="safetensors file of VGG-16 instead of a download")
    one.add_argument("--thin", action="store_true", help="no VGG-16: losses look through 'thin'")
    one.set_defaults(call=pack)
    two = commands.add_parser("run", help="work through jobs")
    two.add_argument("data", type=Path)
    two.add_argument("out", type=Path)
    two.add_argument("--minutes", type=float, required=True)
    two.add_argument("--jobs", type=shares, required=True, help="name=share,name=share")
    two.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    two.add_argument("--bank", type=int, default=5, help="crops of each painting")
    two.add_argument("--tell", type=float, default=10, help="seconds between lines of the log")
    two.add_argument("--tiny", action="store_true", help="tiny sizes, to rehearse on a CPU")
    two.set_defaults(call=lambda args: Shelf(args).work())
    args = parser.parse_args()
    args.call(args)


if __name__ == "__main__":
    main()
