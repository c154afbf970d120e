"""Train the layers behind Inception-v3's trunk alone, on features that are computed once.

    python docs/training/inception_head.py PAINTINGS OUTPUT --weights inception_v3.safetensors

The trunk stays ImageNet's. What it makes of a few crops of every painting is kept, and the fully
connected layer, ``alpha`` and the layer that names styles learn from that in a minute on one core,
once for each weight of the contrastive term (``--contrastive 0 0.5``). That tells what the term is
worth when all else is trained to the end, and OUTPUT/head-W.safetensors is a start for
``stylemix pretrain-encoder`` (``encoder_weights``) whose trunk doesn't first have to suffer random
layers behind it (Kumar et al., "Fine-tuning can distort pretrained features", ICLR 2022).

Losses, held-out paintings and figures are those of the pre-training; OUTPUT/head.json has them, and
the curve of the best held-out cross-entropy so far says when the training had converged.
"""

from __future__ import annotations

import argparse
import copy
import json
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from stylemix.encoders import InceptionEncoder
from stylemix.ops import stream
from stylemix.training.data import Crops
from stylemix.training.encoder.batches import BalancedBatches
from stylemix.training.encoder.config import PaintingsConfig, TermsConfig
from stylemix.training.encoder.contrast import supervised_info_nce
from stylemix.training.encoder.encoder_file import save_encoder
from stylemix.training.encoder.held_out import held_out
from stylemix.training.encoder.measure import CENTER, embed, measure
from stylemix.training.encoder.network import Classifier
from stylemix.training.encoder.paintings import Paintings, read_paintings

EVERY = 100
"""Steps between points of the curve."""


class Cached(Crops):
    """Crops whose features were computed before.

    A window that ``cut`` is asked for is the middle one, or one of the few random ones.

    Args:
        features: of each painting, the middle window first, [P, 1 + V, C].
    """

    def __init__(self, features: Tensor) -> None:
        super().__init__([], torch.device("cpu"))
        self.features = features

    def cut(self, indices: Sequence[int], side: int, chance: Tensor, zoom: float = 1.0) -> Tensor:
        """Return features [N, C] instead of pixels."""
        views = 1 + (chance[:, 1] * (self.features.shape[1] - 1)).long()
        middle = (chance == torch.tensor(CENTER)).all(1)
        return self.features[torch.as_tensor(indices), torch.where(middle, 0, views)]


class Passed(nn.Module):
    """A trunk for features that have passed it already."""

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """Return features [N, C] as a map."""
        return {"mixed_6e": features[:, :, None, None]}


@torch.inference_mode()
def features_of(
    encoder: InceptionEncoder, crops: Crops, data: PaintingsConfig, views: int
) -> Tensor:
    """Compute the trunk's means, [P, 1 + V, C]."""
    encoder = copy.deepcopy(encoder).eval().to(memory_format=torch.channels_last)
    found = []
    for number in tqdm(range(len(crops)), desc="features"):
        chance = torch.rand(views, 4, generator=stream(0, "views", number))
        chance = torch.cat([torch.tensor([CENTER]), chance])
        images = crops.cut([number] * (1 + views), data.crop, chance, data.zoom)
        found.append(encoder.trunk(images)["mixed_6e"].mean((2, 3)))
    return torch.stack(found)


