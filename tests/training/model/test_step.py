"""The step: what it computes, and that it could be captured in a CUDA graph."""

from __future__ import annotations

import copy

import pytest
import torch
from helpers import tiny_config
from torch.utils._python_dispatch import TorchDispatchMode
from training_cases import crops

from stylemix.backbones import feature_net
from stylemix.losses.objective import LOSS_PRESETS, Objective
from stylemix.ops.placement import place
from stylemix.stylizers import FeedForward, build
from stylemix.training.average import Average, update_average
from stylemix.training.descent import Descent
from stylemix.training.model.bank import make_bank
from stylemix.training.model.batch_losses import BatchLosses
from stylemix.training.model.batches import Batches
from stylemix.training.model.config import PhaseConfig
from stylemix.training.model.pool import Pool
from stylemix.training.model.step import TrainingStep, exact_products
from stylemix.training.run_config import OptimizerConfig

CPU = torch.device("cpu")
PHASE = PhaseConfig(
    crop=32,
    batch=6,
    style_crop=(32,),
    zoom=1.3,
    identity=0.25,
    partial=0.3,
    shifted=0.34,
    weights={"shift": 5.0, "style": 3.0},
)
TERMS = {
    **LOSS_PRESETS["balanced"],
    "style": {"name": "gram", "weight": 10.0, "balanced": True, "root": True},
    "palette": {"name": "palette", "weight": 4.0, "shrink": 4},
    "lattice": {"name": "lattice", "weight": 4.0, "period": 4},
    "contrast": {"name": "local-contrast", "weight": 0.1},
}
FILM = ({"name": "film"},)
PATCH = ({"name": "film"}, {"name": "patch", "feature": "relu3_3"})
LEAN = {**tiny_config(), "generator": {"name": "lean"}}
MODELS = {
    "film-large": tiny_config(*FILM),
    "concat": tiny_config({"name": "concat"}),
    "inject": tiny_config({"name": "inject"}),
    "patch": tiny_config(*PATCH),
    "film": LEAN,
}


def make(config, phase=PHASE, device=CPU, pooled=True, use_bank=True, captured=False, seed=0):
    """Make model, average and step, all from a seed."""
    torch.manual_seed(seed)
    model = build(config)
    assert isinstance(model, FeedForward)
    model.encoder.initialize()
    place(model, device).train()
    objective = place(Objective(TERMS, feature_net("thin")), device)
    photographs, paintings = crops(7), crops(4, first=50)
    if pooled:
        photographs, paintings = (Pool(c.pictures, device) for c in (photographs, paintings))
    bank = make_bank(paintings, 2, 32, objective, model.encoder, seed=3) if use_bank else None
    batches = Batches(
        photographs,
        None if use_bank else paintings,
        bank,
        maps=bool(model.needs - {"embedding"}),
        seed=3,
    )
    trainable = {n: p for n, p in model.named_parameters() if p.requires_grad}
    average = Average(model)
    step = TrainingStep(
        BatchLosses(model, objective, torch.float32),
        objective,
        batches,
        phase,
        Descent(trainable, OptimizerConfig(lr=1e-3, clip=1.0), device),
        average.state_dict(),
        model.state_dict(),
        decay=0.9,
        captured=captured,
    )
    return model, average, step


def assert_close(a, b, **tolerance):
    for name, value in a.items():
        torch.testing.assert_close(b[name], value, **tolerance, msg=lambda m, n=name: f"{n}: {m}")


class OfOneShape(TrainingStep):
    """Computes what a captured step does, without the capture."""

    def compute(self, draws):
        super().compute(self.batches.most(self.phase, draws))


@pytest.mark.parametrize("use_bank", [True, False], ids=["bank", "fresh"])
@pytest.mark.parametrize("name", ["film-large", "patch", "film"])
def test_plain_and_captured_function_end_with_the_same_weights(name, use_bank):
    _, one, step = make(MODELS[name], pooled=False, use_bank=use_bank)
    _, other, same = make(MODELS[name], use_bank=use_bank)
    same.__class__ = OfOneShape
    kinds = set()
    for number in range(3):
        draws = step.batches.draw(PHASE, number, 6 * number, 6 * number)
        kinds.add((draws.own, draws.mixed))
        for each in (step, same):
            each(number, 1e-5, 6 * number, 6 * number)
    most = step.batches.most(PHASE, draws)
    assert all(own <= most.own for own, _ in kinds)
    assert len(kinds) > 1
    first, second = step.read(), same.read()
    assert first == pytest.approx(second, rel=1e-3, abs=1e-5)
    apart = compared = total = 0
    for (key, ours), theirs in zip(
        step.descent.trainable.items(), same.descent.trainable.values(), strict=True
    ):
        (a, b) = (s.descent.adam.state[p] for s, p in ((step, ours), (same, theirs)))
        # The gradients, whose norm is clipped to 1.
        torch.testing.assert_close(a["exp_avg"], b["exp_avg"], rtol=1e-3, atol=1e-4, msg=key)
        # Where there is a gradient; Adam makes steps of full size out of mere rounding elsewhere.
        clear = a["exp_avg_sq"].sqrt() > 1e-4
        for first, second in ((ours, theirs), *((m.state_dict()[key] for m in (one, other)),)):
            apart += int(((first - second)[clear].abs() > 5e-6).sum())
        compared += int(clear.sum())
        total += clear.numel()
    assert apart < 0.001 * compared
    assert compared > 0.1 * total


