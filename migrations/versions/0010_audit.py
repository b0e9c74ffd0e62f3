"""The audit trail: entries by triggers, chained at commit; versions of the records that people edit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from geoservice.resources import resource

revision = "0010"
down_revision = "0009"

SCHEMA = "geoservice"
AUDITED = (
    "unit",
    "unit_version",
    "unit_code",
    "place",
    "place_name",
    "facility",
    "community",
    "community_code",
    "road",
    "water",
    "railway",
    "wall",
    "built_up_area",
    "population_source",
    "service_standard",
    "indicator_entry",
)
VERSIONED = ("facility", "community", "place", "place_name", "unit_version", "road")
FUNCTIONS = (
    "audit_may_read(text, text)",
    "audit_current(text, text)",
    "audit_event(text, text, text, jsonb)",
    "audited(regclass, text[])",
    "versioned(regclass)",
    "raise_version()",
    "audit_row()",
    "audit_truncate()",
    "audit_write(text, text, text, jsonb, jsonb)",
    "audit_key(regclass, jsonb)",
    "audit_columns(regclass, text, text[])",
    "audit_chain()",
    "audit_keep()",
)
# Depends on the type of the table's rows.
CANONICAL = "audit_canonical(geoservice.audit_entry)"


def make_tables():
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True, comment="Place in the chain; given at commit"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False, comment="Account, public, system, shell:<user>"),
        sa.Column("roles", sa.Text(), nullable=False, comment="Joined by commas"),
        sa.Column("database_user", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=True),
        sa.Column("key", sa.Text(), nullable=True, comment="Primary key"),
        sa.Column("before", postgresql.JSONB(), nullable=True),
        sa.Column("after", postgresql.JSONB(), nullable=True, comment="Or the details of an act"),
        sa.Column("reason", sa.Text(), nullable=True, comment="As the user gave it"),
        sa.Column("batch_id", sa.BigInteger(), nullable=True, comment="Of an import"),
        sa.Column("previous", sa.LargeBinary(), nullable=True, comment="Hash of the entry before"),
        sa.Column("hash", sa.LargeBinary(), nullable=True, comment="SHA-256 of previous and the canonical text"),
        sa.CheckConstraint("action ~ '^[a-z][a-z0-9_.-]{0,39}$'", name=op.f("ck_audit_entry_action_form")),
        sa.CheckConstraint(
            "(seq is null) = (hash is null) and (seq is null) = (previous is null)",
            name=op.f("ck_audit_entry_chained_whole"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("seq", name=op.f("uq_audit_entry_seq")),
        schema=SCHEMA,
    )
    for name, columns, where in (
        ("record", ["table_name", "key", "id"], None),
        ("actor", ["actor", "id"], None),
        ("at", ["at"], None),
        ("batch_id", ["batch_id"], "batch_id is not null"),
        ("unchained", ["id"], "seq is null"),
    ):
        op.create_index(
            op.f(f"ix_audit_entry_{name}"),
            "audit_entry",
            columns,
            schema=SCHEMA,
            postgresql_where=None if where is None else sa.text(where),
        )
    op.create_table(
        "audit_head",
        sa.Column("single", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("chain", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("single", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_audit_head")),
        schema=SCHEMA,
    )
    # The first entry follows the name of the chain.
    op.execute(
        "insert into geoservice.audit_head (chain, hash)"
        " select chain, sha256(convert_to(chain::text, 'UTF8')) from gen_random_uuid() as chain"
    )


def upgrade():
    op.execute("set role geoservice_owner")
    make_tables()
    for table in VERSIONED:
        op.add_column(
            table,
            sa.Column(
                "version",
                sa.BigInteger(),
                server_default=sa.text("1"),
                nullable=False,
                comment="Goes up with each change",
            ),
            schema=SCHEMA,
        )
    # Several statements with signs of percent: they go to the driver as they are.
    op.get_bind().connection.cursor().execute(resource("migrations", "sql", "audit.sql").read_text("utf-8"))
    # A trigger function that anybody may use could be put on a table of their own, to write what never happened.
    for function in (*FUNCTIONS, CANONICAL):
        op.execute(f"revoke execute on function geoservice.{function} from public")
    for table in AUDITED:
        op.execute(f"select geoservice.audited('geoservice.{table}')")
    for table in VERSIONED:
        op.execute(f"select geoservice.versioned('geoservice.{table}')")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    for table in VERSIONED:
        op.execute(f"drop trigger version on geoservice.{table}")
        op.drop_column(table, "version", schema=SCHEMA)
    for table in AUDITED:
        op.execute(f"drop trigger audit on geoservice.{table}")
        op.execute(f"drop trigger audit_truncate on geoservice.{table}")
    op.execute("drop policy audit_read on geoservice.audit_entry")
    op.execute("drop trigger chain on geoservice.audit_entry")
    for table, trigger in (("audit_entry", "keep_entry"), ("audit_entry", "keep_all"), ("audit_head", "keep_all")):
        op.execute(f"drop trigger {trigger} on geoservice.{table}")
    for function in (CANONICAL, *FUNCTIONS):
        op.execute(f"drop function geoservice.{function}")
    op.drop_table("audit_head", schema=SCHEMA)
    op.drop_table("audit_entry", schema=SCHEMA)
    op.execute("reset role")
