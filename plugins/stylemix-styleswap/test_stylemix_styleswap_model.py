"""The trained model that comes with the plugin."""

from __future__ import annotations

from pathlib import Path

import pytest
import stylemix_styleswap

from stylemix.testing import model_suite

MODELS = Path(stylemix_styleswap.__file__).parent / "models"
pytestmark = pytest.mark.skipif(not MODELS.is_dir(), reason="no trained model in this copy")

test_styleswap_model = model_suite("styleswap")
