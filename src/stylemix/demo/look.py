"""How the page looks; nothing is fetched from other servers, so that it works offline."""

from __future__ import annotations

import gradio as gr

from stylemix.demo.regions import COLORS

HEADER = """
<div class="sm-header">
  <div class="sm-mark" aria-hidden="true"><i></i><i></i><i></i><i></i></div>
  <div>
    <h1>stylemix</h1>
    <p>Your photograph, painted in the style of one to four paintings.</p>
  </div>
</div>
"""

CSS = """
.gradio-container { width: 100%% !important; max-width: 1240px !important;
  margin: 0 auto !important; }
.sm-header { display: flex; align-items: center; gap: 16px; padding: 10px 2px 2px; }
.sm-header h1 { font-size: 30px; line-height: 1.1; margin: 0; font-weight: 700;
  letter-spacing: -0.02em; }
.sm-header p { margin: 3px 0 0; opacity: .72; font-size: 15px; }
.sm-mark { display: grid; grid-template-columns: 1fr 1fr; gap: 3px; width: 46px; height: 46px;
  border-radius: 12px; overflow: hidden; flex: none; transform: rotate(-6deg); }
.sm-mark i:nth-child(1) { background: %(c0)s; } .sm-mark i:nth-child(2) { background: %(c1)s; }
.sm-mark i:nth-child(3) { background: %(c2)s; } .sm-mark i:nth-child(4) { background: %(c3)s; }
.sm-title { margin: 0 !important; }
.sm-title h2 { font-size: 17px; margin: 6px 0 0 !important; font-weight: 650; }
.sm-hint { margin: 0 !important; }
.sm-hint p { font-size: 13px; margin: 0 !important;
  color: var(--block-info-text-color) !important; }
.sm-line p { font-size: 13px; opacity: .8; text-align: center; margin: 0; }
.sm-bar { height: 6px; border-radius: 3px; background: var(--border-color-primary);
  overflow: hidden; }
.sm-bar i { display: block; height: 100%%; border-radius: 3px; background: %(c0)s;
  transition: width .4s; }
#bar:not(:has(.sm-bar)) { display: none; }
#slots { display: grid; grid-template-columns: repeat(auto-fit, minmax(calc(50%% - 16px), 1fr)); }
.sm-slot { gap: 0 !important; box-shadow: 0 0 0 1px var(--block-border-color);
  border-top: 4px solid transparent; border-radius: 14px; overflow: hidden;
  background: var(--block-background-fill); }
.sm-slot .block, .sm-slot .form { border: 0 !important; border-radius: 0 !important; }
.sm-slot [data-testid="block-label"] > span { display: none; }
.sm-slot [data-testid="block-label"]::before { content: ""; width: 10px; height: 10px;
  margin-right: 7px; border-radius: 50%%; background: currentColor; }
#painting-1 { border-top-color: %(c0)s; } #painting-2 { border-top-color: %(c1)s; }
#painting-3 { border-top-color: %(c2)s; } #painting-4 { border-top-color: %(c3)s; }
#painting-1 [data-testid="block-label"]::before { background: %(c0)s; }
#painting-2 [data-testid="block-label"]::before { background: %(c1)s; }
#painting-3 [data-testid="block-label"]::before { background: %(c2)s; }
#painting-4 [data-testid="block-label"]::before { background: %(c3)s; }
#advanced .form { border: 0 !important; background: none !important; gap: 14px; }
#advanced .form .block { border: 0 !important; padding: 1px 2px !important; background: none; }
#advanced .wrap:has(> .wrap-inner) { border: 1px solid var(--border-color-primary); }
.sm-strip { contain: inline-size; }
.sm-strip .grid-container { grid-auto-flow: column; grid-template-columns: none !important;
  grid-auto-columns: 84px; overflow-x: auto; gap: 8px !important; padding: 2px !important;
  scrollbar-width: thin; }
.sm-strip .grid-wrap { padding: 0 !important; overflow: visible; }
.sm-strip button.thumbnail-item { aspect-ratio: 1; border-radius: 10px; overflow: hidden; }
.sm-strip .caption-label { display: none; }
#go, #cancel, #stop { min-height: 52px; }
#stop { white-space: nowrap; padding: 0 10px; }
#download { overflow-wrap: anywhere; }
#go { font-size: 17px; }
@media (min-width: 900px) { #result { min-height: 340px; }
  #output { position: sticky; top: 12px; align-self: flex-start; } }
@media (max-width: 640px) {
  .gradio-container main, .gradio-container .main { padding: 8px !important; }
  .sm-header h1 { font-size: 25px; }
  .sm-header p { font-size: 14px; }
  #actions { order: -1; }
}
footer { opacity: .6; }
footer .divider { display: none; }
""" % {f"c{k}": color for k, color in enumerate(COLORS)}


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
        button_primary_background_fill="*primary_500",
        button_primary_background_fill_hover="*primary_600",
        button_primary_text_color="white",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
        block_radius="14px",
        container_radius="14px",
        button_large_radius="14px",
        button_medium_radius="14px",
        button_small_radius="12px",
        input_radius="10px",
    )


def bar(done: int, total: int) -> str:
    """Return the bar below the picture as HTML."""
    return f'<div class="sm-bar"><i style="width:{100 * done / max(1, total):.0f}%"></i></div>'
