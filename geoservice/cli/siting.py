"""geoservice siting: where new facilities go, with a proven optimum."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geoservice.cli import siting_rules
from geoservice.cli.frame import Json, at_the_shell, ready, reporting, write_file
from geoservice.errors import BadInput
from geoservice.terminal import print_json

if TYPE_CHECKING:
    from geoservice.siting.answer import Answer
    from geoservice.siting.county.kept import CheckedCounty
    from geoservice.siting.phased import Phase, Years
    from geoservice.siting.problem import Problem
    from geoservice.siting.solve import Effort

app = typer.Typer(no_args_is_help=True, help="选址 · siting with a proven optimum")
siting_rules.add_to(app)

_MOST_LISTED = 500
Model = Annotated[
    str | None,
    typer.Option("--model", help="mclp | lscp | pmedian | pcentre | backup | capacity；缺省随格式 · default by format"),
]
P = Annotated[int | None, typer.Option("--p", help="最多新设几处 · new sites at most")]
Radius = Annotated[str | None, typer.Option("--radius", help="覆盖半径，等于也算 · covered up to and at this distance")]
Fixed = Annotated[
    list[int] | None, typer.Option("--fixed", help="现有且保留的点号，可重复 · number of a site that stays")
]


@app.command("solve")
@reporting
def siting_solve(
    file: Annotated[
        Path | None, typer.Argument(help="实例文件；不给则用数据库中的县 · instance; without it the county is asked")
    ] = None,
    format_: Annotated[str | None, typer.Option("--format", help="orlib-pmed | mclp | plan")] = None,
    service: Annotated[str | None, typer.Option(help="服务标准 · id of the service standard")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="设施类型 · code of the facility type")] = None,
    model: Model = None,
    p: P = None,
    candidates: Annotated[
        str | None,
        typer.Option(help="候选点：villages | grid:米 | parcels:地块文件 | 点文件 · villages, a grid, plots or points"),
    ] = None,
    group: Annotated[str | None, typer.Option(help="计哪些人：all | 60+ | 80+ · whose people count")] = None,
    places: Annotated[int | None, typer.Option(help="每处新设的容量（capacity）· places of each new site")] = None,
    close: Annotated[int | None, typer.Option(help="现有设施关闭几处 · existing facilities to close")] = None,
    move: Annotated[
        int | None, typer.Option(help="现有设施最多迁建几处 · existing facilities that may be moved")
    ] = None,
    closable: Annotated[
        list[int] | None, typer.Option(help="可关闭或迁建的设施编号，可重复；缺省为全部 · ids of those; default all")
    ] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="在哪一天 · on which day")] = None,
    rules: Annotated[
        str | None, typer.Option(help="选址规则：on | off | 编号,编号 · exclusion rules that hold for candidates")
    ] = None,
    prices: Annotated[
        bool, typer.Option("--prices/--no-prices", help="算出每条规则的代价 · what each rule costs")
    ] = True,
    radius: Radius = None,
    fixed: Fixed = None,
    phase: Annotated[
        list[int] | None, typer.Option("--phase", help="各期末累计新设数，可重复 · new sites by year")
    ] = None,
    order: Annotated[
        str, typer.Option("--order", help="分期：first 逐年最优 | last 末年最优 · how phases go")
    ] = "first",
    existing_year: Annotated[
        int | None, typer.Option(help="分期：现有设施在第几期关闭、迁建 · the year in which existing facilities may go")
    ] = None,
    ties: Annotated[bool, typer.Option("--ties", help="同值时取总出行最少 · of equals the least travel")] = False,
    time_limit: Annotated[float, typer.Option(help="最多用多少秒 · seconds at most")] = 60.0,
    seed: Annotated[int, typer.Option(help="随机种子 · seed")] = 1,
    threads: Annotated[int, typer.Option(help="线程数，0 为自动 · threads, 0: as many as help")] = 0,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="答案写入文件 · writes the answer to a file")
    ] = None,
    changes: Annotated[
        Path | None, typer.Option(help="新设点写成方案的改动清单 · writes the new sites as changes of a scenario")
    ] = None,
    json_: Json = False,
) -> int:
    """求最优选址并给出证明 · finds the best sites and proves them"""
    from geoservice.siting.county.question import Existing
    from geoservice.siting.solve import Effort

    work = _Work(Effort(time_limit, seed, threads), _years(phase, order, existing_year), prices)
    p = phase[-1] if phase else p
    of_county = {
        "--service": service, "--type": type_, "--candidates": candidates, "--group": group, "--places": places,
        "--on": on, "--rules": rules, "--changes": changes, "--close": close, "--move": move, "--closable": closable,
    }  # fmt: skip
    of_file = {"--format": format_, "--radius": radius, "--fixed": fixed}
    unfit = [name for name, value in (of_county if file else of_file).items() if value is not None]
    if unfit:
        raise BadInput("siting.only-file" if file is None else "siting.only-county", option=unfit[0])
    if file is not None:
        if format_ is None:
            raise BadInput("siting.no-format")
        asked = {"model": model, "p": p, "radius": radius, "fixed": tuple(fixed or ()), "ties": ties}
        return _solve_file(work, file, format_, asked, output, json_=json_)
    existing = Existing(close or 0, move or 0, tuple(closable or ()), 1 if existing_year is None else existing_year)
    named: dict[str, Any] = {
        "model": model,
        "p": p,
        "group": group,
        "places": places,
        "ties": ties,
        "existing": existing,
    }
    named |= {name: value for name, value in {"candidates": candidates, "rules": rules}.items() if value is not None}
    return _solve_county(work, (service, type_, on), named, (output, changes), json_=json_)


@dataclass(frozen=True)
class _Work:
    """How to look, and the years of a plan."""

    effort: Effort
    years: Years | None
    prices: bool

    def asked(self) -> dict[str, Any]:
        """What is asked of the years, as plain values."""
        years = self.years
        return {"order": years and years.order.value, "existing_year": years and years.change}

    def done(self, problem: Problem) -> tuple[Answer, list[Phase]]:
        """The answer, with that of each year."""
        from geoservice.siting.phased import solve_phased
        from geoservice.siting.solve import solve
        from geoservice.siting.telling import watching
        from geoservice.siting.told import final_answer

        with watching(problem) as watch:
            if self.years is None:
                return solve(problem, self.effort, watch=watch), []
            found = solve_phased(problem, self.years, self.effort, watch=watch)
        return final_answer(found), found


def _years(phase: list[int] | None, order: str, existing_year: int | None) -> Years | None:
    from geoservice.siting.phased import Order, years_of

    return years_of(phase or (), Order.parse(order), 1 if existing_year is None else existing_year)


def _solve_file(
    work: _Work, file: Path, format_: str, named: dict[str, Any], output: Path | None, *, json_: bool
) -> int:
    from geoservice.siting.instances.asked import Asked
    from geoservice.siting.kept import answer_text
    from geoservice.siting.telling import print_answer
    from geoservice.siting.told import as_told, phases_told

    asked = Asked.parse(format_, file, **named)
    problem = asked.problem()
    answer, phases = work.done(problem)
    told = as_told(problem, answer) | work.asked() | {"phases": phases_told(problem, phases)}
    if output is not None:
        write_file(output, answer_text(asked, told))
    if json_:
        print_json(told | asked.as_dict())
    else:
        print_answer(told)
    return _code(answer)


def _solve_county(
    work: _Work,
    case: tuple[str | None, str | None, datetime | None],
    named: dict[str, Any],
    files: tuple[Path | None, Path | None],
    *,
    json_: bool,
) -> int:
    from geoservice.coverage.uncertainty.query import case_of
    from geoservice.database.filters import today
    from geoservice.siting.county.question import Question
    from geoservice.siting.county.reading import read_county
    from geoservice.siting.county.ruled import priced
    from geoservice.siting.county.telling import print_county
    from geoservice.siting.county.told import county_told
    from geoservice.siting.phased import Order, free_answer
    from geoservice.siting.solve import solve

    service, type_, on = case
    with ready() as (settings, catalog, database), database.connect(actor=at_the_shell()) as connection:
        meant = case_of(catalog, service, type_, on.date() if on else today())
        county = read_county(connection, catalog, settings, database.name, Question.parse(meant, **named))
    answer, phases = work.done(county.problem)
    told = county_told(county, answer, phases, work.years.order if work.years else Order.FIRST)
    if work.prices:
        told["prices"] = priced(county, free_answer(answer, phases), lambda problem: solve(problem, work.effort))
    for file, content in zip(files, (told, told["changes"]), strict=True):
        if file is not None:
            write_file(file, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    if json_:
        print_json(told)
    else:
        print_county(told)
    return _code(answer)


def _code(answer: Answer) -> int:
    return 1 if answer.value is None else 0


@app.command("check")
@reporting
def siting_check(
    answer: Annotated[Path, typer.Argument(help="solve --output 写的文件 · file of an answer")],
    instance: Annotated[
        Path | None, typer.Option(help="实例文件，缺省为答案所记 · instance in place of the one named")
    ] = None,
    json_: Json = False,
) -> int:
    """只凭所选点重新计算 · recomputes an answer from its sites alone"""
    from geoservice.siting.county import telling as county
    from geoservice.siting.county.kept import is_of_county
    from geoservice.siting.kept import check_answer
    from geoservice.siting.telling import print_check

    of_county = is_of_county(answer)
    checked = _checked_county(answer, instance) if of_county else check_answer(answer, instance)
    if json_:
        print_json(checked.as_dict())
    else:
        (county.print_check if of_county else print_check)(checked.as_dict())
    return 0 if checked.agrees else 1


def _checked_county(answer: Path, instance: Path | None) -> CheckedCounty:
    from geoservice.siting.county.kept import check_county

    if instance is not None:
        raise BadInput("siting.only-file", option="--instance")
    with ready() as (settings, catalog, database), database.connect(actor=at_the_shell()) as connection:
        return check_county(connection, catalog, settings, database.name, answer)


@app.command("explain")
@reporting
def siting_explain(
    answer: Annotated[Path, typer.Argument(help="solve --output 写的文件 · file of an answer")],
    instance: Annotated[
        Path | None, typer.Option(help="实例文件，缺省为答案所记 · instance in place of the one named")
    ] = None,
    json_: Json = False,
) -> int:
    """每个点为何入选、次优是谁、谁未覆盖 · why each site, who comes next, who is left out"""
    from geoservice.siting.county.kept import is_of_county
    from geoservice.siting.county.named import explained_by_name
    from geoservice.siting.explain import explain
    from geoservice.siting.kept import check_answer
    from geoservice.siting.telling import print_explained
    from geoservice.siting.told import explained_told

    if is_of_county(answer):
        held = _checked_county(answer, instance)
        told = explained_by_name(held.county, explain(held.county.problem, held.sites))
    else:
        checked = check_answer(answer, instance)
        told = explained_told(checked.problem, explain(checked.problem, checked.sites))
    if json_:
        print_json(told)
    else:
        print_explained(told)
    return 0


@app.command("list")
@reporting
def siting_list(json_: Json = False) -> int:
    """保存的选址答案，新的在前 · kept answers, the newest first"""
    from geoservice.siting.answers import showing, store
    from geoservice.siting.answers.telling import print_lines

    with ready() as (_, _, database), database.connect(actor=at_the_shell()) as connection:
        rows, _ = store.answers(connection, limit=_MOST_LISTED)
        items = [showing.line(row, store.stale(connection, row)) for row in rows]
    if json_:
        print_json({"items": items})
    else:
        print_lines(items)
    return 0


@app.command("show")
@reporting
def siting_show(
    number: Annotated[int, typer.Argument(min=1, help="答案编号 · id of the answer")], json_: Json = False
) -> int:
    """一个保存的答案及其证明 · a kept answer with its proof"""
    from geoservice.siting.answers import showing, store
    from geoservice.siting.answers.telling import print_kept

    with ready() as (_, _, database), database.connect(actor=at_the_shell()) as connection:
        row = store.answer(connection, number)
        told = showing.line(row, store.stale(connection, row)) | {
            "question": row.question,
            "progress": store.progress(connection, number),
            "answer": None if row.answer is None else showing.in_words(row.answer),
        }
    if json_:
        print_json(told)
    else:
        print_kept(told)
    return 0 if row.answer is not None and row.answer["value"] is not None else 1
