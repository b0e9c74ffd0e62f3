"""Cases of the approval desk: each in a unit, seen by its staff, moved by those who edit, review or decide there."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"

PARTS = ("case_name", "case_move", "case_opinion", "case_material")
TABLES = ("naming_case", *PARTS)
HANDLED = "classification in ('public', 'internal')"
RIGHTS = ("edits", "reviews", "publishes")

# What is decided is decided by an approver of the unit, whatever the program asks: migration 0012 guards publication so.
GUARD = """
create function geoservice.guard_case_state() returns trigger language plpgsql as $$
begin
    if current_user <> 'geoservice_app' or new.state not in ('approved', 'announced', 'refused')
       or geoservice.everywhere('publishes') or new.unit_id = any (geoservice.units_with('publishes')) then
        return new;
    end if;
    raise insufficient_privilege using message = 'cases are decided by an approver';
end $$;
"""
# What an approver has announced is public: entering it into the registry carries that out.
PUBLISH = """
create function geoservice.publish_entered(a_case bigint) returns void
language plpgsql security definer set search_path = geoservice, pg_temp as $$
begin
    if not exists (select from naming_case c join case_move m on m.case_id = c.id and m.to_state = 'announced'
                   where c.id = a_case and c.state = 'entered' and c.classification in ('public', 'internal')) then
        raise insufficient_privilege using message = 'only what was announced and entered is published';
    end if;
    update place p set published = true, classification = 'public'
    from case_name n join naming_case c on c.id = n.case_id
    where c.id = a_case and c.kind = 'naming' and n.decision = 'approved' and p.id = n.place_id
      and n.entered_name_id is not null and p.classification = 'internal';
    update place_name l set published = true, classification = 'public'
    from case_name n
    where n.case_id = a_case and n.decision = 'approved' and l.place_id = n.place_id and l.classification = 'internal'
      and (l.id = n.entered_name_id or (l.kind = 'former' and l.name = n.old_name));
