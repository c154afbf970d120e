"""Good files of every kind, small, and the same on every run."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from helpers import picture, tiny_config, tiny_model, tiny_palette_model
from PIL import ExifTags, Image, ImageCms, PngImagePlugin
from runs import write_toml

from stylemix import checkpoint
from stylemix.images import heif, tiff, to_pil
from stylemix.training.state import save_state


def pictures() -> dict[str, bytes]:
    """Give one picture of each format and mode that Pillow writes, and some options.

    HEIC and TIFF files beyond Pillow are among them where the extras heic and tiff are installed.
    """
    Image.init()
    if heif.readable():
        heif.register()
    color = to_pil(picture(1, 21, 33)[0])
    gray, clear = color.convert("L"), color.copy()
    noise = np.random.default_rng(0).integers(0, 256, (21, 33), np.uint8)
    clear.putalpha(Image.fromarray(noise))
    wide = Image.fromarray(np.arange(33 * 21, dtype=np.uint16).reshape(21, 33) * 90)
    real = Image.fromarray(np.linspace(0, 1, 33 * 21, dtype=np.float32).reshape(21, 33))
    modes = [color, gray, clear, gray.convert("1"), color.quantize(16), color.convert("CMYK"),
             gray.convert("LA"), wide, real]  # fmt: skip
    found: dict[str, bytes] = {}

    def add(name: str, image: Image.Image, kind: str, **options: Any) -> None:
        file = io.BytesIO()
        try:
            image.save(file, kind, **options)
        except (OSError, ValueError, KeyError):  # the format doesn't have the mode
            return
        found[name] = file.getvalue()

    for kind in sorted(set(Image.SAVE) & set(Image.OPEN)):
        for image in modes:
            add(f"{kind}-{image.mode}", image, kind)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile[:24] + bytes(12) + profile[36:]  # less its date
    turned = Image.Exif()
    turned[274] = 6
    turned.get_ifd(ExifTags.IFD.Exif).update({0xA001: 0xFFFF, 0xA005: {1: "R03"}})  # Adobe RGB
    about = PngImagePlugin.PngInfo()
    about.add_text("Comment", "a wave", zip=True)
    add("PNG-full", color, "PNG", icc_profile=profile, exif=turned, pnginfo=about, dpi=(72, 72))
    add("PNG-animated", color, "PNG", save_all=True, append_images=[gray.convert("RGB")])
    add("JPEG-full", color, "JPEG", icc_profile=profile, exif=turned, progressive=True)
    add("WEBP-lossless", clear, "WEBP", lossless=True, exif=turned, icc_profile=profile)
    codes = PngImagePlugin.PngInfo()
    codes.add(b"cICP", bytes([12, 13, 0, 1]))
    add("PNG-codes", color, "PNG", pnginfo=codes)
    add("JPEG-Adobe", color, "JPEG", exif=turned)
    frames = {"save_all": True, "append_images": [gray.convert("RGB"), color]}
    add("WEBP-animated", color, "WEBP", duration=50, **frames)
    add("GIF-animated", color, "GIF", duration=50, **frames)
    add("TIFF-pages", color, "TIFF", **frames)
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "group4"):
        image = gray.convert("1") if compression == "group4" else color
        add(f"TIFF-{compression}", image, "TIFF", compression=compression)
    add("TIFF-16-deflate", wide, "TIFF", compression="tiff_adobe_deflate")
    return {**found, **(_deep_tiffs(np.asarray(clear) / 255) if tiff.readable() else {})}


def _deep_tiffs(colors: np.ndarray) -> dict[str, bytes]:
    """Give TIFF files that take tifffile, of colors [H, W, 4] in [0, 1]."""
    import tifffile

    wide, rgb = (colors * (2**32 - 1)).astype(np.uint32), colors[..., :3].astype(np.float32)
    options: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
        "float": (rgb, {}),
        "float-alpha": (colors.astype(np.float64), {"extrasamples": ["assocalpha"]}),
        "half-deflate": (rgb.astype(np.float16), {"compression": "zlib"}),
        "float-tiles": (rgb, {"tile": (16, 16), "byteorder": ">"}),
        "integer-planes": (wide[..., :3].transpose(2, 0, 1), {"planarconfig": "separate"}),
        "integer-big": (wide[..., :3], {"bigtiff": True, "rowsperstrip": 4}),
    }
    found = {}
    for name, (values, more) in options.items():
        file = io.BytesIO()
        tifffile.imwrite(file, values, photometric="rgb", metadata=None, **more)
        found[f"TIFF-deep-{name}"] = file.getvalue()
    return found


def checkpoints(folder: Path) -> dict[str, bytes]:
    """Give the files of checkpoints, by ``"model/file"``."""
    models = {
        "film": tiny_model(),
        "palette": tiny_palette_model(),
        "patch": tiny_model({"name": "patch"}, {"name": "concat"}),
    }
    found = {}
    for name, model in models.items():
        made = checkpoint.save(model, folder / name, card={"description": "of the fuzzer"})
        for file in ("config.json", "model.safetensors"):
            found[f"{name}/{file}"] = (made / file).read_bytes()
    return found


def weights(folder: Path) -> dict[str, bytes]:
    """Give files of weights and of a training's state."""
    torch.manual_seed(0)
    state = {"0.weight": torch.rand(4, 3), "0.bias": torch.rand(4), "count": torch.tensor(3)}
    save_state(folder / "state.safetensors", state, {"step": 3, "config": {"seed": 1}})
    torch.save(state, folder / "weights.pth")
    return {name: (folder / name).read_bytes() for name in ("state.safetensors", "weights.pth")}


