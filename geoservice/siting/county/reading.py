"""From the database to a question's problem, as whoever acts sees the data."""

from __future__ import annotations

from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.coverage.scenarios.ground import read_ground
from geoservice.settings import Settings
from geoservice.siting.county.asking import County, ask
from geoservice.siting.county.candidates import candidates_of
from geoservice.siting.county.question import Question


def read_county(
    connection: Connection, catalog: Catalog, settings: Settings, database_name: str, question: Question
) -> County:
    """The problem of a question about what is in force on its day.

    Raises
    ------
    BadInput
        As `read_ground`, `candidates_of` and `ask`.
    """
    ground = read_ground(connection, catalog, settings, database_name, question.case)
    return ask(ground, question, candidates_of(connection, catalog, settings, ground, question))
