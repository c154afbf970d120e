"""Identity pairs, photographs that are their own style, and models that can't have them."""

from __future__ import annotations

import dataclasses
import logging

from stylemix.errors import ConfigError
from stylemix.stylizers import FeedForward
from stylemix.training.model.config import PhaseConfig, TrainConfig

log = logging.getLogger(__name__)


def fit_identity(config: TrainConfig, model: FeedForward, quiet: bool = False) -> TrainConfig:
    """Leave identity pairs out for a model to which a photograph can't be a style.

    Where ``identity`` has its default nobody asked for them; a warning says that they are left
    out. Another value above 0 was asked for, and is refused.

    Args:
        config: the plan.
        model: what is trained.
        quiet: without the warning, for all but one of several processes.

    Returns:
        The plan, with ``identity = 0`` where the pairs are left out.

    Raises:
        ConfigError: a phase asks for pairs that the model can't have.
    """
    if not model.needs_style:
        reason = "no style enters the model"
    elif not model.encoder.any_painting:
        reason = "the model knows no styles but those it was made for"
    else:
        return config
    for number, phase in enumerate(config.phases):
        if phase.identity not in (0.0, PhaseConfig.identity):
            raise ConfigError(
                f"phases[{number}].identity = {phase.identity}: a photograph can't "
                f"be its own style where {reason}; set it to 0"
            )
        if phase.partial:
            raise ConfigError(
                f"phases[{number}].partial = {phase.partial}: a photograph can't "
                f"have a style of its own where {reason}; set it to 0"
            )
    if any(phase.identity for phase in config.phases) and not quiet:
        log.warning(
            "identity pairs are left out, since %s; identity = 0 in every phase says the same",
            reason,
        )
    return dataclasses.replace(
        config, phases=tuple(dataclasses.replace(phase, identity=0.0) for phase in config.phases)
    )
