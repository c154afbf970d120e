"""Encoder and decoder layers against their equations, written out with numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from stylemix_stytr2 import transformer
from stylemix_stytr2.transformer import DecoderLayer, EncoderLayer, MultiHeadAttention
from torch import nn

C, HEADS = 6, 2


def _tokens(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _linear(layer: nn.Linear, x: np.ndarray) -> np.ndarray:
    bias = 0 if layer.bias is None else layer.bias.detach().numpy()
    return x @ layer.weight.detach().numpy().T + bias


def _attention(module: MultiHeadAttention, query: np.ndarray, memory: np.ndarray) -> np.ndarray:
    """Concat(head_1, ...) W_o of tokens [L, C], head by head."""
    q, k, v = (
        _linear(m, t)
        for m, t in ((module.query, query), (module.key, memory), (module.value, memory))
    )
    heads = []
    for h in range(module.heads):
        part = slice(h * C // HEADS, (h + 1) * C // HEADS)
        logits = q[:, part] @ k[:, part].T / np.sqrt(C // HEADS)
        weights = np.exp(logits - logits.max(1, keepdims=True))
        heads.append(weights / weights.sum(1, keepdims=True) @ v[:, part])
    return _linear(module.out, np.concatenate(heads, 1))


def _network(network: nn.Sequential, x: np.ndarray) -> np.ndarray:
    return _linear(network[2], np.maximum(_linear(network[0], x), 0))


def _norm(norm: nn.LayerNorm, x: np.ndarray) -> np.ndarray:
    y = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + norm.eps)
    bias = 0 if norm.bias is None else norm.bias.detach().numpy()
    return y * norm.weight.detach().numpy() + bias


def _shaken(layer: nn.Module) -> nn.Module:
    """Give every parameter a value that initialisation wouldn't."""
    torch.manual_seed(0)
    for p in layer.double().parameters():
        nn.init.normal_(p, std=0.5)
    return layer


def test_encoder_layer_is_its_equation() -> None:
    layer = _shaken(EncoderLayer(C, HEADS))
    assert isinstance(layer, EncoderLayer)
    x = _tokens(1, 1, 5, C)
    t = x[0].numpy()
    t = _norm(layer.norms[0], t + _attention(layer.attention, t, t))
    wanted = _norm(layer.norms[1], t + _network(layer.network, t))
    assert np.abs(layer(x)[0].detach().numpy() - wanted).max() < 1e-12


def test_encoder_layer_attends_to_the_chosen_places_only() -> None:
    layer = _shaken(EncoderLayer(C, HEADS))
    assert isinstance(layer, EncoderLayer)
    x, chosen = _tokens(1, 1, 5, C), torch.tensor([0, 3])
    t = x[0].numpy()
    t = _norm(layer.norms[0], t + _attention(layer.attention, t, t[[0, 3]]))
    wanted = _norm(layer.norms[1], t + _network(layer.network, t))
    assert np.abs(layer(x, chosen)[0].detach().numpy() - wanted).max() < 1e-12


def test_decoder_layer_is_its_equation() -> None:
    for shift in (True, False):
        layer = _shaken(DecoderLayer(C, HEADS, shift=shift))
        assert isinstance(layer, DecoderLayer)
        x, position, style = _tokens(1, 1, 5, C), _tokens(2, 1, 5, C), _tokens(3, 1, 4, C)
        t, p, s = x[0].numpy(), position[0].numpy(), style[0].numpy()
        query = t + p
        t = _norm(layer.norms[0], query + _attention(layer.attentions[0], query, s))
        t = _norm(layer.norms[1], t + _attention(layer.attentions[1], t + p, s))
        wanted = _norm(layer.norms[2], t + _network(layer.network, t))
        assert np.abs(layer(x, position, style)[0].detach().numpy() - wanted).max() < 1e-12


def test_places_of_the_style_have_no_order() -> None:
    layer = _shaken(DecoderLayer(C, HEADS))
    x, position, style = _tokens(1, 2, 5, C), _tokens(2, 2, 5, C), _tokens(3, 2, 7, C)
    order = torch.randperm(7, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(
        layer(x, position, style), layer(x, position, style[:, order]), atol=1e-12
    )


def test_chunks_give_what_the_whole_sequence_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    """And hidden values exist for a chunk at a time."""
    x, chosen = _tokens(1, 2, 7, C).requires_grad_(), torch.tensor([0, 3, 6])
    position, style = _tokens(2, 2, 7, C), _tokens(3, 1, 4, C)
    seen: list[int] = []
    for layer, rest in (
        (EncoderLayer(C, HEADS), ()),
        (EncoderLayer(C, HEADS), (chosen,)),
        (DecoderLayer(C, HEADS), (position, style)),
    ):
        _shaken(layer)
        layer.network[0].register_forward_hook(lambda *found: seen.append(found[2].shape[1]))
        results = []
        for chunk in (7, 3):
            monkeypatch.setattr(transformer, "CHUNK", chunk)
            y = layer(x, *rest)
            results.append((y, *torch.autograd.grad(y.square().sum(), x)))
        for whole, chunked in zip(*results, strict=True):
            assert torch.allclose(whole, chunked, rtol=1e-10, atol=1e-12)
    assert seen == 3 * [7, 3, 3, 1]


def test_dropout_is_for_training_only() -> None:
    for layer, rest in (
        (EncoderLayer(C, HEADS, 0.5), ()),
        (DecoderLayer(C, HEADS, 0.5), (_tokens(2, 1, 5, C), _tokens(3, 1, 4, C))),
    ):
        layer.double()
        x = _tokens(1, 1, 5, C)
        assert not torch.equal(layer.train()(x, *rest), layer(x, *rest))
        assert torch.equal(layer.eval()(x, *rest), layer(x, *rest))
