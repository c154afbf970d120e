"""How far a training is, and what that means for the learning rate."""

from __future__ import annotations

import math

from stylemix.training.run_config import OptimizerConfig, ScheduleConfig


def progress_of(
    schedule: ScheduleConfig, photographs: int, steps: int, seen: int, seconds: float
) -> float:
    """Return how much of the schedule is done, in [0, 1].

    Args:
        schedule: the plan.
        photographs: how many one epoch has.
        steps: done.
        seen: photographs used, counted with repetition.
        seconds: spent in steps.
    """
    if schedule.steps:
        done = steps / schedule.steps
    elif schedule.epochs:
        done = seen / (schedule.epochs * photographs)
    else:
        done = seconds / (60 * schedule.minutes)
    return min(1.0, done)


def learning_rate(optimizer: OptimizerConfig, step: int, progress: float) -> float:
    """Return the rate of a step: linear warm-up by steps, then a cosine by progress."""
    warm = min(1.0, (step + 1) / optimizer.warmup) if optimizer.warmup else 1.0
    if not optimizer.cosine:
        return optimizer.lr * warm
    fall = optimizer.final + (1 - optimizer.final) * 0.5 * (1 + math.cos(math.pi * progress))
    return optimizer.lr * warm * fall
