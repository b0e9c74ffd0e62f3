"""Short beginnings of readings and initials, and what neighbours sound like, stand among the sounds of a name: what is asked often is one word of the index.

`sounds` is filled anew for every name there is: with millions of them that takes long.
"""

from alembic import op

revision = "0039"
down_revision = "0038"

# Longer names are found by their first 400 syllables or letters a reading; a longer sound by its first 48 letters.
NOW = """
create or replace function geoservice.sound_keys(name text, pinyin text, tones text, initials text) returns tsvector
language plpgsql immutable strict parallel safe as $$
declare
    keys text[] := '{}';
    word text;
    sound text;
    later text;
    syllables text[];
begin
    foreach word in array pg_catalog.string_to_array(pinyin, ' ') loop
        keys := keys || pg_catalog.left('^' || word || '$', 48);
        for i in 1..least(pg_catalog.length(word), 6) loop
            keys := keys || ('^' || pg_catalog.left(word, i));
        end loop;
    end loop;
    foreach word in array pg_catalog.string_to_array(initials, ' ') loop
        keys := keys || pg_catalog.left('~' || word, 48);
        for i in 1..least(pg_catalog.length(word), 4) loop
            keys := keys || ('~' || pg_catalog.left(word, i));
        end loop;
    end loop;
    foreach word in array pg_catalog.string_to_array(tones, ' ') loop
        syllables := pg_catalog.string_to_array(pg_catalog.translate(word, '12345', '     '), ' ');
        sound := '';
        later := '';
        for i in reverse least(pg_catalog.cardinality(syllables), 400)..1 loop
            if syllables[i] <> '' then
                sound := pg_catalog.left(syllables[i] || sound, 48);
                keys := keys || sound;
                if later <> '' then
                    keys := keys || pg_catalog.left(syllables[i] || '+' || pg_catalog.left(later, 1), 48);
                    keys := keys || pg_catalog.left(pg_catalog.left(syllables[i], 1) || '+' || later, 48);
                end if;
                later := syllables[i];
            end if;
        end loop;
    end loop;
    -- Letters and digits have no tone after which a syllable could begin: here every letter begins one.
    if tones = pinyin or geoservice.folded(name) ~ '[a-z0-9]' then
        keys := keys || '+'::text;
        foreach word in array pg_catalog.string_to_array(pinyin, ' ') loop
            for i in 1..least(pg_catalog.length(word), 400) loop
                keys := keys || pg_catalog.substr(word, i, 48);
            end loop;
        end loop;
    end if;
    -- ü is typed as v or as u.
    sound := pg_catalog.array_to_string(keys, ' ');
    if pg_catalog.strpos(sound, 'nv') > 0 or pg_catalog.strpos(sound, 'lv') > 0 then
        sound := pg_catalog.replace(pg_catalog.replace(sound, 'nv', 'nu'), 'lv', 'lu');
        keys := keys || pg_catalog.string_to_array(sound, ' ');
    end if;
    return pg_catalog.array_to_tsvector(keys);
end $$;
"""
BEFORE = """
create or replace function geoservice.sound_keys(name text, pinyin text, tones text, initials text) returns tsvector
language plpgsql immutable strict parallel safe as $$
declare
    keys text[] := '{}';
    word text;
    sound text;
    syllables text[];
begin
    foreach word in array pg_catalog.string_to_array(pinyin, ' ') loop
        keys := keys || pg_catalog.left('^' || word, 48);
    end loop;
    foreach word in array pg_catalog.string_to_array(initials, ' ') loop
        keys := keys || pg_catalog.left('~' || word, 48);
    end loop;
    foreach word in array pg_catalog.string_to_array(tones, ' ') loop
        syllables := pg_catalog.string_to_array(pg_catalog.translate(word, '12345', '     '), ' ');
        sound := '';
        for i in reverse least(pg_catalog.cardinality(syllables), 400)..1 loop
            if syllables[i] <> '' then
                sound := pg_catalog.left(syllables[i] || sound, 48);
                keys := keys || sound;
            end if;
        end loop;
    end loop;
    -- Letters and digits have no tone after which a syllable could begin: here every letter begins one.
    if tones = pinyin or geoservice.folded(name) ~ '[a-z0-9]' then
        foreach word in array pg_catalog.string_to_array(pinyin, ' ') loop
            for i in 1..least(pg_catalog.length(word), 400) loop
                keys := keys || pg_catalog.substr(word, i, 48);
            end loop;
        end loop;
    end if;
    -- ü is typed as v or as u.
    sound := pg_catalog.array_to_string(keys, ' ');
    if pg_catalog.strpos(sound, 'nv') > 0 or pg_catalog.strpos(sound, 'lv') > 0 then
        sound := pg_catalog.replace(pg_catalog.replace(sound, 'nv', 'nu'), 'lv', 'lu');
        keys := keys || pg_catalog.string_to_array(sound, ' ');
    end if;
    return pg_catalog.array_to_tsvector(keys);
end $$;
"""
TABLE, INDEX = "place_name", "ix_place_name_lookups"
SAID_NOW = (
    "Each reading between ^ and $, its first letters after ^, its initials and the first of them after ~, how it sounds from"
    " each syllable on, each syllable + the first letter of the next, its first letter + the next; a mere + where letters or"
    " digits are in it"
)
SAID_BEFORE = "Each reading after ^, its initials after ~, and how it sounds from each syllable on"


def upgrade():
    _made_by(NOW, SAID_NOW)


def downgrade():
    _made_by(BEFORE, SAID_BEFORE)


def _made_by(function, said):
    op.execute("set role geoservice_owner")
    op.drop_index(INDEX, TABLE, schema="geoservice")
    op.drop_column(TABLE, "sounds", schema="geoservice")
    op.execute(function)
    op.execute(
        f"alter table geoservice.{TABLE} add sounds tsvector not null"
        " generated always as (geoservice.sound_keys(name, pinyin, tones, initials)) stored"
    )
    op.execute(f"comment on column geoservice.{TABLE}.sounds is '{said}'")
    op.execute(f"alter table geoservice.{TABLE} alter column sounds set statistics 1000")
    op.create_index(
        INDEX,
        TABLE,
        ["grams", "areas", "sounds", "order_group"],
        schema="geoservice",
        postgresql_using="gin",
    )
    op.execute("reset role")
