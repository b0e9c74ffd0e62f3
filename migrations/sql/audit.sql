-- All in plpgsql, which keeps its plans: functions in SQL with a search path of their own are planned at each call.

-- What the trail keeps of a row: every column that is not computed from others; geometry exactly, as hex EWKB.
create function geoservice.audit_columns(relation regclass, row_name text, left_out text[] default '{}')
returns text language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return (
    select string_agg(
        format(case when t.typname in ('geometry', 'geography') then '%1$s.%2$I::text as %2$I' else '%1$s.%2$I' end,
               row_name, a.attname), ', ' order by a.attnum)
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
      and a.attname <> all (left_out) and has_column_privilege(relation, a.attnum, 'select'));
end $$;

-- The primary key as text; parts of a composed one are joined by commas.
create function geoservice.audit_key(relation regclass, kept jsonb)
returns text language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return (
    select string_agg(kept ->> a.attname, ',' order by k.place)
    from pg_index i cross join lateral unnest(i.indkey::int2[]) with ordinality as k(attnum, place)
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
    where i.indrelid = relation and i.indisprimary);
end $$;

-- The record as it is now, with the rights of whoever asks; null where it is gone or not to be seen, or the key none.
create function geoservice.audit_current(table_name text, key text)
returns jsonb language plpgsql stable
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set extra_float_digits = 1 set bytea_output = 'hex' as $$
declare
  relation regclass := to_regclass(format('geoservice.%I', table_name));
  columns text := geoservice.audit_columns(relation, 'x');
  condition text;
  found_row jsonb;
begin
  select string_agg(format('x.%I = %s::%s', a.attname,
                           case when i.indnkeyatts = 1 then '$1'
                                else format('(string_to_array($1, '',''))[%s]', k.place) end,
                           format_type(a.atttypid, a.atttypmod)), ' and ')
  into condition
  from pg_index i cross join lateral unnest(i.indkey::int2[]) with ordinality as k(attnum, place)
  join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
  where i.indrelid = relation and i.indisprimary;
  if condition is null or columns is null then return null; end if;
  execute format('select to_jsonb(kept) from (select %s from %s x where %s) as kept', columns, relation, condition)
  into found_row using key;
  return found_row;
exception when invalid_text_representation or numeric_value_out_of_range or insufficient_privilege then
  return null;
end $$;

-- Adds an entry with what the transaction says of itself. Only for the functions below.
create function geoservice.audit_write(action text, table_name text, key text, before jsonb, after jsonb)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into geoservice.audit_entry
    (at, actor, roles, database_user, request_id, action, table_name, key, before, after, reason, batch_id)
  values (
    clock_timestamp(),
    coalesce(nullif(current_setting('geoservice.actor', true), ''), session_user::text),
    coalesce(current_setting('geoservice.roles', true), ''),
    session_user::text,
    nullif(current_setting('geoservice.request_id', true), ''),
    action, table_name, key, before, after,
    nullif(current_setting('geoservice.reason', true), ''),
    case when current_setting('geoservice.batch', true) ~ '^[0-9]{1,18}$'
         then current_setting('geoservice.batch', true)::bigint end);
end $$;

-- After each row of an audited table. The argument lists columns that are secret: that they changed is told, no more.
create function geoservice.audit_row()
returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp set timezone = 'UTC' set extra_float_digits = 1 set bytea_output = 'hex' as $$
declare
  secret text[] := coalesce(tg_argv[0], '{}')::text[];
  statement text := format('select to_jsonb(kept) from (select %s) as kept',
                           geoservice.audit_columns(tg_relid, '($1)', secret));
  was jsonb;
  became jsonb;
  hidden text;
  differs boolean;
begin
  if tg_op <> 'INSERT' then execute statement into was using old; end if;
  if tg_op <> 'DELETE' then execute statement into became using new; end if;
  if tg_op = 'UPDATE' then
    foreach hidden in array secret loop
      execute format('select ($1).%1$I is distinct from ($2).%1$I', hidden) into differs using old, new;
      if differs then became := became || jsonb_build_object(hidden, '(changed)'); end if;
    end loop;
    if was = became then return null; end if;
  end if;
  perform geoservice.audit_write(lower(tg_op), tg_table_name::text,
                                 geoservice.audit_key(tg_relid, coalesce(became, was)), was, became);
  return null;
end $$;

create function geoservice.audit_truncate()
returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  records bigint;
begin
  execute format('select count(*) from %s', tg_relid::regclass) into records;
  perform geoservice.audit_write('truncate', tg_table_name::text, null, jsonb_build_object('records', records), null);
  return null;
end $$;

-- An act that is no change of one row: an import, a login. What triggers write cannot be said with it.
create function geoservice.audit_event(action text, table_name text, key text, details jsonb)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if action in ('insert', 'update', 'delete', 'truncate') then
    raise exception 'audit: the action % is written by triggers alone', action using errcode = '42501';
  end if;
  perform geoservice.audit_write(action, table_name, key, null, details);
end $$;

