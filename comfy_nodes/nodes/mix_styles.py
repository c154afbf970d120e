"""The Mix Styles node."""

from __future__ import annotations

from comfy_api.latest import io
from torch import Tensor

from ..bundle import Region, StyleBundle
from ..curves import curve_inputs, read_curve
from ..errors import NodeError
from ..interface import ALIASES, CATEGORY, StylemixStyle, known
from ..pictures import check_mask


class MixStyles(io.ComfyNode):
    """Mixes two styles, by weights or by regions; the result can be mixed again."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """Describe the node to ComfyUI."""
        return io.Schema(
            node_id="StylemixMixStyles",
            display_name="Mix Styles (stylemix)",
            category=CATEGORY,
            description="Mixes two styles for style transfer by weights, or each in its own "
            "region. Chain several for more than two.",
            inputs=[
                StylemixStyle.Input("style_a", tooltip="From Encode Style or Mix Styles."),
                StylemixStyle.Input("style_b", tooltip="From Encode Style or Mix Styles."),
                *(
                    io.Float.Input(
                        name,
                        default=1.0,
                        min=0.0,
                        max=100.0,
                        step=0.05,
                        tooltip=f"Share of {name.replace('weight', 'style')}; only the ratio of "
                        "the two weights counts.",
                    )
                    for name in ("weight_a", "weight_b")
                ),
                io.Mask.Input(
                    "mask_a",
                    optional=True,
                    tooltip="White where style_a holds. Alone, it leaves the rest to style_b.",
                ),
                io.Mask.Input(
                    "mask_b",
                    optional=True,
                    tooltip="White where style_b holds. Alone, it leaves the rest to style_a. "
                    "With both, the image stays as it is where both are black.",
                ),
                *curve_inputs(
                    "b_over_frames",
                    "Instead of the weights: shares of style_b that stand evenly over the batch. "
                    "0, 1 goes from style_a to style_b.",
                ),
            ],
            outputs=[StylemixStyle.Output("stylemix_style", display_name="style")],
            **known(io.Schema, search_aliases=[*ALIASES, "blend styles", "regional style"]),
        )

    @classmethod
    def execute(
        cls,
        style_a: StyleBundle,
        style_b: StyleBundle,
        weight_a: float,
        weight_b: float,
        mask_a: Tensor | None = None,
        mask_b: Tensor | None = None,
        b_over_frames: str = "",
        easing: str = "linear",
    ) -> io.NodeOutput:
        """Join the two bundles."""
        if style_a.parts[0].style.fingerprint != style_b.parts[0].style.fingerprint:
            raise NodeError(
                "style_b: encoded by another model than style_a; connect both Encode "
                "Style nodes to the same Load Style Model node"
            )
        total = weight_a + weight_b
        if min(weight_a, weight_b) < 0 or not total > 0:
            raise NodeError(
                f"weight_a, weight_b: expected numbers >= 0, one of them above 0, got "
                f"{weight_a} and {weight_b}"
            )
        first = check_mask(mask_a, "mask_a")
        second = check_mask(mask_b, "mask_b")
        region_a = None if first is None else Region(first, False, "mask_a of Mix Styles")
        region_b = None if second is None else Region(second, False, "mask_b of Mix Styles")
        # A mask on one side only divides the picture between the two.
        if first is None and second is not None:
            region_a = Region(second, True, "mask_b of Mix Styles")
        if second is None and first is not None:
            region_b = Region(first, True, "mask_a of Mix Styles")
        share = read_curve(b_over_frames, easing, "b_over_frames", 0, 1)
        return io.NodeOutput(
            StyleBundle(
                style_a.stylizer,
                style_a.within(region_a).scaled(share.complement() if share else weight_a / total)
                + style_b.within(region_b).scaled(share or weight_b / total),
            )
        )
