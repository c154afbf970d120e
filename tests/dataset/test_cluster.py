"""A real Ray of two nodes on this machine; skipped where Ray isn't installed, as it is large."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from dataset_cases import TINY, body, contents, lines, make_tree

from stylemix.dataset import stylize_dataset
from stylemix.errors import DataError

ray = pytest.importorskip("ray", reason="pip install 'stylemix[ray]'")
cluster_utils = pytest.importorskip("ray.cluster_utils")

OPTIONS: dict[str, Any] = {**TINY, "strength": (0.5, 1), "to": "shards"}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a cluster of a head without cores and two nodes of one core each."""
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    found = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    found.nodes = [found.add_node(num_cpus=1) for _ in range(2)]
    ray.init(address=found.address, log_to_driver=False)
    yield found
    ray.shutdown()
    found.shutdown()


def test_a_node_that_dies_costs_no_sample_and_no_duplicate(cluster, paintings, tmp_path, model):
    files = {f"{i:03d}.png": body(i, 16, 16) for i in range(40)}
    source = make_tree(tmp_path / "in", {**files, "010.png": b"none"})
    stylize_dataset(source, paintings, tmp_path / "plain", model=model, **OPTIONS)
    killed = []

    def progress(event):
        if event.done >= 14 and not killed:
            killed.append(event.done)
            cluster.remove_node(cluster.nodes[0], allow_graceful=False)

    options = {**OPTIONS, "workers": None}
    out = tmp_path / "out"
    stylize_dataset(
        source, paintings, out, model=model, ray=cluster.address, progress=progress, **options
    )
    assert killed and killed[0] < 40
    assert contents(out) == contents(tmp_path / "plain")
    assert [f["name"] for f in lines(out / "failures.jsonl")] == ["010"]
    # What goes wrong for good is an error, not something to try again; and a run can go on.
    make_tree(tmp_path / "bad", {f"{i}.png": b"" for i in range(3)})
    with pytest.raises(DataError, match="it is empty"):
        stylize_dataset(tmp_path / "bad", paintings, tmp_path / "b", model=model, ray="",
                        fail_fast=True, **options)  # fmt: skip
    report = stylize_dataset(
        tmp_path / "bad", paintings, tmp_path / "b", model=model, **{**OPTIONS, "workers": 0}
    )
    assert (report.results, report.failed) == (0, 3)


def test_a_cluster_that_is_not_there(paintings, tmp_path, model):
    source = make_tree(tmp_path / "in", {"a.png": body(0)})
    with pytest.raises(DataError, match="can't be reached .* leave it out"):
        stylize_dataset(
            source, paintings, tmp_path / "out", model=model, ray="127.0.0.1:1", **OPTIONS
        )
