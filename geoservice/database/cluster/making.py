"""Makes a new cluster: files, roles, database, extensions; it appears complete or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from geoservice.database.cluster.account import Account
from geoservice.database.cluster.place import Place, write_private
from geoservice.database.cluster.programs import EXTENSIONS, Programs
from geoservice.errors import Unavailable

SUPERUSER = "postgres"
OWNER = "geoservice_owner"
APPLICATION = "geoservice_app"
READER = "geoservice_reader"
DATABASE = "geoservice"

# Letters of every script need a UTF-8 locale: under C, pg_trgm finds no Han character. Order stays by code point.
LOCALES = ("C.UTF-8", "C.utf8", "zh_CN.UTF-8", "zh_CN.utf8", "en_US.UTF-8", "en_US.utf8")

CONFIGURATION = """\
# Written when the cluster was made. Own settings belong in local.conf, which is read last.
listen_addresses = '127.0.0.1'
max_connections = 60
password_encryption = 'scram-sha-256'
timezone = 'Asia/Shanghai'

# A small county server with other programs on it.
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
wal_compression = on
random_page_cost = 1.1
max_parallel_workers_per_gather = 2
# Compiling costs more than it gains on short queries with many PostGIS calls.
jit = off

logging_collector = on
log_filename = 'postgresql-%a.log'
log_file_mode = 0600
log_truncate_on_rotation = on
log_rotation_age = 1d
log_rotation_size = 0
log_timezone = 'Asia/Shanghai'
log_line_prefix = '%m [%p] %u@%d '
log_min_duration_statement = 2s
log_checkpoints = off

include_if_exists = 'local.conf'
"""

ACCESS = """\
# Everyone shows a password, on the socket too: the socket's directory is the only other guard.
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""

ROLE = "login nosuperuser nocreatedb nocreaterole noreplication nobypassrls"


def make(place: Place, programs: Programs, account: Account) -> None:
    """Makes a cluster in a directory beside its place and moves it there at the end.

    Raises
    ------
    Unavailable
        If a step fails, with its reason.
    """
    prefix = f"{place.root.name}.making-"
    _clear(place.root.parent, prefix)
    making = Place(place.root.with_name(f"{prefix}{os.getpid()}-{secrets.token_hex(4)}"))
    try:
        making.root.mkdir(mode=0o711)
        for folder in (making.data, making.log):
            folder.mkdir(mode=0o700)
            account.own(folder)
        passwords = {name: secrets.token_hex(24) for name in (SUPERUSER, OWNER, APPLICATION, READER)}
        making.write("passwords.json", passwords)
        _initialise(making, programs, account)
        _provision(making, programs, account, passwords)
        making.write("facts.json", {"postgresql": programs.major, "postgis": programs.postgis})
        making.root.rename(place.root)
    except OSError as error:
        raise Unavailable("cluster.making-failed", step="mkdir", reason=error) from error
    finally:
        shutil.rmtree(making.root, ignore_errors=True)
        # What was being made when its program was killed may have been written to for a moment longer.
        _clear(place.root.parent, prefix)
    _flush(place.root.parent)


def _clear(folder: Path, prefix: str) -> None:
    for left in folder.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)


def _initialise(making: Place, programs: Programs, account: Account) -> None:
    locale = _locale(account)
    ordered = [f"--locale={locale}"] if locale.startswith("C.") else ["--locale=C", f"--lc-ctype={locale}"]
    command = [programs.path("initdb"), "-D", str(making.data), "--encoding=UTF8", *ordered]
    # Passwords are set below: initdb reads them from a file only. Until then nobody is let in.
    command += [f"--username={SUPERUSER}", "--auth=reject", "--no-instructions"]
    done = account.run(command)
    if done.returncode != 0:
        raise Unavailable("cluster.making-failed", step="initdb", reason=_reason(done.stderr))
    for name, text in (("pg_hba.conf", ACCESS), ("geoservice.conf", CONFIGURATION)):
        write_private(making.data / name, text)
    main = making.data / "postgresql.conf"
    write_private(main, main.read_text(encoding="utf-8") + "\ninclude = 'geoservice.conf'\n")


def _provision(making: Place, programs: Programs, account: Account, passwords: dict[str, str]) -> None:
    """Roles, database and extensions, in single-user mode: no port is opened before passwords are set."""
    roles = [f"alter role {SUPERUSER} password '{passwords[SUPERUSER]}'"]
    roles += [f"create role {name} {ROLE} password '{passwords[name]}'" for name in (OWNER, APPLICATION, READER)]
    roles += [f"alter role {READER} set default_transaction_read_only = on", *database_statements(DATABASE)]
    inside = [f"create extension {name}" for name in EXTENSIONS]
    for database, statements in (("postgres", roles), (DATABASE, inside)):
        # Not with exit_on_error: PostGIS's script catches an error of its own. Any other is in the output.
        command = [programs.path("postgres"), "--single", "-D", str(making.data), database]
        done = account.run(command, text="".join(f"{line};\n" for line in statements))
        if done.returncode != 0 or "ERROR:" in done.stderr:
            raise Unavailable("cluster.making-failed", step=database, reason=_reason(done.stderr))


def database_statements(name: str) -> list[str]:
    """What makes an empty database of the cluster, which only its three roles may enter."""
    return [
        f"create database {name} owner {OWNER} template template0",
        f"revoke all on database {name} from public",
        f"grant connect on database {name} to {APPLICATION}, {READER}",
    ]


def _locale(account: Account) -> str:
    """The first of `LOCALES` that this machine has.

    Raises
    ------
    Unavailable
        If it has none.
    """
    known = set(account.run(["locale", "-a"]).stdout.split())
    for locale in LOCALES:
        if locale in known:
            return "C.UTF-8" if locale == "C.utf8" else locale
    raise Unavailable("cluster.no-locale", wanted=", ".join(LOCALES[::2]))


def _reason(output: str) -> str:
    """What a program of PostgreSQL complained about."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    fatal = [line for line in lines if any(word in line for word in ("FATAL:", "ERROR:", "PANIC:", "error:"))]
    return (fatal or lines or ["-"])[0]


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
