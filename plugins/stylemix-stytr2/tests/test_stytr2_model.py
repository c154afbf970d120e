"""The trained model that comes with the plugin."""

from __future__ import annotations

from stylemix.testing import model_suite

test_stytr2_model = model_suite("stytr2", says="small example")
