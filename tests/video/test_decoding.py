from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

av = pytest.importorskip("av")
from video_clips import decode, difference, lost_in, panning, write_clip  # noqa: E402

from stylemix.video.priority import kept_priority  # noqa: E402


def overwrite(path: Path, number: int, frames: int) -> None:
    """Damage the data of some packets of a file, from one of them on."""
    with av.open(str(path)) as file:
        packets = [p for p in file.demux(video=0) if p.size][number : number + frames]
        places = [(p.pos, p.size) for p in packets]
    data = bytearray(path.read_bytes())
    for place, size in places:
        data[place : place + size] = b"\xff" * size
    path.write_bytes(data)


@pytest.mark.parametrize("bframes", [0, 2])
@pytest.mark.parametrize("first", [0, 5, 17])
def test_what_a_damaged_frame_takes_with_it_shows_its_neighbor(tmp_path, first, bframes):
    options = {"qp": "20", "g": "5", "bf": str(bframes), "x264-params": "scenecut=0"}
    pictures = panning(20)
    path = write_clip(tmp_path / "a.mp4", pictures, options=options)
    overwrite(path, first, 1)
    found = decode(path)
    assert [round(f.time * 25) for f in found] == list(range(20))
    own = [difference(f.rgb, p) < 3 for f, p in zip(found, pictures, strict=True)]
    lost = own.index(False)
    assert lost_in(found)[0] == lost
    assert found[lost].damage == f"at {lost / 25:.2f} s"
    assert (found[lost].rgb == found[lost - 1 if lost else own.index(True)].rgb).all()
    # What was predicted from it may be wrong as well, up to the next key frame.
    assert all(own[n] for n in range(20) if n // 5 not in (lost // 5, first // 5))


@pytest.mark.parametrize(
    "codec, name, options",
    [
        ("libx264", "a.ts", {"g": "5", "x264-params": "scenecut=0"}),
        ("libx265", "a.mkv", {"x265-params": "keyint=5:log-level=error"}),
        ("libsvtav1", "a.mkv", {"g": "5", "preset": "12"}),
        ("libvpx", "a.webm", {"g": "5", "auto-alt-ref": "1", "lag-in-frames": "8"}),
        ("libvpx-vp9", "a.webm", {"g": "5", "deadline": "realtime", "cpu-used": "8"}),
        ("mpeg4", "a.avi", {"g": "5", "qscale": "2"}),
    ],
)
@pytest.mark.parametrize("fill", [0, None])
def test_no_decoder_loses_frames_in_silence(tmp_path, codec, name, options, fill):
    pictures = [np.kron(p, np.ones((4, 4, 1), np.uint8)) for p in panning(20)]
    with kept_priority():  # which SVT-AV1 would raise
        path = write_clip(tmp_path / name, pictures, codec=codec, pixels="yuv420p", options=options)
    whole = decode(path)
    assert len(whole) == 20 and lost_in(whole) == []
    generator = np.random.default_rng(0)
    with av.open(str(path)) as file:
        found = [(p.pos, p.size) for p in file.demux(video=0) if p.size]
    for number in (0, 7, 10):
        data = bytearray(path.read_bytes())
        place, size = found[number]
        # Past the headers of the container and of its packets, within one of MPEG-TS's.
        place, size = place + min(70, size // 2), max(1, min(100, size // 2))
        data[place : place + size] = (
            bytes(size) if fill == 0 else generator.integers(0, 256, size, np.uint8).tobytes()
        )
        damaged = tmp_path / f"damaged-{name}"
        damaged.write_bytes(data)
        shown = decode(damaged)
        times = [f.time for f in shown]
        assert times == sorted(set(times))
        assert len(shown) >= 19, f"packet {number}"
        assert max(np.diff([float(t) for t in times])) < 0.1


def test_a_damaged_picture_among_whole_ones_is_the_one_before(tmp_path):
    path = write_clip(tmp_path / "a.avi", panning(), codec="png", pixels="rgb24")
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as file:
        packet = [p for p in file.demux(video=0) if p.size][4]
        place, size = packet.pos, packet.size
    begin = data.index(b"\x89PNG", place) + size // 3  # the signature stays: it divides packets
    data[begin : begin + size // 3] = bytes(size // 3)
    path.write_bytes(data)
    found = decode(path)
    assert lost_in(found) == [4] and found[4].damage == "at 0.16 s"
    assert [round(f.time * 25) for f in found] == list(range(10))
    assert (found[4].rgb == found[3].rgb).all() and (found[5].rgb == panning()[5]).all()
