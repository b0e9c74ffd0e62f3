"""The command geoservice: one command a task."""

from __future__ import annotations

import getpass
import logging
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Any, ParamSpec

import typer

from geoservice.catalog import Catalog, load_catalog
from geoservice.database.engine import Database
from geoservice.database.prepare import migrate, prepare
from geoservice.errors import BadInput, BadRequest, GeoserviceError
from geoservice.language import current_language, translate
from geoservice.settings import Settings
from geoservice.terminal import notes, percent, print_json, print_reports, print_table, print_text, progress_bar

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="地名、区划与服务圈 · place names, boundaries, circles"
)
db_app = typer.Typer(no_args_is_help=True, help="数据库 · the database")
network_app = typer.Typer(no_args_is_help=True, help="路网 · the road network")
coverage_app = typer.Typer(no_args_is_help=True, help="服务圈覆盖 · coverage of the service circles")
app.add_typer(db_app, name="db")
app.add_typer(network_app, name="network")
app.add_typer(coverage_app, name="coverage")

MOST_UNJOINED = 20
Json = Annotated[bool, typer.Option("--json", help="机器可读的输出 · machine-readable output")]
P = ParamSpec("P")


def main() -> None:
    """Runs the command; the exit code is 0 done, 1 finding or failure, 2 bad input."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    app()


def reporting(command: Callable[P, int | None]) -> Callable[P, None]:
    """Turns an error into its text and its exit code, in JSON where that was asked for."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            current_language.set(Settings().state.language)
            code = command(*args, **kwargs)
        except GeoserviceError as error:
            if kwargs.get("json_"):
                print_json({"error": {"code": error.code, "message": error.message, "remedy": error.remedy}})
            notes.print(translate("cli.error", message=error), style="red", markup=False)
            raise typer.Exit(error.exit_code) from None
        except Exception:  # noqa: BLE001 - whatever it is, the officer is told where the details are
            notes.print(translate("cli.internal", log=_keep_trace()), style="red", markup=False)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            notes.print(translate("cli.interrupted"), markup=False)
            raise typer.Exit(1) from None
        raise typer.Exit(code or 0)

    return run


