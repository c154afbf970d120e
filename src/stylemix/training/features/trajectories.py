"""Pictures that are optimized through the student while it learns.

A network is deceived where an optimisation leads it: to pictures that look right to it and are
wrong to the teacher. So some pictures are on the way from a photograph to a painting all the time,
driven by the student as it is, and each training step shows some of them to both networks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.backbones import BLOCK_ENDS
from stylemix.ops import binomial, gram_error, gram_sum
from stylemix.training.features.config import WalkConfig
from stylemix.training.features.inputs import Inputs
from stylemix.training.features.objective import ROUNDING

CONTENT_LAYER = "relu3_3"
LAYERS = 4
RATES = (0.01, 0.03)
WEIGHTS = (1.0, 10.0)

Extract = Callable[[Tensor], Mapping[str, Tensor]]
First = Callable[[Tensor, Tensor], Tensor]
"""From photographs and paintings to pictures to begin with, all [N, 3, S, S] in [0, 1]."""


class TrajectoryPool:
    """Pictures in the middle of optimizations, each at another step of its own.

    Args:
        config: how many and how long.
        inputs: where photographs and paintings come from.
        first: gives pictures to begin with.
    """

    NAMES = ("image", "content", "style", "age", "rate", "weight")

    def __init__(self, config: WalkConfig, inputs: Inputs, first: First) -> None:
        self.config, self.inputs, self.first = config, inputs, first
        side, device = inputs.side, inputs.photographs.device
        pictures = torch.zeros(config.walkers, 3, side, side, device=device)
        self.image, self.content, self.style = (pictures.clone() for _ in range(3))
        self.age, self.rate, self.weight = torch.zeros(3, config.walkers, device=device)

    def begin(self) -> None:
        """Start every trajectory, with ages all over the way."""
        for number in range(self.config.walkers):
            self._restart(number, self.inputs.stream("trajectory", number))
        self.age += torch.arange(len(self.age), device=self.age.device) % self.config.life

    def move(self, step: int, extract: Extract, precision: torch.dtype = torch.float32) -> Tensor:
        """Optimize some pictures a little.

        Args:
            step: the training step's number; each step takes the next ones.
            extract: the student.
            precision: of Gram matrices.

        Returns:
            Their pictures [batch, 3, S, S] in [0, 1].
        """
        config = self.config
        rows = [(step * config.batch + i) % config.walkers for i in range(config.batch)]
        for number in rows:
            if self.age[number] >= config.life:
                self._restart(
                    number, self.inputs.stream("next trajectory", step * config.walkers + number)
                )
        image = self.image[rows]
        content, style = self.content[rows], self.style[rows]
        with torch.no_grad():
            wanted = extract(content)[CONTENT_LAYER]
            seen = extract(style)
            targets = {layer: gram_sum(seen[layer], precision=precision) for layer in BLOCK_ENDS}
        for _ in range(config.steps):
            # As `refine` does: full rate first, less towards the end.
            left = 1 - self.age[rows] / config.life
            rate = self.rate[rows] * (left / 0.4).clamp(0.1, 1)
            image = _moved(image, wanted, targets, self.weight[rows], rate, extract, precision)
            self.age[rows] += 1
        self.image[rows] = image
        return image

    def state_dict(self) -> dict[str, Tensor]:
        """Return what a resumed run needs."""
        return {name: getattr(self, name) for name in self.NAMES}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Put it back."""
        for name in self.NAMES:
            getattr(self, name).copy_(state[name])

    @torch.no_grad()
    def _restart(self, number: int, chance: torch.Generator) -> None:
        content = self.inputs.cut(self.inputs.photographs, 1, chance)
        style = self.inputs.cut(self.inputs.paintings, 1, chance)
        drawn = torch.rand(3, generator=chance).tolist()
        share = min(1.0, 1.5 * drawn[0])  # of the first pass; a third begins with all of it
        self.image[number] = torch.lerp(content, self.first(content, style), share)[0]
        self.content[number], self.style[number] = content[0], style[0]
        self.age[number] = 0
        for values, (low, high), share in (
            (self.rate, RATES, drawn[1]),
            (self.weight, WEIGHTS, drawn[2]),
        ):
            values[number] = low * (high / low) ** share


def _moved(
    image: Tensor,
    content: Tensor,
    targets: Mapping[str, Tensor],
    weight: Tensor,
    rate: Tensor,
    extract: Extract,
    precision: torch.dtype,
) -> Tensor:
    """Take one step down, of the same length everywhere as Adam's first one is.

    Like the canvas of `refine`, the step is smooth and has coarser layers beside the fine one.
    """
    image = image.detach().requires_grad_()
    seen = extract(image)
    far = (seen[CONTENT_LAYER] - content).square().sum((1, 2, 3))
    far = far / content.square().sum((1, 2, 3)).clamp_min(1e-12)
    style = torch.stack(
        [
            gram_error(
                gram_sum(seen[layer], precision=precision), targets[layer], rounding=ROUNDING
            )
            for layer in BLOCK_ENDS
        ]
    ).mean(0)
    (gradient,) = torch.autograd.grad((far + weight * style).sum(), image)
    with torch.no_grad():
        smooth = binomial(gradient)
        step = torch.zeros_like(smooth)
        for layer in range(LAYERS):
            part = F.avg_pool2d(smooth, 2**layer).sign()
            step += F.interpolate(part, size=image.shape[-2:], mode="bilinear", align_corners=False)
        return (image - rate.view(-1, 1, 1, 1) * binomial(step)).clamp(0, 1)
