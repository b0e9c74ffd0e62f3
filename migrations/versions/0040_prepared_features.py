"""Features of large layers written beforehand for the public; each is taken back by the change of what it was made of."""

import sqlalchemy as sa
from alembic import op

from geoservice.resources import resource

revision = "0040"
down_revision = "0039"

# Table, layer, where its features are kept, and the column that names one.
MADE_OF = (
    ("place", "places", "prepared_place", "id"),
    ("place_name", "places", "prepared_place", "place_id"),
)
SYSTEM = "(select geoservice.may('system'))"
WRITTEN = f"{SYSTEM} and geoservice.place_is_public(id)"
# What is read was public when it was written; the program asks again of the record itself.
POLICIES = {
    "prepared_place": {
        "select": "using (true)",
        "insert": f"with check ({WRITTEN})",
        "update": f"using ({SYSTEM}) with check ({WRITTEN})",
        "delete": f"using ({SYSTEM})",
    },
    "prepared_due": {
        "select": f"using ({SYSTEM})",
        "insert": f"with check ({SYSTEM})",
        "delete": f"using ({SYSTEM})",
    },
    "prepared_layer": {"select": f"using ({SYSTEM})", "update": f"using ({SYSTEM}) with check ({SYSTEM})"},
}


def upgrade():
    op.execute("set role geoservice_owner")
    # Signs of percent go to the driver as they are.
    op.get_bind().connection.cursor().execute(resource("migrations", "sql", "prepared.sql").read_text("utf-8"))
    for table, actions in POLICIES.items():
        op.execute(f"alter table geoservice.{table} enable row level security")
        for action, clause in actions.items():
            op.execute(f"create policy {action}_{table} on geoservice.{table} for {action} to geoservice_app {clause}")
        op.execute(f"create policy reader_{table} on geoservice.{table} for select to geoservice_reader using (true)")
        op.execute(f"grant select on geoservice.{table} to geoservice_reader")
        op.execute(f"grant {', '.join(actions)} on geoservice.{table} to geoservice_app")
    op.execute("grant usage, select on sequence geoservice.prepared_due_number_seq to geoservice_app")
    for table, *where in MADE_OF:
        statement = sa.text("select geoservice.prepared(cast(:table as regclass), :layer, :features, :column)")
        given = dict(zip(("layer", "features", "column"), where, strict=True))
        op.execute(statement.bindparams(table=f"geoservice.{table}", **given))
    op.execute(
        "insert into geoservice.prepared_due (layer, id) select 'places', id from geoservice.place"
        " where published and classification = 'public' order by id"
    )
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    for table, *_ in MADE_OF:
        for action in ("insert", "update", "delete", "truncate"):
            op.execute(f"drop trigger unprepare_{action} on geoservice.{table}")
    op.execute("drop function geoservice.prepared(regclass, text, text, text)")
    op.execute("drop function geoservice.unprepare()")
    for table in POLICIES:
        op.drop_table(table, schema="geoservice")
    op.execute("reset role")
