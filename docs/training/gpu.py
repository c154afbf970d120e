"""Train models within the minutes of a lent GPU: one command, jobs by share of the time.

    python docs/training/gpu.py DATA OUT --minutes 12 --jobs film=5,film-equal=1,concat=1

DATA holds folders (``a``, ``b``, ...) with ``content*.tar`` and ``style*.tar``, and
``vgg16.safetensors``; what has arrived when a phase begins is used. OUT gets one safetensors file
a job, renewed every minute, and ``log.jsonl``. See docs/training.md.
"""

import argparse
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from stylemix.backbones import VGG16, feature_net
from stylemix.backbones.fused import FusedVGG16
from stylemix.losses.objective import PRESETS as LOSSES
from stylemix.losses.objective import Objective
from stylemix.ops import place
from stylemix.plugins import registry
from stylemix.stylizers import FeedForward, build
from stylemix.training.data import read_pictures
from stylemix.training.model.bank import Bank
from stylemix.training.model.captured import CapturedStep, Plan
from stylemix.training.model.pool import Pool

TERMS: dict[str, dict[str, Any]] = {
    **LOSSES["balanced"],
    "style": {"name": "gram", "weight": 10.0, "balanced": True, "root": True},
    "tv": {"name": "tv", "weight": 1.0},
    "identity": {"name": "pixel", "weight": 200.0},
    # Larger blocks than on a CPU: GPUs sort long rows slowly.
    "palette": {"name": "palette", "weight": 4.0, "shrink": 4},
    "lattice": {"name": "lattice", "weight": 4.0},
    "contrast": {"name": "local-contrast", "weight": 0.1},
}
START = time.monotonic()


@dataclass(frozen=True)
class Job:
    """What one model is trained with.

    Attributes:
        model: preset.
        rate: of learning, at its highest.
        phases: share of the job's time, and plan.
        init: safetensors file to start from.
    """

    model: str
    rate: float
    phases: tuple[tuple[float, Plan], ...]
    init: str = ""
    warmup: int = 300
    ema: float = field(default=0.999)


_USUAL = {"zoom": 1.1, "identity": 0.18, "partial": 0.12}
_LARGE = Plan(256, 32, **_USUAL)
_SMALL = Plan(192, 32, zoom=1.4, identity=0.18, partial=0.12)
_STEADY = {"shifted": 0.125, "weights": {"shift": 60.0}}
JOBS = {
    "film": Job(
        "film", 2e-3, ((0.25, replace(_SMALL, **_STEADY)), (0.75, replace(_LARGE, **_STEADY)))
    ),
    **{
        name: Job(name, 2e-3, ((0.7, _SMALL), (0.3, _LARGE)))
        for name in ("film-equal", "concat", "inject", "patch")
    },
    "film-large": Job(
        "film-large", 1e-3, ((1.0, _LARGE),), init="film-large.safetensors", warmup=100
    ),
}


def say(out: Path, **record: Any) -> None:
    """Print a line, and write it to the log."""
    line = json.dumps({"t": round(time.monotonic() - START, 1), **record})
    print(line, flush=True)
    with open(out / "log.jsonl", "a") as file:
        file.write(line + "\n")


class Data:
    """The parts that have arrived, read once each."""

    def __init__(self, folder: Path, device: torch.device, side: int) -> None:
        self.folder, self.device, self.side = folder, device, side
        self.seen: list[Path] = []
        self.pictures: dict[str, list[Tensor]] = {"content": [], "style": []}

    def arrived(self) -> bool:
        """Read what is new; tell whether there was anything."""
        new = [
            p
            for p in sorted(self.folder.iterdir())
            if (p / "complete").exists() and p not in self.seen
        ]
        for part in new:
            for kind, side in (("content", 288), ("style", 320)):
                self.pictures[kind] += read_pictures(
                    [str(p) for p in part.glob(f"{kind}*.tar")], side, what=kind
                )
            self.seen.append(part)
        return bool(new)


