"""geoservice network: the road network."""

from __future__ import annotations

from typing import Annotated

import typer

from geoservice.cli.frame import Json, ready, reporting, show
from geoservice.language import translate
from geoservice.terminal import print_json, print_table, print_text, progress_bar

app = typer.Typer(no_args_is_help=True, help="路网 · the road network")


@app.command("build")
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
        for one in built:
            if one.get("slope"):
                print_text(translate("network.slope", mode=translate(f"mode.{one['mode']}"), **one["slope"]))
            if one.get("turn_bans"):
                told = "; ".join(translate(f"network.turns.{name}", count=n) for name, n in one["turn_bans"].items())
                print_text(translate("network.turns", mode=translate(f"mode.{one['mode']}"), told=told))
    return 0


@app.command("level")
@reporting
def network_level(*, json_: Json = False) -> int:
    """删去高程，按平地计算 · take the heights out, so that the ground is level"""
    from geoservice.ingest.dem import clear_heights

    with ready() as (_, _, database), database.connect("owner") as connection:
        removed = clear_heights(connection)
    show({"removed": removed}, json_=json_)
    return 0
