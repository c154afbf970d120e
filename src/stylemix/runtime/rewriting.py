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
    [B, C, 1, 1] are given channels-first, and outvote the features between them, which come
    channels-last from one convolution and go to another: each injection turned the features over
    twice, and so did each padding. Behind a convolution by one, channel by channel, the two are
    channels-last too. It takes a sixth off ``film``'s pass.

    Args:
        model: an ``openvino.Model``, changed in place.
    """
    op = _operations()
    same: dict[Any, Any] = {}
    for layer in model.get_ordered_ops():
        if layer.get_type_name() not in ("Add", "Multiply") or _channels(layer.output(0)):
            continue
        for put in layer.inputs():
            source = put.get_source_output()
            channels = _channels(source)
            # The picture's own three channels are faster in planes.
            if channels < LANES or source.get_node().get_type_name() == "Constant":
                continue
            if source not in same:
                one = op.constant(np.ones((channels, 1, 1, 1, 1), np.float32))
                same[source] = op.group_convolution(source, one, [1, 1], [0, 0], [0, 0], [1, 1])
            put.replace_source_output(same[source].output(0))
    model.validate_nodes_and_infer_types()


def _channels(output: Any) -> int:
    """Return C of a tensor [B, C, 1, 1]; 0 of all others."""
    shape = output.get_partial_shape()
    if shape.rank.is_dynamic or shape.rank.get_length() != 4:
        return 0
    channels, *sides = (shape[k] for k in (1, 2, 3))
    if any(length.is_dynamic for length in (channels, *sides)):
        return 0
    return channels.get_length() if all(s.get_length() == 1 for s in sides) else 0


def fold_affine(model: Any) -> None:
    """Compute chains of sums and products with one number per channel as one product and sum.

    ``((x - mean) / std) gamma + beta`` is ``x (gamma / std) + (beta - mean gamma / std)``, of which
    both brackets are as small as a painting's vectors. An operation on a whole map takes as long
    as its bytes do, and several in one pass longer than that.

    Args:
        model: an ``openvino.Model``, changed in place.
    """
    op = _operations()
    inside: set[str] = set()
    for layer in model.get_ordered_ops():
        if layer.get_friendly_name() in inside or not _vector(layer):
            continue
        chain = _chain(layer)
        if len(chain) < 3:
            continue
        inside.update(each.get_friendly_name() for each in chain)
        scale, shift = op.constant(np.float32(1)), op.constant(np.float32(0))
        for each in chain:
            vector = each.input_value(_vector(each) - 1)
            match each.get_type_name():
                case "Add":
                    shift = op.add(shift, vector)
                case "Subtract":
                    shift = op.subtract(shift, vector)
                case "Multiply":
                    scale, shift = op.multiply(scale, vector), op.multiply(shift, vector)
                case "Divide":
                    scale, shift = op.divide(scale, vector), op.divide(shift, vector)
        source = layer.input_value(2 - _vector(layer))
        folded = op.add(op.multiply(source, scale), shift)
        for reader in chain[-1].output(0).get_target_inputs():
            reader.replace_source_output(folded.output(0))
    model.validate_nodes_and_infer_types()


def _chain(layer: Any) -> list[Any]:
    """Return an operation and those behind it that combine its result alone with vectors."""
    chain = [layer]
    while True:
        readers = list(chain[-1].output(0).get_target_inputs())
        if len(readers) != 1 or not _vector(readers[0].get_node()):
            return chain
        behind = readers[0].get_node()
        if readers[0].get_index() == _vector(behind) - 1:
            return chain
        chain.append(behind)


def _vector(layer: Any) -> int:
    """Return which input of a sum or product of a map has one number per channel: 1, 2, or 0."""
    kind = layer.get_type_name()
    if kind not in ("Add", "Divide", "Multiply", "Subtract") or _channels(layer.output(0)):
        return 0
    if _channels(layer.input_value(1)):
        return 2
    return 1 if kind in ("Add", "Multiply") and _channels(layer.input_value(0)) else 0


def widen_narrow(model: Any, multiple: int) -> None:
    """Compute convolutions of few channels, as the output's, for 2 x 2 places at once.

    A convolution to C < 8 channels leaves lanes of the vector units idle. The same weights, shifted
    to four places, are one convolution of stride 2 to 4 C channels, of which each stands for one
    place of a square (Shi et al., 2016, section 3.2, read backwards). For three channels and a
    kernel of five that is 1.44 times the work at twice the use.

    Args:
        model: an ``openvino.Model``, changed in place, whose first input is the picture
            [B, 3, H, W].
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
        readers = layer.output(0).get_target_inputs()
        squares = op.convolution(
            layer.input_value(0),
            op.constant(wide.reshape(4 * many, channels, height + 1, width + 1)),
            *([2, 2], [0, 0], [0, 0], [1, 1]),
        )
        four = op.depth_to_space(squares, "depth_first", 2)
        for reader in readers:
            reader.replace_source_output(four.output(0))
    model.validate_nodes_and_infer_types()


def _even(model: Any, multiple: int) -> list[Any]:
    """Return the narrow convolutions whose results have even sides for every picture."""
    picture = model.input(0)
    any_size = picture.get_partial_shape()
    # Sides grow in step with the picture's, so odd multiples tell for all.
    model.reshape({picture: [1, 3, 63 * multiple, 65 * multiple]})
    found = [
        layer
        for layer in model.get_ordered_ops()
        if layer.get_type_name() == "Convolution" and _is_plain(layer) and _is_even(layer)
    ]
    model.reshape({picture: any_size})
    return found


def _is_plain(layer: Any) -> bool:
    """Whether it has few channels, known weights, steps of one and no padding."""
    about, weights = layer.get_attributes(), layer.input_value(1).get_node()
    return (
        weights.get_type_name() == "Constant"
        and weights.get_output_shape(0)[0] < LANES
        and list(about["strides"]) == list(about["dilations"]) == [1, 1]
        and not any((*about["pads_begin"], *about["pads_end"]))
    )


def _is_even(layer: Any) -> bool:
    """Whether the sides of the result are even."""
    shape = layer.get_output_partial_shape(0)
    sides = [shape[k] for k in (2, 3)]
    return all(not side.is_dynamic and side.get_length() % 2 == 0 for side in sides)


def _operations() -> Any:
    return openvino().opset13