end $$;
revoke execute on function geoservice.publish_entered(bigint) from public;
grant execute on function geoservice.publish_entered(bigint) to geoservice_app;
"""


def number(name, *, nullable=False, **more):
    return sa.Column(name, sa.BigInteger(), nullable=nullable, **more)


def words(name, *, nullable=False, **more):
    return sa.Column(name, sa.Text(), nullable=nullable, **more)


def day(name, *, nullable=True, **more):
    return sa.Column(name, sa.Date(), nullable=nullable, **more)


def moment(name):
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def document(name, default=None, **more):
    given = {} if default is None else {"server_default": sa.text(default)}
    return sa.Column(name, postgresql.JSONB(), nullable=default is None, **given, **more)


def refers(table, column, to, **more):
    return sa.ForeignKeyConstraint([column], [f"geoservice.{to}.id"], name=op.f(f"fk_{table}_{column}"), **more)


def check(table, name, condition):
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def key(table):
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def index(table, *columns, name=None, **more):
    op.create_index(op.f(name or f"ix_{table}_{columns[0]}"), table, list(columns), schema="geoservice", **more)


def make_cases():
    op.create_table(
        "naming_case",
        number("id", autoincrement=True),
        words("kind"),
        words("name_kind", comment="Street, estate ...: decides who approves, and the steps"),
        words("title"),
        words("applicant", server_default=""),
        words("contact", server_default=""),
        sa.Column(
            "brands",
            postgresql.ARRAY(sa.Text()),
            server_default="{}",
            nullable=False,
            comment="Of the applicant: its short names and trademarks",
        ),
        number("unit_id"),
        words("state", server_default="draft"),
        document("taken", "'{}'", comment="Step to the day on which it was taken, since the last return"),
        words("classification", server_default="internal"),
        words("created_by"),
        moment("created_at"),
        moment("changed_at"),
        number("version", server_default=sa.text("1"), comment="Goes up with each change"),
        check("naming_case", "kind_known", "kind in ('naming', 'renaming', 'retirement', 'extent')"),
        check(
            "naming_case",
            "classification_known",
            "classification in ('public', 'internal', 'confidential', 'secret', 'top_secret')",
        ),
        check("naming_case", "title_given", "title = btrim(title) and title <> ''"),
        refers("naming_case", "unit_id", "unit"),
        key("naming_case"),
        schema="geoservice",
    )
    index("naming_case", "unit_id")
    index("naming_case", "state", "id", name="ix_naming_case_open")


def make_names():
    op.create_table(
        "case_name",
        number("id", autoincrement=True),
        number("case_id"),
        words("name", comment="As applied for; of a retirement or extent change the name in force"),
        words("reading", nullable=True, comment="As stated"),
        words("class_code"),
        words("meaning", server_default="", comment="含义"),
        words("origin", server_default="", comment="来历"),
        words("location", server_default="", comment="位置描述"),
        sa.Column("length_m", sa.Numeric(10, 1), nullable=True),
        sa.Column("width_m", sa.Numeric(10, 1), nullable=True),
        number("place_id", nullable=True, comment="That there is already, or that was entered"),
        words("old_name", nullable=True, comment="Standard name of that place when the case was made"),
        sa.Column("geom", Geometry("GEOMETRY", 4490, spatial_index=False), nullable=True),
        sa.Column("alike_keys", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        words("verdict", nullable=True, comment="The gravest of the rules; null until checked"),
        day("checked_on"),
        document("checked", comment="Verdicts with rule ids, clashes, scope"),
        document("findings", "'[]'", comment="What people say of a rule: exempt or upheld, why, who, when"),
        words("argument", server_default="", comment="For what soft rules ask to be argued"),
        words("decision", nullable=True),
        words("approved_name", nullable=True),
        words("approved_reading", nullable=True),
        number("entered_name_id", nullable=True),
        check("case_name", "geom_valid", "ST_IsValid(geom)"),
        check("case_name", "geom_not_empty", "not ST_IsEmpty(geom)"),
        check(
            "case_name",
            "geom_on_earth",
            "ST_XMin(geom) >= -180 and ST_XMax(geom) <= 180 and ST_YMin(geom) >= -85.06 and ST_YMax(geom) <= 85.06",
        ),
        check(
            "case_name",
            "geom_type",
            "GeometryType(geom) in ('POINT', 'MULTIPOINT', 'LINESTRING', 'MULTILINESTRING', 'POLYGON', 'MULTIPOLYGON')",
        ),
        check("case_name", "name_given", "name = btrim(name) and name <> ''"),
        check("case_name", "decision_known", "decision in ('approved', 'dropped')"),
        check("case_name", "sizes", "length_m >= 0 and width_m >= 0"),
        refers("case_name", "case_id", "naming_case"),
        refers("case_name", "place_id", "place"),
        refers("case_name", "entered_name_id", "place_name", ondelete="SET NULL"),
        key("case_name"),
        schema="geoservice",
    )
    for column in ("case_id", "place_id", "entered_name_id"):
        index("case_name", column)
    index("case_name", "alike_keys", postgresql_using="gin")
    index("case_name", "geom", postgresql_using="gist")


def make_parts():
    op.create_table(
        "case_move",
        number("id", autoincrement=True),
        number("case_id"),
        words("action"),
        words("from_state", nullable=True),
        words("to_state"),
        words("actor"),
        moment("at"),
        day("on_day", nullable=False, comment="Of the act itself: approval, filing, announcement ..."),
        words("document", server_default="", comment="文号"),
        words("reason", server_default=""),
        words("note", server_default="", comment="Of a site visit, a review, an announcement"),
        document("passed_over", "'{}'", comment="Step to the reason for leaving it out"),
        check("case_move", "action_known", "action in ('create', 'advance', 'return', 'refuse', 'withdraw')"),
        refers("case_move", "case_id", "naming_case"),
        key("case_move"),
        schema="geoservice",
    )
    op.create_table(
        "case_opinion",
        number("id", autoincrement=True),
        number("case_id"),
        words("asked", comment="Who"),
        day("asked_on", nullable=False),
        day("answered_on"),
        words("stance", nullable=True),
        words("opinion", server_default=""),
        words("outcome", nullable=True, comment="采纳、部分采纳、不采纳"),
        words("answer", server_default="", comment="Ours, with the reason"),
        check("case_opinion", "stance_known", "stance in ('agrees', 'objects', 'comments', 'silent')"),
        check("case_opinion", "outcome_known", "outcome in ('adopted', 'partly', 'declined')"),
        check("case_opinion", "asked_given", "asked = btrim(asked) and asked <> ''"),
        check("case_opinion", "days_in_order", "answered_on is null or answered_on >= asked_on"),
        check("case_opinion", "answered_whole", "(answered_on is null) = (stance is null)"),
        refers("case_opinion", "case_id", "naming_case"),
        key("case_opinion"),
        schema="geoservice",
    )
    op.create_table(
        "case_material",
        number("id", autoincrement=True),
        number("case_id"),
        words("material", comment="Id in cases.toml"),
        sa.Column("present", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        words("file_name", server_default=""),
        words("note", server_default=""),
        refers("case_material", "case_id", "naming_case"),
        key("case_material"),
        sa.UniqueConstraint("case_id", "material", name=op.f("uq_case_material_case_id_material")),
        schema="geoservice",
    )
    for table in ("case_move", "case_opinion", "case_material"):
        index(table, "case_id")


def policy(table, action, using=None, check=None):
    clauses = (f" using ({using})" if using else "") + (f" with check ({check})" if check else "")
    op.execute(f"create policy {action}_{table} on geoservice.{table} for {action} to geoservice_app{clauses}")


def in_units(right, unit="unit_id"):
    units = f"{unit} = any((select geoservice.units_with('{right}'))::bigint[])"
    return f"((select geoservice.everywhere('{right}')) or {units})"


def make_policies():
    for table in TABLES:
        op.execute(f"alter table geoservice.{table} enable row level security")
        op.execute(f"create policy reader_{table} on geoservice.{table} for select to geoservice_reader using (true)")
    staff = " or ".join(in_units(right) for right in RIGHTS)
    # Who has applied may withdraw.
    own = "(select geoservice.acting_as(created_by))"
    allowed = f"{HANDLED} and ({staff} or {own})"
    policy("naming_case", "select", f"{HANDLED} and {in_units('reads')}")
    policy("naming_case", "insert", check=f"{HANDLED} and state = 'draft' and {in_units('edits')} and {own}")
    policy("naming_case", "update", allowed, allowed)
    # What one may not see is not found here either: the policy of the case itself holds inside.
    inside = " or ".join(in_units(right, "c.unit_id") for right in RIGHTS)
    working = (
        "exists (select from geoservice.naming_case c where c.id = case_id"
        f" and ({inside} or (select geoservice.acting_as(c.created_by))))"
    )
    for table in PARTS:
        policy(table, "select", "exists (select from geoservice.naming_case c where c.id = case_id)")
    policy("case_move", "insert", check=f"{working} and (select geoservice.acting_as(actor))")
    for table in ("case_name", "case_opinion", "case_material"):
        policy(table, "insert", check=working)
        policy(table, "update", working, working)
        policy(table, "delete", working)


def upgrade():
    op.execute("set role geoservice_owner")
    make_cases()
    make_names()
    make_parts()
    make_policies()
    op.execute(GUARD)
    op.execute(
        "create trigger guard_state before update of state on geoservice.naming_case for each row"
        " when (new.state is distinct from old.state) execute function geoservice.guard_case_state()"
    )
    op.execute(PUBLISH)
    for table in TABLES:
        op.execute(f"select geoservice.audited('geoservice.{table}')")
        op.execute(f"grant usage, select on sequence geoservice.{table}_id_seq to geoservice_app")
    op.execute("select geoservice.versioned('geoservice.naming_case')")
    listed = ", ".join(f"geoservice.{table}" for table in TABLES)
    op.execute(f"grant select on {listed} to geoservice_reader")
    op.execute(f"grant select, insert on {listed} to geoservice_app")
    changed = ", ".join(f"geoservice.{table}" for table in ("case_name", "case_opinion", "case_material"))
    op.execute(f"grant update on geoservice.naming_case, {changed} to geoservice_app")
    op.execute(f"grant delete on {changed} to geoservice_app")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.execute("drop function geoservice.publish_entered(bigint)")
    for table in reversed(TABLES):
        op.drop_table(table, schema="geoservice")
    op.execute("drop function geoservice.guard_case_state()")
    op.execute("reset role")
