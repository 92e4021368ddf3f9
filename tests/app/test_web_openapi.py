"""What `/api/openapi.json` says of the API, and whether the API keeps to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from support.whole import Whole, whole

from switchbot_dashboard.domain.message import Way
from switchbot_dashboard.domain.reminder import Author, Wish
from switchbot_dashboard.people import Role
from switchbot_dashboard.web.openapi import HINT, NotDescribed, document_of

PREFIXES = ("/api/", "/history/api/", "/history/export", "/webhook/", "/healthz", "/readyz", "/metrics")
SHARED = {"500"}


class Filled(dict[str, str]):
    """What stands in an address; the first row for what is named by its number."""

    def __missing__(self, name: str) -> str:
        return "1"


FILLED = Filled(action="off", job="cleanup", secret="unknown")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with whole(tmp_path_factory.mktemp("home")) as running:
        running.dashboard.list_account()
        for _tick in range(3):
            assert running.client.post("/api/run-once").status_code == 200
        for action in ("winter", "off"):
            assert running.client.post(f"/api/actions/{action}").status_code == 200
        running.dashboard.jobs.run("rollup")
        household = running.dashboard.household
        admin = running.dashboard.people.named("admin").id
        household.channels.add(admin, Way.EMAIL, "admin@example.org")
        household.outbox.schedule_notification([admin], "Filter", "Clean it.", datetime.now(UTC) + timedelta(days=1))
        wish = Wish("Filter", admin, datetime.now(UTC), datetime.now(UTC) + timedelta(days=3))
        household.reminding.reminders.create(wish, Author(admin, "admin"))
        yield running


@pytest.fixture(scope="module")
def program(home: Whole) -> FlaskClient:
    """An administrator's own program, which may ask for everything."""
    _, text = home.dashboard.people.create_token("program", Role.ADMIN, "admin")
    client = home.app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {text}"
    return client


@pytest.fixture(scope="module")
def described(home: Whole) -> dict[str, Any]:
    found: dict[str, Any] = home.client.get("/api/openapi.json").json
    return found


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        yield from ((path, method, operation) for method, operation in methods.items())


def faults(described: dict[str, Any], schema: dict[str, Any], value: object) -> list[str]:
    """Where a value is not as a schema of the description has it."""
    whole_schema = {**schema, "components": described["components"]}
    found = Draft202012Validator(whole_schema, format_checker=Draft202012Validator.FORMAT_CHECKER).iter_errors(value)
    return [f"{'/'.join(map(str, fault.absolute_path))}: {fault.message[:200]}" for fault in found]


def answer_faults(described: dict[str, Any], path: str, method: str, answer: Any) -> list[str]:
    """Where an answer is not as it is described."""
    said = described["paths"][path][method]["responses"].get(str(answer.status_code))
    if said is None:
        return [f"{answer.status_code} is not described"]
    kind = answer.mimetype
    if kind not in said.get("content", {}):
        return [f"{kind} is not described for {answer.status_code}"] if answer.data else []
    return faults(described, said["content"][kind]["schema"], answer.json) if kind == "application/json" else []


def test_every_route_for_programs_is_described_and_nothing_else(home: Whole, described: dict[str, Any]) -> None:
    routed = {
        (re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), method.lower())
        for rule in home.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(PREFIXES)
    }
    told = {(path, method) for path, method, _ in operations(described)}
    assert told == routed, f"{sorted(told ^ routed)}: {HINT}"


def test_a_route_that_says_nothing_of_itself_is_named_with_where_to_describe_it(home: Whole) -> None:
    home.app.view_functions["api.quota"], kept = (lambda: ""), home.app.view_functions["api.quota"]
    try:
        with pytest.raises(NotDescribed, match=r"GET /api/quota is not described: describe it .* web/shapes\.py"):
            document_of(home.app, "1")
    finally:
        home.app.view_functions["api.quota"] = kept


