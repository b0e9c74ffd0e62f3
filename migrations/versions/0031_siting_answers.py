"""Siting answers: each seen by who asked, a shared one by everybody who may compute, none ever by the public."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0031"
down_revision = "0030"

COMPUTES = "(select geoservice.may('computes'))"
MANAGES = "(select geoservice.may('manages'))"
OWN = "(select geoservice.acting_as(owner))"
# The policies of the answers hold within.
SEEN = "exists (select from geoservice.siting_answer a where a.id = answer_id)"
MINE = (
    "exists (select from geoservice.siting_answer a where a.id = answer_id"
    f" and {COMPUTES} and (select geoservice.acting_as(a.owner)))"
)


def upgrade():
    op.execute("set role geoservice_owner")
    now = {"server_default": sa.text("now()"), "nullable": False}
    op.create_table(
        "siting_answer",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="Name of the account"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False, comment="Id of the service standard"),
        sa.Column("type", sa.Text(), nullable=False, comment="Code of the facility type"),
        sa.Column("on_date", sa.Date(), nullable=False, comment="Day whose facilities and communities count"),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("question", postgresql.JSONB(), nullable=False, comment="As it was asked"),
        sa.Column("shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True, comment="Of its search"),
        sa.Column("answer", postgresql.JSONB(), nullable=True, comment="The best that was found, with its proof"),
        sa.Column("base", postgresql.JSONB(), nullable=True, comment="Revisions of the layers it was asked of"),
        sa.Column("created_at", sa.DateTime(timezone=True), **now),
        sa.Column("changed_at", sa.DateTime(timezone=True), **now),
        sa.Column(
            "version",
            sa.BigInteger(),
            server_default=sa.text("1"),
            nullable=False,
            comment="Goes up with each change",
        ),
        sa.CheckConstraint("name = btrim(name) and name <> ''", name=op.f("ck_siting_answer_name_given")),
        sa.CheckConstraint("(answer is null) = (base is null)", name=op.f("ck_siting_answer_base_with_answer")),
        sa.ForeignKeyConstraint(["job_id"], ["geoservice.job.id"], name=op.f("fk_siting_answer_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_siting_answer")),
        schema="geoservice",
    )
    for column in ("owner", "job_id"):
        op.create_index(op.f(f"ix_siting_answer_{column}"), "siting_answer", [column], schema="geoservice")
    op.create_table(
        "siting_progress",
        sa.Column("answer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("told", postgresql.JSONB(), nullable=False, comment="Value, bound, and how they came"),
        sa.ForeignKeyConstraint(
            ["answer_id"],
            ["geoservice.siting_answer.id"],
            name=op.f("fk_siting_progress_answer_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("answer_id", name=op.f("pk_siting_progress")),
        schema="geoservice",
    )
    policies = {
        # Who manages accounts may clear away what people left behind who are gone.
        "siting_answer": {
            "select": f"using ({MANAGES} or ({COMPUTES} and ({OWN} or shared)))",
            "insert": f"with check ({COMPUTES} and {OWN})",
            "update": f"using ({COMPUTES} and {OWN}) with check ({COMPUTES} and {OWN})",
            "delete": f"using ({MANAGES} or ({COMPUTES} and {OWN}))",
        },
        "siting_progress": {
            "select": f"using ({SEEN})",
            "insert": f"with check ({MINE})",
            "update": f"using ({MINE}) with check ({MINE})",
            "delete": f"using ({MINE})",
        },
    }
    for table, actions in policies.items():
        op.execute(f"alter table geoservice.{table} enable row level security")
        for action, clause in actions.items():
            op.execute(f"create policy {action}_{table} on geoservice.{table} for {action} to geoservice_app {clause}")
        op.execute(f"create policy reader_{table} on geoservice.{table} for select to geoservice_reader using (true)")
        op.execute(f"grant select on geoservice.{table} to geoservice_reader")
        op.execute(f"grant select, insert, update, delete on geoservice.{table} to geoservice_app")
    op.execute("grant usage, select on sequence geoservice.siting_answer_id_seq to geoservice_app")
    op.execute("select geoservice.versioned('geoservice.siting_answer')")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.drop_table("siting_progress", schema="geoservice")
    op.drop_table("siting_answer", schema="geoservice")
    op.execute("reset role")
