"""Tiny models that several test files build; random weights, seconds on one core."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from stylemix.injections.style import StyleMix
from stylemix.ops import ContentMoments
from stylemix.ops.placement import place
from stylemix.stylizers import FeedForward


def load_script(path: Path) -> ModuleType:
    """Import a program that is no part of the package, such as those of benchmarks/."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))  # as where it is run, for those beside it
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module


def tiny_config(*injections: dict[str, Any], width: int = 4, blocks: int = 1) -> dict[str, Any]:
    """Give a configuration small enough for tests."""
    return {
        "stylizer": "feed_forward",
        "generator": {"name": "johnson", "width": width, "blocks": blocks},
        "encoder": {"name": "thin", "dim": 8, "hidden": 16},
        "injections": list(injections) or [{"name": "film"}],
        "style_size": 32,
    }


def tiny_model(*injections: dict[str, Any], seed: int = 0, **options: int) -> FeedForward:
    """Build a tiny model with random weights that depend on ``seed`` only."""
    torch.manual_seed(seed)
    return place(FeedForward.from_config(tiny_config(*injections, **options)), "cpu").eval()


def picture(seed: int, height: int = 32, width: int = 32) -> torch.Tensor:
    """Give a smooth random picture [1, 3, H, W] in [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, 5, 5, generator=generator)
    return torch.nn.functional.interpolate(coarse, size=(height, width), mode="bicubic").clamp(0, 1)


def tiny_palette_model(seed: int = 0) -> FeedForward:
    """Build a tiny model with codes of its own for texture and palette."""
    torch.manual_seed(seed)
    config = tiny_config(
        {"name": "film", "sites": ["block*", "up1*"]},
        {"name": "film", "code": "palette", "sites": ["up2*", "output*"]},
    )
    encoder = {
        "name": "texture-palette",
        "dim": 8,
        "hidden": 16,
        "palette_dim": 6,
        "palette_hidden": 12,
    }
    return place(FeedForward.from_config({**config, "encoder": encoder}), "cpu").eval()


def check_halos(model: FeedForward) -> None:
    """Poke a pixel beyond each stage's halo: no output value may change, statistics frozen."""
    mix = StyleMix.single(model.prepare(picture(3)))
    x = picture(1, 96, 96)
    for stage in model.generator.stages:
        channels = x.shape[1]
        seen: dict[ContentMoments, tuple[torch.Tensor, torch.Tensor]] = {}
        hooks = [
            m.register_forward_hook(lambda m, i, o, seen=seen: seen.setdefault(m, o))
            for m in stage.modules()
            if isinstance(m, ContentMoments)
        ]
        out = stage(x, mix)
        for hook in hooks:
            hook.remove()
        # As tiled rendering has it: the statistics are those of the whole picture.
        hooks = [
            module.register_forward_hook(lambda m, i, o, values=values: values)
            for module, values in seen.items()
        ]
        middle = x.shape[-1] // 2
        poked = x.clone()
        poked[:, :, :, middle] += torch.randn(channels, x.shape[2])
        changed = (stage(poked, mix) - out).abs().amax((0, 1, 2)) > 0
        reach = changed.nonzero().flatten().float() * stage.stride_out / stage.stride_in
        assert reach.min() >= middle - stage.halo - 1
        assert reach.max() <= middle + stage.halo + 1
        for hook in hooks:
            hook.remove()
        x = out


@contextmanager
def devices_of_feature_networks() -> Iterator[set[str]]:
    """Collect the devices of what feature networks are given."""
    from torch.nn.modules.module import register_module_forward_pre_hook

    from stylemix.backbones import FeatureNet

    seen: set[str] = set()

    def note(module: torch.nn.Module, args: tuple[torch.Tensor, ...]) -> None:
        if isinstance(module, FeatureNet):
            seen.add(args[0].device.type)

    hook = register_module_forward_pre_hook(note)
    try:
        yield seen
    finally:
        hook.remove()


@contextmanager
def file_size_limit(most: int) -> Iterator[None]:
    """Let this process write files of at most so many bytes, as on a disk that is nearly full."""
    import resource
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    usual = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # an error instead of the end
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, usual)


@contextmanager
def odd_defaults(dtype: torch.dtype = torch.float64) -> Iterator[None]:
    """Set what a caller may have set: another default type, and a default device without values."""
    torch.set_default_dtype(dtype)
    torch.set_default_device("meta")
    try:
        yield
    finally:
        torch.set_default_device(None)
        torch.set_default_dtype(torch.float32)
