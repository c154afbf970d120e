from __future__ import annotations

import io
from fractions import Fraction

import numpy as np
import pytest

av = pytest.importorskip("av")
from video_clips import HEIGHT, WIDTH, decode, difference, lost_in, panning, texture, write_clip  # noqa: E402

from stylemix.errors import VideoError  # noqa: E402
from stylemix.video import container  # noqa: E402
from stylemix.video.container import ContainerSource  # noqa: E402


def test_frames_come_as_they_were_with_their_times(tmp_path):
    times = [0, 40, 60, 200, 240, 500, 520, 560, 600, 700]
    pictures = panning()
    found = decode(write_clip(tmp_path / "a.mp4", pictures, times))
    assert [round(f.time * 1000) for f in found] == times
    assert max(difference(f.rgb, p) for f, p in zip(found, pictures, strict=True)) < 1.5
    assert all(f.alpha is None for f in found)
    assert lost_in(found) == []


@pytest.mark.parametrize("degrees, quarters", [(90, 1), (180, 2), (270, 3)])
def test_a_turned_video_is_upright(tmp_path, degrees, quarters):
    pictures = panning(2)
    found = decode(write_clip(tmp_path / "a.mp4", pictures, rotation=degrees))
    assert difference(found[0].rgb, np.rot90(pictures[0], quarters)) < 1.5


def test_pixels_become_square(tmp_path):
    picture = texture(48, 64)
    path = write_clip(tmp_path / "a.mkv", [picture] * 2, aspect=Fraction(3, 2))
    found = decode(path)
    assert found[0].rgb.shape == (48, 96, 3)
    assert difference(found[0].rgb[:, ::3], picture[:, ::2]) < 6


def test_a_turned_video_s_pixels_become_square_too(tmp_path):
    path = write_clip(tmp_path / "a.mp4", [texture(48, 64)] * 2, aspect=Fraction(3, 2), rotation=90)
    assert decode(path)[0].rgb.shape == (96, 48, 3)


@pytest.mark.parametrize("matrix", [1, 5])
def test_colors_are_read_by_the_matrix_that_the_file_names(tmp_path, matrix):
    red = np.full((48, 64, 3), (200, 30, 40), np.uint8)
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"qp": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv444p"
        stream.codec_context.colorspace = matrix
        frame = av.VideoFrame.from_ndarray(red, format="rgb24").reformat(
            format="yuv444p", dst_colorspace=matrix, dst_color_range="MPEG"
        )
        out.mux([*stream.encode(frame), *stream.encode(None)])
    found = decode(path)
    assert np.abs(found[0].rgb.astype(int) - (200, 30, 40)).max() <= 3


def test_starting_late_leaves_out_only_what_is_over(tmp_path):
    path = write_clip(
        tmp_path / "a.mp4", panning(30), options={"qp": "1", "g": "10", "preset": "ultrafast"}
    )
    found = decode(path, Fraction(1))
    assert Fraction(0) < found[0].time <= 1
    assert found[-1].time == Fraction(29, 25)


def test_transparency_is_read(tmp_path):
    pictures = [np.dstack([p, np.full(p.shape[:2], 128, np.uint8)]) for p in panning(3)]
    path = write_clip(tmp_path / "a.mov", pictures, codec="qtrle", pixels="argb")
    found = decode(path)
    assert (found[0].rgb == pictures[0][..., :3]).all()
    assert (found[0].alpha == 128).all()


def test_ten_bits_become_eight_with_a_warning(tmp_path):
    pictures = panning(2)
    path = write_clip(tmp_path / "a.mkv", pictures, codec="ffv1", pixels="yuv444p10le")
    with pytest.warns(UserWarning, match="has 10 bits per color; 8 are kept"):
        found = decode(path)
    assert difference(found[0].rgb, pictures[0]) < 1


def test_a_high_dynamic_range_is_reduced_with_a_warning(tmp_path):
    code = np.full((48, 64, 3), round(0.5806 * 65535), np.uint16)  # 203 cd/m2 by ST 2084
    path = write_clip(
        tmp_path / "a.mkv", [code] * 2, codec="ffv1", pixels="gbrp10le",
        colors={"color_trc": 16, "color_primaries": 9, "colorspace": 0},
    )  # fmt: skip
    with pytest.warns(UserWarning, match="high dynamic range"):
        found = decode(path)
    assert 235 <= found[0].rgb.min() <= found[0].rgb.max() <= 243


def test_what_is_no_video_is_refused(tmp_path):
    (tmp_path / "text.mp4").write_text("no video at all")
    (tmp_path / "empty.mp4").write_bytes(b"")
    with av.open(str(tmp_path / "sound.m4a"), "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=44100, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        silence.sample_rate = 44100
        out.mux([*stream.encode(silence), *stream.encode(None)])
    for name, message in [
        ("text.mp4", "is no video that can be read"),
        ("empty.mp4", "is no video that can be read"),
        ("missing.mp4", "no such file"),
        ("sound.m4a", "has no video, only audio"),
    ]:
        with pytest.raises(VideoError, match=message):
            ContainerSource(str(tmp_path / name))


@pytest.mark.parametrize("sound", [None, "aac"])
def test_a_video_that_is_cut_short_gives_what_it_has_and_says_so(tmp_path, sound):
    path = write_clip(tmp_path / "a.mkv", panning(50), codec="ffv1", pixels="bgr0", sound=sound)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 6 // 10])
    with pytest.warns(UserWarning, match=r"breaks off after 1\.\d\d of 2\.0\d seconds"):
        found = decode(path)
    assert 20 <= len(found) <= 35


def test_longer_sound_is_no_reason_to_warn(tmp_path, monkeypatch, recwarn):
    monkeypatch.setattr(container, "_SOON", 0)
    path = write_clip(tmp_path / "a.mkv", panning(5), sound="aac")
    with av.open(str(path)) as file:
        assert file.duration > 400_000
    found = decode(path)
    assert len(found) == 5 and not recwarn.list


def test_frames_that_become_huge_on_the_way_count_as_damaged(tmp_path, monkeypatch):
    """The header declares the size of the first ones only."""
    packets = []
    for first, (height, width) in ((0, (HEIGHT, WIDTH)), (3, (4 * HEIGHT, 4 * WIDTH))):
        encoder = av.CodecContext.create("libx264", "w")
        encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
        encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
        for number in range(3):
            frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), 99, np.uint8), "rgb24")
            frame = frame.reformat(format="yuv420p")
            frame.pts = first + number
            packets += encoder.encode(frame)
        packets += encoder.encode(None)
    raw = io.BytesIO(b"".join(map(bytes, packets)))
    path = tmp_path / "a.mkv"
    with av.open(raw, format="h264") as stream, av.open(str(path), "w") as out:
        track = out.add_stream_from_template(stream.streams.video[0])
        whole = (p for p in stream.demux(video=0) if p.size)
        for number, (packet, encoded) in enumerate(zip(whole, packets, strict=True)):
            packet.time_base, packet.stream = Fraction(1, 1000), track
            packet.pts, packet.dts, packet.duration = 40 * encoded.pts, 40 * (number - 2), 40
            out.mux(packet)

    found = decode(path)  # a size that isn't huge is brought to that of the first
    assert [f.rgb.shape for f in found] == [(HEIGHT, WIDTH, 3)] * 6 and not lost_in(found)
    monkeypatch.setattr(container, "_LARGEST", 4 * HEIGHT * WIDTH)
    found = decode(path)
    assert len(found) == 6 and lost_in(found) == [3, 4, 5]
    assert all((f.rgb == found[2].rgb).all() for f in found[3:])
