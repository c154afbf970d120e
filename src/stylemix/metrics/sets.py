"""Distances between the set of results and the set of their paintings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from stylemix.backbones import InceptionMixed6e
from stylemix.metrics import retrieval
from stylemix.metrics.art_inception import ArtInception
from stylemix.metrics.frechet import artfid, frechet_distance
from stylemix.metrics.kernel import kernel_distance
from stylemix.metrics.lpips import LPIPS
from stylemix.ops import place, usable_device

MIXED, ART = "mixed6e", "art"


class Sets:
    """Feature vectors of results and paintings in one or two networks.

    Args:
        inception: ImageNet weights of Inception-v3; gives ``fid_mixed6e``, ``kid_mixed6e`` and
            ``artfid_proxy``, and the second style retrieval.
        art_inception: the canonical ArtFID's network; gives ``fid_art``.
        lpips: files of LPIPS's weights; gives ``lpips`` for each pair, and with ``art_inception``
            the canonical ``artfid``.
        device: where the networks run; None takes a GPU where there is one.

    Raises:
        WeightsError: a file can't be used.
    """

    def __init__(
        self,
        inception: str | Path | None = None,
        art_inception: str | Path | None = None,
        lpips: Sequence[str | Path] = (),
        device: torch.device | str | None = None,
    ) -> None:
        device = usable_device(device)
        self.nets: dict[str, Callable[[Tensor], Tensor]] = {}
        if inception is not None:
            trunk = InceptionMixed6e().eval()
            trunk.load_weights(inception)
            place(trunk, device)
            self.nets[MIXED] = lambda image: retrieval.inception_means(image, trunk)
        if art_inception is not None:
            art = place(ArtInception.load(art_inception), device)
            self.nets[ART] = lambda image: art.pooled(image.to(device))
        self.distance = place(LPIPS.load(*lpips), device) if lpips else None
        self.device = device
        self.paintings: dict[str, Tensor] = {}
        self.results: dict[str, dict[int, Tensor]] = {name: {} for name in self.nets}

    def extract_paintings(self, images: Sequence[Tensor]) -> None:
        """Extract the features of all paintings, each [3, H, W] in [0, 1]; forget former ones."""
        self.results = {name: {} for name in self.nets}
        self.paintings = {
            name: torch.cat([net(image).cpu() for image in images])
            for name, net in self.nets.items()
        }

    def extract(
        self, number: int, output: Tensor, photograph: Tensor, own: int
    ) -> dict[str, float]:
        """Extract the features of the result of one pair, and measure what concerns it alone.

        Args:
            number: of the pair.
            output: [3, H, W] in [0, 1].
            photograph: of the same size.
            own: the painting's number.
        """
        found: dict[str, float] = {}
        for name, net in self.nets.items():
            self.results[name][number] = net(output).cpu()
        if MIXED in self.nets:
            found |= retrieval.rank_record(
                "inception_",
                retrieval.mean_cosine(self.results[MIXED][number], self.paintings[MIXED]),
                own,
            )
        if self.distance is not None:
            pair = (x[None].to(self.device) for x in (output, photograph))
            found["lpips"] = float(self.distance(*pair))
        return found

    def facts(self, styles: Mapping[int, int], means: Mapping[str, float]) -> dict[str, float]:
        """Return the distances between results and their paintings, one painting per result.

        ``artfid_proxy`` is ArtFID's product with other distances, ``(1 + content_loss) (1 +
        fid_mixed6e)``: it compares with its own kind only.

        Args:
            styles: the painting's number of each pair that was measured, by the pair's number.
            means: the mean of ``content_loss`` and, where it was measured, of ``lpips``.
        """
        found: dict[str, float] = {}
        if len(styles) < 2:
            return found
        for name in self.nets:
            results = torch.cat([self.results[name][k] for k in styles])
            paintings = self.paintings[name][list(styles.values())]
            found[f"fid_{name}"] = frechet_distance(results, paintings)
            if name == MIXED:
                found["kid_mixed6e"] = kernel_distance(results, paintings)
                found["artfid_proxy"] = artfid(means["content_loss"], found["fid_mixed6e"])
            elif "lpips" in means:
                found["artfid"] = artfid(means["lpips"], found["fid_art"])
        return found
