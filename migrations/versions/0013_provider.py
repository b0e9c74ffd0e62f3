"""Accounts tied to an identity at the network's provider, and browsers on their way there and back."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

SYSTEM = "(select geoservice.may('system'))"
MANAGES = "(select geoservice.may('manages'))"
OWN = "exists (select from geoservice.account a where a.id = account_id)"
MANAGED = f"{SYSTEM} or {MANAGES}"
# Table: what its rows are seen by, written by, and whether they change.
POLICIES = {"account_link": (OWN, MANAGED, True), "sign_in_attempt": (SYSTEM, SYSTEM, False)}


def words(name, *, nullable=False, **more):
    return sa.Column(name, sa.Text(), nullable=nullable, **more)


def moment(name, *, nullable=False, **more):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, **more)


def make_tables():
    op.create_table(
        "account_link",
        sa.Column("account_id", sa.BigInteger(), autoincrement=False, nullable=False),
        words("issuer"),
        words("subject", nullable=True, comment="Null until the first sign-in through the provider"),
        moment("marked_at", server_default=sa.text("now()")),
        moment("linked_at", nullable=True),
        sa.CheckConstraint("subject <> ''", name=op.f("ck_account_link_subject_given")),
        sa.CheckConstraint("(subject is null) = (linked_at is null)", name=op.f("ck_account_link_linked_with_subject")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["geoservice.account.id"], name=op.f("fk_account_link_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_link")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_account_link_issuer_subject")),
        schema="geoservice",
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        words("nonce"),
        words("verifier", comment="Of PKCE"),
        words("redirect_uri"),
        words("goes_on", comment="Path of ours to go to afterwards"),
        moment("ends_at"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sign_in_attempt")),
        schema="geoservice",
    )


def protect(table, seen, written, changes):
    name = f"geoservice.{table}"
    op.execute(f"alter table {name} enable row level security")
    op.execute(f"create policy reader_{table} on {name} for select to geoservice_reader using (true)")
    op.execute(f"create policy select_{table} on {name} for select to geoservice_app using ({seen})")
    op.execute(f"create policy insert_{table} on {name} for insert to geoservice_app with check ({written})")
    op.execute(f"create policy delete_{table} on {name} for delete to geoservice_app using ({written})")
    op.execute(f"grant select, insert, delete on {name} to geoservice_app")
    if changes:
        op.execute(
            f"create policy update_{table} on {name} for update to geoservice_app"
            f" using ({written}) with check ({written})"
        )
        op.execute(f"grant update on {name} to geoservice_app")


def upgrade():
    op.execute("set role geoservice_owner")
    make_tables()
    for table, (seen, written, changes) in POLICIES.items():
        protect(table, seen, written, changes)
    op.execute("select geoservice.audited('geoservice.account_link')")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    for table in reversed(POLICIES):
        op.drop_table(table, schema="geoservice")
    op.execute("reset role")