class Refusing(TorchDispatchMode):
    """Refuses what reads a value back, has a shape of its own, or copies from host memory."""

    NAMES = (
        "lift_fresh",
        "_local_scalar_dense",
        "nonzero",
        "unique",
        "_unique",
        "masked_select",
        "is_nonzero",
        "equal",
    )

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        if name.startswith(self.NAMES) and name not in ("equal_",):
            raise AssertionError(f"a captured step can't hold {function}")
        if name.startswith("index"):
            for given in args[1:]:
                for index in given if isinstance(given, list | tuple) else [given]:
                    if isinstance(index, torch.Tensor) and index.dtype in (torch.bool, torch.uint8):
                        raise AssertionError(f"{function} by booleans has a shape of its own")
        return function(*args, **(kwargs or {}))


def test_what_is_refused():
    x = torch.arange(4.0)
    for wrong in (
        lambda: float(x.sum()),
        lambda: x[x > 1],
        lambda: torch.tensor([1.0, 2.0]),
        lambda: x.nonzero(),
        lambda: x.unique(),
        lambda: x.masked_select(x > 1),
    ):
        with Refusing(), pytest.raises(AssertionError, match="captured step|booleans"):
            wrong()


@pytest.mark.parametrize("use_bank", [True, False], ids=["bank", "fresh"])
@pytest.mark.parametrize("name", MODELS)
def test_a_step_reads_nothing_back(name, use_bank):
    _, _, step = make(MODELS[name], use_bank=use_bank)
    step(0, 1e-3, 0, 0)  # what is made once is made now
    draws = step.batches.most(PHASE, step.batches.draw(PHASE, 1, 6, 6))
    with Refusing():
        step.compute(draws)
    assert step.descent.failure() is None


def test_losses_are_means_of_the_steps_since_the_last_reading():
    _, _, step = make(MODELS["film-large"])
    _, _, other = make(MODELS["film-large"])
    each = []
    for number in range(2):
        for one in (step, other):
            one(number, 1e-3, 6 * number, 6 * number)
        each.append(other.read())
    both = step.read()
    assert list(both) == [*TERMS, "shift"]
    assert both == pytest.approx({k: (each[0][k] + each[1][k]) / 2 for k in both}, rel=1e-5)


def test_average_is_that_of_the_shared_function():
    model, average, step = make(MODELS["film-large"])
    wanted = {k: v.clone() for k, v in average.state_dict().items()}
    for number in range(3):
        step(number, 1e-3, 6 * number, 6 * number)
        update_average(wanted, model.state_dict(), 0.9, number)
    assert_close(wanted, average.state_dict(), rtol=1e-5, atol=1e-7)


def test_a_step_that_is_not_finite_leaves_weights_and_average():
    model, average, step = make(MODELS["film-large"])
    step(0, 1e-3, 0, 0)
    before = [copy.deepcopy(dict(x.state_dict())) for x in (model, average)]
    step.weights["style"] = float("nan")
    step(1, 1e-3, 6, 6)
    step.weights["style"] = 3.0
    step(2, 1e-3, 12, 12)
    assert step.descent.failure() == 1
    for found, wanted in zip((model, average), before, strict=True):
        assert all(torch.equal(v, wanted[k]) for k, v in found.state_dict().items())


@pytest.mark.parametrize("exact", [True, False])
def test_precision_of_products_is_set_for_a_while_only(exact):
    matmul = torch.backends.cuda.matmul
    before = matmul.allow_tf32
    with pytest.raises(ZeroDivisionError), exact_products(exact):
        assert matmul.allow_tf32 == (not exact)
        raise ZeroDivisionError
    assert matmul.allow_tf32 == before


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
@pytest.mark.parametrize("name", MODELS)
def test_a_captured_loop_never_waits_for_the_device(name):
    cuda = torch.device("cuda")
    plain, _, step = make(MODELS[name], device=cuda)
    model, _, captured = make(MODELS[name], device=cuda, captured=True)
    for number in range(8):
        step(number, 1e-3, 6 * number, 6 * number)
    for number in range(4):
        captured(number, 1e-3, 6 * number, 6 * number)
    torch.cuda.set_sync_debug_mode("error")
    try:
        for number in range(4, 8):
            captured(number, 1e-3, 6 * number, 6 * number)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert captured._graph is not None
    assert captured.read() == pytest.approx(step.read(), rel=0.02)
    for key, value in plain.state_dict().items():
        far = (model.state_dict()[key] - value).abs() > 1e-3 + 1e-2 * value.abs()
        assert float(far.float().mean()) < 0.02, key