-- From now on each change of a row of the table leaves an entry. Only the owner is believed that an import is under
-- way, which leaves one entry of its own: WHEN keeps its rows from even being queued.
create function geoservice.audited(relation regclass, secret text[] default '{}')
returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  execute format('create or replace trigger audit after insert or update or delete on %s for each row'
                 ' when (coalesce(current_setting(''geoservice.batch'', true), '''') = '''''
                 ' or current_user <> ''geoservice_owner'') execute function geoservice.audit_row(%L)',
                 relation, secret);
  execute format('create or replace trigger audit_truncate before truncate on %s'
                 ' for each statement execute function geoservice.audit_truncate()', relation);
end $$;

create function geoservice.raise_version()
returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  new.version := old.version + 1;
  return new;
end $$;

-- From now on the version of a row goes up whenever it changes really. To be called again when a column is added.
-- Geometries are compared by their bytes: pg_restore has no search path that knows the operator of PostGIS.
create function geoservice.versioned(relation regclass)
returns void language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  was text;
  became text;
begin
  select string_agg(format('old.%I%s', a.attname, as_bytes), ', ' order by a.attnum),
         string_agg(format('new.%I%s', a.attname, as_bytes), ', ' order by a.attnum)
  into was, became
  from pg_attribute a join pg_type t on t.oid = a.atttypid
  cross join lateral (select case when t.typname in ('geometry', 'geography') then '::bytea' end) as kind(as_bytes)
  where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
  execute format('create or replace trigger version before update on %s for each row'
                 ' when ((%s) is distinct from (%s)) execute function geoservice.raise_version()',
                 relation, was, became);
end $$;

-- What is hashed. Moments in UTC by a fixed form, the rest as jsonb writes it: no setting of a session shows in it.
create function geoservice.audit_canonical(entry geoservice.audit_entry)
returns text language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return jsonb_build_object(
    'seq', entry.seq, 'id', entry.id, 'at', to_char(entry.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'actor', entry.actor, 'roles', entry.roles, 'database_user', entry.database_user,
    'request_id', entry.request_id, 'action', entry.action, 'table_name', entry.table_name, 'key', entry.key,
    'before', entry.before, 'after', entry.after, 'reason', entry.reason, 'batch_id', entry.batch_id)::text;
end $$;

-- At commit: the transaction's entries get their places, one transaction after the other.
create function geoservice.audit_chain()
returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  head geoservice.audit_head;
  entry geoservice.audit_entry;
  before_it bytea;
begin
  if (select seq is not null from geoservice.audit_entry where id = new.id) then return null; end if;
  update geoservice.audit_head set moved_at = clock_timestamp() returning * into strict head;
  for entry in select * from geoservice.audit_entry where seq is null order by id loop
    before_it := head.hash;
    head.seq := head.seq + 1;
    entry.seq := head.seq;
    head.hash := sha256(before_it || convert_to(geoservice.audit_canonical(entry), 'UTF8'));
    update geoservice.audit_entry set seq = head.seq, previous = before_it, hash = head.hash where id = entry.id;
  end loop;
  update geoservice.audit_head set seq = head.seq, hash = head.hash;
  return null;
end $$;

create function geoservice.audit_keep()
returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'audit: entries are added and never changed or removed' using errcode = '42501';
end $$;

create constraint trigger chain after insert on geoservice.audit_entry
  deferrable initially deferred for each row execute function geoservice.audit_chain();

-- Against mistakes of the owner, who could take it away.
create trigger keep_entry before update on geoservice.audit_entry for each row
  when (old.seq is not null or (old.id, old.at, old.actor, old.roles, old.database_user, old.request_id, old.action,
                                old.table_name, old.key, old.before, old.after, old.reason, old.batch_id)
        is distinct from (new.id, new.at, new.actor, new.roles, new.database_user, new.request_id, new.action,
                          new.table_name, new.key, new.before, new.after, new.reason, new.batch_id))
  execute function geoservice.audit_keep();
create trigger keep_all before delete or truncate on geoservice.audit_entry
  for each statement execute function geoservice.audit_keep();
create trigger keep_all before insert or delete or truncate on geoservice.audit_head
  for each statement execute function geoservice.audit_keep();

-- Who may read: administrators everything, other staff the entries of records that they may see now.
create function geoservice.audit_may_read(table_name text, key text)
returns boolean language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  held text[] := string_to_array(coalesce(current_setting('geoservice.roles', true), ''), ',');
begin
  if 'administrator' = any (held) then return true; end if;
  if not held && array['clerk', 'reviewer', 'approver', 'planner'] then return false; end if;
  return geoservice.audit_current(table_name, key) is not null;
end $$;

alter table geoservice.audit_entry enable row level security;
create policy audit_read on geoservice.audit_entry for select to geoservice_app
  using (geoservice.audit_may_read(table_name, key));

grant execute on function geoservice.audit_event(text, text, text, jsonb) to geoservice_app;
grant execute on function geoservice.audit_columns(regclass, text, text[]) to geoservice_app;
grant execute on function geoservice.audit_current(text, text) to geoservice_app;
grant execute on function geoservice.audit_may_read(text, text) to geoservice_app;
grant execute on function geoservice.audit_canonical(geoservice.audit_entry) to geoservice_app;
grant select on geoservice.audit_entry, geoservice.audit_head to geoservice_app;
