"""Start film-palette from a trained film: fit its two codes to film's modulations.

    python docs/training/fit_palette.py --style paintings/ --output runs/film-palette-0

The generator is taken over. The texture code has to give, from the grey painting, what film's code
gives the residual blocks and the first up-sampling; the palette code, from the colours alone, what
it gives the rest. Both are regressed on film's scales and shifts for crops of many paintings: least
squares, each site by its own spread. No photograph, no generator and no VGG is needed, so it takes
minutes on one core; a training with split samples goes on from there (``init``).
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

import stylemix
from stylemix import checkpoint
from stylemix.injections import FiLM
from stylemix.plugins import registry
from stylemix.stylizers import FeedForward, build
from stylemix.training.data import Crops, read_pictures


def heads(model: FeedForward) -> dict[str, FiLM]:
    """Return the FiLM modules by the names of their sites."""
    return {m.site.name: m for m in model.generator.modules() if isinstance(m, FiLM)}


def looked_at(encoder: nn.Module, crops: Crops, side: int, seed: int) -> Tensor:
    """Return the encoder's statistics of one crop of every painting, [P, S]."""
    chance = torch.rand(len(crops), 4, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        return torch.cat(
            [
                encoder.statistics(crops.cut([i], side, chance[i : i + 1]))
                for i in tqdm(range(len(crops)), desc="looking at paintings")
            ]
        )


def started(teacher: FeedForward) -> FeedForward:
    """Build film-palette with every tensor of the teacher that fits."""
    config = dict(registry("presets").get("film-palette"))
    config["generator"] = teacher.config["generator"]
    model = build(config)
    assert isinstance(model, FeedForward)
    own, given = model.state_dict(), teacher.state_dict()
    model.load_state_dict(
        {k: given[k] if k in given and given[k].shape == v.shape else v for k, v in own.items()}
    )
    first = model.encoder.perceptron[0]
    with torch.no_grad():  # it reads the same statistics of maps, of the grey picture
        first.weight.copy_(teacher.encoder.perceptron[0].weight[:, : first.in_features])
    return model


def fit(
    model: FeedForward, statistics: Tensor, wanted: dict[str, Tensor], steps: int, seed: int
) -> dict[str, float]:
    """Regress scales and shifts; gives the share of variance explained on every tenth painting.

    Args:
        model: film-palette.
        statistics: its encoder's, [P, S].
        wanted: by site, scale and shift of each painting, [P, 2 C].
        steps: of Adam, with 192 paintings each.
        seed: of the choice of paintings.
    """
    films, encoder = heads(model), model.encoder
    encoder.typical_mean.copy_(statistics.mean(0))
    encoder.typical_std.copy_(statistics.std(0, correction=0).clamp_min(1e-3))
    late = [f for f in films.values() if f.needs == ("palette",)]
    with torch.no_grad():
        for film in late:
            film.linear.bias.copy_(wanted[film.site.name].mean(0))
    parameters = [
        *encoder.perceptron.parameters(),
        *encoder.palette.parameters(),
        *(p for film in late for p in film.linear.parameters()),
    ]
    optimizer = torch.optim.AdamW(parameters, weight_decay=1e-3)
    spread = {name: w.std(0).mean() for name, w in wanted.items()}
    held = torch.arange(len(statistics)) % 10 == 0
    kept, chance = (~held).nonzero().flatten(), torch.Generator().manual_seed(seed)

    def errors(rows: Tensor) -> dict[str, Tensor]:
        code = encoder.embed(statistics[rows])
        return {
            name: (film.linear(code[film.needs[0]]) - wanted[name][rows]).square().mean()
            for name, film in films.items()
        }

    for step in tqdm(range(steps), desc="fitting"):
        optimizer.param_groups[0]["lr"] = 5e-4 * (1 + math.cos(math.pi * step / steps))
        rows = kept[torch.randint(len(kept), (192,), generator=chance)]
        loss = torch.stack([e / spread[name] ** 2 for name, e in errors(rows).items()]).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        rows = held.nonzero().flatten()
        return {
            name: round(1 - float(e / wanted[name][rows].var(0, correction=0).mean()), 3)
            for name, e in errors(rows).items()
        }


def main() -> None:
    """Fit and save."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--teacher", default="film", help="a model of FiLM and the encoder thin")
    parser.add_argument("--style", required=True, nargs="+", help="folders of paintings")
    parser.add_argument("--output", required=True, type=Path, help="folder of the checkpoint")
    parser.add_argument("--limit", type=int, default=0, help="paintings, 0 for all")
    parser.add_argument("--side", type=int, default=192, help="of the paintings' crops in pixels")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    teacher = stylemix.load(options.teacher, device="cpu")
    assert isinstance(teacher, FeedForward)
    crops = Crops(
        read_pictures(options.style, 384, what="style", limit=options.limit, progress=True),
        torch.device("cpu"),
    )
    model = started(teacher)
    seen = looked_at(teacher.encoder, crops, options.side, options.seed)
    with torch.no_grad():
        code = teacher.encoder.embed(seen)
        wanted = {name: film.linear(code["embedding"]) for name, film in heads(teacher).items()}
    explained = fit(
        model,
        looked_at(model.encoder, crops, options.side, options.seed),
        wanted,
        options.steps,
        options.seed,
    )
    checkpoint.save(
        model,
        options.output,
        half=True,
        card={
            "description": "Texture and palette as two codes: the strokes of one painting with the "
            "colours of another.",
            "training": {
                "what": "codes fitted to film's scales and shifts",
                "teacher": options.teacher,
                "paintings": len(crops),
                "steps": options.steps,
                "explained": explained,
            },
        },
    )


if __name__ == "__main__":
    main()
