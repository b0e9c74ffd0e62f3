"""Row-level security: what the application's role sees and writes, decided by who acts in the transaction.

Who acts is told by geoservice.database.actor. The owner's role is not bound by policies, the reader's sees all: both are
for the shell, whose user owns the machine.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

# Each function is asked in a subquery of its own, so that a statement asks it once and not once a row.
FUNCTIONS = """
create function geoservice.everywhere(a_right text) returns boolean language sql stable parallel safe as
$$ select coalesce(current_setting('geoservice.' || a_right, true), '') = 'all' $$;

create function geoservice.units_with(a_right text) returns bigint[] language sql stable parallel safe as
$$ select case when current_setting('geoservice.' || a_right, true) like '{%'
               then current_setting('geoservice.' || a_right, true)::bigint[] else '{}'::bigint[] end $$;

create function geoservice.somewhere(a_right text) returns boolean language sql stable parallel safe as
$$ select coalesce(current_setting('geoservice.' || a_right, true), '') <> '' $$;

create function geoservice.may(a_right text) returns boolean language sql stable parallel safe as
$$ select coalesce(current_setting('geoservice.' || a_right, true), '') = 'on' $$;

create function geoservice.acting_as(a_name text) returns boolean language sql stable parallel safe as
$$ select a_name = nullif(current_setting('geoservice.actor', true), '') $$;
"""

PUBLIC = "published and classification = 'public'"
HANDLED = "classification in ('public', 'internal')"
SYSTEM = "(select geoservice.may('system'))"
MANAGES = "(select geoservice.may('manages'))"
COMPUTES = "(select geoservice.may('computes'))"


def everywhere(right):
    return f"(select geoservice.everywhere('{right}'))"


def somewhere(right):
    return f"(select geoservice.somewhere('{right}'))"


def in_units(right, unit):
    return f"({everywhere(right)} or {unit} = any((select geoservice.units_with('{right}'))::bigint[]))"


# The unit that a record belongs to; a name belongs where its place does.
BY_UNIT = {
    "facility": "unit_id",
    "community": "unit_id",
    "place": "unit_id",
    "unit_version": "unit_id",
}
# The ground is nobody's township: whoever sees something unpublished sees it.
GROUND = ("road", "railway", "water", "wall", "built_up_area", "turn_restriction", "road_height")
# These tell of the whole county.
WHOLE = ("population_source", "population_cell", "indicator_entry", "coverage_run", "coverage_circle")
CHILDREN = {
    "unit_code": "exists (select from geoservice.unit_version v where v.unit_id = unit_code.unit_id)",
    "unit": "exists (select from geoservice.unit_version v where v.unit_id = unit.id)",
    "community_code": "exists (select from geoservice.community m where m.id = community_id)",
    "community_estimate": "source_id in (select id from geoservice.population_source)",
    "coverage_reach": "run_id in (select id from geoservice.coverage_run)",
    "coverage_unit": "run_id in (select id from geoservice.coverage_run)",
    "coverage_facility": "run_id in (select id from geoservice.coverage_run)",
    "coverage_case": "run_id in (select id from geoservice.coverage_run)",
    "job_run": "exists (select from geoservice.job j where j.id = job_id)",
}
RUNS = ("coverage_run", "coverage_circle", "coverage_reach", "coverage_unit", "coverage_facility", "coverage_case")
OWN = "exists (select from geoservice.account a where a.id = account_id)"
ACCOUNTS = {
    "account": f"{SYSTEM} or {MANAGES} or (select geoservice.acting_as(name))",
    "account_role": OWN,
    "api_token": OWN,
}
RECORDS = (*BY_UNIT, "place_name", *GROUND)
PROTECTED = (
    *RECORDS, *WHOLE, *CHILDREN, *ACCOUNTS, "credential", "session", "job", "import_batch", "audit_head",
)  # fmt: skip


def policy(table, action, using=None, check=None):
    clauses = (f" using ({using})" if using else "") + (f" with check ({check})" if check else "")
    op.execute(f"create policy {action}_{table} on geoservice.{table} for {action} to geoservice_app{clauses}")


def readers():
    for table, unit in BY_UNIT.items():
        policy(table, "select", f"({PUBLIC}) or ({HANDLED} and {in_units('reads', unit)})")
    policy(
        "place_name",
        "select",
        f"({PUBLIC}) or ({HANDLED} and ({everywhere('reads')}"
        " or geoservice.place_within(place_id, (select geoservice.units_with('reads')))))",
    )
    for table in GROUND:
        policy(table, "select", f"({PUBLIC}) or ({HANDLED} and {somewhere('reads')})")
    for table in WHOLE:
        policy(table, "select", f"({PUBLIC}) or ({HANDLED} and {everywhere('reads')})")
    for table, condition in {**CHILDREN, **ACCOUNTS}.items():
        policy(table, "select", condition)
    for table in ("credential", "session"):
        policy(table, "select", SYSTEM)
    policy("job", "select", f"{SYSTEM} or {everywhere('reads')} or (select geoservice.acting_as(submitter))")
    # How many changes there were is nobody's business who sees none of them.
    policy("audit_head", "select", f"{SYSTEM} or {MANAGES}")
    policy("import_batch", "select", f"published or {somewhere('reads')}")


def writers():
    """Who may write a row may write what it may read: an update needs both."""
    for table, unit in BY_UNIT.items():
        allowed = f"{HANDLED} and {in_units('edits', unit)}"
        policy(table, "insert", check=allowed)
        policy(table, "update", allowed, allowed)
    within = (
        f"{HANDLED} and ({everywhere('edits')}"
        " or geoservice.place_within(place_id, (select geoservice.units_with('edits'))))"
    )
    policy("place_name", "insert", check=within)
    policy("place_name", "update", within, within)
    for table in GROUND:
        policy(table, "insert", check=f"{HANDLED} and {everywhere('edits')}")
        policy(table, "update", f"{HANDLED} and {everywhere('edits')}", f"{HANDLED} and {everywhere('edits')}")
    for table in ("unit", "unit_code", "community_code", "import_batch", "population_source", "population_cell"):
        policy(table, "insert", check=everywhere("edits"))
        policy(table, "update", everywhere("edits"), everywhere("edits"))
    policy("community_estimate", "insert", check=everywhere("edits"))
    policy("indicator_entry", "insert", check=everywhere("edits"))
    for table in RUNS:
        policy(table, "insert", check=COMPUTES)
    policy("job", "insert", check=f"{COMPUTES} and (select geoservice.acting_as(submitter))")
    policy("job", "update", f"{SYSTEM} or {MANAGES} or (select geoservice.acting_as(submitter))")
    policy("job_run", "insert", check=f"{SYSTEM} or {COMPUTES}")
    for table in (*ACCOUNTS, "credential", "session"):
        right = SYSTEM if table in ("credential", "session") else f"{SYSTEM} or {MANAGES}"
        policy(table, "insert", check=right)
        policy(table, "update", right, right)
    policy("session", "delete", SYSTEM)
    policy("account_role", "delete", f"{SYSTEM} or {MANAGES}")


# What is published, and how secret a record is, is not for everyone who may edit it.
GUARD = """
create function geoservice.guard_publication() returns trigger language plpgsql as $$
begin
    if current_user <> 'geoservice_app' or geoservice.everywhere('publishes') then
        return new;
    end if;
    if tg_op = 'INSERT' then
        if not new.published then return new; end if;
    elsif (new.published, new.classification) is not distinct from (old.published, old.classification) then
        return new;
    end if;
    if (to_jsonb(new) ->> 'unit_id')::bigint = any (geoservice.units_with('publishes')) then
        return new;
    end if;
    raise insufficient_privilege using message = 'publication is decided by an approver';
