"""What the checks look at: one injection mechanism in a whole, tiny network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from stylemix.generators import Injected
from stylemix.injections.base import Injection
from stylemix.injections.style import Style, StyleMix
from stylemix.stylizers.base import build
from stylemix.stylizers.feed_forward import FeedForward
from stylemix.types import VECTORS

GENERATOR = {"name": "johnson", "width": 4, "blocks": 2}
ENCODER = {"name": "thin", "dim": 16, "hidden": 16}
STYLE_SIZE = 48


def require(condition: bool | Tensor, message: str) -> None:
    """Raise an ``AssertionError`` with ``message`` unless ``condition`` holds."""
    if not bool(condition):
        raise AssertionError(message)


def difference(a: Tensor, b: Tensor) -> float:
    """Return the largest absolute difference of two tensors."""
    return float((a.detach().double() - b.detach().double()).abs().max())


def leaves(tree: Any) -> Iterator[Tensor]:
    """Walk over the tensors of what ``prepare`` returned.

    Raises:
        AssertionError: it holds something else than tensors in tuples, lists and dicts.
    """
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, (tuple, list)):
        for part in tree:
            yield from leaves(part)
    elif isinstance(tree, Mapping):
        for part in tree.values():
            yield from leaves(part)
    else:
        raise AssertionError(
            f"prepare returned a {type(tree).__name__}; give tensors in tuples, lists or dicts, "
            "so that the host can batch and store them"
        )


def picture(seed: int, height: int = 48, width: int = 48) -> Tensor:
    """Make up a picture [1, 3, H, W] in [0, 1]; seeds differ in colour and in texture."""
    random = torch.Generator().manual_seed(seed)
    # Style is colour and scale of texture: both are drawn per picture.
    cell = int(torch.randint(2, 9, (1,), generator=random))
    coarse = torch.randn(1, 3, height // cell + 1, width // cell + 1, generator=random)
    texture = F.interpolate(coarse, size=(height, width), mode="bilinear", align_corners=False)
    color = torch.randn(1, 3, 1, 1, generator=random)
    contrast = 0.5 + torch.rand(1, 3, 1, 1, generator=random)
    return torch.sigmoid(1.5 * contrast * texture + color)


@dataclass(frozen=True)
class InjectionCase:
    """A registered injection and its options, ready to be checked.

    Attributes:
        name: what it is registered under.
        options: its options in a configuration.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def stylizer(self) -> FeedForward:
        """Build a small stylizer around the injection; the same one every time."""
        config = {
            "stylizer": "feed_forward",
            "generator": GENERATOR,
            "encoder": ENCODER,
            "injections": [{"name": self.name, **self.options}],
            "style_size": STYLE_SIZE,
        }
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            stylizer = build(config).eval()
        assert isinstance(stylizer, FeedForward)
        require(
            bool(self.attached(stylizer)),
            f"{self.name} is attached to no site of the generator {GENERATOR['name']!r}; its "
            "class attributes 'slots' and 'sites' have to match one of: "
            + ", ".join(f"{s.name} ({s.slot})" for s in stylizer.generator.sites),
        )
        return stylizer

    @staticmethod
    def attached(stylizer: FeedForward) -> dict[str, Injection]:
        """Return the injections of a stylizer by the keys of ``Style.prepared``."""
        found: dict[str, Injection] = {}
        for module in stylizer.generator.modules():
            if isinstance(module, Injected):
                for name, injection in module.injections.items():
                    assert isinstance(injection, Injection)
                    found[f"{module.site.name}/{name}"] = injection
        return found

    def injection(self, stylizer: FeedForward | None = None) -> Injection:
        """Return the injection at the first of its sites."""
        return next(iter(self.attached(stylizer or self.stylizer()).values()))

    def features(
        self, injection: Injection, seed: int, n: int = 1, height: int = 8, width: int = 8
    ) -> Tensor:
        """Return random content features [n, C, h, w] for a site."""
        random = torch.Generator().manual_seed(seed)
        x = torch.randn(n, injection.site.channels, height, width, generator=random)
        # Per channel, so that statistics differ between channels and between seeds.
        scale = 0.5 + torch.rand(n, x.shape[1], 1, 1, generator=random)
        return x * scale + 0.5 * torch.randn(n, x.shape[1], 1, 1, generator=random)

    def code(self, injection: Injection, seed: int, n: int = 1) -> dict[str, Tensor]:
        """Return a random code of n styles with every name an injection may read."""
        code = {
            name: torch.randn(
                (n, channels) if name in VECTORS else (n, channels, 6, 7),
                generator=torch.Generator().manual_seed(1000 * seed + i),
            )
            for i, (name, channels) in enumerate(sorted(injection.style_channels.items()))
            if name != "site"
        }
        return {**code, "site": self.features(injection, 1000 * seed + 999, n, 6, 7)}

    def needed(self, injection: Injection, code: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the part of a code that the injection says it needs."""
        missing = [name for name in injection.needs if name not in code]
        require(
            not missing,
            f"{self.name} needs {missing}, which the encoder doesn't offer "
            f"(it offers: {', '.join(sorted(code))})",
        )
        return {name: code[name] for name in injection.needs}

    def prepare(self, injection: Injection, code: Mapping[str, Tensor]) -> Any:
        """Prepare a style, handing over nothing but what the injection says it needs."""
        return injection.prepare(self.needed(injection, code))

    @staticmethod
    def style(stylizer: FeedForward, image: Tensor) -> Style:
        """Encode a picture [1, 3, H, W] as a style."""
        return stylizer.prepare(image)

    @staticmethod
    def mix(*pairs: tuple[Style, Tensor | float]) -> StyleMix:
        """Return a mixture of styles with constant weights or weight maps [H, W]."""
        return StyleMix(
            tuple(style for style, _ in pairs),
            tuple(
                torch.as_tensor(w, dtype=torch.float32).expand(1, 1, *_size(w)) for _, w in pairs
            ),
        )


def _size(weight: Tensor | float) -> tuple[int, ...]:
    return tuple(weight.shape) if isinstance(weight, Tensor) else (1, 1)
