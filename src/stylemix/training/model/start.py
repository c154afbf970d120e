"""What a training of a model starts from: objective, network, and its first weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from stylemix import checkpoint
from stylemix.backbones import feature_net
from stylemix.errors import CheckpointError, ConfigError
from stylemix.losses.objective import Objective, terms_of
from stylemix.ops import stream
from stylemix.plugins import registry
from stylemix.plugins.registries import suggest
from stylemix.stylizers import FeedForward, build
from stylemix.training.data import Crops
from stylemix.training.model.config import TrainConfig
from stylemix.training.model.named import with_styles
from stylemix.training.model.shifted import LABEL

CALIBRATION = 256
"""Paintings that the encoder is calibrated on."""


def objective_of(config: TrainConfig, features: nn.Module | None = None) -> Objective:
    """Build the objective that a configuration asks for.

    Args:
        config: its loss terms, and the phases' weights of them.
        features: the network that they look through; None takes the configuration's.

    Raises:
        ConfigError: a preset or a label is unknown.
        WeightsError: the network's weights can't be had.
    """
    losses = config.losses
    terms = terms_of(losses.preset, losses.terms)
    if LABEL in terms:
        raise ConfigError(
            f"losses.terms: {LABEL!r} is the label of phases' shifted photographs; choose another"
        )
    for number, phase in enumerate(config.phases):
        known = [*terms, *([LABEL] if phase.shifted else [])]
        for label in phase.weights:
            if label not in known:
                raise ConfigError(
                    f"phases[{number}].weights: no loss term is labelled {label!r}"
                    f"{suggest(label, known)} (there are: {', '.join(known)})"
                )
    if features is None:
        features = feature_net(losses.features, losses.weights or None)
    return Objective(terms, features)


def model_of(config: TrainConfig) -> FeedForward:
    """Build the model that a configuration asks for, with fresh weights.

    Raises:
        ConfigError: it isn't of the kind that is trained here.
    """
    wanted = config.model
    spec = registry("presets").get(wanted) if isinstance(wanted, str) else dict(wanted)
    model = build(with_styles(spec, config.data))
    if not isinstance(model, FeedForward):
        raise ConfigError(
            f"the model {wanted!r} isn't of the feed-forward kind; only those "
            "are trained by this trainer"
        )
    return model


def initialize(
    model: FeedForward, config: TrainConfig, paintings: Crops, rows: Tensor | None
) -> None:
    """Load a fresh model's first weights: another checkpoint's, or the encoder's usual ones.

    Args:
        model: fresh.
        config: names the checkpoint or the encoder's file, if any.
        paintings: that the encoder is calibrated on.
        rows: for each painting which of the encoder's named styles it is, or None.

    Raises:
        CheckpointError: the checkpoint is of another shape, or can't be read.
        WeightsError: the encoder's file is missing or doesn't fit.
    """
    if config.init:
        other = checkpoint.load(config.init)
        # The size at which paintings are encoded is no property of the weights.
        if {**other.config, "style_size": 0} != {**model.config, "style_size": 0}:
            raise CheckpointError(
                f"init: {config.init} holds a model of another shape; "
                "set model to what its config.json says under "
                + ", ".join(("stylizer", *other.config_keys()))
            )
        model.load_state_dict(other.state_dict())
        return
    encoder = model.encoder
    if rows is not None:
        encoder.remember([paintings.pictures[int(i)].float() / 255 for i in rows.argsort()])
    encoder.initialize(config.encoder_weights or None)
    count = min(CALIBRATION, len(paintings))
    indices = [i * len(paintings) // count for i in range(count)]
    chance = torch.rand(count, 4, generator=stream(config.seed, "calibration"))
    side = config.phases[0].style_crop[0]
    encoder.calibrate(paintings.cut(indices, side, chance).to(model.device))
