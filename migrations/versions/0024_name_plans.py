"""Plans of proposed names are handed in over HTTP; each is its owner's, and so are its rows."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"

SYSTEM = "(select geoservice.may('system'))"
MANAGES = "(select geoservice.may('manages'))"
COMPUTES = "(select geoservice.may('computes'))"
EDITS = "(select geoservice.somewhere('edits'))"
READS = "(select geoservice.somewhere('reads'))"
OWN = "(select geoservice.acting_as(owner))"
SUBMITTER = "(select geoservice.acting_as(submitter))"
IMPORTS = "kind in ('imports:check', 'imports:load')"
PLANS = "kind = 'names:plan'"


def number(name, *, nullable=False, **more):
    return sa.Column(name, sa.BigInteger(), nullable=nullable, **more)


def words(name, *, nullable=False, **more):
    return sa.Column(name, sa.Text(), nullable=nullable, **more)


def document(name, *, nullable=False, **more):
    return sa.Column(name, postgresql.JSONB(), nullable=nullable, **more)


def refers(table, column, to, **more):
    return sa.ForeignKeyConstraint([column], [f"geoservice.{to}.id"], name=op.f(f"fk_{table}_{column}"), **more)


def make_plan():
    op.create_table(
        "name_plan",
        number("id", autoincrement=True),
        words("owner", comment="Name of the account"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        words("file"),
        number("size", comment="Of the file, in bytes"),
        words("kind", comment="Street, estate ...: of all its names"),
        document("wishes", comment="How the file was read"),
        document("reading", comment="What the reader found: headers, columns, notices"),
        number("rows"),
        number("job_id", nullable=True, comment="The latest"),
        document("counts", nullable=True, comment="Rows by mark; null until checked"),
        sa.Column("checked_on", sa.Date(), nullable=True),
        refers("name_plan", "job_id", "job"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_name_plan")),
        schema="geoservice",
    )
    op.create_index(op.f("ix_name_plan_owner"), "name_plan", ["owner"], schema="geoservice")
    op.create_index(op.f("ix_name_plan_job_id"), "name_plan", ["job_id"], schema="geoservice")


def make_rows():
    op.create_table(
        "name_plan_row",
        number("plan_id"),
        number("row", autoincrement=False, comment="As the source counts"),
        words("name", comment="Empty where there is none"),
        words("reading", nullable=True, comment="As stated"),
        sa.Column("geom", Geometry("GEOMETRY", 4490, spatial_index=False), nullable=True),
        sa.Column("width_m", sa.Float(), nullable=True),
        sa.Column("length_m", sa.Float(), nullable=True),
        document("cells", comment="As they stand in the source"),
        document("notes", comment="What the reader noticed"),
        document("faults", comment="Why it is not to be read"),
        words("mark", nullable=True, comment="The gravest verdict, missing or unread; null until checked"),
        words("spelling", nullable=True),
        sa.Column(
            "unconfirmed",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Characters of whose readings nobody confirmed one",
        ),
        document("checked", nullable=True, comment="As of the names of cases"),
        document("inside", server_default=sa.text("'[]'"), comment="Rows of the plan that it clashes with"),
        sa.Column(
            "inside_cut",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Whether there are more of them",
        ),
        number("case_id", nullable=True, comment="That was made of it"),
        refers("name_plan_row", "plan_id", "name_plan", ondelete="CASCADE"),
        refers("name_plan_row", "case_id", "naming_case", ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("plan_id", "row", name=op.f("pk_name_plan_row")),
        schema="geoservice",
    )
    op.create_index(op.f("ix_name_plan_row_case_id"), "name_plan_row", ["case_id"], schema="geoservice")


def make_policies():
    # Whoever may have a name checked may have a plan checked; what is found there is what they may see.
    seen = f"{SYSTEM} or {MANAGES} or {OWN}"
    of_plan = "exists (select from geoservice.name_plan p where p.id = plan_id)"
    for table, using, made in (
        ("name_plan", seen, f"{READS} and {OWN}"),
        ("name_plan_row", of_plan, of_plan),
    ):
        op.execute(f"alter table geoservice.{table} enable row level security")
        for action, clause in {
            "select": f"using ({using})",
            "insert": f"with check ({made})",
            "update": f"using ({using}) with check ({using})",
            "delete": f"using ({using})",
        }.items():
            op.execute(f"create policy {action}_{table} on geoservice.{table} for {action} to geoservice_app {clause}")
        op.execute(f"create policy reader_{table} on geoservice.{table} for select to geoservice_reader using (true)")
        op.execute(f"grant select on geoservice.{table} to geoservice_reader")
        op.execute(f"grant select, insert, update, delete on geoservice.{table} to geoservice_app")
    op.execute("grant usage, select on sequence geoservice.name_plan_id_seq to geoservice_app")


def allow_jobs(*others):
    allowed = " or ".join((COMPUTES, f"({IMPORTS} and {EDITS})", *others))
    op.execute("drop policy insert_job on geoservice.job")
    op.execute(
        f"create policy insert_job on geoservice.job for insert to geoservice_app with check (({allowed}) and {SUBMITTER})"
    )


def upgrade():
    op.execute("set role geoservice_owner")
    make_plan()
    make_rows()
    make_policies()
    allow_jobs(f"({PLANS} and {READS})")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    allow_jobs()
    op.drop_table("name_plan_row", schema="geoservice")
    op.drop_table("name_plan", schema="geoservice")
    op.execute("reset role")