def configurations(folder: Path) -> dict[str, bytes]:
    """Give configurations of each training as TOML, and a catalogue."""
    hardware = {"device": "cpu", "precision": "float32", "save_every": 60.0}
    shared = {"seed": 3, "optimizer": {"lr": 1e-3, "warmup": 2, "ema": 0.9}, "runtime": hardware}
    steps = {"schedule": {"steps": 3}}
    phase = {"share": 1.0, "crop": 16, "batch": 4, "style_crop": [16], "identity": 0.25}
    data = {"content": ["photos"], "style": ["paintings"], "content_side": 32}
    model = {"output": "model", "model": tiny_config(), "data": data, **steps, **shared}
    tables: dict[str, dict[str, Any]] = {
        "model": {**model, "losses": {"features": "thin"}, "phases": [phase]},
        "preset": {**model, "model": "film-large", "schedule": {"minutes": 30.0}},
        "encoder": {
            "output": "encoder.safetensors",
            "encoder": {"name": "thin", "dim": 8},
            "batch": 2,
            "data": {"style": ["paintings"], "side": 32, "crop": 16, "zoom": 1.5},
            "losses": {"contrastive": 0.5, "positives": "style"},
            **steps,
            **shared,
        },
        "features": {
            "output": "thin.safetensors",
            "channels": [2, 3, 4, 5],
            "start": "random",
            "data": {"content": ["photos"], "style": ["paintings"], "side": 32, "crop": 16},
            "walk": {"walkers": 3, "batch": 2, "steps": 1, "life": 4, "model": ""},
            **steps,
            **shared,
        },
    }
    found = {
        f"{name}.toml": write_toml(folder / "one.toml", made).read_bytes()
        for name, made in tables.items()
    }
    entry = {
        "name": "waves",
        "repository": "owner/name",
        "revision": "0" * 40,
        "sha256": "1" * 64,
        "description": "one line",
    }
    catalogue = {"format": 1, "models": [entry], "plugins": {"swirl": "stylemix-swirl"}}
    found["catalogue.json"] = json.dumps(catalogue, indent=1).encode()
    return found


def answers() -> dict[str, bytes]:
    """Give answers of the Hub to a question for a file, heads and bodies."""
    oid, commit = "a" * 40, "2" * 40

    def answer(status: str, body: bytes, *headers: str) -> bytes:
        lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body

    file = (f'ETag: "{oid}"', f"X-Repo-Commit: {commit}", "Accept-Ranges: bytes")
    return {
        "file": answer("200 OK", b'{"format": 1}', *file),
        "moved": answer(
            "302 Found", b"", "Location: http://localhost:1/x", f"X-Repo-Commit: {commit}",
            'X-Linked-ETag: "' + "b" * 64 + '"', "X-Linked-Size: 9",
        ),
        "unknown": answer("404 Not Found", b'{"error": "no"}', "X-Error-Code: RepoNotFound"),
        "gated": answer("403 Forbidden", b'{"error": "no"}', "X-Error-Code: GatedRepo"),
        "down": answer("500 Internal Server Error", b"<html>", "Content-Type: text/html"),
    }  # fmt: skip
