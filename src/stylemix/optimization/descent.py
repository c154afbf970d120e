"""The loop: an optimizer moves a canvas down an objective."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from stylemix.errors import Cancelled, ConfigError
from stylemix.optimization.canvas import Canvas
from stylemix.optimization.picture_loss import Loss, Losses
from stylemix.optimization.prior import prior
from stylemix.types import real_number

OPTIMIZERS = ("adam", "lbfgs")
TINY = math.ulp(0.0)
"""The smallest number above 0."""
WARM_UP = 3
HOLD = 0.6
END = 0.1


@dataclass(frozen=True)
class Descent:
    """How the optimizer goes down.

    Attributes:
        optimizer: ``"adam"`` (Kingma and Ba, 2015), or ``"lbfgs"``: limited-memory BFGS with a
            line search for the strong Wolfe conditions (Nocedal and Wright, 2006, algorithms 7.5
            and 3.5), under which the loss never rises.
        rate: Adam's learning rate, in units of the picture's range [0, 1].
        variation: weight of total variation.
        bounds: weight of values beyond the range.
    """

    optimizer: str = "adam"
    rate: float = 0.02
    variation: float = 0.0
    bounds: float = 1000.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", real_number("rate", self.rate, "a number above 0", TINY))
        if self.optimizer not in OPTIMIZERS:
            raise ConfigError(
                f"no optimizer is named {self.optimizer!r} (there are: {', '.join(OPTIMIZERS)})"
            )


@dataclass(frozen=True)
class DescentStep:
    """One step as it is reported.

    Attributes:
        done: steps done.
        losses: of the picture before the step.
        picture: gives the picture so far, [1, 3, H, W] in [0, 1].
    """

    done: int
    losses: Losses
    picture: Callable[[], Tensor]


def rate_at(step: int, steps: int) -> float:
    """Return the share of the learning rate at step 0 <= step < steps.

    Three steps of warm-up, then constant for 60 % of the steps, then falling along a cosine to a
    tenth: large steps find the way, small ones remove the noise that large ones leave.
    """
    done = (step + 0.5) / steps
    if done < HOLD:
        return min(1.0, (step + 1) / WARM_UP)
    return END + (1 - END) * 0.5 * (1 + math.cos(math.pi * (done - HOLD) / (1 - HOLD)))


def optimize_canvas(
    canvas: Canvas,
    objective: Loss,
    steps: int,
    how: Descent,
    report: Callable[[DescentStep], None] | None = None,
    *,
    speed: float = 1.0,
) -> Cancelled | None:
    """Move the canvas ``steps`` evaluations down; it keeps what was reached.

    Args:
        canvas: what moves.
        objective: gives losses and gradient of a picture.
        steps: evaluations of the objective.
        how: optimizer and priors.
        report: called after each evaluation; it may raise :class:`stylemix.errors.Cancelled`.
        speed: what Adam's learning rate is multiplied by.

    Returns:
        None, or the exception by which ``report`` stopped the work.
    """
    run = _Run(canvas, objective, steps, how, report, speed)
    try:
        if how.optimizer == "lbfgs":
            run.lbfgs()
        else:
            run.adam()
    except Cancelled as stop:
        return stop
    return None


def picture_of(canvas: Canvas) -> Tensor:
    """Return the canvas's picture in [0, 1], without a graph."""
    with torch.no_grad():
        return canvas().clamp(0, 1)


class _EnoughError(Exception):
    """The evaluations are used up in the middle of a line search."""


class _Run:
    def __init__(
        self,
        canvas: Canvas,
        objective: Loss,
        steps: int,
        how: Descent,
        report: Callable[[DescentStep], None] | None,
        speed: float,
    ) -> None:
        self.canvas, self.objective, self.steps, self.how = canvas, objective, steps, how
        self.report, self.speed = report, speed
        self.done = 0

    def evaluate(self) -> Tensor:
        """Return the loss, and leave gradients in the canvas's parameters."""
        for parameter in self.canvas.parameters:
            parameter.grad = None
        image = self.canvas()
        # Beyond the range the network sees the nearest picture there is. The gradient goes
        # through unchanged, and the prior brings the value back.
        losses, gradient = self.objective(image.detach().clamp(0, 1))
        extra = prior(image, self.how.variation, self.how.bounds)
        ((image * gradient).sum() + extra).backward()
        self.done += 1
        self.losses = losses
        return extra.detach() + losses.content + self.objective.style_weight * losses.style

    def tell(self) -> None:
        if self.report is not None:
            self.report(DescentStep(self.done, self.losses, lambda: picture_of(self.canvas)))

    def adam(self) -> None:
        # A tiny epsilon, since the gradient of one pixel is tiny in a large picture.
        adam = torch.optim.Adam(self.canvas.parameters, betas=(0.9, 0.99), eps=1e-15)
        for step in range(self.steps):
            rate = self.speed * self.how.rate * rate_at(step, self.steps)
            for group in adam.param_groups:
                group["lr"] = rate
            self.evaluate()
            adam.step()
            self.tell()

    def lbfgs(self) -> None:
        """Evaluate until the steps are used up; the best picture found is kept."""
        best: list[Tensor] = [p.detach().clone() for p in self.canvas.parameters]
        least = math.inf

        def closure() -> Tensor:
            nonlocal least
            if self.done >= self.steps:
                raise _EnoughError
            loss = self.evaluate()
            if float(loss) < least:
                least = float(loss)
                for kept, parameter in zip(best, self.canvas.parameters, strict=True):
                    kept.copy_(parameter.detach())
            self.tell()
            return loss

        search = torch.optim.LBFGS(
            self.canvas.parameters,
            max_iter=self.steps,
            max_eval=self.steps,
            history_size=20,
            tolerance_grad=0,
            tolerance_change=0,
            line_search_fn="strong_wolfe",
        )
        try:
            search.step(closure)  # type: ignore[arg-type]
        except _EnoughError:
            pass
        finally:
            with torch.no_grad():
                for kept, parameter in zip(best, self.canvas.parameters, strict=True):
                    parameter.copy_(kept)
