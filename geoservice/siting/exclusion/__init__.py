"""Land where a facility may not stand: rules declared in layers/standards/siting_rules.toml, measured in metres."""
