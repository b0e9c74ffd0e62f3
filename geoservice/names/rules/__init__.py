"""Rules that a proposed name is checked by: declared in layers/standards/naming_rules.toml, each a small pure function."""
