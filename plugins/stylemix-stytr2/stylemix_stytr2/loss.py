"""The feature part of the identity loss."""

from __future__ import annotations

from collections.abc import Sequence

from stylemix.losses import Content

LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")


class IdentityFeatures(Content):
    """Feature difference of a photograph and itself in its own style.

    ``L_id2`` (Deng et al., 2022, section 3): the mean over layers of ``|phi(I_cc) - phi(I_c)|^2``,
    each divided by ``|phi(I_c)|^2``, since the layers of our feature networks differ in scale. It
    counts for identity pairs only, which are photographs; the paper has paintings in their own
    style as well.

    Args:
        layers: feature layers; their losses are averaged.
    """

    identity_only = True

    def __init__(self, *, layers: Sequence[str] = LAYERS) -> None:
        super().__init__(layers=layers, relative=True)
