"""Controlled land and objects: what siting rules look at."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0032"
down_revision = "0031"

TABLE = "geoservice.control"
TYPES = "('POINT', 'MULTIPOINT', 'LINESTRING', 'MULTILINESTRING', 'MULTIPOLYGON')"
PUBLIC = "published and classification = 'public'"
HANDLED = "classification in ('public', 'internal')"
EDITS = f"{HANDLED} and (select geoservice.everywhere('edits'))"
# Nobody's township, as roads and water are: migration 0012.
POLICIES = {
    "select": f"using (({PUBLIC}) or ({HANDLED} and (select geoservice.somewhere('reads'))))",
    "insert": f"with check ({EDITS})",
    "update": f"using ({EDITS}) with check ({EDITS})",
    "delete": f"using ({EDITS})",
}
COUNTED = "r.published and r.classification = 'public'"
BRINGS_BACK = "geoservice.audit_may_bring_back(bigint, text, text, jsonb)"


def upgrade():
    op.execute("set role geoservice_owner")
    op.create_table(
        "control",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("class", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            sa.Computed("ST_Transform(ST_SetSRID(geom, 4326), 3857)", persisted=True),
            nullable=False,
        ),
        sa.Column("classification", sa.Text(), server_default="internal", nullable=False),
        sa.Column("published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "schematic", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="示意数据, 非测绘成果"
        ),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "version",
            sa.BigInteger(),
            server_default=sa.text("1"),
            nullable=False,
            comment="Goes up with each change",
        ),
        sa.CheckConstraint(
            f"GeometryType(geom) in {TYPES}",
            name=op.f("ck_control_geom_type"),
        ),
        sa.CheckConstraint(
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
            name=op.f("ck_control_classification_known"),
        ),
        sa.CheckConstraint("not published or classification = 'public'", name=op.f("ck_control_published_is_public")),
        sa.CheckConstraint("ST_IsValid(geom)", name=op.f("ck_control_geom_valid")),
        sa.CheckConstraint(
            "ST_XMin(geom) >= -180 and ST_XMax(geom) <= 180 and ST_YMin(geom) >= -85.06 and ST_YMax(geom) <= 85.06",
            name=op.f("ck_control_geom_on_earth"),
        ),
        sa.CheckConstraint("not ST_IsEmpty(geom)", name=op.f("ck_control_geom_not_empty")),
        sa.ForeignKeyConstraint(["batch_id"], ["geoservice.import_batch.id"], name=op.f("fk_control_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_control")),
        sa.UniqueConstraint("key", name=op.f("uq_control_key")),
        schema="geoservice",
    )
    op.create_index(op.f("ix_control_batch_id"), "control", ["batch_id"], unique=False, schema="geoservice")
    op.create_index("ix_control_geom", "control", ["geom"], unique=False, schema="geoservice", postgresql_using="gist")
    op.create_index(
        "ix_control_geom_3857", "control", ["geom_3857"], unique=False, schema="geoservice", postgresql_using="gist"
    )
    op.execute("grant select on geoservice.control to geoservice_reader")
    op.execute("grant select, insert, update, delete on geoservice.control to geoservice_app")
    op.execute("grant usage, select on sequence geoservice.control_id_seq to geoservice_app")
    op.execute(f"alter table {TABLE} enable row level security")
    op.execute(f"create policy reader_control on {TABLE} for select to geoservice_reader using (true)")
    for action, clause in POLICIES.items():
        op.execute(f"create policy {action}_control on {TABLE} for {action} to geoservice_app {clause}")
    op.execute(
        f"create trigger guard_publication before insert or update of published, classification on {TABLE}"
        " for each row execute function geoservice.guard_publication()"
    )
    for function in ("audited", "versioned", "kept_before"):
        op.execute(f"select geoservice.{function}('{TABLE}')")
    op.get_bind().execute(
        sa.text("select geoservice.publicly_counted(cast(:t as regclass), 'controls', :condition, 'r.geom_3857')"),
        {"t": TABLE, "condition": COUNTED},
    )
    _bring_back("'built_up_area')", "'built_up_area', 'control')")
    op.execute("reset role")


def _bring_back(earlier, later):
    connection = op.get_bind()
    whole = connection.scalar(sa.text(f"select pg_get_functiondef('{BRINGS_BACK}'::regprocedure)"))
    connection.connection.cursor().execute(whole.replace(earlier, later))


def downgrade():
    op.execute("set role geoservice_owner")
    _bring_back("'built_up_area', 'control')", "'built_up_area')")
    op.drop_table("control", schema="geoservice")
    op.execute("reset role")
