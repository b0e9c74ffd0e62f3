"""The files for production name what the program knows, and agree with each other."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from geoservice.database.engine import ROLE_NAMES
from geoservice.settings import CONCERNS, ServerSettings, UploadSettings

FOLDER = Path(__file__).resolve().parents[2] / "script" / "production"
COMPOSE = yaml.safe_load((FOLDER / "docker-compose.yml").read_text("utf-8"))
NGINX = (FOLDER / "nginx.conf").read_text("utf-8")
ROLES = (FOLDER / "roles.sh").read_text("utf-8")
KEYS = {f"GEOSERVICE_{name}".upper() for concern in CONCERNS for name in concern.model_fields}


def test_each_setting_is_one_of_the_program() -> None:
    services = [COMPOSE["services"][name] for name in ("server", "worker")]
    assert all(set(service["environment"]) <= KEYS for service in services)
    assert all("GEOSERVICE_DATABASE_URL" in service["environment"] for service in services)
    assert services[0]["volumes"] == services[1]["volumes"] == ["state:/var/lib/geoservice"]


def test_nginx_lets_through_what_the_server_takes() -> None:
    sizes = re.findall(r"client_max_body_size (\d+)m;", NGINX)
    assert sizes == [str(ServerSettings().body_max_kb // 1024), str(UploadSettings().upload_max_mb)]
    assert f"server server:{ServerSettings().port};" in NGINX


def test_the_server_believes_nginx_and_ends_within_the_grace() -> None:
    server = COMPOSE["services"]["server"]
    subnet = COMPOSE["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    assert ServerSettings(trusted_proxies=server["environment"]["GEOSERVICE_TRUSTED_PROXIES"]).proxies == [subnet]
    assert int(server["stop_grace_period"].rstrip("s")) > int(server["environment"]["GEOSERVICE_SHUTDOWN_S"])


def test_the_login_joins_the_roles_of_the_program() -> None:
    assert set(re.findall(r"create role (\w+) nologin", ROLES)) == set(ROLE_NAMES.values())
    joined = re.search(r"grant (.+) to geoservice_login", ROLES)
    assert joined is not None
    assert set(joined[1].split(", ")) == {ROLE_NAMES["application"], ROLE_NAMES["reader"]}


def test_every_secret_is_asked_for() -> None:
    given = set(re.findall(r"\$\{(\w+)", (FOLDER / "docker-compose.yml").read_text("utf-8")))
    offered = set(re.findall(r"^(\w+)=", (FOLDER / "env.example").read_text("utf-8"), re.MULTILINE))
    assert given - {"GEOSERVICE_VERSION"} == offered


def test_days_are_those_of_china_in_the_program_and_the_database() -> None:
    image = (FOLDER / "Dockerfile").read_text("utf-8")
    assert "ENV TZ=Asia/Shanghai" in image
    assert " tzdata " in image
    assert COMPOSE["services"]["db"]["environment"]["TZ"] == "Asia/Shanghai"