def train(
    encoder: InceptionEncoder,
    features: Tensor,
    paintings: Paintings,
    out: Sequence[bool],
    terms: TermsConfig,
    told: argparse.Namespace,
) -> tuple[InceptionEncoder, dict[str, object]]:
    """Train linear layer, alpha and classifier; keep those of the lowest held-out loss.

    Returns:
        The encoder, its trunk as it was, and its figures.
    """
    train_on = [i for i, held in enumerate(out) if not held]
    held = [i for i, kept in enumerate(out) if kept]
    crops = Cached(features)
    batches = BalancedBatches(crops, paintings.labels, train_on, told.seed)
    torch.manual_seed(told.seed)
    net = Classifier(copy.deepcopy(encoder), len(paintings.styles))
    net.encoder.trunk = Passed()
    optimizer = torch.optim.AdamW(net.parameters(), told.rate, weight_decay=told.decay)
    middle = torch.tensor([CENTER]).expand(len(held), 4)
    own = torch.tensor([paintings.labels[i] for i in held])
    sets = (crops, paintings.labels, train_on, held, 0, 1.0, torch.float32)
    before, curve, best, kept = measure(net, *sets), [], None, net.state_dict()
    for step in range(told.steps + 1):
        if step % EVERY == 0:
            scores = embed(net, crops, held, 0, 1.0, middle, torch.float32)[1]
            loss, found = held_out_losses(net, crops, held, own, scores, terms)
            curve.append({"step": step, **found})
            print(json.dumps(curve[-1]), flush=True)
            if best is None or loss < best:
                best, kept = loss, copy.deepcopy(net.state_dict())
        images, numbers, styles = batches.draw(step, step * told.batch, told.batch, 2, 0, 1.0)
        embedding, scores = net(images, torch.float32)
        loss = terms.cross_entropy * F.cross_entropy(scores, styles)
        loss = loss + terms.contrastive * supervised_info_nce(embedding, numbers, terms.temperature)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.load_state_dict(kept)
    whole = copy.deepcopy(encoder)
    whole.linear, whole.alpha = net.encoder.linear, net.encoder.alpha
    figures = {"contrastive": terms.contrastive, "before": before, "after": measure(net, *sets)}
    return whole, {**figures, "curve": curve}


@torch.inference_mode()
def held_out_losses(
    net: Classifier,
    crops: Cached,
    held: Sequence[int],
    own: Tensor,
    scores: Tensor,
    terms: TermsConfig,
) -> tuple[float, dict[str, float]]:
    """Return the objective on held-out paintings, and its parts by name."""
    entropy = float(F.cross_entropy(scores, own))
    right = float((scores.argmax(1) == own).float().mean())
    found = {"cross_entropy": round(entropy, 4), "top1": round(right, 4)}
    chance = torch.rand(2, len(held), 4, generator=stream(0, "crops to retrieve"))
    both = torch.cat([net(crops.cut(held, 0, c), torch.float32)[0] for c in chance])
    group = torch.arange(len(held)).repeat(2)
    contrast = float(supervised_info_nce(both, group, terms.temperature))
    found["contrastive"] = round(contrast, 4)
    return terms.cross_entropy * entropy + terms.contrastive * contrast, found


def main(arguments: Sequence[str] | None = None) -> None:
    """Compute features, train once for each weight, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("paintings")
    parser.add_argument("output", type=Path, help="folder")
    parser.add_argument("--weights", help="file of ImageNet's weights; torchvision's by default")
    parser.add_argument("--contrastive", type=float, nargs="+", default=[0.0, 0.5])
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=64, help="paintings a step, two crops of each")
    parser.add_argument("--views", type=int, default=4, help="random crops of each painting")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--decay", type=float, default=0.05)
    parser.add_argument("--side", type=int, default=208)
    parser.add_argument("--crop", type=int, default=144)
    parser.add_argument("--zoom", type=float, default=1.44)
    parser.add_argument("--smallest-style", type=int, default=20)
    parser.add_argument("--limit", type=int, default=0, help="paintings, 0 for all")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args(arguments)
    data = PaintingsConfig(
        side=told.side, crop=told.crop, zoom=told.zoom, smallest_style=told.smallest_style
    )
    paintings = read_paintings(
        [told.paintings], data.side, smallest_style=data.smallest_style, limit=told.limit
    )
    out = held_out(paintings.names, paintings.labels, data.held_out)
    torch.manual_seed(told.seed)
    encoder = InceptionEncoder()
    encoder.initialize(told.weights)
    told.output.mkdir(parents=True, exist_ok=True)
    features = features_of(
        encoder, Crops(paintings.pictures, torch.device("cpu")), data, told.views
    )
    report: list[dict[str, object]] = []
    for weight in told.contrastive:
        terms = TermsConfig(contrastive=weight)
        made, figures = train(encoder, features, paintings, out, terms, told)
        save_encoder(made, {"name": "inception"}, told.output / f"head-{weight:g}.safetensors")
        report.append({"paintings": len(paintings.names), "held_out": sum(out), **figures})
        (told.output / "head.json").write_text(json.dumps(report, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
