-- What an import changes or takes out, as it was before: kept so that the whole import can be undone.

-- Statement trigger. The first image of a row is how the import found it; what the import brought itself has none.
create function geoservice.keep_before()
returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set extra_float_digits = 1 set bytea_output = 'hex' as $$
declare
  batch bigint := current_setting('geoservice.batch', true)::bigint;
  columns text := geoservice.audit_columns(tg_relid, 'o');
  has_batch boolean := tg_argv[0]::boolean;
begin
  if tg_op = 'INSERT' then
    insert into geoservice.batch_before (batch_id, table_name, key)
    select batch, tg_table_name, n.id from new_rows n on conflict do nothing;
    return null;
  end if;
  execute format(
    'insert into geoservice.batch_before (batch_id, table_name, key, was_batch, before)'
    ' select $1, $2, o.id, %s, (select to_jsonb(kept) from (select %s) as kept) from old_rows o %s'
    ' on conflict do nothing',
    case when has_batch then 'o.batch_id' else 'null' end, columns,
    case when has_batch then 'where o.batch_id is distinct from $1' else '' end)
  using batch, tg_table_name;
  return null;
end $$;

-- From now on an import keeps what it changes in the table. Only the owner is believed that an import is under way.
-- Rows without a batch of their own are remembered when they come, too.
create function geoservice.kept_before(relation regclass) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  has_batch boolean := exists (select from pg_attribute where attrelid = relation and attname = 'batch_id');
  under_way text := ' for each statement when (coalesce(current_setting(''geoservice.batch'', true), '''')'
                    ' ~ ''^[0-9]{1,18}$'' and current_user = ''geoservice_owner'')';
  call text := format(' execute function geoservice.keep_before(%L)', has_batch);
begin
  execute format('create trigger before_update after update on %s referencing old table as old_rows%s%s',
                 relation, under_way, call);
  execute format('create trigger before_delete after delete on %s referencing old table as old_rows%s%s',
                 relation, under_way, call);
  if not has_batch then
    execute format('create trigger before_insert after insert on %s referencing new table as new_rows%s%s',
                   relation, under_way, call);
  end if;
end $$;
