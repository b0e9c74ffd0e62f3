"""geoservice audit: the trail of who changed what."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from geoservice.cli.frame import Json, ready, reporting
from geoservice.database.actor import SYSTEM
from geoservice.language import translate
from geoservice.terminal import notes, print_json, print_table, print_text, progress_bar

app = typer.Typer(no_args_is_help=True, help="审计记录 · the audit trail")

# Findings in one answer; all are counted.
MOST = 1000
_WIDEST = 40


@app.command("seal")
@reporting
def seal_(json_: Json = False) -> int:
    """把审计链的末端写入库外文件 · write the head of the trail to the file outside of the database"""
    from geoservice.access.sealing import seal

    with ready() as (settings, _, database), database.connect(actor=SYSTEM) as connection:
        head, written = seal(connection, settings.audit_file)
    if json_:
        print_json({**asdict(head), "written": written, "file": str(settings.audit_file)})
    else:
        key = "audit.sealed" if written else "audit.unmoved"
        print_text(translate(key, None, seq=head.seq, file=settings.audit_file))
    return 0


@app.command("verify")
@reporting
def verify_(
    heads: Annotated[Path | None, typer.Option(help="另存的末端文件 · a copy of the sealed heads")] = None,
    json_: Json = False,
) -> int:
    """核对全部审计记录，有问题时退出码为 1 · verify the whole trail"""
    from geoservice.access.verifying import Finding, verify
    from geoservice.errors import BadInput

    kept: list[dict[str, Any]] = []

    def tell(finding: Finding) -> None:
        if len(kept) < MOST:
            kept.append(finding.as_dict())
            if not json_:
                print_text(f"× {finding.message}")

    with ready() as (settings, _, database):
        file = heads or settings.audit_file
        if heads is not None and not heads.is_file():
            raise BadInput("import.no-file", file=heads)
        with progress_bar() as progress, database.connect("owner") as connection:
            found = verify(connection, file, progress, tell)
    if json_:
        print_json({**asdict(found), "findings": kept, "count": found.findings, "file": str(file)})
    else:
        key = "audit.bad" if found.findings else "audit.good"
        print_text(translate(key, None, count=found.findings, entries=found.entries, heads=found.heads))
    if not found.heads:
        notes.print(translate("audit.no-heads", file=file), markup=False)
    return 1 if found.findings else 0


@app.command("show")
@reporting
def show_(
    table: Annotated[str | None, typer.Option(help="表，如 facility · table")] = None,
    key: Annotated[str | None, typer.Option(help="记录主键 · primary key of the record")] = None,
    actor: Annotated[str | None, typer.Option(help="操作人 · who")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="从何时起 · since when")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="最多几条，取最新的 · the newest so many")] = 50,
    json_: Json = False,
) -> int:
    """查看审计记录 · entries of the trail"""
    from geoservice.access.trail import Wanted, entries

    moment = since.astimezone() if since else None
    with ready() as (_, _, database), database.connect("owner") as connection:
        found = entries(connection, Wanted(table=table, key=key, actor=actor, since=moment, limit=limit))
    if json_:
        print_json({"items": found})
        return 0
    heads = [translate(f"audit.head.{name}") for name in ("seq", "at", "actor", "action", "record", "what", "reason")]
    rows = [
        [
            entry["seq"],
            f"{entry['at'].astimezone():%F %T}",
            entry["actor"],
            translate(f"audit.action.{entry['action']}"),
            " ".join(part for part in (entry["table_name"], entry["key"]) if part),
            _what(entry),
            entry["reason"],
        ]
        for entry in found
    ]
    print_table(translate("audit.title"), heads, rows)
    return 0


def _what(entry: dict[str, Any]) -> str:
    """Changed fields in short."""
    from geoservice.access.trail import changed_fields

    if entry["action"] in ("insert", "delete"):
        state = entry["after"] or entry["before"]
        return str(state.get("name") or state.get("title_zh") or state.get("key") or state.get("code") or "")
    if entry["action"] != "update":
        return _short(entry["after"]) if entry["after"] else ""
    told = changed_fields(entry["before"], entry["after"]).items()
    return "; ".join(f"{name}: {_short(before)} → {_short(after)}" for name, (before, after) in told)


def _short(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_short(one)}" for name, one in value.items() if one not in (None, False))
    text = "—" if value is None else str(value)
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}…"
