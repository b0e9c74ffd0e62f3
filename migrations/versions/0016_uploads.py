"""Files are handed in over HTTP; what an import changes is kept as it was, so that it can be undone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from geoservice.resources import resource

revision = "0016"
down_revision = "0015"

SYSTEM = "(select geoservice.may('system'))"
MANAGES = "(select geoservice.may('manages'))"
COMPUTES = "(select geoservice.may('computes'))"
EDITS = "(select geoservice.somewhere('edits'))"
OWN = "(select geoservice.acting_as(owner))"
SUBMITTER = "(select geoservice.acting_as(submitter))"
IMPORTS = "kind in ('imports:check', 'imports:load')"
# Every table that an import of a layer writes to, but those of people, whose sources are taken out by name.
KEPT = (
    "unit", "unit_version", "unit_code", "place", "place_name", "facility", "community", "community_code", "road",
    "turn_restriction", "railway", "water", "wall", "built_up_area",
)  # fmt: skip


def make_upload():
    op.create_table(
        "upload",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="Name of the account"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("files", postgresql.JSONB(), nullable=False, comment="Name, size, and whether it is there whole"),
        sa.Column("wishes", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("inspection", postgresql.JSONB(), nullable=True),
        sa.Column("job_id", sa.BigInteger(), nullable=True, comment="The latest"),
        sa.Column("outcome", postgresql.JSONB(), nullable=True, comment="Of the job that is named in it"),
        sa.ForeignKeyConstraint(["job_id"], ["geoservice.job.id"], name=op.f("fk_upload_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        schema="geoservice",
    )
    op.create_index(op.f("ix_upload_owner"), "upload", ["owner"], schema="geoservice")
    op.create_index(op.f("ix_upload_job_id"), "upload", ["job_id"], schema="geoservice")
    op.execute("alter table geoservice.upload enable row level security")
    seen = f"{SYSTEM} or {MANAGES} or {OWN}"
    for action, clause in {
        "select": f"using ({seen})",
        "insert": f"with check ({EDITS} and {OWN})",
        "update": f"using ({seen}) with check ({seen})",
        "delete": f"using ({seen})",
    }.items():
        op.execute(f"create policy {action}_upload on geoservice.upload for {action} to geoservice_app {clause}")
    op.execute("create policy reader_upload on geoservice.upload for select to geoservice_reader using (true)")
    op.execute("grant select on geoservice.upload to geoservice_reader")
    op.execute("grant select, insert, update, delete on geoservice.upload to geoservice_app")
    op.execute("grant usage, select on sequence geoservice.upload_id_seq to geoservice_app")


def make_before():
    """One index and no reference: each more would slow a large import down, and undoing one may take its time."""
    op.create_table(
        "batch_before",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("was_batch", sa.BigInteger(), nullable=True, comment="The import that the row was of"),
        sa.Column("before", postgresql.JSONB(), nullable=True, comment="Null where the import brought it"),
        sa.PrimaryKeyConstraint("batch_id", "table_name", "key", name=op.f("pk_batch_before")),
        schema="geoservice",
    )
    op.execute("alter table geoservice.batch_before enable row level security")
    op.execute(
        "create policy reader_batch_before on geoservice.batch_before for select to geoservice_reader using (true)"
    )
    op.execute("grant select on geoservice.batch_before to geoservice_reader")
    for name, kind, comment in (
        ("kept", sa.Boolean(), "Whether what it changed was kept, so that it can be undone"),
        ("undone_at", sa.DateTime(timezone=True), None),
        ("undone_by", sa.Text(), None),
    ):
        default = sa.text("false") if name == "kept" else None
        op.add_column(
            "import_batch",
            sa.Column(name, kind, server_default=default, nullable=default is None, comment=comment),
            schema="geoservice",
        )


def upgrade():
    op.execute("set role geoservice_owner")
    make_upload()
    make_before()
    connection = op.get_bind()
    connection.connection.cursor().execute(resource("migrations", "sql", "batch_before.sql").read_text("utf-8"))
    for table in KEPT:
        op.execute(f"select geoservice.kept_before('geoservice.{table}')")
    op.execute("drop policy insert_job on geoservice.job")
    op.execute(
        "create policy insert_job on geoservice.job for insert to geoservice_app"
        f" with check (({COMPUTES} or ({IMPORTS} and {EDITS})) and {SUBMITTER})"
    )
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.execute("drop policy insert_job on geoservice.job")
    op.execute(
        "create policy insert_job on geoservice.job for insert to geoservice_app"
        f" with check ({COMPUTES} and {SUBMITTER})"
    )
    op.execute("drop function geoservice.kept_before(regclass)")
    op.execute("drop function geoservice.keep_before() cascade")
    for name in ("undone_by", "undone_at", "kept"):
        op.drop_column("import_batch", name, schema="geoservice")
    op.drop_table("batch_before", schema="geoservice")
    op.drop_table("upload", schema="geoservice")
    op.execute("reset role")
