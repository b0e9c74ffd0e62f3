"""A built wheel, installed apart from the checkout, finds its layers, migrations and pages."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENV = Path(sys.prefix)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with the locked build tools."""
    out = tmp_path_factory.mktemp("wheel")
    command = [str(VENV / "bin/uv"), "build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable]
    subprocess.run([*command, "--out-dir", str(out), str(ROOT)], check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the wheel is installed in."""
    target = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty directory that the account of the database can enter."""
    made = Path(tempfile.mkdtemp(prefix="geoservice-wheel-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def environment(installed: Path) -> dict[str, str]:
    """The installed package comes before the checkout that the environment is linked to."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(installed), "PYTHONDONTWRITEBYTECODE": "1"}


def run_python(code: str, environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_contents(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for needed in (
        "geoservice/_data/layers/layers/facilities.toml",
        "geoservice/_data/migrations/env.py",
        "geoservice/_data/web/locales/zh/base.po",
        "geoservice/_data/web/templates/map.html",
        "geoservice/_data/web/static/vendor/maplibre-gl/maplibre-gl.mjs",
        "geoservice/py.typed",
    ):
        assert needed in names
    assert not [name for name in names if "node_modules" in name or name.startswith(("tests/", "script/"))]


def test_resources_are_those_of_the_package(installed, environment, folder):
    code = "from geoservice.resources import checkout, resource; print(checkout(), resource('layers', 'codes'))"
    assert run_python(code, environment, folder) == f"None {installed}/geoservice/_data/layers/codes"
    code = "from geoservice.settings import Settings; print(Settings().home)"
    assert run_python(code, environment, folder) == f"{folder}/var"


@pytest.fixture
def served(environment, folder) -> Iterator[str]:
    """The address of a server that was started in an empty directory."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    main = "from geoservice.cli import main; main()"
    server = subprocess.Popen(
        [sys.executable, "-c", main, "serve", "--port", str(port)],
        env=environment,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    address = f"http://127.0.0.1:{port}"
    end = time.monotonic() + 90
    try:
        while time.monotonic() < end and server.poll() is None:
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=5).close()
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
                continue
            yield address
            return
        server.kill()
        pytest.fail(server.communicate()[1].decode())
    finally:
        server.terminate()
        server.communicate(timeout=30)
        run_python("import sys; sys.argv[1:] = ['db', 'stop']; " + main, environment, folder)


def test_serve_in_an_empty_directory(served):
    for path, content in (
        ("/", b"maplibre"),
        ("/static/vendor/maplibre-gl/maplibre-gl.mjs", b"maplibre"),
        ("/api/map", b"layers"),
        ("/readyz", b"ready"),
    ):
        with urllib.request.urlopen(f"{served}{path}", timeout=30) as answer:
            assert answer.status == 200
            assert content in answer.read().lower(), path
