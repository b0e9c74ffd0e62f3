"""Who may change a record may see that it was taken out, and bring it back."""

from alembic import op

revision = "0018"
down_revision = "0017"

# The record and not its parts decides: it alone has a level and a unit. Of several removals the last one counts, which
# may have been of a higher level. The owner's eyes, since the trail guards itself.
FUNCTION = """
create function geoservice.audit_may_bring_back(entry bigint, a_table text, a_key text, a_row jsonb) returns boolean
language plpgsql stable security definer set search_path = geoservice, pg_temp as $$
declare
  whose text;
begin
  if not geoservice.somewhere('edits') then return false; end if;
  if a_table in ('place_name', 'community_code') then
    whose := split_part(a_table, '_', 1);
    return exists (
      select from geoservice.audit_entry e
      where e.table_name = whose and e.action = 'delete' and e.key = a_row ->> (whose || '_id')
        and geoservice.audit_may_bring_back(e.id, whose, e.key, e.before));
  end if;
  if exists (select from geoservice.audit_entry e
             where e.table_name = a_table and e.key = a_key and e.action = 'delete' and e.id > entry) then
    return false;
  end if;
  if a_table = 'unit_code' then return geoservice.everywhere('edits'); end if;
  if a_row ->> 'classification' is null or a_row ->> 'classification' not in ('public', 'internal') then
    return false;
  end if;
  if a_table in ('facility', 'community', 'place', 'unit_version') then
    return geoservice.everywhere('edits')
        or coalesce((a_row ->> 'unit_id')::bigint = any (geoservice.units_with('edits')), false);
  end if;
  return a_table in ('road', 'railway', 'water', 'wall', 'built_up_area') and geoservice.everywhere('edits');
end $$;
"""
SIGNATURE = "geoservice.audit_may_bring_back(bigint, text, text, jsonb)"


def upgrade():
    op.execute("set role geoservice_owner")
    op.execute(FUNCTION)
    op.execute(f"revoke execute on function {SIGNATURE} from public")
    op.execute(f"grant execute on function {SIGNATURE} to geoservice_app")
    op.execute(
        "create policy audit_removed on geoservice.audit_entry for select to geoservice_app"
        " using (action = 'delete' and geoservice.audit_may_bring_back(id, table_name, key, before))"
    )
    op.create_index(
        "ix_audit_entry_removed",
        "audit_entry",
        ["table_name", "id"],
        schema="geoservice",
        postgresql_where="action = 'delete'",
    )
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    op.drop_index("ix_audit_entry_removed", "audit_entry", schema="geoservice")
    op.execute("drop policy audit_removed on geoservice.audit_entry")
    op.execute(f"drop function {SIGNATURE}")
    op.execute("reset role")
