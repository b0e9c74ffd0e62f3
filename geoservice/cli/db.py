"""geoservice db: the database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from geoservice.catalog import load_catalog
from geoservice.cli.frame import Json, closing_engines, ready, reporting, show
from geoservice.database.engine import Database
from geoservice.database.prepare import migrate, prepare
from geoservice.errors import BadRequest
from geoservice.language import translate
from geoservice.names.keeping import rekey_missing, rekey_outdated
from geoservice.settings import Settings
from geoservice.terminal import notes, print_json, print_text, progress_bar

app = typer.Typer(no_args_is_help=True, help="数据库 · the database")


@app.command("start")
@reporting
def db_start(json_: Json = False) -> int:
    """启动数据库并升级表结构 · start the database and bring its tables up to date"""
    with ready() as (_, _, database):
        status = _status(database)
    show(status, json_=json_)
    return 0


@app.command("stop")
@reporting
def db_stop(json_: Json = False) -> int:
    """停止自带数据库 · stop the private database"""
    database = Database(Settings())
    if database.cluster is None:
        raise BadRequest("cli.external-database")
    stopped = database.cluster.stop()
    show({"stopped": stopped}, json_=json_)
    return 0


@app.command("status")
@reporting
def db_status(json_: Json = False) -> int:
    """数据库的状态 · the state of the database"""
    status = _status(Database(Settings()))
    show(status, json_=json_)
    return 0 if status["state"] == "running" else 1


@app.command("url")
@reporting
def db_url(
    role: Annotated[str, typer.Option(help="application | owner | reader")] = "application", json_: Json = False
) -> int:
    """连接地址（含密码） · the address, password included"""
    if role not in ("application", "owner", "reader"):
        raise BadRequest("cli.bad-choice", option="--role", value=role, choices="application, owner, reader")
    url = Database(Settings()).url(role).render_as_string(hide_password=False)  # type: ignore[arg-type]
    if json_:
        print_json({"url": url})
    else:
        print_text(url.replace("postgresql+psycopg", "postgresql", 1))
    return 0


@app.command("upgrade")
@reporting
def db_upgrade(
    revision: Annotated[str, typer.Option(help="迁移到的版本 · revision to migrate to")] = "head", json_: Json = False
) -> int:
    """升级扩展与表结构 · bring extensions and tables up to date"""
    catalog, database = load_catalog(), Database(Settings())
    extensions = database.cluster.upgrade_extensions() if database.cluster is not None else {}
    with closing_engines(database):
        migrate(database, revision)
        prepare(database, catalog)
        keyed = rekey_outdated(
            database,
            lambda done: _tell("names.rekeyed", count=done),
            begins=lambda old, new: _tell("names.rekeying", old=old, new=new),
        )
        keyed += rekey_missing(database, lambda done: _tell("names.rekeyed", count=done))
    show({"revision": revision, **extensions, **({"names_keyed": keyed} if keyed else {})}, json_=json_)
    return 0


def _tell(key: str, **values: object) -> None:
    notes.print(translate(key, None, **values), markup=False)


@app.command("prepare")
@reporting
def db_prepare(json_: Json = False) -> int:
    """预先写好公开地名的要素；服务运行时会自动做 · write the public's features beforehand, as the service does by itself"""
    from geoservice.publish.ogc.filling import prepare_all

    with ready() as (_, catalog, database), progress_bar() as bar:
        done = prepare_all(database, catalog, lambda done: bar("cli.preparing", done, 0))
    show({"features_prepared": done}, json_=json_)
    return 0


@app.command("backup")
@reporting
def db_backup(
    file: Annotated[Path, typer.Argument(help="写到哪个文件 · file to write")],
    *,
    verify: Annotated[
        bool, typer.Option("--verify", help="写完后试恢复一遍、逐表核对 · bring it back beside and compare each table")
    ] = False,
    json_: Json = False,
) -> int:
    """备份整个数据库（含未公开数据）；不用停服务 · back the whole database up while it is in use"""
    from geoservice.database.backup.restoring import verify as try_out
    from geoservice.database.backup.saving import back_up

    with ready() as (_, _, database), progress_bar() as bar:
        made = back_up(database, file, bar)
        if verify:
            try_out(database, file, bar)
    told = {"file": file, "size": made.size, "rows": sum(made.counts.values()), "sha256": made.sha256}
    show({**told, "revision": made.revision, "verified": verify}, json_=json_)
    return 0


@app.command("verify")
@reporting
def db_verify(file: Annotated[Path, typer.Argument(help="备份文件 · a backup")], json_: Json = False) -> int:
    """试恢复一个备份并逐表核对，不动正在用的数据 · try a backup out beside the data in use"""
    from geoservice.database.backup.restoring import verify

    database = Database(Settings())
    with closing_engines(database), progress_bar() as bar:
        found = verify(database, file, bar)
    show({"file": file, "made_at": found.made_at, "rows": sum(found.counts.values()), "verified": True}, json_=json_)
    return 0


@app.command("restore")
@reporting
def db_restore(
    file: Annotated[Path | None, typer.Argument(help="备份文件 · a backup")] = None,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="替换现有数据，原库保留 · in the place of what there is, which is kept")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="换回恢复前的库 · back to what there was before")] = False,
    json_: Json = False,
) -> int:
    """从备份恢复；先核对再替换，可以换回 · bring a backup back, compared first"""
    from geoservice.database.backup import restoring

    if (file is None) != undo:
        raise BadRequest("backup.file-or-undo")
    catalog, database = load_catalog(), Database(Settings())
    with closing_engines(database), progress_bar() as bar:
        told: dict[str, Any] = {"undone": True}
        if file is None:
            restoring.undo(database)
        else:
            done = restoring.restore(database, file, replace=replace, progress=bar)
            told = {"file": file, "made_at": done.manifest.made_at, "rows": sum(done.manifest.counts.values())}
            told |= {"previous": done.previous}
        prepare(database, catalog)
    show(told, json_=json_)
    return 0


def _status(database: Database) -> dict[str, Any]:
    if database.cluster is not None:
        return database.cluster.status().as_dict()
    with closing_engines(database), database.connect() as connection:
        version = connection.exec_driver_sql("select version()").scalar_one()
    return {"state": "running", "url": database.url().render_as_string(hide_password=True), "version": version}
