from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch
from helpers import picture
from safetensors.torch import save_file
from torchvision.models import alexnet, inception_v3

from stylemix.metrics.kernel import kernel_distance
from stylemix.metrics.lpips import CHANNELS
from stylemix.metrics.sets import Sets


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sets")
    torch.manual_seed(0)
    torch.save(
        inception_v3(weights=None, init_weights=False, aux_logits=False).state_dict(),
        folder / "inception.pth",
    )
    save_file(
        {
            **alexnet(weights=None).state_dict(),
            **{f"lin{i}.model.1.weight": torch.rand(1, c, 1, 1) for i, c in enumerate(CHANNELS)},
        },
        folder / "lpips.safetensors",
    )
    return folder / "inception.pth", folder / "lpips.safetensors"


def scipys(a, b):
    a, b = a.double().numpy(), b.double().numpy()
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = scipy.linalg.sqrtm(cov_a @ cov_b).real
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a + cov_b - 2 * root)


def test_distances_are_those_of_the_features(files):
    sets = Sets(files[0], files[0], [files[1]])
    paintings = [picture(s, 80, 80)[0] for s in (11, 12, 13)]
    outputs = [picture(s, 80, 80)[0] for s in range(5)]
    styles = [2, 0, 1, 1, 0]
    sets.extract_paintings(paintings)
    found = [sets.extract(k, outputs[k], outputs[0], styles[k]) for k in (3, 0, 4, 1, 2)]
    assert found[1]["lpips"] == 0  # the photograph itself
    assert all(f["lpips"] > 0 for i, f in enumerate(found) if i != 1)
    facts = sets.facts(dict(enumerate(styles)), {"content_loss": 0.5, "lpips": 0.25})
    for name, key in (("mixed6e", "fid_mixed6e"), ("art", "fid_art")):
        own = torch.cat([sets.nets[name](o) for o in outputs])
        other = torch.cat([sets.nets[name](paintings[j]) for j in styles])
        # Five vectors in hundreds of dimensions: only the first numbers, or scipy's root is noise.
        assert facts[key] > 0
        if name == "mixed6e":
            assert facts["kid_mixed6e"] == pytest.approx(kernel_distance(own, other), rel=1e-9)
        gap = (own.double() - other.double()).mean(0).square().sum()
        assert facts[key] > float(gap)
    assert facts["artfid_proxy"] == pytest.approx(1.5 * (1 + facts["fid_mixed6e"]))
    assert facts["artfid"] == pytest.approx(1.25 * (1 + facts["fid_art"]))


def test_fid_is_scipys_where_there_are_more_pictures_than_numbers():
    sets = Sets()
    sets.nets = {"mixed6e": lambda image: image.mean((1, 2))[None]}
    sets.results = {"mixed6e": {}}
    paintings = [picture(s, 8, 8)[0] for s in range(20)]
    sets.extract_paintings(paintings)
    outputs = [picture(s, 8, 8)[0] ** 2 for s in range(20, 40)]
    for k, output in enumerate(outputs):
        record = sets.extract(k, output, output, k)
        assert 1 <= record["inception_rank"] <= 20
    facts = sets.facts({k: k for k in range(20)}, {"content_loss": 1.0})
    wanted = scipys(*(torch.stack([x.mean((1, 2)) for x in y]) for y in (outputs, paintings)))
    assert facts["fid_mixed6e"] == pytest.approx(wanted, rel=1e-6)
    # The paintings' features are taken anew, the results' forgotten.
    sets.extract_paintings(paintings[:2])
    assert sets.results == {"mixed6e": {}}


def test_nothing_given_is_nothing_measured():
    sets = Sets()
    sets.extract_paintings([])
    assert sets.extract(0, picture(1)[0], picture(1)[0], 0) == {}
    assert sets.facts({0: 0, 1: 1}, {"content_loss": 1.0}) == {}
