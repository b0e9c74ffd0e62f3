"""geoservice coverage circles: the service circle in other forms, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from geoservice.cli.frame import Json, ready, reporting, write_file
from geoservice.cli.uncertainty import On, Service, Type
from geoservice.errors import BadRequest
from geoservice.language import translate
from geoservice.terminal import notes, print_json, print_table

app = typer.Typer()
ENDINGS = (".geojson", ".json")


@app.command("circles")
@reporting
def coverage_circles(
    form: Annotated[
        str,
        typer.Argument(
            help="rings 按分钟、overlap 按可达设施数、nearest 按最近设施、lines 道路"
            " · by minutes, by facilities in reach, by nearest facility, roads"
        ),
    ],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="写到 .geojson · write to .geojson")] = None,
    service: Service = None,
    type_: Type = None,
    of: Annotated[str, typer.Option("--of", help="用城市还是农村的时限：urban、rural · whose limit")] = "urban",
    minutes: Annotated[int | None, typer.Option(help="改用这个时限 · this limit instead")] = None,
    on: On = None,
    json_: Json = False,
) -> int:
    """服务圈分层、重叠、分片、道路 · the circle as rings, overlaps, parts or roads"""
    from geoservice.coverage.evidence_export import dumped
    from geoservice.coverage.forms import FORMS, forms
    from geoservice.coverage.uncertainty.query import Ground, case_of
    from geoservice.database.filters import today

    if form not in FORMS or of not in {"urban", "rural"}:
        known = FORMS if form not in FORMS else ("urban", "rural")
        raise BadRequest("forms.unknown", value=form if form not in FORMS else of, known=", ".join(known))
    if output is not None and output.suffix.lower() not in ENDINGS:
        raise BadRequest("evidence.unknown-format", file=output, known=", ".join(ENDINGS))
    with ready() as (settings, catalog, database), database.connect("reader") as connection:
        case = case_of(catalog, service, type_, on.date() if on else today())
        ground = Ground(connection, catalog, settings, database.name)
        found = forms(ground, case, form, urban=of == "urban", minutes=minutes)
    whole = found.as_dict()
    if output is not None:
        write_file(output, dumped(whole))
    if json_:
        print_json(whole)
    else:
        rows = [[part.told.get(name) for name in _heads(form)] for part in found.parts]
        title = translate("forms.title", form=translate(f"forms.{form}"), minutes=found.limit.minutes)
        print_table(title, [translate(f"forms.head.{name}") for name in _heads(form)], rows)
        if output is not None:
            notes.print(translate("forms.written", file=output, count=len(found.parts)), markup=False)
        if found.release.schematic:
            notes.print(translate("notice.schematic"), markup=False)
    return 0


def _heads(form: str) -> tuple[str, ...]:
    first = {"rings": (), "overlap": ("facilities",), "nearest": ("facility_id", "name"), "lines": ()}[form]
    return (*first, "minutes", "length_km" if form == "lines" else "area_km2")
