"""geoservice names case: the cases of the approval desk."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from geoservice.cli.frame import Json, at_the_shell, ready, reporting
from geoservice.errors import BadInput, BadRequest
from geoservice.language import current_language, translate
from geoservice.terminal import print_json, print_table, print_text

app = typer.Typer(no_args_is_help=True, help="案件 · cases of the approval desk")

MOST_LISTED = 500


@app.command("list")
@reporting
def list_(
    state: Annotated[
        str, typer.Option(help="状态；open 为未结束的 · a state; open for all that have not ended")
    ] = "open",
    *,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="只列超期的 · only those with a term that has run out")
    ] = False,
    text: Annotated[
        str | None, typer.Option(help="案名、申请单位或地名 · part of a title, an applicant, a name")
    ] = None,
    json_: Json = False,
) -> int:
    """案件，新的在前，各带最近的期限；有超期的返回 1 · cases with what is due; 1 where a term has run out"""
    from geoservice.database.filters import today
    from geoservice.names.cases import listing, telling

    day = today()
    wanted = listing.Wanted(state=listing.known_state(state), overdue=overdue, q=text)
    with ready() as (_, _, database), database.connect(actor=at_the_shell()) as connection:
        found, _ = listing.cases(connection, wanted, today=day, limit=MOST_LISTED)
    items = [telling.line(one, day) for one in found]
    if json_:
        print_json({"items": items})
    else:
        heads = [
            translate(f"cases.head.{name}") for name in ("id", "title", "unit", "state", "due", "last_day", "left")
        ]
        print_table(translate("cases.list"), heads, [_row(one) for one in items])
    return 1 if any(one["due"] and one["due"]["days_left"] < 0 for one in items) else 0


@app.command("show")
@reporting
def show_(case: Annotated[int, typer.Argument(min=1, help="案件编号 · id of the case")], json_: Json = False) -> int:
    """一个案件：经过、期限、下一步 · one case: what has become of it, what is due, what may follow"""
    from geoservice.database.filters import today
    from geoservice.names.cases import reading, telling

    with ready() as (_, _, database), database.connect(actor=at_the_shell()) as connection:
        found = reading.situation(connection, reading.case_of(connection, case))
        told = telling.whole(found, at_the_shell(), today())
    if json_:
        print_json(told)
    else:
        _print(told)
    return 0


@app.command("document")
@reporting
def document_(
    case: Annotated[int, typer.Argument(min=1, help="案件编号 · id of the case")],
    document: Annotated[str, typer.Argument(help="文书，如 announcement · id of the paper")],
    output: Annotated[Path, typer.Option("--output", "-o", help="写到 .docx 或 .html · the file to write")],
) -> int:
    """一份文书写成文件；不知道的留空 · one paper of a case as a file; what is not known stays a blank"""
    from geoservice.database.filters import today
    from geoservice.publish.documents.making import FORMS, make

    form = next((one for one in FORMS if output.suffix.lower() == f".{one}"), None)
    if form is None:
        raise BadRequest("documents.unknown-format", file=output)
    with ready() as (settings, catalog, database), database.connect(actor=at_the_shell()) as connection:
        approval = settings.release.map_approval
        made = make(connection, catalog, form, case_id=case, document=document, day=today(), approval=approval)
    try:
        output.write_bytes(made.content)
    except OSError as error:
        raise BadInput("report.cannot-write", file=output, reason=error.strerror) from None
    print_text(str(output))
    for one in made.document.lacks:
        print_text(one)
    return 0


def _row(one: dict[str, Any]) -> list[object]:
    due = one["due"]
    last = ["", "", ""] if due is None else [_in_words(due["title"]), due["last_day"], due["days_left"]]
    return [one["id"], one["title"], one["unit_name"] or "", _in_words(one["state_title"]), *last]


def _decided(one: dict[str, Any]) -> list[str]:
    """Verdict of the rules and decision of people, in words; empty where there is none yet."""
    verdict, decision = one["verdict"], one["decision"]
    return [
        translate(f"names.verdict.{verdict}") if verdict else "",
        translate(f"cases.decision.{decision}") if decision else "",
    ]


def _in_words(title: dict[str, str]) -> str:
    return title[current_language.get()]


def _print(told: dict[str, Any]) -> None:
    print_text(f"{told['id']} {told['title']}：{_in_words(told['state_title'])}")
    heads = [translate(f"cases.head.{name}") for name in ("name", "verdict", "decision")]
    names = [[one["approved_name"] or one["name"], *_decided(one)] for one in told["names"]]
    print_table("", heads, names)
    heads = [translate(f"cases.head.{name}") for name in ("day", "state", "actor", "document", "reason")]
    made = [
        [one["on_day"], _in_words(one["to_title"]), one["actor"], one["document"], one["reason"]]
        for one in told["transitions"]
    ]
    print_table("", heads, made)
    for due in told["due"]:
        print_text(f"{_in_words(due['title'])}：{due['last_day']}（{due['article']}）")
    for move in told["moves"]:
        hindered = "；".join(one["detail"] for one in move["hindrances"])
        print_text(f"→ {_in_words(move['title'])}{f'：{hindered}' if hindered else ''}")
