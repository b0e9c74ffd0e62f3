"""The health check of the production containers, run as it stands there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.conftest import serving

COMPOSE = Path(__file__).resolve().parents[2] / "script" / "production" / "docker-compose.yml"


def test_the_health_check_tells_a_server_that_is_ready_from_none(
    database: Database, catalog: Catalog, settings: Settings
) -> None:
    kind, python, *words = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]["server"]["healthcheck"]["test"]
    assert (kind, python) == ("CMD", "python3")
    with serving(database, catalog, settings) as base:
        port = urlsplit(base).port
        asked = [sys.executable, *(word.replace(":8000/", f":{port}/") for word in words)]
        assert asked[1:] != words
        there = subprocess.run(asked, timeout=60, check=False, capture_output=True)
    assert there.returncode == 0, there.stderr.decode()
    gone = subprocess.run(asked, timeout=60, check=False, capture_output=True)
    assert gone.returncode == 1