def _keep_trace() -> Path:
    """Writes the error under way to a file of its own."""
    with NamedTemporaryFile("w", prefix="geoservice-error-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write(traceback.format_exc())
    return Path(file.name)


@contextmanager
def ready() -> Iterator[tuple[Settings, Catalog, Database]]:
    """Settings, declarations and a prepared database."""
    settings, catalog = Settings(), load_catalog()
    database = Database(settings)
    with closing_engines(database):
        prepare(database, catalog)
        yield settings, catalog, database


@contextmanager
def closing_engines(database: Database) -> Iterator[None]:
    """Closes its connections in the end."""
    try:
        yield
    finally:
        database.dispose()


# -- db ---------------------------------------------------------------------------------------------------------------


@db_app.command("start")
@reporting
def db_start(json_: Json = False) -> int:
    """启动数据库并升级表结构 · start the database and bring its tables up to date"""
    with ready() as (_, _, database):
        status = _status(database)
    _show(status, json_=json_)
    return 0


@db_app.command("stop")
@reporting
def db_stop(json_: Json = False) -> int:
    """停止自带数据库 · stop the private database"""
    database = Database(Settings())
    if database.cluster is None:
        raise BadRequest("cli.external-database")
    stopped = database.cluster.stop()
    _show({"stopped": stopped}, json_=json_)
    return 0


@db_app.command("status")
@reporting
def db_status(json_: Json = False) -> int:
    """数据库的状态 · the state of the database"""
    status = _status(Database(Settings()))
    _show(status, json_=json_)
    return 0 if status["state"] == "running" else 1


@db_app.command("url")
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


@db_app.command("upgrade")
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
    _show({"revision": revision, **extensions}, json_=json_)
    return 0


def _status(database: Database) -> dict[str, Any]:
    if database.cluster is not None:
        return database.cluster.status().as_dict()
    with closing_engines(database), database.connect() as connection:
        version = connection.exec_driver_sql("select version()").scalar_one()
    return {"state": "running", "url": database.url().render_as_string(hide_password=True), "version": version}


def _show(values: dict[str, Any], *, json_: bool) -> None:
    if json_:
        print_json(values)
        return
    for key, value in values.items():
        if value is not None:
            print_text(f"{translate(f'cli.{key}')}: {value}")


# -- import -----------------------------------------------------------------------------------------------------------


@app.command("import")
@reporting
def import_(
    layer: Annotated[str, typer.Argument(help="图层或 osm · a layer, or osm")],
    file: Annotated[Path, typer.Argument(help="文件 · the file")],
    crs: Annotated[str | None, typer.Option(help="坐标系：EPSG 代码、GCJ02、BD09 · EPSG code, GCJ02, BD09")] = None,
    encoding: Annotated[str | None, typer.Option(help="文字编码：utf-8、gbk · text encoding")] = None,
    map_: Annotated[list[str] | None, typer.Option("--map", help="字段=列名 · field=column")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="字段=固定值 · field=value")] = None,
    sheet: Annotated[str | None, typer.Option(help="工作表或文件内图层 · sheet, or layer inside the file")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查 · check only")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="跳过有错的行 · leave bad rows out")] = False,
    publish: Annotated[
        bool | None, typer.Option("--publish/--internal", help="公开，或仅供内部 · public, or internal only")
    ] = None,
    json_: Json = False,
) -> int:
    """导入文件 · import a file"""
    from geoservice.ingest.importing import ImportRequest, import_file

    request = ImportRequest(
        layer=layer,
        path=file,
        crs=crs,
        encoding=encoding,
        mapping=_pairs("--map", map_),
        constants=_pairs("--set", set_),
        sheet=sheet,
        dry_run=dry_run,
        skip_bad=skip_bad,
        publish=publish,
        actor=getpass.getuser(),
    )
    with ready() as (settings, catalog, database), progress_bar() as progress:
        outcome = import_file(database, catalog, settings, request, progress)
    if json_:
        print_json(outcome.as_dict())
    else:
        print_reports([report.as_dict() for report in outcome.reports])
        notes.print(outcome.conclusion, markup=False)
    return outcome.exit_code


def _pairs(option: str, given: list[str] | None) -> dict[str, str]:
    pairs = {}
    for item in given or []:
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise BadRequest("cli.bad-pair", option=option, value=item)
        pairs[name.strip()] = value.strip()
    return pairs


@app.command("sample")
@reporting
def sample(
    folder: Annotated[Path | None, typer.Argument(help="写到哪个文件夹 · folder to write to")] = None,
    load: Annotated[bool, typer.Option("--load", help="写出后导入 · import it too")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="从库中删去示意数据 · take it out of the database")] = False,
    json_: Json = False,
) -> int:
    """示意县（示意数据，非测绘成果） · the schematic sample county"""
    from geoservice.ingest.sample import write_sample
    from geoservice.ingest.sampling import load_sample, remove_sample

    if remove:
        with ready() as (_, _, database):
            removed = remove_sample(database)
        _show({"removed": removed}, json_=json_)
        return 0
    settings, catalog = Settings(), load_catalog()
    target = folder or settings.home / "sample"
    files = write_sample(target, catalog)
    reports = []
    if load:
        with ready() as (_, _, database), progress_bar() as progress:
            reports = [
                r.as_dict() for r in load_sample(database, catalog, settings, target, getpass.getuser(), progress)
            ]
    if json_:
        print_json({"files": files, "reports": reports, "schematic": True})
    else:
        notes.print(translate("notice.schematic"), markup=False)
        notes.print(translate("cli.written", count=len(files), folder=target), markup=False)
        if reports:
            print_reports(reports, most=5)
    return 0


# -- network and coverage ---------------------------------------------------------------------------------------------


