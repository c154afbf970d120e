"""One picture of a batch: by itself, or in agreement with the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from torch import Tensor

from stylemix import Style, Stylizer
from stylemix.errors import PictureError
from stylemix.images import read
from stylemix.stylizers import Options
from stylemix.types import Progress
from stylemix.video import Steadier

from .pictures import fit_mask, to_bytes


@dataclass(frozen=True)
class Job:
    """What is done to one picture.

    Attributes:
        stylizer: draws.
        styles: encoded paintings.
        options: of the library.
        weights: one per style.
        masks: [1, H, W] one per style, or None.
        progress: is told how far it has come.
    """

    stylizer: Stylizer
    styles: Sequence[Style]
    options: Options
    weights: Sequence[float]
    masks: Sequence[Tensor] | None
    progress: Progress

    def draw(self, picture: np.ndarray, steadier: Steadier | None) -> Image.Image:
        """Return a picture [H, W, C] in [0, 1] in the style; frames come in their order."""
        if steadier is None:
            return self._drawn(picture, self.options)
        if not np.isfinite(picture).all():
            raise PictureError("the picture holds NaN or infinite values")
        return self._steadied(to_bytes(picture), steadier)

    def _drawn(self, picture: np.ndarray, options: Options) -> Image.Image:
        return self.stylizer.stylize(
            picture,
            list(self.styles),
            options,
            weights=list(self.weights),
            masks=self.masks,
            progress=self.progress,
        )

    def _steadied(self, picture: np.ndarray, steadier: Steadier) -> Image.Image:
        # Its hidden colors are replaced by reading, so that no motion is seen in them.
        shown = read(picture)
        if self.options.size is not None:
            shown = shown.resized(self.options.size)
        frame = np.ascontiguousarray(shown.pixels.permute(1, 2, 0).numpy())
        opacity = frame[..., :0] if shown.alpha is None else shown.alpha.numpy()[..., None]
        calm = np.dstack([steadier.before(frame), opacity])
        drawn = np.asarray(self._drawn(calm, replace(self.options, size=None)).convert("RGB"))
        out = steadier.after(drawn)
        # Where no style holds stands the frame itself, not what was averaged.
        if not self.options.strength:
            out = frame
        elif self.masks is not None:
            height, width = frame.shape[:2]
            held = [fit_mask(m[0], height, width, "mask").numpy() > 0 for m in self.masks]
            out = np.where(np.any(held, axis=0)[..., None], out, frame)
        return Image.fromarray(np.dstack([out, opacity]))
