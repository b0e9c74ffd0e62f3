"""The files for production name what the program knows, and agree with each other."""

from __future__ import annotations

import re
import shlex
from fnmatch import fnmatch
from pathlib import Path

import pytest
import typer
import yaml

from geoservice.api.receiving import body_limits
from geoservice.cli import app as commands
from geoservice.database.engine import ROLE_NAMES
from geoservice.resources import resource
from geoservice.settings import CONCERNS, ServerSettings, UploadSettings

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "script" / "production"
IMAGE = (FOLDER / "Dockerfile").read_text("utf-8")
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


def known(words: list[str]) -> None:
    """Lets a call of the program pass whose commands and options there are."""
    assert words[0] == "geoservice"
    at = typer.main.get_command(commands)
    for word in words[1:]:
        if word.startswith("--"):
            assert word in {one for each in at.params for one in (*each.opts, *each.secondary_opts)}, words
        elif hasattr(at, "commands"):
            at = at.commands[word]


def test_each_command_is_one_of_the_program() -> None:
    called = [service["command"] for service in COMPOSE["services"].values() if "command" in service]
    (image,) = re.findall(r"^CMD (\[.+\])$", IMAGE, re.MULTILINE)
    called.append(yaml.safe_load(image))
    assert ["geoservice", "worker"] in called
    told = re.findall(
        r"`(?:docker compose .* server )?(geoservice [^`…]+)`", (ROOT / "docs" / "operations.md").read_text("utf-8")
    )
    called += [shlex.split(re.sub(r"[|\[].*", "", one)) for one in told]
    assert len(called) > 5
    for words in called:
        known(words)


@pytest.mark.parametrize("name", ["server", "worker"])
def test_the_image_is_built_from_the_tree(name: str) -> None:
    build = COMPOSE["services"][name]["build"]
    context = (FOLDER / build["context"]).resolve()
    assert context == ROOT
    assert (context / build["dockerfile"]) == FOLDER / "Dockerfile"
    assert (context / build["dockerfile"]).is_file()


def test_what_the_image_is_made_of_is_let_in() -> None:
    left_out = [one for one in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if one]
    needed = ["geoservice", "layers", "migrations", "web/templates", "web/static/js", "web/locales", "web/package.json",
              "alembic.ini", "pyproject.toml", "README.md", "requirements.lock", "script/bootstrap"]  # fmt: skip
    for path in needed:
        assert (ROOT / path).exists(), path
        assert not any(fnmatch(path, one) or path.startswith(f"{one}/") for one in left_out), path
    assert {"script/production/.env", "script/production/tls", ".git"} <= set(left_out)
    # The program looks for its files beside itself, first of all.
    assert resource("migrations", "env.py").is_file()
    (asked,) = re.findall(r"(script/bootstrap) (--\S+)", IMAGE)
    assert f'"${{1:-}}" != {asked[1]}' in (ROOT / asked[0]).read_text("utf-8")


def test_each_file_that_is_mounted_is_there() -> None:
    mounted = [one for service in COMPOSE["services"].values() for one in service.get("volumes", ())]
    own = [FOLDER / one.partition(":")[0] for one in mounted if one.startswith("./")]
    assert {one.name for one in own} == {"roles.sh", "nginx.conf", "tls"}
    assert all(one.is_file() for one in own if one.name != "tls")
    certificates = set(re.findall(r"/etc/nginx/tls/(\S+);", NGINX))
    manual = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert certificates == {"fullchain.pem", "privkey.pem"}
    assert all(one in manual for one in certificates)
    named = {one.partition(":")[0] for one in mounted if not one.startswith("./")}
    assert named == set(COMPOSE["volumes"])


def test_the_client_is_of_the_version_of_the_server() -> None:
    (server,) = re.findall(r"postgis:(\d+)-", COMPOSE["services"]["db"]["image"])
    assert f"postgresql-client-{server}" in IMAGE


@pytest.mark.parametrize(
    "path", ["/api/uploads/1/files/a.gpkg", "/api/names/plans", "/api/names/plans/inspection", "/api/siting/files"]
)
def test_nginx_lets_files_through_where_the_server_takes_them(path: str) -> None:
    sent = {"method": "PUT" if "uploads" in path else "POST", "path": path}
    assert body_limits(UploadSettings())(sent) is not None
    (large,) = re.findall(r"location ~ (\S+) \{\n\s+client_max_body_size", NGINX)
    assert re.match(large, path)
