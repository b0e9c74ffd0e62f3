"""Revisions of what the public sees: a change of what is not published shows in no ETag and makes no public run stale."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from geoservice.resources import resource

revision = "0014"
down_revision = "0013"

PUBLIC = "r.published and r.classification = 'public'"
LAYERS = {
    "unit_version": "units",
    "community": "communities",
    "place": "places",
    "place_name": "places",
    "facility": "facilities",
    "road": "roads",
    "turn_restriction": "roads",
    "road_height": "roads",
    "railway": "railways",
    "water": "water",
    "wall": "walls",
    "built_up_area": "built_up",
    "population_source": "population",
    "population_cell": "population",
}
# Parts of records, as public as these.
PARTS = {
    "unit_code": ("units", "exists (select from unit_version v where v.unit_id = r.unit_id and v.published)"),
    "community_code": ("communities", "exists (select from community c where c.id = r.community_id and c.published)"),
    "community_estimate": (
        "population",
        "exists (select from population_source s where s.id = r.source_id and s.published)",
    ),
}
TRIGGERS = ("public_insert", "public_update", "public_delete", "public_truncate")


def upgrade():
    op.execute("set role geoservice_owner")
    op.add_column(
        "layer_revision",
        sa.Column("public_revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        schema="geoservice",
    )
    op.add_column(
        "layer_revision",
        sa.Column("public_changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        schema="geoservice",
    )
    op.execute("update geoservice.layer_revision set public_revision = revision, public_changed_at = changed_at")
    op.add_column(
        "coverage_run",
        sa.Column(
            "public_revisions",
            JSONB(),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Layer to the revision of what the public sees of it",
        ),
        schema="geoservice",
    )
    # Both counters start from the same numbers.
    op.execute("update geoservice.coverage_run set public_revisions = input_revisions")
    op.get_bind().connection.cursor().execute(resource("migrations", "sql", "public_revision.sql").read_text("utf-8"))
    for function in ("note_public_change()", "count_public_change()", "publicly_counted(regclass, text, text)"):
        op.execute(f"revoke execute on function geoservice.{function} from public")
    counted = {table: (layer, PUBLIC) for table, layer in LAYERS.items()} | PARTS
    for table, (layer, condition) in counted.items():
        op.execute(
            sa.text("select geoservice.publicly_counted(cast(:table as regclass), :layer, :condition)").bindparams(
                table=f"geoservice.{table}", layer=layer, condition=condition
            )
        )
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    for table in (*LAYERS, *PARTS):
        for trigger in TRIGGERS:
            op.execute(f"drop trigger {trigger} on geoservice.{table}")
    op.execute("drop table geoservice.layer_change")
    op.execute("drop function geoservice.publicly_counted(regclass, text, text)")
    op.execute("drop function geoservice.count_public_change()")
    op.execute("drop function geoservice.note_public_change()")
    op.drop_column("coverage_run", "public_revisions", schema="geoservice")
    op.drop_column("layer_revision", "public_changed_at", schema="geoservice")
    op.drop_column("layer_revision", "public_revision", schema="geoservice")
    op.execute("reset role")
