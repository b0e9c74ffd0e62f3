"""Records are edited one by one: every one has a version, and who may change one may take it out again."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

VERSIONED = ("railway", "water", "wall", "built_up_area", "unit_code", "community_code")
HANDLED = "classification in ('public', 'internal')"
# As for a change: migration 0012.
BY_UNIT = ("facility", "community", "place", "unit_version")
GROUND = ("road", "railway", "water", "wall", "built_up_area")
EDITS = "(select geoservice.everywhere('edits'))"
IN_UNITS = f"({EDITS} or unit_id = any((select geoservice.units_with('edits'))::bigint[]))"
WITHIN = f"({EDITS} or geoservice.place_within(place_id, (select geoservice.units_with('edits'))))"
# A code belongs where its community does.
OWN_COMMUNITY = (
    f"{EDITS} or exists (select from geoservice.community m where m.id = community_id"
    " and m.unit_id = any((select geoservice.units_with('edits'))::bigint[]))"
)
CODES = ("insert", "update", "delete")


def policy(table, action, using=None, check=None):
    clauses = (f" using ({using})" if using else "") + (f" with check ({check})" if check else "")
    op.execute(f"create policy {action}_{table} on geoservice.{table} for {action} to geoservice_app{clauses}")


def upgrade():
    op.execute("set role geoservice_owner")
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
            schema="geoservice",
        )
        op.execute(f"select geoservice.versioned('geoservice.{table}')")
    for table in BY_UNIT:
        policy(table, "delete", f"{HANDLED} and {IN_UNITS}")
    policy("place_name", "delete", f"{HANDLED} and {WITHIN}")
    for table in GROUND:
        policy(table, "delete", f"{HANDLED} and {EDITS}")
    for table in ("unit", "unit_code"):
        policy(table, "delete", EDITS)
    for action in ("insert", "update"):
        op.execute(f"drop policy {action}_community_code on geoservice.community_code")
    policy("community_code", "insert", check=OWN_COMMUNITY)
    policy("community_code", "update", OWN_COMMUNITY, OWN_COMMUNITY)
    policy("community_code", "delete", OWN_COMMUNITY)
    op.execute(f"grant delete on {_listed()} to geoservice_app")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.execute(f"revoke delete on {_listed()} from geoservice_app")
    for action in CODES:
        op.execute(f"drop policy {action}_community_code on geoservice.community_code")
    policy("community_code", "insert", check=EDITS)
    policy("community_code", "update", EDITS, EDITS)
    for table in (*BY_UNIT, "place_name", *GROUND, "unit", "unit_code"):
        op.execute(f"drop policy delete_{table} on geoservice.{table}")
    for table in VERSIONED:
        op.execute(f"drop trigger version on geoservice.{table}")
        op.drop_column(table, "version", schema="geoservice")
    op.execute("reset role")


def _listed():
    tables = (*BY_UNIT, "place_name", *GROUND, "unit", "unit_code", "community_code")
    return ", ".join(f"geoservice.{table}" for table in tables)
