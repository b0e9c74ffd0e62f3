"""What-if scenarios: each seen by who made it, a shared one by everybody who may compute, none ever by the public."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0029"

COMPUTES = "(select geoservice.may('computes'))"
MANAGES = "(select geoservice.may('manages'))"
OWN = "(select geoservice.acting_as(owner))"


def upgrade():
    op.execute("set role geoservice_owner")
    now = {"server_default": sa.text("now()"), "nullable": False}
    op.create_table(
        "scenario",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="Name of the account"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False, comment="Id of the service standard"),
        sa.Column("type", sa.Text(), nullable=False, comment="Code of the facility type"),
        sa.Column("on_date", sa.Date(), nullable=False, comment="Day whose facilities and communities count"),
        sa.Column("changes", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False, comment="In order"),
        sa.Column("shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("base", postgresql.JSONB(), nullable=False, comment="Revisions of the layers at the last change"),
        sa.Column("created_at", sa.DateTime(timezone=True), **now),
        sa.Column("changed_at", sa.DateTime(timezone=True), **now),
        sa.Column(
            "version",
            sa.BigInteger(),
            server_default=sa.text("1"),
            nullable=False,
            comment="Goes up with each change",
        ),
        sa.CheckConstraint("name = btrim(name) and name <> ''", name=op.f("ck_scenario_name_given")),
        sa.CheckConstraint("jsonb_typeof(changes) = 'array'", name=op.f("ck_scenario_changes_listed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenario")),
        schema="geoservice",
    )
    op.create_index(op.f("ix_scenario_owner"), "scenario", ["owner"], schema="geoservice")
    op.execute("alter table geoservice.scenario enable row level security")
    for action, clause in {
        # Who manages accounts may clear away what people left behind who are gone.
        "select": f"using ({MANAGES} or ({COMPUTES} and ({OWN} or shared)))",
        "insert": f"with check ({COMPUTES} and {OWN})",
        "update": f"using ({COMPUTES} and {OWN}) with check ({COMPUTES} and {OWN})",
        "delete": f"using ({MANAGES} or ({COMPUTES} and {OWN}))",
    }.items():
        op.execute(f"create policy {action}_scenario on geoservice.scenario for {action} to geoservice_app {clause}")
    op.execute("create policy reader_scenario on geoservice.scenario for select to geoservice_reader using (true)")
    op.execute("grant select on geoservice.scenario to geoservice_reader")
    op.execute("grant select, insert, update, delete on geoservice.scenario to geoservice_app")
    op.execute("grant usage, select on sequence geoservice.scenario_id_seq to geoservice_app")
    op.execute("select geoservice.versioned('geoservice.scenario')")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.drop_table("scenario", schema="geoservice")
    op.execute("reset role")
