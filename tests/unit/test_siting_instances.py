"""Files of published instances: what they mean, and what is told about bad ones."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from geoservice.errors import BadInput
from geoservice.siting.instances.asked import Asked
from geoservice.siting.instances.planar import read_planar
from geoservice.siting.instances.pmed import read_pmed
from geoservice.siting.problem import Model
from tests.siting_files import write_pmed


def written(folder: Path, text: str) -> Path:
    path = folder / "instance.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_last_of_duplicate_edges_holds_both_ways(tmp_path: Path) -> None:
    read = read_pmed(written(tmp_path, "3 4 1\n1 2 5\n2 3 4\n2 1 9\n3 2 2\n"))
    assert read.p == 1
    assert read.distance.tolist() == [[0, 9, 11], [9, 0, 2], [11, 2, 0]]


def test_distances_are_shortest_paths_as_floyd_finds_them(tmp_path: Path) -> None:
    path = tmp_path / "pmed.txt"
    write_pmed(path, 60, 5, seed=3)
    away = np.full((60, 60), np.inf)
    np.fill_diagonal(away, 0)
    for line in path.read_text("ascii").splitlines()[1:]:
        a, b, cost = map(int, line.split())
        away[a - 1, b - 1] = away[b - 1, a - 1] = cost
    for k in range(60):
        away = np.minimum(away, away[:, [k]] + away[[k]])
    assert np.array_equal(read_pmed(path).distance, away)


def test_edges_of_no_length_are_edges(tmp_path: Path) -> None:
    assert read_pmed(written(tmp_path, "2 1 1\n1 2 0\n")).distance.tolist() == [[0, 0], [0, 0]]


def test_nodes_apart_are_no_pairs(tmp_path: Path) -> None:
    problem = read_pmed(written(tmp_path, "3 1 1\n1 2 7\n")).problem()
    assert problem.times.site.tolist() == [0, 1, 1, 0, 2]
    assert problem.times.time.tolist() == [0, 7, 0, 7, 0]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("3 1\n", 1, "首行"),
        ("0 0 1\n", 1, "0"),
        ("3 2 1\n1 2 5\n1 2\n", 3, "2"),
        ("3 1 1\n1 4 5\n", 2, "4"),
        ("3 1 1\n1 2 -5\n", 2, "-5"),
        ("3 1 1\n1 2 x\n", 2, "x"),
        ("3 1 1\n1 2 1.5\n", 2, "1.5"),
        ("3 5 1\n1 2 5\n\n1 3 5\n", 4, "5"),
        ("3 1 1\n1 2 999999999\n", 2, "999999999"),
        ("١ 1 1\n", 1, "١"),
    ],
)
def test_a_bad_network_is_told_with_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_pmed(written(tmp_path, text))
    assert caught.value.code == "siting.bad-line"
    assert caught.value.values["line"] == line
    assert what in caught.value.message


@pytest.mark.parametrize("read", [read_pmed, read_planar])
def test_files_that_are_none(tmp_path: Path, read: object) -> None:
    assert callable(read)
    for path, code in (
        (written(tmp_path, "\n \n"), "siting.no-lines"),
        (tmp_path / "absent", "siting.cannot-read"),
        (tmp_path, "siting.cannot-read"),
    ):
        with pytest.raises(BadInput) as caught:
            read(path)
        assert caught.value.code == code
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadInput) as caught:
        read(tmp_path / "binary")
    assert caught.value.code == "siting.not-text"


@pytest.mark.parametrize(
    "text",
    [
        "0 0 5\n3 4 2\n",
        "x y demand\n0 0 5\n3 4 2\n",
        "demand,y,x\n5,0,0\n2,4,3\n",
        "2\n0 0 5\n3 4 2\n",
        "1 0 0 5\n2 3 4 2\n",
        "\ufeffX;Y;Population\n0;0;5\n3;4;2\n",
        "id\tx\ty\tw\na\t0\t0\t5\nb\t3\t4\t2\n",
    ],
)
def test_forms_of_planar_files(tmp_path: Path, text: str) -> None:
    plane = read_planar(written(tmp_path, text))
    assert plane.points == ((0, 0, 5), (3, 4, 2))


def test_a_distance_equal_to_the_radius_is_covered(tmp_path: Path) -> None:
    plane = read_planar(written(tmp_path, "0 0 5\n3 4 2\n"))
    for radius, pairs in (("5", 4), ("5.0000001", 4), ("4.9999999", 2), ("0", 2)):
        assert plane.problem(Decimal(radius), 1).times.site.size == pairs, radius


def test_no_rounding_decides_at_the_radius(tmp_path: Path) -> None:
    # 0.1 and 0.3 have no exact binary form: 0.3 - 0.1 > 0.2 there.
    plane = read_planar(written(tmp_path, "0.1 0 1\n0.3 0 1\n"))
    assert plane.problem(Decimal("0.2"), 1).times.site.size == 4
    assert plane.problem(Decimal("0.19999999999999999999"), 1).times.site.size == 2


def test_cover_is_the_comparison_in_fractions(tmp_path: Path) -> None:
    chance = np.random.default_rng(8)
    xy = chance.integers(0, 40, (60, 2))
    plane = read_planar(written(tmp_path, "\n".join(f"{x / 10} {y / 10} 1" for x, y in xy)))
    problem = plane.problem(Decimal("1.3"), 1)
    squared = ((xy[:, None] - xy[None]) ** 2).sum(axis=2)
    covered = {
        (i, int(j)) for i in range(60) for j in problem.times.site[problem.times.start[i] : problem.times.start[i + 1]]
    }
    assert covered == {(i, j) for i, j in zip(*np.nonzero(squared <= 169), strict=True)}
    assert (problem.times.time <= problem.limit[0]).all()


def test_demand_in_thousandths(tmp_path: Path) -> None:
    problem = read_planar(written(tmp_path, "0 0 1.5\n9 9 2.125\n")).problem(Decimal(1), 1)
    assert (problem.weight.tolist(), problem.scale) == ([1500, 2125], 1000)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("0 0\n", 1, "0"),
        ("0 0 5\n1 1\n", 2, "2"),
        ("0 0 5\n1 x 5\n", 2, "x"),
        ("0 0 5\n1 1 -5\n", 2, "-5"),
        ("0 0 5\n1 nan 5\n", 2, "nan"),
        ("0 0 5\n1 1 0.0005\n", 2, "0.0005"),
        ("a b c\n0 0 5\n", 1, "a b c"),
        ("3\n0 0 5\n1 1 5\n", 1, "3"),
        ("1 2 3 4 5\n", 1, "5"),
        ("0 0 5\n1 1e10 5\n", 2, "1e10"),
    ],
)
def test_a_bad_plane_is_told_with_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_planar(written(tmp_path, text))
    assert caught.value.values.get("line", line) == line
    assert what in caught.value.message or caught.value.code == "siting.no-lines"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"format_": "tsplib"}, "siting.unknown-format"),
        ({"model": "best"}, "siting.unknown-model"),
        ({"radius": "far"}, "siting.bad-radius"),
        ({"radius": "-1"}, "siting.bad-radius"),
        ({"radius": "nan"}, "siting.bad-radius"),
        ({"radius": None}, "siting.no-radius"),
        ({"model": "pmedian"}, "siting.not-planar"),
        ({"model": "capacity"}, "siting.needs"),
        ({"p": -1}, "siting.negative"),
        ({"p": None}, "siting.needs"),
        ({"fixed": (3,)}, "siting.no-site"),
        ({"radius": "10000000000"}, "siting.bad-radius"),
    ],
)
def test_questions_that_cannot_be(tmp_path: Path, given: dict[str, object], code: str) -> None:
    path = written(tmp_path, "0 0 5\n3 4 2\n")
    question = {"format_": "mclp", "model": None, "p": 1, "radius": "5"} | given
    with pytest.raises(BadInput) as caught:
        Asked.parse(str(question.pop("format_")), path, **question).problem()  # type: ignore[arg-type]
    assert caught.value.code == code
    assert caught.value.message != f"error.{code}"


def test_cover_models_on_a_network(tmp_path: Path) -> None:
    path = written(tmp_path, "3 2 1\n1 2 5\n2 3 4\n")
    problem = Asked.parse("orlib-pmed", path, model="mclp", p=1, radius="4.9").problem()
    assert problem.model is Model.MCLP
    assert problem.covering().site.size == 5
