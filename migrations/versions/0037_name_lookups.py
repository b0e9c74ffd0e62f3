"""One index for characters, sounds and areas of names, one for what they may be taken for and areas: no look-up reads the country.

`sounds` is filled for every name there is: with millions of them that takes long.
"""

from alembic import op

revision = "0037"
down_revision = "0036"

# Longer names are found by their first 400 syllables or letters a reading; a longer sound by its first 48 letters.
FUNCTION = """
create function geoservice.sound_keys(name text, pinyin text, tones text, initials text) returns tsvector
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
TABLE = "place_name"
# Which lists of columns each index holds, before and now.
BEFORE = {"ix_place_name_grams_areas": ["grams", "areas"], "ix_place_name_alike_keys": ["alike_keys"]}
NOW = {
    "ix_place_name_grams_areas_sounds": ["grams", "areas", "sounds"],
    "ix_place_name_alike_keys_areas": ["alike_keys", "areas"],
}


def upgrade():
    op.execute("set role geoservice_owner")
    op.execute(FUNCTION)
    op.execute(
        f"alter table geoservice.{TABLE} add sounds tsvector not null"
        " generated always as (geoservice.sound_keys(name, pinyin, tones, initials)) stored"
    )
    op.execute(
        f"comment on column geoservice.{TABLE}.sounds is"
        " 'Each reading after ^, its initials after ~, and how it sounds from each syllable on'"
    )
    for name in (*BEFORE, "ix_place_name_pinyin_trgm", "ix_place_name_initials", "ix_place_name_sounds"):
        op.drop_index(name, TABLE, schema="geoservice")
    for name, columns in NOW.items():
        op.create_index(name, TABLE, columns, schema="geoservice", postgresql_using="gin")
    op.execute(f"alter table geoservice.{TABLE} alter column sounds set statistics 1000")
    op.execute("reset role")


def downgrade():
    op.execute("set role geoservice_owner")
    for name in NOW:
        op.drop_index(name, TABLE, schema="geoservice")
    op.drop_column(TABLE, "sounds", schema="geoservice")
    op.execute("drop function geoservice.sound_keys(text, text, text, text)")
    for name, columns in BEFORE.items():
        op.create_index(name, TABLE, columns, schema="geoservice", postgresql_using="gin")
    op.create_index(
        *("ix_place_name_pinyin_trgm", TABLE, ["pinyin"]),
        schema="geoservice",
        postgresql_using="gin",
        postgresql_ops={"pinyin": "gin_trgm_ops"},
    )
    op.create_index(
        *("ix_place_name_initials", TABLE, ["initials"]),
        schema="geoservice",
        postgresql_ops={"initials": "text_pattern_ops"},
    )
    op.execute(f"create index ix_place_name_sounds on geoservice.{TABLE} using gin (string_to_array(pinyin, ' '))")
    op.execute("reset role")