@network_app.command("build")
@reporting
def network_build(
    mode: Annotated[list[str] | None, typer.Option(help="出行方式，可重复 · mode, may be repeated")] = None,
    json_: Json = False,
) -> int:
    """由道路建路网 · build the network from the roads"""
    from geoservice.network.networks import build_networks

    with ready() as (settings, catalog, database), progress_bar() as progress:
        built = build_networks(database, catalog, settings, mode, progress)
    if json_:
        first = built[0]
        print_json({**first, "modes": built})
    else:
        heads = [translate(f"network.{name}") for name in ("mode", "nodes", "edges", "components", "main_share")]
        rows = [
            [translate(f"mode.{b['mode']}"), b["nodes"], b["edges"], b["components"], f"{100 * b['main_share']:.1f} %"]
            for b in built
        ]
        print_table(translate("network.built"), heads, rows)
    return 0


@coverage_app.command("run")
@reporting
def coverage_run(
    service: Annotated[list[str] | None, typer.Option(help="服务标准，可重复 · standard, may be repeated")] = None,
    type_: Annotated[list[str] | None, typer.Option("--type", help="设施类型，可重复 · facility type")] = None,
    mode: Annotated[str | None, typer.Option(help="改用这种出行方式 · travel by this mode instead")] = None,
    minutes: Annotated[int | None, typer.Option(min=1, max=600, help="改用这个时限 · this limit instead")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="在哪一天 · on which day")] = None,
    circles: Annotated[bool, typer.Option("--circles/--no-circles", help="画服务圈 · draw the circles")] = True,
    json_: Json = False,
) -> int:
    """计算覆盖 · compute coverage"""
    from geoservice.coverage.run import RunRequest, run_coverage
    from geoservice.database.filters import today

    request = RunRequest(
        services=tuple(service or ()),
        types=tuple(type_ or ()),
        mode=mode,
        minutes=minutes,
        on=on.date() if on else today(),
        circles=circles,
    )
    with ready() as (settings, catalog, database), progress_bar() as progress:
        outcome = run_coverage(database, catalog, settings, request, progress)
    if json_:
        print_json(outcome.as_dict())
        return 0
    _print_coverage(outcome.as_dict(), catalog)
    return 0


@coverage_app.command("explain")
@reporting
def coverage_explain(
    community: Annotated[str, typer.Argument(help="村（社区）的编号、代码或名称 · id, code or name of a community")],
    service: Annotated[str | None, typer.Option(help="服务标准 · service standard")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="设施类型 · facility type")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="在哪一天 · on which day")] = None,
    json_: Json = False,
) -> int:
    """一个村（社区）为何覆盖或未覆盖 · why a community is covered or not"""
    from geoservice.coverage.evidence import explain
    from geoservice.coverage.telling import print_evidence
    from geoservice.database.filters import today

    with ready() as (settings, catalog, database), database.connect("reader") as connection:
        standard = catalog.services.get(service or "", catalog.headline)
        found = explain(
            connection,
            catalog,
            settings,
            database.name,
            community,
            service=service or standard.id,
            type_=type_ or standard.headline_type or standard.types[0],
            on=on.date() if on else today(),
        )
    if json_:
        print_json(found.as_feature())
    else:
        print_evidence(found, catalog)
    return 0 if found.path is not None else 1


@coverage_app.command("loss")
@reporting
def coverage_loss(
    service: Annotated[str | None, typer.Option(help="服务标准 · service standard")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="设施类型 · facility type")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="在哪一天 · on which day")] = None,
    json_: Json = False,
) -> int:
    """每个设施关闭后谁失去覆盖 · who loses cover if a facility closes"""
    from geoservice.coverage.loss import losses
    from geoservice.coverage.telling import print_losses
    from geoservice.database.filters import today

    with ready() as (settings, catalog, database), database.connect("reader") as connection:
        standard = catalog.services.get(service or "", catalog.headline)
        found = losses(
            connection,
            catalog,
            settings,
            database.name,
            service=service or standard.id,
            type_=type_ or standard.headline_type or standard.types[0],
            on=on.date() if on else today(),
        )
    if json_:
        print_json(found.as_dict())
    else:
        print_losses(found)
    return 0