def test_every_operation_tells_its_answers_and_the_shape_of_its_errors(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        where, answers = f"{method} {path}", operation["responses"]
        assert operation["summary"], where
        assert any(code.startswith("2") for code in answers), where
        assert set(answers) >= SHARED, where
        assert ("401" in answers) == bool(operation["security"]), where
        for code, answer in answers.items():
            if code >= "400" and not (path in ("/healthz", "/readyz") and code == "503"):
                assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/Error"), f"{where} {code}"


def test_the_description_is_openapi_with_schemas_that_are_schemas(described: dict[str, Any]) -> None:
    assert described["openapi"] == "3.1.0"
    names = {operation["operationId"] for _, _, operation in operations(described)}
    assert len(names) == len(list(operations(described)))
    for schema in described["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    known = described["components"]["schemas"]
    referred = set(re.findall(r"#/components/schemas/(\w+)", str(described)))
    assert referred <= set(known)


def test_every_read_answers_as_it_is_described(program: FlaskClient, described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        if method != "get":
            continue
        query = "?start=2026-01-01&end=2026-01-03" if path == "/history/api/words" else ""
        address = path.format_map(FILLED)
        answer = program.get(address + query)
        found = (200, 404) if "{" in path else (200,)
        assert answer.status_code in found, f"{path}: {answer.text[:300]}"
        assert not answer_faults(described, path, method, answer), path
        for asked in operation.get("parameters", []):
            if asked["in"] == "query" and asked["name"] != "zone" and query == "":
                refused = program.get(address, query_string={asked["name"]: "\x00nonsense"})
                assert refused.status_code == 422, f"{path} {asked['name']}"
                assert not answer_faults(described, path, method, refused), path
                assert asked["name"] in refused.json["fields"], path


def test_every_write_answers_as_it_is_described(program: FlaskClient, described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        if method == "get":
            continue
        address = path.format_map(FILLED)
        bodies: list[Any] = [{}] if "requestBody" in operation else [None]
        for body in bodies:
            answer = program.open(address, method=method.upper(), json=body)
            assert answer.status_code < 500, f"{method} {path}: {answer.text[:300]}"
            assert not answer_faults(described, path, method, answer), f"{method} {path}"
        if "requestBody" in operation:
            for sent in ({"data": "{", "content_type": "application/json"}, {"data": "a=1", "content_type": "text/x"}):
                refused = program.open(address, method=method.upper(), **sent)
                assert refused.status_code in ((400, 404, 415) if "{" in path else (400, 415)), f"{method} {path}"
                assert not answer_faults(described, path, method, refused), f"{method} {path}"


def test_the_settings_are_described_by_their_own_schema(home: Whole, described: dict[str, Any]) -> None:
    assert not faults(described, {"$ref": "#/components/schemas/Settings"}, home.client.get("/api/settings").json)
    assert faults(described, {"$ref": "#/components/schemas/Settings"}, {"poll_interval_seconds": 3})
    assert faults(described, {"$ref": "#/components/schemas/Settings"}, {"zones": [{"id": "NO"}]})


def test_a_member_reads_the_description_and_a_stranger_does_not(home: Whole) -> None:
    _, text = home.dashboard.people.create_token("phone", Role.MEMBER)
    away = home.app.test_client()
    away.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert away.get("/api/openapi.json").status_code == 401
    assert away.get("/api/openapi.json", headers={"Authorization": f"Bearer {text}"}).status_code == 200


def test_a_stranger_is_told_only_what_the_description_says(home: Whole, described: dict[str, Any]) -> None:
    away = home.app.test_client()
    away.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    for path, method, operation in operations(described):
        answer = away.open(path.format_map(FILLED), method=method.upper())
        assert (answer.status_code == 401) == bool(operation["security"]), f"{method} {path}"
        assert not answer_faults(described, path, method, answer), f"{method} {path}"


def test_shapes_know_no_address_of_this_machine(home: Whole, tmp_path: Path) -> None:
    assert str(home.folder) not in home.client.get("/api/openapi.json").text
