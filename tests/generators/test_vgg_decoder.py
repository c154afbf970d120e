from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from stylemix.backbones import LAYERS
from stylemix.generators.vgg_decoder import Decoder

CHANNELS = {name: 2**layer.block for name, layer in LAYERS.items()}


def maps_of(layers, side=32, seed=0):
    random = torch.Generator().manual_seed(seed)
    return {
        layer: torch.randn(
            1,
            CHANNELS[layer],
            side // LAYERS[layer].stride,
            side // LAYERS[layer].stride,
            generator=random,
        )
        for layer in layers
    }


def test_convolutions_mirror_those_of_vgg16():
    widths = {name: (64, 128, 256, 512)[layer.block - 1] for name, layer in LAYERS.items()}
    decoder = Decoder(["relu4_1"], widths)
    shapes = [
        (c.in_channels, c.out_channels, c.kernel_size)
        for c in decoder.modules()
        if isinstance(c, torch.nn.Conv2d)
    ]
    assert shapes == [
        (512, 256, (3, 3)),
        (256, 256, (3, 3)),
        (256, 256, (3, 3)),
        (256, 128, (3, 3)),
        (128, 128, (3, 3)),
        (128, 64, (3, 3)),
        (64, 64, (3, 3)),
        (64, 3, (3, 3)),
    ]


def test_a_short_decoder_written_out():
    torch.manual_seed(1)
    decoder = Decoder(["relu2_1"], CHANNELS)
    x = maps_of(["relu2_1"])
    (w21, w12, w11) = (decoder.convolutions[k] for k in ("relu2_1", "relu1_2", "relu1_1"))

    def conv(layer, y):
        return F.conv2d(F.pad(y, (1,) * 4, mode="reflect"), layer.weight, layer.bias)

    # Bilinear: nearest neighbours behind a [1, 2, 1] / 4 filter.
    y = F.relu(conv(w21, x["relu2_1"])).repeat_interleave(2, 2).repeat_interleave(2, 3)
    y = F.pad(y, (1,) * 4, mode="replicate")
    y = (y[:, :, :-2] + 2 * y[:, :, 1:-1] + y[:, :, 2:]) / 4
    y = (y[..., :-2] + 2 * y[..., 1:-1] + y[..., 2:]) / 4
    wanted = torch.sigmoid(conv(w11, F.relu(conv(w12, y))))
    torch.testing.assert_close(decoder(x), wanted)


def test_layers_of_the_deepest_block_are_added_and_mixed():
    torch.manual_seed(1)
    both = Decoder(["relu4_3", "relu4_1"], CHANNELS)
    maps = maps_of(["relu4_1", "relu4_3"])
    one = Decoder(["relu4_1"], CHANNELS)
    one.load_state_dict(both.state_dict(), strict=False)
    merged = both.merge(F.pad(maps["relu4_1"] + maps["relu4_3"], (1,) * 4, mode="reflect"))
    torch.testing.assert_close(both(maps), one({"relu4_1": merged}))


def test_a_shallower_map_joins_at_its_layer():
    torch.manual_seed(1)
    decoder = Decoder(["relu2_2", "relu3_1"], CHANNELS)
    assert decoder.convolutions["relu2_2"].in_channels == 2 * CHANNELS["relu2_2"]
    maps = maps_of(["relu2_2", "relu3_1"])
    usual = decoder(maps)
    for layer in maps:
        changed = decoder({**maps, layer: maps[layer] + 1})
        assert float((changed - usual).detach().abs().max()) > 1e-4
    with torch.no_grad():  # without its share of the weights the shallow map is not seen
        decoder.convolutions["relu2_2"].weight[:, CHANNELS["relu2_2"] :] = 0
    torch.testing.assert_close(decoder(maps), decoder({**maps, "relu2_2": maps["relu2_2"] + 1}))


def test_a_wide_decoder_has_so_many_times_the_channels_between_its_convolutions():
    decoder = Decoder(["relu2_2", "relu3_1", "relu3_3"], CHANNELS, width=3)
    shapes = {layer: (c.in_channels, c.out_channels) for layer, c in decoder.convolutions.items()}
    # CHANNELS are 2, 4, 8; a map of the trunk comes in with its own.
    assert shapes == {
        "relu3_1": (8, 12),
        "relu2_2": (12 + 4, 12),
        "relu2_1": (12, 6),
        "relu1_2": (6, 6),
        "relu1_1": (6, 3),
    }
    assert decoder.merge.in_channels == decoder.merge.out_channels == 8
    assert decoder(maps_of(["relu2_2", "relu3_1", "relu3_3"])).shape == (1, 3, 32, 32)


@pytest.mark.parametrize(
    "layers",
    [["relu1_1"], ["relu2_1"], ["relu3_3"], ["relu4_1", "relu4_3"], ["relu3_1", "relu4_2"]],
)
def test_reach_and_size(layers):
    torch.manual_seed(0)
    decoder = Decoder(layers, CHANNELS).double()
    maps = {k: v.double() for k, v in maps_of(layers, side=128).items()}
    out = decoder(maps).detach()
    assert out.shape == (1, 3, 128, 128)
    assert float(out.min()) >= 0 and float(out.max()) <= 1
    deep = max(layers, key=list(LAYERS).index)
    stride = LAYERS[deep].stride
    middle = maps[deep].shape[-1] // 2
    poked = maps[deep].clone()
    poked[..., middle] += torch.randn(poked.shape[:-1], dtype=torch.float64)
    changed = (decoder({**maps, deep: poked}) - out).abs().amax((0, 1, 2)).nonzero().flatten()
    assert changed.min() >= middle * stride - decoder.reach
    assert changed.max() < (middle + 1) * stride + decoder.reach
