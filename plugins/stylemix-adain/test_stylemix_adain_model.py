"""The trained model that comes with the plugin."""

from __future__ import annotations

from pathlib import Path

import pytest
import stylemix_adain

from stylemix.testing import model_suite

MODELS = Path(stylemix_adain.__file__).parent / "models"
pytestmark = pytest.mark.skipif(not MODELS.is_dir(), reason="no trained model in this copy")

test_adain_model = model_suite("adain")
