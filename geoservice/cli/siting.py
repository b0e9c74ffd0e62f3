"""geoservice siting: where new facilities go, with a proven optimum."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from geoservice.cli.frame import Json, reporting, write_file
from geoservice.terminal import print_json

app = typer.Typer(no_args_is_help=True, help="选址 · siting with a proven optimum")

File = Annotated[Path, typer.Argument(help="实例文件 · instance")]
Format = Annotated[str, typer.Option("--format", help="orlib-pmed | mclp")]
Model = Annotated[
    str | None, typer.Option("--model", help="mclp | lscp | pmedian | pcentre | backup；缺省随格式 · default by format")
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
    from geoservice.siting.solve import Effort, solve
    from geoservice.siting.telling import print_answer, watching
    from geoservice.siting.told import as_told

    effort = Effort(time_limit, seed, threads)
    asked = Asked.parse(format_, file, model=model, p=p, radius=radius, fixed=tuple(fixed or ()))
    problem = asked.problem()
    with watching(problem) as watch:
        answer = solve(problem, effort, watch=watch)
    told = as_told(problem, answer)
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
