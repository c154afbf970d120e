"""How the page looks; nothing is fetched from other servers, so that it works offline."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from stylemix.demo.regions import COLORS

HEADER = """
<header class="sm-header">
  <div class="sm-mark" aria-hidden="true"><i></i><i></i><i></i><i></i></div>
  <h1>stylemix</h1>
  <p>Your photograph, painted in the style of one to four paintings.</p>
</header>
"""


def css() -> str:
    """Return the page's style sheet, with the colors of the regions as variables."""
    colors = "".join(f"--sm-{k}: {color};" for k, color in enumerate(COLORS, 1))
    sheet = (Path(__file__).parent / "page.css").read_text("utf-8")
    return f":root {{ {colors} }}\n{sheet}"


def theme() -> gr.themes.Base:
    """Return the colors, fonts and corners of every control."""
    fonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif"]
    accent = gr.themes.Color(
        c50="#fdf3ef",
        c100="#fbe3da",
        c200="#f6c5b4",
        c300="#f0a488",
        c400="#ea7d58",
        c500="#e4572e",
        c600="#c94621",
        c700="#a6391b",
        c800="#842e17",
        c900="#6a2716",
        c950="#3d150b",
    )
    return gr.themes.Soft(
        primary_hue=accent,
        secondary_hue=accent,
        neutral_hue=gr.themes.colors.stone,
        radius_size=gr.themes.sizes.radius_lg,
        font=fonts,
        font_mono=["ui-monospace", "Consolas", "monospace"],
    ).set(
        body_background_fill="#faf7f2",
        body_background_fill_dark="#171412",
        block_shadow="none",
        block_border_width="1px",
        block_border_color="#e8e1d8",
        block_border_color_dark="#3a342e",
        block_background_fill_dark="#211d1a",
        block_title_background_fill="transparent",
        block_title_padding="0",
        block_title_text_color="*body_text_color",
        block_title_text_weight="600",
        block_title_background_fill_dark="transparent",
        block_title_text_color_dark="*body_text_color",
        block_label_background_fill="rgba(255,255,255,.85)",
        block_label_text_color="*body_text_color",
        block_label_text_weight="600",
        block_label_background_fill_dark="rgba(0,0,0,.6)",
        block_label_text_color_dark="*body_text_color",
        checkbox_border_color="*neutral_400",
        checkbox_border_color_dark="*neutral_500",
        # White on the accent itself would have a contrast of 3.7 only.
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_hover_dark="*primary_700",
        button_primary_text_color="white",
        button_cancel_background_fill_dark="*neutral_700",
        button_cancel_text_color_dark="white",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        slider_color="*primary_600",
        slider_color_dark="*primary_500",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        block_radius="14px",
        container_radius="14px",
        button_large_radius="14px",
        button_medium_radius="14px",
        button_small_radius="12px",
        input_radius="10px",
    )
