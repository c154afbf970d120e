"""The trained model that comes with the plugin."""

from __future__ import annotations

from stylemix.testing import model_suite

test_paper_model = model_suite("paper", megabytes=25.0, says="Inception-v3")
