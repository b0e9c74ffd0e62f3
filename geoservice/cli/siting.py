"""geoservice siting: where new facilities go, with a proven optimum."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from geoservice.cli.frame import Json, reporting, write_file
from geoservice.terminal import print_json

app = typer.Typer(no_args_is_help=True, help="选址 · siting with a proven optimum")

File = Annotated[Path, typer.Argument(help="实例文件 · instance")]
Format = Annotated[str, typer.Option("--format", help="orlib-pmed | mclp | plan")]
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
    file: File,
    format_: Format,
    model: Model = None,
    p: P = None,
    radius: Radius = None,
    fixed: Fixed = None,
    phase: Annotated[
        list[int] | None, typer.Option("--phase", help="各期末累计新设数，可重复 · new sites by year")
    ] = None,
    order: Annotated[
        str, typer.Option("--order", help="分期：first 逐年最优 | last 末年最优 · how phases go")
    ] = "first",
    ties: Annotated[bool, typer.Option("--ties", help="同值时取总出行最少 · of equals the least travel")] = False,
    time_limit: Annotated[float, typer.Option(help="最多用多少秒 · seconds at most")] = 60.0,
    seed: Annotated[int, typer.Option(help="随机种子 · seed")] = 1,
    threads: Annotated[int, typer.Option(help="线程数，0 为自动 · threads, 0: as many as help")] = 0,
    output: Annotated[Path | None, typer.Option(help="答案写入文件 · writes the answer to a file")] = None,
    json_: Json = False,
) -> int:
    """求最优选址并给出证明 · finds the best sites and proves them"""
    from geoservice.siting.answer import Status
    from geoservice.siting.instances.asked import Asked
    from geoservice.siting.kept import answer_text
    from geoservice.siting.phased import Order, solve_phased
    from geoservice.siting.solve import Effort, solve
    from geoservice.siting.telling import print_answer, watching
    from geoservice.siting.told import as_told, final_answer, phases_told

    effort = Effort(time_limit, seed, threads)
    p = phase[-1] if phase else p
    asked = Asked.parse(format_, file, model=model, p=p, radius=radius, fixed=tuple(fixed or ()), ties=ties)
    problem = asked.problem()
    with watching(problem) as watch:
        phases = solve_phased(problem, phase, Order.parse(order), effort, watch=watch) if phase else []
        answer = final_answer(phases) if phases else solve(problem, effort, watch=watch)
    told = as_told(problem, answer) | {"phases": phases_told(problem, phases)}
    if output is not None:
        write_file(output, answer_text(asked, told))
    if json_:
        print_json(asked.as_dict() | told)
    else:
        print_answer(told)
    return 0 if answer.status in (Status.OPTIMAL, Status.FEASIBLE) else 1


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
    from geoservice.siting.kept import check_answer
    from geoservice.siting.telling import print_check

    told = (checked := check_answer(answer, instance)).as_dict()
    if json_:
        print_json(told)
    else:
        print_check(told)
    return 0 if checked.agrees else 1


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
    from geoservice.siting.explain import explain
    from geoservice.siting.kept import check_answer
    from geoservice.siting.telling import print_explained
    from geoservice.siting.told import explained_told

    checked = check_answer(answer, instance)
    told = explained_told(checked.problem, explain(checked.problem, checked.sites))
    if json_:
        print_json(told)
    else:
        print_explained(told)
    return 0
