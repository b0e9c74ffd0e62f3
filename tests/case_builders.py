"""A county with staff for the tests of cases, and the moves of a case as people make them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Connection, text
from starlette.testclient import TestClient

from geoservice.database.engine import Database
from geoservice.names.keeping import rekey
from tests.builders_api import make_place, make_unit, square
from tests.people import add_person, hold_session

Json = dict[str, Any]
IN_TOWN = {"type": "LineString", "coordinates": [[113.49, 30.01], [113.51, 30.01]]}
AREA = {
    "type": "Polygon",
    "coordinates": [[[113.5, 30.0], [113.51, 30.0], [113.51, 30.01], [113.5, 30.01], [113.5, 30.0]]],
}
FAR_AWAY = {"type": "Point", "coordinates": [100.0, 20.0]}
STAFF = ("viewer", "clerk", "reviewer", "approver", "planner", "administrator")


def make_county(connection: Connection) -> dict[str, int]:
    """A province with a county of two townships, one of them with a built-up area and two streets."""
    ids = {"province": make_unit(connection, "甲省", square(113, 30, 2), level="province")}
    ids["county"] = make_unit(connection, "东县", square(113.5, 30, 0.5), level="county", parent_id=ids["province"])
    ids["town"] = make_unit(connection, "东城镇", square(113.5, 30, 0.2), parent_id=ids["county"])
    ids["other"] = make_unit(connection, "西乡", square(113.2, 30, 0.1), parent_id=ids["county"])
    connection.execute(
        text(
            "insert into built_up_area (key, name, class, geom, classification, published)"
            " values ('town', '东城', 'built_up', cast(:geom as geometry), 'public', true)"
        ),
        {"geom": f"SRID=4490;{square(113.5, 30, 0.1)}"},
    )
    ids["road"] = make_place(connection, "陆羽大道", 113.5, 30.0, class_code="23", unit_id=ids["town"])
    ids["old"] = make_place(connection, "红山路", 113.52, 30.0, class_code="23", unit_id=ids["town"])
    ids["far"] = make_place(connection, "西乡街", 113.2, 30.0, class_code="23", unit_id=ids["other"])
    rekey(connection, lambda _: None)
    return ids


@dataclass
class Desk:
    """Clients of the service in the name of each role of the town, of the whole county, and of the other township."""

    database: Database
    ids: dict[str, int]
    clients: dict[str, TestClient]

    def as_(self, who: str) -> TestClient:
        return self.clients[who]

    def new(self, kind: str = "naming", name_kind: str = "street", who: str = "clerk", **more: Any) -> Json:
        body = {"kind": kind, "name_kind": name_kind, "title": "试案", "unit_id": self.ids["town"], **more}
        if "names" not in body:
            body["names"] = [{"name": "清泉路", "reading": "qīng quán lù", "geometry": IN_TOWN}]
        return told(self.as_(who).post("/api/cases", json=body), 201)

    def read(self, case: Json, who: str = "clerk") -> Json:
        return told(self.as_(who).get(f"/api/cases/{case['id']}"))

    def move(self, case: Json, to: str, who: str = "clerk", status: int = 200, **more: Any) -> Json:
        """Moves a case from the version that it has now."""
        headers = {"If-Match": tag(self.read(case))}
        return told(
            self.as_(who).post(f"/api/cases/{case['id']}/moves", json={"to": to, **more}, headers=headers), status
        )

    def part(
        self, method: str, case: Json, path: str, body: Json | None = None, who: str = "clerk", **more: Any
    ) -> Any:
        """A change of a part of a case, from the version that it has now."""
        headers = {"If-Match": tag(self.read(case))}
        given = {} if body is None else {"json": body}
        status = more.get("status", 200)
        if body is None:
            headers["Content-Type"] = "application/json"
        return told(self.as_(who).request(method, f"/api/cases/{case['id']}/{path}", headers=headers, **given), status)

    def papers(self, case: Json, *ids: str) -> None:
        for one in ids:
            self.part("PUT", case, f"materials/{one}", {"file_name": f"{one}.pdf"})

    def consult(self, case: Json, asked: str = "市民政局", stance: str = "agrees") -> None:
        found = self.part("POST", case, "opinions", {"asked": asked})
        body = {"answered_on": date.today().isoformat(), "stance": stance}  # noqa: DTZ011 - as the service counts days
        self.part("PATCH", case, f"opinions/{found['opinions'][-1]['id']}", body)

    def bring_to(self, case: Json, state: str) -> Json:
        """Takes a case through every step up to a state, each by whom it is for."""
        who = {"reviewed": "reviewer", "approved": "approver", "announced": "approver"}
        if state == "draft":
            return self.read(case)
        self.papers(case, "application", "assessment", "experts", "opinions")
        if state in ("refused", "withdrawn"):
            self.move(case, "registered")
            return self.move(case, state, who="approver" if state == "refused" else "clerk", reason="不符")
        for step in [one["id"] for one in self.read(case)["steps"]]:
            if step == "consulted":
                self.consult(case)
            found = self.move(case, step, who=who.get(step, "clerk"))
            if step == state:
                return found
        raise AssertionError(state)


def hold_staff(database: Database, ids: dict[str, int]) -> dict[str, dict[str, str]]:
    """Sessions of staff of the town by role, and of the other township as ``clerk elsewhere``."""
    people = {role: (role, [] if role == "administrator" else [ids["town"]]) for role in STAFF}
    people |= {f"{role} elsewhere": (role, [ids["other"]]) for role in STAFF if role != "administrator"}
    people["second approver"] = ("approver", [ids["town"]])
    return {
        who: hold_session(database, add_person(database, who.replace(" ", "."), role, units=units)).headers
        for who, (role, units) in people.items()
    }


def open_desk(app: FastAPI, database: Database, ids: dict[str, int], held: dict[str, dict[str, str]]) -> Desk:
    """The service for each of them, and for nobody as ``public``."""
    address = "http://127.0.0.1:8000"
    clients = {who: TestClient(app, base_url=address, headers=headers) for who, headers in held.items()}
    return Desk(database, ids, {"public": TestClient(app, base_url=address), **clients})


def told(answer: Any, status: int = 200) -> Json:
    assert answer.status_code == status, f"{answer.status_code} {answer.text[:600]}"
    found: Json = answer.json()
    return found


def tag(case: Json) -> str:
    return f'"v{case["version"]}"'


def days_ago(days: int) -> str:
    return (date.today() - timedelta(days=days)).isoformat()  # noqa: DTZ011 - as the service counts days
