"""The packets of a finished piece of a video, with the times that they have in the whole."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from stylemix.video.resuming import Piece


def read_packets(file: Any, piece: Piece, time_base: Fraction, relative: bool) -> list[Any]:
    """Read the video packets of a file, in the order of decoding.

    Args:
        file: opened by PyAV.
        piece: when its frames are shown in the whole video.
        time_base: seconds per tick of the result's times.
        relative: whether the file's own times begin at 0; else they are the whole video's.

    Returns:
        The packets with times in ticks of ``time_base``; each frame lasts until the next one, and
        the last one until the piece ends.
    """
    packets = [p for p in file.demux(file.streams.video[0]) if p.size and p.pts is not None]
    shift = piece.begin if relative else 0
    for packet in packets:
        own = packet.time_base
        decoded = packet.pts if packet.dts is None else packet.dts
        shown = round(packet.pts * own / time_base) + shift
        packet.dts, packet.pts = round(decoded * own / time_base) + shift, shown
        packet.time_base = time_base
    ends = [*sorted(packet.pts for packet in packets)[1:], piece.end]
    lasting = dict(zip(sorted(packet.pts for packet in packets), ends, strict=True))
    for packet in packets:
        packet.duration = max(1, lasting[packet.pts] - packet.pts)
    return packets
