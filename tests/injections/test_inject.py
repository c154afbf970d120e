from __future__ import annotations

import torch

from stylemix.injections import Inject
from stylemix.types import Site


def test_equation():
    torch.manual_seed(0)
    module = Inject(Site("s", "norm", 5, 4), {"embedding": 7})
    z, x = torch.randn(2, 7), torch.randn(2, 5, 3, 4)
    shift = z @ module.conv.weight[:, :, 0, 0].T + module.conv.bias
    torch.testing.assert_close(
        module(x, module.prepare({"embedding": z})), x + shift[:, :, None, None]
    )
