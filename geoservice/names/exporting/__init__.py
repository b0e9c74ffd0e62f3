"""The registry as files that an import reads again."""
