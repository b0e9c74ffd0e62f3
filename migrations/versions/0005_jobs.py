"""Background jobs: the queue of procrastinate in a schema of its own, and what is told of each job."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from geoservice.resources import resource

revision = "0005"
down_revision = "0004"

# Its functions name its tables without their schema.
OWN_PATH = """
do $$ declare one regprocedure; begin
  for one in select oid::regprocedure from pg_proc where pronamespace = 'procrastinate'::regnamespace loop
    execute format('alter function %s set search_path = procrastinate, pg_catalog', one);
  end loop;
end $$
"""


def make_queue():
    connection = op.get_bind()
    op.execute("create schema procrastinate")
    if connection.execute(sa.text("select current_user")).scalar() != "geoservice_owner":
        op.execute("alter schema procrastinate owner to geoservice_owner")
    op.execute("set role geoservice_owner")
    op.execute("set local search_path = procrastinate, public")
    # Several statements with signs of percent: they go to the driver as they are.
    connection.connection.cursor().execute(resource("migrations", "sql", "procrastinate-3.10.0.sql").read_text("utf-8"))
    op.execute("set local search_path = geoservice, public")
    op.execute(OWN_PATH)
    op.execute("grant usage on schema procrastinate to geoservice_app")
    op.execute("grant select, insert, update, delete on all tables in schema procrastinate to geoservice_app")
    op.execute("grant usage, select on all sequences in schema procrastinate to geoservice_app")


def make_tables():
    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("request", postgresql.JSONB(), nullable=False),
        sa.Column("submitter", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("queue_id", sa.BigInteger(), nullable=True, comment="Of the latest try, in procrastinate_jobs"),
        sa.Column("tries", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("cancel_requested", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("step", sa.Text(), nullable=True, comment="Key of a text"),
        sa.Column("done", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", postgresql.JSONB(), nullable=True, comment="Code and values of the error"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'lost')",
            name=op.f("ck_job_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        schema="geoservice",
    )
    op.create_table(
        "job_run",
        sa.Column("job_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["geoservice.coverage_run.id"], name=op.f("fk_job_run_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job_run")),
        schema="geoservice",
    )
    op.create_index(op.f("ix_job_run_run_id"), "job_run", ["run_id"], schema="geoservice")
    op.execute("grant select on geoservice.job, geoservice.job_run to geoservice_reader")
    op.execute("grant select, insert, update on geoservice.job to geoservice_app")
    op.execute("grant select, insert on geoservice.job_run to geoservice_app")
    op.execute("grant usage, select on sequence geoservice.job_id_seq to geoservice_app")


def upgrade():
    make_queue()
    make_tables()
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.drop_table("job_run", schema="geoservice")
    op.drop_table("job", schema="geoservice")
    op.execute("drop schema procrastinate cascade")
    op.execute("reset role")
