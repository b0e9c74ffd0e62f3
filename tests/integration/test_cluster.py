"""The private cluster: made, started, stopped, killed, refused."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from geoservice.database.cluster import Cluster, ClusterStatus, programs
from geoservice.database.cluster.account import Account
from geoservice.database.cluster.making import _locale
from geoservice.database.cluster.place import Place, socket_folder
from geoservice.database.cluster.process import exists
from geoservice.errors import Conflict, Unavailable
from geoservice.settings import DatabaseSettings, Settings, StateSettings

ROOT = Path(__file__).resolve().parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

START = """
import json, sys
from dataclasses import asdict
from geoservice.database.cluster import Cluster
from geoservice.settings import Settings
print(json.dumps(asdict(Cluster(Settings()).start()), default=str))
"""


def cluster_in(home: Path) -> Cluster:
    return Cluster(Settings(state=StateSettings(home=home)))


def new_home(mode: int = 0o755) -> Path:
    home = Path(tempfile.mkdtemp(prefix="geoservice-cluster-"))
    home.chmod(mode)
    return home


def connect(cluster: Cluster, role="superuser", database="geoservice") -> psycopg.Connection:
    return psycopg.connect(cluster.url(role, database=database).replace("+psycopg", ""), autocommit=True)


def value(cluster: Cluster, query: str, role="superuser"):
    with connect(cluster, role) as connection:
        return connection.execute(query).fetchone()[0]


def kill_server(cluster: Cluster) -> int:
    pid = cluster.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while cluster.status().state == "running":
        time.sleep(0.01)
    return pid


def start_elsewhere(home: Path, python: str = sys.executable, **options) -> subprocess.Popen:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}", "GEOSERVICE_HOME": str(home)}
    return subprocess.Popen(
        [python, "-c", START],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        env=environment | options.pop("env", {}),
        **options,
    )


def result(process: subprocess.Popen) -> dict:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return json.loads(out)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A stopped cluster, made under the locale C; tests that change it work on a copy of nothing: they put it back."""
    home = new_home()
    info = result(start_elsewhere(home, env={"LC_ALL": "C", "LANG": "C"}))
    assert info["created"]
    yield home
    cluster_in(home).stop()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def cluster(made: Path) -> Cluster:
    made_cluster = cluster_in(made)
    made_cluster.start()
    return made_cluster


@pytest.fixture
def stopped(cluster: Cluster) -> Cluster:
    cluster.stop()
    return cluster


def test_utf8_whatever_the_environment(cluster):
    assert value(cluster, "select current_setting('server_encoding')") == "UTF8"
    assert value(cluster, "select show_trgm('干驿镇')")
    assert value(cluster, "select '干' ~ '\\w'")
    assert value(cluster, "select postgis_version()").startswith("3.")


def test_start_stop_status(stopped):
    assert stopped.status().state == "stopped"
    assert not stopped.stop()
    with pytest.raises(psycopg.OperationalError):
        connect(stopped)
    begun = time.monotonic()
    info = stopped.start()
    assert time.monotonic() - begun < 3
    assert info.started
    assert not info.created
    assert not stopped.start().started
    status = stopped.status()
    assert (status.state, status.pid, status.port) == ("running", info.pid, info.port)
    assert json.loads(json.dumps(status.as_dict()))["data"] == str(info.data)
    assert stopped.stop()
    assert stopped.status().state == "stopped"


def test_absent_cluster(tmp_path):
    home = tmp_path / "none"
    cluster = cluster_in(home)
    status = cluster.status()
    assert isinstance(status, ClusterStatus)
    assert status.state == "absent"
    assert not cluster.stop()
    with pytest.raises(Unavailable, match="db start"):
        cluster.url()
    assert not home.exists()


def test_roles(cluster):
    query = "select array_agg(rolname::text order by rolname) from pg_roles where rolname like 'geoservice%'"
    assert value(cluster, query) == ["geoservice_app", "geoservice_owner", "geoservice_reader"]
    powers = "select bool_or(rolsuper or rolcreatedb or rolcreaterole or rolbypassrls) from pg_roles"
    assert value(cluster, f"{powers} where rolname like 'geoservice%'") is False
    owner = "select pg_get_userbyid(datdba) from pg_database where datname = 'geoservice'"
    assert value(cluster, owner) == "geoservice_owner"
    assert value(cluster, "select current_user", "application") == "geoservice_app"
    with connect(cluster, "owner") as connection:
        connection.execute("create schema trial")
        connection.execute("drop schema trial")
    for role in ("application", "reader"):
        with connect(cluster, role) as connection, pytest.raises(psycopg.Error):
            connection.execute("create table public.trial (id int)")
    assert value(cluster, "show transaction_read_only", "reader") == "on"


def test_passwords_are_needed_and_private(cluster):
    status = cluster.status()
    assert (status.data.parent / "passwords.json").stat().st_mode & 0o077 == 0
    for host in (str(status.sockets), "127.0.0.1"):
        with pytest.raises(psycopg.OperationalError, match=r"password|fe_sendauth"):
            psycopg.connect(host=host, port=status.port, user="postgres", dbname="postgres")
    stored = "select bool_and(rolpassword like 'SCRAM-SHA-256$%') from pg_authid where rolcanlogin"
    assert value(cluster, stored) is True


