"""The trained model that comes with the plugin."""

from __future__ import annotations

from stylemix.testing import model_suite

test_styleswap_model = model_suite("styleswap", says="small example")