def _print_coverage(found: dict[str, Any], catalog: Catalog) -> None:
    """Every case in a line, the townships of the headline, and the line that scripts read."""
    types = {entry.code: entry.title for entry in catalog.codes["facility_types"].entries}
    language = current_language.get()

    def title(case: dict[str, Any]) -> list[object]:
        names = (catalog.services[case["service"]].title, types[case["type"]])
        return [getattr(name, language) for name in names]

    figures = ("facilities", "communities_covered", "communities", "population_covered", "population")
    heads = [translate(f"coverage.{name}") for name in (*figures, "covered_population_share")]
    rows = [
        [*title(case), *[case[name] for name in figures], percent(case["covered_population_share"])]
        for case in found["cases"]
    ]
    print_table(translate("coverage.cases"), [translate("coverage.service"), translate("coverage.type"), *heads], rows)
    rows = [
        [unit["name"], *[unit[name] for name in figures], percent(unit["covered_population_share"])]
        for unit in found["by_unit"]
    ]
    print_table(" · ".join(map(str, title(found))), [translate("coverage.unit"), *heads], rows)
    if found["schematic"]:
        notes.print(translate("notice.schematic"), markup=False)
    for one in found["unjoined"][:MOST_UNJOINED]:
        notes.print(
            translate(
                f"coverage.unjoined.{one['kind']}",
                name=one["name"],
                mode=translate(f"mode.{one['mode']}"),
                reason=translate(f"coverage.reason.{one['reason']}"),
            ),
            markup=False,
        )
    if len(found["unjoined"]) > MOST_UNJOINED:
        notes.print(translate("import.more", count=len(found["unjoined"]) - MOST_UNJOINED), markup=False)
    without = found["communities_without_population"]
    if without:
        notes.print(translate("coverage.without-population", count=without), markup=False)
    if {case["service"] for case in found["cases"]} != set(catalog.services):
        notes.print(translate("coverage.partial"), markup=False)
    if found["communities_unclassified"]:
        notes.print(translate("coverage.unclassified", count=found["communities_unclassified"]), markup=False)
    share = found["covered_population_share"]
    told = "none" if share is None else f"{share:.3f}"
    print_text(f"covered_population_share={told} communities={found['communities']} facilities={found['facilities']}")


# -- service ----------------------------------------------------------------------------------------------------------


@app.command("search")
@reporting
def search(
    text: Annotated[str, typer.Argument(help="汉字、拼音或声母 · Han, pinyin or initials")],
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20,
    json_: Json = False,
) -> int:
    """查地名 · search place names"""
    from geoservice.database.filters import today
    from geoservice.names.query import NameQuery
    from geoservice.names.search import search_places

    with ready() as (_, _, database), database.connect("reader") as connection:
        hits = search_places(connection, NameQuery.parse(text), today=today(), limit=limit).items
    if json_:
        print_json({"items": hits})
        return 0 if hits else 1
    if not hits:
        notes.print(translate("search.nothing", text=text), markup=False)
        return 1
    heads = [translate(f"search.{name}") for name in ("name", "kind", "reading", "unit")]
    print_table(text, heads, [[h["name"], translate(f"name.{h['kind']}"), h["reading"], h["unit_name"]] for h in hits])
    return 0


def _refuse_taken_port(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise BadInput("cli.cannot-listen", address=address, port=port, reason=error.strerror) from None


@app.command("serve")
@reporting
def serve(
    host: Annotated[str | None, typer.Option(help="监听地址 · address to listen on")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="端口 · port")] = None,
) -> int:
    """启动网页服务 · serve the web map"""
    import uvicorn

    from geoservice.api.app import create_app

    with ready() as (settings, _, _):
        address, number = host or settings.server.host, port or settings.server.port
        _refuse_taken_port(address, number)
        notes.print(translate("cli.serving", url=f"http://{address}:{number}"), markup=False)
        uvicorn.run(create_app(settings), host=address, port=number, log_level="warning", server_header=False)
    return 0
