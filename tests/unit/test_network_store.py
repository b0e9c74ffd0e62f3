"""Graphs on disk."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from geoservice.errors import Unavailable
from geoservice.network.build import build_graph
from geoservice.network.graph import Csr, Graph
from geoservice.network.search import Seeds, nearest
from geoservice.network.store import MANIFEST, load, save, stored
from tests.unit.network_builders import CAR, grid


@pytest.fixture
def graph() -> Graph:
    return build_graph(grid(4, 4, 100.0), CAR)


def same(left: Graph, right: Graph) -> bool:
    for one in fields(left):
        a, b = getattr(left, one.name), getattr(right, one.name)
        if isinstance(a, Csr):
            if not (np.array_equal(a.indptr, b.indptr) and np.array_equal(a.arcs, b.arcs)):
                return False
        elif not np.array_equal(a, b):
            return False
    return True


def test_a_stored_graph_is_the_same(graph: Graph, tmp_path: Path) -> None:
    place = save(graph, tmp_path)
    assert place.name == graph.revision
    again = load(tmp_path, graph.revision)
    assert same(graph, again)
    assert again.statistics == graph.statistics
    assert not again.lon.flags.writeable
    assert isinstance(again.forward.arcs.base, np.memmap)
    seeds = Seeds.of([0], [0], [0])
    assert np.array_equal(nearest(again.reverse, seeds, 900).time_ds, nearest(graph.reverse, seeds, 900).time_ds)


def test_the_core_is_stored_too_and_may_be_absent(graph: Graph, tmp_path: Path) -> None:
    place = save(graph, tmp_path)
    kept, again = graph.reverse.core, load(tmp_path, graph.revision).reverse.core
    assert kept is not None
    assert again is not None
    assert all(np.array_equal(getattr(kept, one.name), getattr(again, one.name)) for one in fields(kept))
    manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
    manifest["arrays"] = {name: entry for name, entry in manifest["arrays"].items() if ".core." not in name}
    (place / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    older, seeds = load(tmp_path, graph.revision), Seeds.of([0, 9], [0, 4], [0, 1])
    assert older.reverse.core is None
    assert np.array_equal(nearest(older.reverse, seeds, 900).label, nearest(graph.reverse, seeds, 900).label)


def test_saving_again_leaves_one_folder(graph: Graph, tmp_path: Path) -> None:
    save(graph, tmp_path)
    save(graph, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [graph.revision]


def test_leftovers_of_a_killed_process_are_swept(graph: Graph, tmp_path: Path) -> None:
    for name, age_s in ((".new-old", 7200), (".new-young", 0)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age_s,) * 2)
    save(graph, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {graph.revision, ".new-young"}


def truncate(place: Path) -> None:
    file = place / "lon.npy"
    file.write_bytes(file.read_bytes()[:-8])


def flip(place: Path) -> None:
    file = place / "forward.arcs.npy"
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)


def remove_array(place: Path) -> None:
    (place / "edge_u.npy").unlink()


def remove_manifest(place: Path) -> None:
    (place / MANIFEST).unlink()


def garble_manifest(place: Path) -> None:
    (place / MANIFEST).write_text("{", encoding="utf-8")


@pytest.mark.parametrize("damage", [truncate, flip, remove_array, remove_manifest, garble_manifest])
def test_a_damaged_folder_is_found_and_built_again(
    graph: Graph, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    damage(save(graph, tmp_path))
    with pytest.raises(Unavailable) as caught:
        load(tmp_path, graph.revision)
    assert caught.value.code == "network.not-stored"
    assert same(graph, stored(tmp_path, graph.revision, lambda: graph))
    assert same(graph, load(tmp_path, graph.revision))


def test_a_whole_folder_is_not_built_again(graph: Graph, tmp_path: Path) -> None:
    save(graph, tmp_path)

    def never() -> Graph:
        raise AssertionError

    assert same(graph, stored(tmp_path, graph.revision, never))


def test_an_interrupted_save_leaves_nothing(graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("geoservice.network.store._put", fail)
    with pytest.raises(KeyboardInterrupt):
        save(graph, tmp_path)
    assert list(tmp_path.iterdir()) == []
