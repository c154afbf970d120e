from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

av = pytest.importorskip("av")
from video_clips import frames_of, packets, panning, write_clip  # noqa: E402

from stylemix.video.audio import AudioTracks  # noqa: E402
from stylemix.video.formats import choose_codec  # noqa: E402
from stylemix.video.movie import MovieWriter  # noqa: E402


def remux(source, target, start=Fraction(0), end=None):
    container, codec, crf = choose_codec(target, None, None)
    tracks = AudioTracks(str(source), start, end, cut=start > 0 or end is not None)
    out = MovieWriter(
        target, container, codec, crf, rate=Fraction(25), time_base=Fraction(1, 1000), audio=tracks
    )
    with out:
        for frame in frames_of(panning()):
            out.write(frame)


def samples(path) -> tuple[np.ndarray, float, str]:
    """Decode the sound; returns samples, the time of the first in seconds, and the codec."""
    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        resampler = av.AudioResampler(format="flt", layout="mono", rate=48000)
        found = [r for f in file.decode(stream) for r in resampler.resample(f)]
        return (
            np.concatenate([f.to_ndarray()[0] for f in found]),
            float(found[0].pts * found[0].time_base),
            stream.codec_context.codec.canonical_name,
        )


def is_tone(sound: np.ndarray) -> bool:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return abs(float(spectrum.argmax()) * 48000 / len(sound) - 440) < 10


@pytest.mark.parametrize(
    "ending, sound", [(".mp4", "aac"), (".mkv", "libopus"), (".webm", "libopus"), (".mov", "aac")]
)
def test_packets_are_copied_byte_by_byte(tmp_path, ending, sound):
    source = write_clip(tmp_path / f"in{ending.replace('.webm', '.mkv')}", panning(), sound=sound)
    target = tmp_path / f"out{ending}"
    remux(source, target)
    assert packets(target, "audio") == packets(source, "audio") != []
    assert abs(samples(target)[1] - samples(source)[1]) < 0.002


def test_sound_that_the_container_does_not_hold_is_encoded_anew(tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning(), sound="aac")
    with pytest.warns(
        UserWarning, match="webm files hold no aac sound; it is encoded anew as opus"
    ):
        remux(source, tmp_path / "out.webm")
    sound, begins, name = samples(tmp_path / "out.webm")
    assert name == "opus"
    assert len(sound) / 48000 == pytest.approx(0.4, abs=0.05)
    assert abs(begins) < 0.03
    assert is_tone(sound[2400:-2400])


def test_a_piece_takes_its_own_sound(tmp_path):
    source = write_clip(tmp_path / "in.mp4", panning(), sound="aac")
    remux(source, tmp_path / "out.mp4", Fraction(1, 10), Fraction(3, 10))
    sound, begins, _ = samples(tmp_path / "out.mp4")
    assert abs(begins) < 0.03
    assert 0.18 < len(sound) / 48000 < 0.25
    assert is_tone(sound)
