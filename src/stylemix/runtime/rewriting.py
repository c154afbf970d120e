"""Graphs rewritten to compute the same in an order that suits a CPU's vector units better."""

from __future__ import annotations

from typing import Any

import numpy as np

from stylemix.runtime.library import openvino

LANES = 8
"""Numbers in the vector registers that every supported CPU has (AVX2). Fewer channels leave lanes
idle."""


def channels_last(model: Any) -> None:
    """Make OpenVINO keep features channels-last around what has one number per channel.

    A sum or product is computed in the order that most of its inputs lie in. A gamma and a beta
    [1, C, 1, 1] are given channels-first, and outvote the features between them, which come
    channels-last from one convolution and go to another: each injection turned the features over
    twice, and so did each padding. Behind a convolution by one, channel by channel, the two are
    channels-last too. It takes a sixth off ``film``'s pass.

    Args:
        model: an ``openvino.Model``, changed in place; int8 is calibrated before.
    """
    op = _operations()
    for given in model.get_parameters():
        shape = given.get_partial_shape()
        if shape.is_dynamic or shape.rank.get_length() != 4:
            continue
        _, channels, height, width = shape.to_shape()
        # The picture's own three channels are faster in planes.
        if (height, width) != (1, 1) or channels < LANES:
            continue
        readers = list(given.output(0).get_target_inputs())
        one = op.constant(np.ones((channels, 1, 1, 1, 1), np.float32))
        same = op.group_convolution(given, one, [1, 1], [0, 0], [0, 0], [1, 1])
        _connect(readers, same)
    model.validate_nodes_and_infer_types()


def widen_narrow(model: Any, multiple: int) -> None:
    """Compute convolutions of few channels, as the output's, for 2 x 2 places at once.

    A convolution to C < 8 channels leaves lanes of the vector units idle. The same weights, shifted
    to four places, are one convolution of stride 2 to 4 C channels, of which each stands for one
    place of a square (Shi et al., 2016, section 3.2, read backwards). For three channels and a
    kernel of five that is 1.44 times the work at twice the use.

    Args:
        model: an ``openvino.Model``, changed in place, whose first input is the picture
            [1, 3, H, W].
        multiple: H and W are multiples of it.
    """
    op = _operations()
    for layer in _even(model, multiple):
        weights = layer.input_value(1).get_node().data
        many, channels, height, width = weights.shape
        wide = np.zeros((many, 2, 2, channels, height + 1, width + 1), weights.dtype)
        for row in range(2):
            for column in range(2):
                wide[:, row, column, :, row : row + height, column : column + width] = weights
        readers = list(layer.output(0).get_target_inputs())
        squares = op.convolution(
            layer.input_value(0),
            op.constant(wide.reshape(4 * many, channels, height + 1, width + 1)),
            *([2, 2], [0, 0], [0, 0], [1, 1]),
        )
        _connect(readers, op.depth_to_space(squares, "depth_first", 2))
    model.validate_nodes_and_infer_types()


def _even(model: Any, multiple: int) -> list[Any]:
    """Return the narrow convolutions whose results have even sides for every picture."""
    picture = model.input(0)
    any_size = picture.get_partial_shape()
    # Sides grow in step with the picture's, so odd multiples tell for all.
    model.reshape({picture: [1, 3, 15 * multiple, 17 * multiple]})
    found = [
        layer
        for layer in model.get_ordered_ops()
        if layer.get_type_name() == "Convolution"
        and _is_plain(layer)
        and all(side % 2 == 0 for side in layer.get_output_shape(0)[2:])
    ]
    model.reshape({picture: any_size})
    return found


def _is_plain(layer: Any) -> bool:
    """Whether it has few channels, known weights, steps of one and no padding."""
    about = layer.get_attributes()
    return (
        layer.input_value(1).get_node().get_type_name() == "Constant"
        and layer.get_output_shape(0)[1] < LANES
        and list(about["strides"]) == list(about["dilations"]) == [1, 1]
        and not any((*about["pads_begin"], *about["pads_end"]))
    )


def _connect(readers: list[Any], source: Any) -> None:
    for reader in readers:
        reader.replace_source_output(source.output(0))


def _operations() -> Any:
    return openvino().opset13