@torch.no_grad()
def bank_of(
    paintings: Pool,
    per_painting: int,
    side: int,
    objective: Objective,
    model: FeedForward,
    precision: torch.dtype,
    chunk: int = 48,
) -> Bank:
    """Cut crops of every painting and look at them once; as ``make_bank``, many at a time."""
    device = paintings.pixels.device
    chance = torch.rand(
        per_painting * len(paintings), 4, generator=torch.Generator().manual_seed(0)
    ).to(device)
    order = torch.arange(len(paintings), device=device).repeat(per_painting)
    crops, statistics = [], []
    targets: dict[str, list[Tensor]] = {}
    scales: dict[str, list[Tensor]] = {}
    for chosen, drawn in zip(order.split(chunk), chance.split(chunk), strict=True):
        images = paintings.cut(chosen, side, drawn).contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, precision, enabled=precision != torch.float32):
            found = objective.prepare_one("style", images)
            statistics.append(model.encoder.statistics(images).float())
        crops.append((images * 255).round().to(torch.uint8).contiguous())
        for label, tensors in found.items():
            for number, target in enumerate(tensors):
                scale = target.flatten(1).abs().amax(1).clamp_min(1e-12).float()
                targets.setdefault(f"{label}/{number}", []).append(
                    (target / scale.view(-1, *[1] * (target.ndim - 1))).half()
                )
                scales.setdefault(f"{label}/{number}", []).append(scale)
    return Bank(
        torch.cat(crops),
        {k: torch.cat(v) for k, v in targets.items()},
        {k: torch.cat(v) for k, v in scales.items()},
        torch.cat(statistics),
    )


