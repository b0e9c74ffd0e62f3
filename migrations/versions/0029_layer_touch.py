"""Where a layer has changed: a tile is made anew only after a change within it."""

import sqlalchemy as sa
from alembic import op

from geoservice.resources import resource

revision = "0029"
down_revision = "0024"

PUBLIC = "r.published and r.classification = 'public'"
NAMED = "(select p.geom_3857 from place p where p.id = r.place_id)"
# Layer and place of a row, where its geometry or the name of its place is drawn.
LAYERS = {
    "unit_version": ("units", "r.geom_3857"),
    "community": ("communities", "r.geom_3857"),
    "place": ("places", "r.geom_3857"),
    "place_name": ("places", NAMED),
    "facility": ("facilities", "r.geom_3857"),
    "road": ("roads", "r.geom_3857"),
    "railway": ("railways", "r.geom_3857"),
    "water": ("water", "r.geom_3857"),
    "wall": ("walls", "r.geom_3857"),
    "built_up_area": ("built_up", "r.geom_3857"),
}


def upgrade():
    op.execute("set role geoservice_owner")
    op.get_bind().connection.cursor().execute(resource("migrations", "sql", "layer_touch.sql").read_text("utf-8"))
    for function in (
        "note_public_change()",
        "count_public_change()",
        "publicly_counted(regclass, text, text, text)",
    ):
        op.execute(f"revoke execute on function geoservice.{function} from public")
    op.execute("grant select on geoservice.layer_touch to geoservice_app, geoservice_reader")
    _count({table: (layer, PUBLIC, place) for table, (layer, place) in LAYERS.items()})
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.execute("drop table geoservice.layer_touch")
    earlier = resource("migrations", "sql", "public_revision.sql").read_text("utf-8")
    functions = earlier[earlier.index("-- Statement trigger") :].replace(
        "create function", "create or replace function"
    )
    without_trigger = "".join(
        part for part in functions.split("\n\n") if not part.startswith("create constraint trigger")
    )
    op.execute("drop function geoservice.publicly_counted(regclass, text, text, text)")
    op.get_bind().connection.cursor().execute(without_trigger)
    op.execute("drop function geoservice.everywhere()")
    op.execute("reset role")


def _count(tables):
    for table, (layer, condition, place) in tables.items():
        op.execute(
            sa.text(
                "select geoservice.publicly_counted(cast(:table as regclass), :layer, :condition, :place)"
            ).bindparams(table=f"geoservice.{table}", layer=layer, condition=condition, place=place)
        )