def test_committed_rows_survive_a_killed_server(cluster):
    with connect(cluster) as connection:
        connection.execute("create table kept as select 42 as answer")
    server = kill_server(cluster)
    info = cluster.start()
    assert info.started
    assert info.pid != server
    assert value(cluster, "select answer from kept") == 42
    with connect(cluster) as connection:
        connection.execute("drop table kept")


def test_a_backend_that_outlives_the_server_is_ended(cluster):
    connection = connect(cluster)
    backend = connection.info.backend_pid

    def compute():
        with pytest.raises(psycopg.Error):
            connection.execute("select sum(sqrt(a)) from generate_series(1, 1000000000) a")

    thread = threading.Thread(target=compute)
    thread.start()
    time.sleep(0.5)
    kill_server(cluster)
    begun = time.monotonic()
    assert cluster.start().started
    assert time.monotonic() - begun < 10
    thread.join(10)
    assert not thread.is_alive()
    assert not exists(backend)


def test_a_pid_file_that_names_another_process(stopped):
    pid_file = stopped.status().data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{pid_file.parent}\n1\n5\n\n127.0.0.1\n1 1\nready\n")
    lock = stopped.status().data.parent / "run" / f".s.PGSQL.{stopped.status().port}.lock"
    lock.write_text(f"{os.getpid()}\n{pid_file.parent}\n1\n5\n{lock.parent}\n")
    assert stopped.status().state == "stopped"
    assert stopped.start().started
    pid_file = stopped.status().data / "postmaster.pid"
    assert pid_file.read_text().split()[0] != str(os.getpid())


def test_a_deleted_socket_is_made_again(cluster):
    status = cluster.status()
    (status.sockets / f".s.PGSQL.{status.port}").unlink()
    assert cluster.start().started
    assert value(cluster, "select 1") == 1


def test_another_port_where_the_own_is_taken(stopped):
    port = stopped.status().port
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        assert stopped.start().port != port
    assert value(stopped, "select 1") == 1


def test_two_starts_at_once_and_two_checkouts():
    homes = [new_home(), new_home()]
    try:
        processes = [start_elsewhere(home) for home in (homes[0], homes[0], homes[1])]
        first, second, other = (result(process) for process in processes)
        assert [first["created"], second["created"]].count(True) == 1
        assert first["pid"] == second["pid"] != other["pid"]
        assert first["port"] != other["port"]
        assert value(cluster_in(homes[0]), "select 1") == value(cluster_in(homes[1]), "select 1")
        assert sorted(path.name for path in homes[0].iterdir()) == ["cluster", "cluster.lock"]
    finally:
        for home in homes:
            cluster_in(home).stop()
            shutil.rmtree(home, ignore_errors=True)


@pytest.mark.slow
def test_making_cut_off_at_any_moment():
    home = new_home()
    try:
        for moment_s in (0.0, 0.3, 0.6, 0.9):
            process = start_elsewhere(home)
            end = time.monotonic() + 60
            while not list(home.glob("cluster.making-*")) and process.poll() is None and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(moment_s)
            process.kill()
            process.communicate()
        cluster_in(home).start()
        assert value(cluster_in(home), "select postgis_version()")
        assert not list(home.glob("cluster.making-*"))
    finally:
        cluster_in(home).stop()
        shutil.rmtree(home, ignore_errors=True)


def test_data_of_another_postgresql_are_refused(stopped):
    version = stopped.status().data / "PG_VERSION"
    kept = version.read_text()
    version.write_text("14\n")
    try:
        with pytest.raises(Unavailable, match="14") as caught:
            stopped.start()
        assert caught.value.code == "cluster.other-postgresql"
    finally:
        version.write_text(kept)


def test_another_postgis_is_refused_until_upgraded(stopped):
    facts = stopped.status().data.parent / "facts.json"
    kept = facts.read_text()
    made_with = json.loads(kept)["postgis"]
    try:
        facts.write_text(json.dumps(json.loads(kept) | {"postgis": "9.9.0"}))
        with pytest.raises(Unavailable, match=r"9\.9\.0") as caught:
            stopped.upgrade_extensions()
        assert caught.value.code == "cluster.other-postgis"
        facts.write_text(json.dumps(json.loads(kept) | {"postgis": "3.0.0"}))
        with pytest.raises(Unavailable, match="db upgrade"):
            stopped.start()
        assert stopped.upgrade_extensions()["postgis"] == made_with
        assert stopped.status().postgis == made_with
    finally:
        if stopped.status().state != "running":
            facts.write_text(kept)


def test_another_database_is_set():
    settings = Settings(database=DatabaseSettings(database_url="postgresql://localhost/elsewhere"))
    with pytest.raises(Conflict, match="GEOSERVICE_DATABASE_URL"):
        Cluster(settings).start()