class Shelf:
    """Works through jobs until the time is over."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args, self.out = args, args.out
        self.device = torch.device(args.device)
        self.cuda = self.device.type == "cuda"
        self.precision = torch.bfloat16 if self.cuda else torch.float32
        self.data = Data(args.data, self.device, 256)
        self.objective = self._objective(fused=self.cuda)
        self.bank: Bank | None = None

    def _objective(self, fused: bool) -> Objective:
        file = self.args.data / "vgg16.safetensors"
        net = (FusedVGG16 if fused else VGG16).load(file) if file.exists() else feature_net("thin")
        if self.cuda:
            net.features.to(torch.bfloat16)
        terms = {k: dict(v) for k, v in TERMS.items()}
        if self.args.tiny:
            terms["lattice"]["period"] = 4
        objective = place(Objective(terms, net), self.device)
        if fused and not self._fits(objective):
            say(self.out, fused=False)
            return self._objective(fused=False)
        return objective

    def _fits(self, objective: Objective) -> bool:
        """Tell whether cuDNN's fused convolutions work here and give the plain ones' values."""
        plain = place(VGG16.load(self.args.data / "vgg16.safetensors"), self.device)
        image = torch.rand(2, 3, 64, 64, device=self.device).to(memory_format=torch.channels_last)
        try:
            grads = []
            for net in (objective.features, plain):
                x = image.clone().requires_grad_()
                with torch.autocast("cuda", torch.bfloat16):
                    maps = net(x, ["relu1_2", "relu4_3"])
                sum(
                    (m.float() / m.detach().float().std()).square().mean() for m in maps.values()
                ).backward()
                grads.append((x.grad, maps["relu4_3"].detach().float()))
            error = [float((a - b).norm() / b.norm()) for a, b in zip(*grads, strict=True)]
            say(self.out, fused_error=error)
            return max(error) < 0.1
        except RuntimeError as problem:
            say(self.out, fused_problem=str(problem)[:300])
            return False

    def refresh(self, model: FeedForward) -> None:
        """Take in new data and make the bank that fits it."""
        while not self.data.seen and not self.data.arrived():
            time.sleep(0.5)
        if not self.data.arrived() and self.bank is not None:
            return
        began = time.monotonic()
        self.bank = None
        self.photographs = Pool(self.data.pictures["content"], self.device)
        paintings = Pool(self.data.pictures["style"], self.device)
        side = 64 if self.args.tiny else 256
        self.bank = bank_of(paintings, self.args.bank, side, self.objective, model, self.precision)
        say(
            self.out,
            photographs=len(self.photographs),
            paintings=len(paintings),
            crops=len(self.bank),
            seconds=round(time.monotonic() - began, 1),
        )

    @property
    def end(self) -> float:
        """When everything has to be over; the file ``until`` in OUT may say it later."""
        file = self.out / "until"
        if not file.exists():
            return START + 60 * self.args.minutes
        return time.monotonic() + float(file.read_text()) - time.time()

    def run(self, name: str, share_of_rest: float) -> None:
        """Train one model for a share of the time that is left, and write it."""
        job, began = JOBS[name], time.monotonic()
        torch.manual_seed(0)
        model = build(registry("presets").get(job.model))
        model.encoder.initialize()
        place(model, self.device).train()
        if not self.data.seen:
            self.data.arrived()
        while not self.data.seen:
            time.sleep(0.5)
            self.data.arrived()
        if job.init:
            model.load_state_dict(
                {k: v.float() for k, v in load_file(self.args.data / job.init).items()},
                strict=False,
            )
        else:
            self._calibrate(model)
        self.refresh(model)
        parameters = [p for p in model.parameters() if p.requires_grad]
        optimizer = torch.optim.Adam(
            parameters,
            lr=torch.tensor(job.rate, device=self.device),
            fused=self.cuda,
            capturable=self.cuda,
        )
        average = {k: v.detach().clone() for k, v in model.state_dict().items()}
        step = seen = 0
        saved = time.monotonic()
        edge = 0.0
        for number, (share, plan) in enumerate(job.phases):
            edge += share
            if self.args.tiny:
                plan = replace(plan, crop=plan.crop // 4, batch=6)
            if number:
                self.refresh(model)
            at = time.monotonic()
            captured, step = self._captured(model, plan, optimizer, average, step)
            say(
                self.out,
                job=name,
                phase=number,
                crop=plan.crop,
                batch=plan.batch,
                captured=captured.graph is not None,
                seconds=round(time.monotonic() - at, 1),
            )
            told, told_step, first = time.monotonic(), step, step
            while (
                done := (time.monotonic() - began) / ((self.end - began) * share_of_rest)
            ) < edge:
                rate = (
                    job.rate
                    * min(1, (step + 1) / job.warmup)
                    * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1, done))))
                )
                captured(step, rate, min(job.ema, (1 + step) / (10 + step)))
                step += 1
                seen += plan.batch
                if step == first + 20 or step - told_step >= self.args.every:
                    now = captured.totals.tolist()  # waits for the device
                    captured.totals.zero_()
                    count, passed = step - told_step, time.monotonic() - told
                    say(
                        self.out,
                        job=name,
                        step=step,
                        done=round(done, 3),
                        seen=seen,
                        per_second=round(count * plan.batch / passed),
                        **{
                            k: round(v / count, 4)
                            for k, v in zip(captured.labels, now, strict=True)
                        },
                    )
                    if not all(map(math.isfinite, now)):
                        say(self.out, job=name, problem="infinite losses; the last weights stay")
                        return
                    told, told_step = time.monotonic(), step
                if time.monotonic() - saved > 60:
                    self.save(name, average)
                    saved = time.monotonic()
            del captured
        self.save(name, average)
        say(
            self.out,
            job=name,
            steps=step,
            seen=seen,
            minutes=round((time.monotonic() - began) / 60, 2),
            saved=True,
        )

    def _captured(
        self,
        model: FeedForward,
        plan: Plan,
        optimizer: torch.optim.Optimizer,
        average: dict[str, Tensor],
        step: int,
    ) -> tuple[CapturedStep, int]:
        """Capture a step; where that fails, without fused convolutions, then not at all."""
        for attempt in range(3):
            captured = CapturedStep(
                model,
                self.objective,
                self.photographs,
                self.bank,
                plan,
                optimizer,
                average,
                clip=1.0,
                precision=self.precision,
                seed=0,
            )
            if attempt == 2:
                break
            try:
                return captured, captured.capture(step)
            except RuntimeError as problem:
                say(self.out, attempt=attempt, capture_problem=str(problem)[:600])
                self.objective = self._objective(fused=False)
        return captured, step

    def _calibrate(self, model: FeedForward) -> None:
        paintings = Pool(self.data.pictures["style"][:256], self.device)
        chance = torch.rand(len(paintings), 4, generator=torch.Generator().manual_seed(0))
        side = 64 if self.args.tiny else 256
        model.encoder.calibrate(
            paintings.cut(
                torch.arange(len(paintings), device=self.device), side, chance.to(self.device)
            )
        )

    def save(self, name: str, average: dict[str, Tensor]) -> None:
        """Write the averaged weights in float16, complete or not at all."""
        temporary = self.out / f"{name}.partial"
        save_file(
            {
                k: v.half().cpu().contiguous() if v.is_floating_point() else v.cpu()
                for k, v in average.items()
            },
            temporary,
        )
        temporary.replace(self.out / f"{name}.safetensors")


def shares(text: str) -> Iterator[tuple[str, float]]:
    """Read ``name=share,name=share``."""
    for item in text.split(","):
        name, _, share = item.partition("=")
        if name not in JOBS:
            raise argparse.ArgumentTypeError(f"no job is named {name!r} ({', '.join(JOBS)})")
        yield name, float(share or 1)


def main() -> None:
    """Read the options and work through the jobs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--jobs", type=lambda t: list(shares(t)), required=True)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--bank", type=int, default=5, help="crops of each painting")
    parser.add_argument("--every", type=int, default=300, help="steps between lines of the log")
    parser.add_argument("--tiny", action="store_true", help="tiny sizes, to rehearse on a CPU")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    torch.backends.cudnn.benchmark = True
    # Products of bfloat16 values are exact in it; see ops.gram.
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    shelf = Shelf(args)
    left = sum(share for _, share in args.jobs)
    for name, share in args.jobs:
        try:
            shelf.run(name, share / left)
        except Exception:  # the next job may work
            import traceback

            say(args.out, job=name, problem=traceback.format_exc()[-1500:])
        left -= share
    say(args.out, finished=True)


if __name__ == "__main__":
    main()
