"""What people call the tables."""

from __future__ import annotations

from geoservice.language import catalogue, current_language, translate


def table_name(table: str) -> str:
    """The name of a table in words, its own where it has none.

    Examples
    --------
    >>> table_name("coverage_reach"), table_name("nothing")
    ('服务圈计算结果', 'nothing')
    """
    key = f"table.{table}"
    return translate(key) if key in catalogue(current_language.get()) else table