end $$;
"""
# A name is never more public than the place that bears it.
NAMES = """
create function geoservice.place_within(a_place bigint, units bigint[]) returns boolean language sql stable as
$$ select exists (select from geoservice.place p where p.id = a_place and p.unit_id = any (units)) $$;

create function geoservice.place_is_public(a_place bigint) returns boolean
language sql stable security definer set search_path = geoservice, pg_temp as
$$ select exists (select from geoservice.place p
                  where p.id = a_place and p.published and p.classification = 'public') $$;

create function geoservice.ground_is_public() returns boolean
language sql stable security definer set search_path = geoservice, pg_temp as
$$ select not exists (select from geoservice.road where not published)
      and not exists (select from geoservice.turn_restriction where not published)
      and not exists (select from geoservice.road_height where not published) $$;

create function geoservice.hold_back_name() returns trigger language plpgsql as $$
begin
    if new.published and not geoservice.place_is_public(new.place_id) then new.published := false; end if;
    return new;
end $$;

create function geoservice.hold_back_names() returns trigger
language plpgsql security definer set search_path = geoservice, pg_temp as $$
begin
    update geoservice.place_name set published = false where place_id = new.id and published;
    return null;
end $$;
"""


def triggers():
    for table in (*RECORDS, "population_source", "population_cell", "indicator_entry"):
        op.execute(
            f"create trigger guard_publication before insert or update of published, classification"
            f" on geoservice.{table} for each row execute function geoservice.guard_publication()"
        )
    op.execute(
        "create trigger hold_back before insert or update of published on geoservice.place_name"
        " for each row when (new.published) execute function geoservice.hold_back_name()"
    )
    op.execute(
        "create trigger hold_back_names after update of published, classification on geoservice.place"
        " for each row when (old.published and not (new.published and new.classification = 'public'))"
        " execute function geoservice.hold_back_names()"
    )


def name_what_was_published():
    """An import is public as soon as a record that it brought is."""
    op.add_column(
        "import_batch",
        sa.Column(
            "published",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Whether a record of it was",
        ),
        schema="geoservice",
    )
    brought = " union ".join(f"select batch_id from geoservice.{table} where {PUBLIC}" for table in RECORDS)  # noqa: S608
    op.execute(f"update geoservice.import_batch set published = true where id in ({brought})")  # noqa: S608


def upgrade():
    op.execute("set role geoservice_owner")
    name_what_was_published()
    op.execute(FUNCTIONS)
    op.execute(NAMES)
    op.create_index(
        "ix_road_unpublished", "road", ["id"], schema="geoservice", postgresql_where=sa.text("not published")
    )
    op.execute(GUARD)
    for table in PROTECTED:
        op.execute(f"alter table geoservice.{table} enable row level security")
        op.execute(f"create policy reader_{table} on geoservice.{table} for select to geoservice_reader using (true)")
    readers()
    writers()
    triggers()
    # A view has its owner's rights unless it says otherwise.
    op.execute("alter view geoservice.community_people set (security_invoker = true)")
    records = ", ".join(f"geoservice.{table}" for table in (*RECORDS, *WHOLE, *CHILDREN, "import_batch"))
    op.execute(f"revoke delete on {records} from geoservice_app")
    op.execute("grant select on geoservice.account, geoservice.account_role to geoservice_reader")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.execute("alter view geoservice.community_people reset (security_invoker)")
    connection = op.get_bind()
    for table, name in connection.execute(
        sa.text("select tablename, policyname from pg_policies where schemaname = 'geoservice'")
    ).all():
        if table in PROTECTED:
            op.execute(f"drop policy {name} on geoservice.{table}")
    for table in PROTECTED:
        op.execute(f"alter table geoservice.{table} disable row level security")
    for function in ("hold_back_names()", "hold_back_name()", "guard_publication()"):
        op.execute(f"drop function geoservice.{function} cascade")
    for function in (
        "ground_is_public()", "place_is_public(bigint)", "place_within(bigint, bigint[])", "everywhere(text)", "units_with(text)",
        "somewhere(text)", "may(text)", "acting_as(text)",
    ):  # fmt: skip
        op.execute(f"drop function geoservice.{function}")
    op.drop_index("ix_road_unpublished", "road", schema="geoservice")
    op.drop_column("import_batch", "published", schema="geoservice")
    op.execute("revoke select on geoservice.account, geoservice.account_role from geoservice_reader")
    records = ", ".join(f"geoservice.{table}" for table in (*RECORDS, *WHOLE, *CHILDREN, "import_batch"))
    op.execute(f"grant delete on {records} to geoservice_app")
    op.execute("reset role")
