"""Accounts, their roles and passwords, sessions and tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

TABLES = ("account", "credential", "account_role", "session", "api_token")
NUMBERED = ("account", "account_role", "api_token")


def moment(name, *, now=False, needed=False):
    default = {"server_default": sa.text("now()")} if now else {}
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not (now or needed), **default)


def number(name, *, nullable=False, **more):
    return sa.Column(name, sa.BigInteger(), nullable=nullable, **more)


def words(name, **more):
    return sa.Column(name, sa.Text(), nullable=False, **more)


def flag(name, default, **more):
    return sa.Column(name, sa.Boolean(), server_default=sa.text(default), nullable=False, **more)


def of_account(table):
    name = op.f(f"fk_{table}_account_id")
    return sa.ForeignKeyConstraint(["account_id"], ["geoservice.account.id"], name=name, ondelete="CASCADE")


def make_tables():
    op.create_table(
        "account",
        number("id"),
        words("name"),
        words("title", server_default="", comment="Name of the person"),
        flag("active", "true"),
        moment("created_at", now=True),
        moment("signed_in_at"),
        number("version", server_default=sa.text("1")),
        sa.CheckConstraint(
            "name = lower(btrim(name)) and name ~ '^[^[:space:][:cntrl:],:/]{2,40}$'", name=op.f("ck_account_name_form")
        ),
        sa.CheckConstraint("name not in ('public', 'system')", name=op.f("ck_account_name_free")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
        schema="geoservice",
    )
    op.create_table(
        "credential",
        number("account_id", autoincrement=False),
        words("password_hash", comment="argon2id"),
        flag("must_change", "false", comment="It is to be used once"),
        number("failures", server_default=sa.text("0"), comment="Wrong ones since the last right one"),
        moment("locked_until"),
        of_account("credential"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_credential")),
        schema="geoservice",
    )
    op.create_table(
        "account_role",
        number("id"),
        number("account_id"),
        words("role"),
        number("unit_id", nullable=True),
        sa.CheckConstraint(
            "role in ('viewer', 'clerk', 'reviewer', 'approver', 'planner', 'administrator')",
            name=op.f("ck_account_role_role_known"),
        ),
        sa.CheckConstraint(
            "role <> 'administrator' or unit_id is null", name=op.f("ck_account_role_administrator_everywhere")
        ),
        of_account("account_role"),
        sa.ForeignKeyConstraint(["unit_id"], ["geoservice.unit.id"], name=op.f("fk_account_role_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_role")),
        sa.UniqueConstraint(
            "account_id",
            "role",
            "unit_id",
            name=op.f("uq_account_role_account_id_role_unit_id"),
            postgresql_nulls_not_distinct=True,
        ),
        schema="geoservice",
    )
    op.create_table(
        "session",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        number("account_id"),
        words("form_key", comment="Sent back by our own pages with each change"),
        moment("began_at", now=True),
        moment("seen_at", now=True),
        moment("ends_at", needed=True),
        of_account("session"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_session")),
        schema="geoservice",
    )
    op.create_table(
        "api_token",
        number("id"),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        number("account_id"),
        words("title", comment="What it is for"),
        words("scope"),
        moment("created_at", now=True),
        moment("ends_at", needed=True),
        moment("revoked_at"),
        moment("used_at"),
        sa.CheckConstraint("scope in ('read', 'write')", name=op.f("ck_api_token_scope_known")),
        sa.CheckConstraint("title = btrim(title) and title <> ''", name=op.f("ck_api_token_title_given")),
        of_account("api_token"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("key", name=op.f("uq_api_token_key")),
        schema="geoservice",
    )
    for table in ("session", "api_token"):
        op.create_index(op.f(f"ix_{table}_account_id"), table, ["account_id"], schema="geoservice")


def upgrade():
    op.execute("set role geoservice_owner")
    make_tables()
    for table in TABLES:
        op.execute(f"grant select, insert, update on geoservice.{table} to geoservice_app")
    op.execute("grant delete on geoservice.session, geoservice.account_role to geoservice_app")
    for table in NUMBERED:
        op.execute(f"grant usage, select on sequence geoservice.{table}_id_seq to geoservice_app")
    for table, secret in (("account", ""), ("account_role", ""), ("credential", "password_hash"), ("api_token", "key")):
        op.execute(f"select geoservice.audited('geoservice.{table}', '{{{secret}}}')")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    for table in reversed(TABLES):
        op.drop_table(table, schema="geoservice")
    op.execute("reset role")