def test_what_is_missing_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(programs, "installed", lambda: iter(()))
    monkeypatch.setattr(programs, "release_major", lambda: 15)
    with pytest.raises(Unavailable, match="apt-get install postgresql-15 postgresql-15-postgis-3"):
        cluster_in(tmp_path / "home").start()
    bare = programs.Programs(Path("/usr/lib/postgresql/17/bin"), 17, {"pg_trgm": "1.6", "btree_gist": "1.7"})
    monkeypatch.setattr(programs, "installed", lambda: iter((bare,)))
    with pytest.raises(Unavailable, match=r"postgis.*apt-get install postgresql-17 postgresql-17-postgis-3"):
        programs.choose()
    old = replace(bare, major=15, extensions={**bare.extensions, "postgis": "3.1.0"})
    monkeypatch.setattr(programs, "installed", lambda: iter((old,)))
    with pytest.raises(Unavailable, match=r"3\.3"):
        programs.choose()


def test_locale_without_utf8_is_refused(monkeypatch):
    account = Account(os.geteuid(), os.getegid(), (), switched=False)
    answers = ["C\nPOSIX\n", "C\nzh_CN.utf8\n", "C\nC.utf8\nPOSIX\n"]
    done = [subprocess.CompletedProcess([], 0, stdout=answer) for answer in answers]
    monkeypatch.setattr(Account, "run", lambda *_args, **_options: done.pop(0))
    with pytest.raises(Unavailable, match="UTF-8"):
        _locale(account)
    assert _locale(account) == "zh_CN.utf8"
    assert _locale(account) == "C.UTF-8"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["x" * 90, "空格 与汉字", "quote'd, \"$(path)"])
def test_long_and_odd_paths(name):
    top = new_home()
    home = top / name
    cluster = cluster_in(home)
    try:
        info = cluster.start()
        assert str(info.sockets).startswith("/tmp/geoservice-")
        assert info.sockets.stat().st_mode & 0o077 == 0
        assert value(cluster, "select 1") == 1
    finally:
        cluster.stop()
        shutil.rmtree(top, ignore_errors=True)
        shutil.rmtree(info.sockets, ignore_errors=True)


def test_a_socket_folder_of_somebody_else_is_not_used():
    account = Account(os.geteuid(), os.getegid(), (), switched=False)
    place = Place(Path("/tmp") / ("y" * 100))
    first = socket_folder(place, account)
    assert socket_folder(place, account) == first
    first.chmod(0o777)
    second = socket_folder(place, account)
    assert second != first
    first.rmdir()
    first.symlink_to("/tmp")
    third = socket_folder(place, account)
    assert third not in (first, Path("/tmp"))
    first.unlink()
    second.rmdir()
    third.rmdir()


@as_root
def test_root_where_the_database_account_cannot_enter(capfd):
    home = new_home(0o700)
    cluster = cluster_in(home)
    try:
        assert cluster.status().state == "absent"
        info = cluster.start()
        assert info.data.is_relative_to("/var/lib/geoservice")
        assert str(info.data.parent) in str(info.notice)
        assert cluster.status().notice == info.notice
        assert value(cluster, "select 1") == 1
        assert cluster.stop()
        assert cluster_in(home).start().data == info.data
    finally:
        cluster.stop()
        shutil.rmtree(info.data.parent, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


@as_root
def test_ordinary_user():
    nobody = pwd.getpwnam("nobody")
    python = interpreter_for(nobody.pw_uid)
    home = new_home()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    sites = next(path for path in sys.path if path.endswith("site-packages"))
    ordinary = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    environment = {"PYTHONPATH": f"{ROOT}:{sites}"}
    cluster = cluster_in(home)
    try:
        info = result(start_elsewhere(home, python, env=environment, **ordinary))
        assert info["created"]
        assert Path(info["data"]).stat().st_uid == nobody.pw_uid
        assert Path(f"/proc/{info['pid']}").stat().st_uid == nobody.pw_uid
        # Root may look at it, stop it and start it again, as its owner.
        assert value(cluster, "select show_trgm('干驿镇')")
        cluster.stop()
        assert Path(f"/proc/{cluster.start().pid}").stat().st_uid == nobody.pw_uid
        cluster.stop()
        assert result(start_elsewhere(home, python, env=environment, **ordinary))["started"]
    finally:
        cluster.stop()
        shutil.rmtree(home, ignore_errors=True)


@as_root
def test_the_cluster_of_another_account_is_refused(cluster):
    nobody = pwd.getpwnam("nobody")
    python = interpreter_for(nobody.pw_uid)
    sites = next(path for path in sys.path if path.endswith("site-packages"))
    process = start_elsewhere(
        cluster.home, python, env={"PYTHONPATH": f"{ROOT}:{sites}"}, user=nobody.pw_uid, extra_groups=[]
    )
    _, err = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "GEOSERVICE_HOME" in err


def interpreter_for(uid: int) -> str:
    """A Python of this version that an account may run."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        try:
            subprocess.run([candidate, "-c", ""], check=True, user=uid, extra_groups=[], cwd="/", capture_output=True)
        except (OSError, subprocess.SubprocessError):
            continue
        return candidate
    pytest.skip(f"no {version} that the account may run")
