"""`/api/openapi.json`: made of the routes there are, and of what each says of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify
from werkzeug.routing import Rule

from ..domain.settings_schema import json_schema
from .access import Whom, member, service, whom_for
from .described import Described, Schema, describes, description_of
from .errors import JSON_PATHS
from .shapes import SHAPES, TEXT, ref
from .shapes_people import PEOPLE_SHAPES
from .shapes_reminders import REMINDER_SHAPES

openapi = Blueprint("openapi", __name__)

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
KEPT = "openapi"
HINT = (
    "describe it where it is made: @describes(...) of web/described.py above the view, "
    "the shape of its answer in web/shapes.py"
)
SECURITY = [{"session": list[str]()}, {"bearer": list[str]()}]
ABOUT = (
    "Times are ISO 8601 in UTC with `Z`. A GET costs no call to the cloud. Errors have one shape. "
    "A token needs no CSRF field; a session sends it as `X-CSRFToken`."
)


class NotDescribed(LookupError):
    """A route of the API that says nothing of itself."""


@openapi.get("/api/openapi.json")
@member
@describes("This description.", "Object")
def document() -> Response:
    """OpenAPI 3.1 of all routes for programs."""
    kept = current_app.extensions.get(KEPT)
    if kept is None:
        kept = current_app.extensions[KEPT] = document_of(current_app, service().version)
    return jsonify(kept)


def document_of(app: Flask, version: str) -> dict[str, Any]:
    """The whole description. Raises NotDescribed for a route that says nothing of itself."""
    paths: dict[str, dict[str, Any]] = {}
    for rule, method in routes(app):
        address = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
        paths.setdefault(address, {})[method.lower()] = _operation(app, rule, method)
    return {
        "openapi": "3.1.0",
        "info": {"title": "SwitchBot Dashboard", "version": version, "description": ABOUT},
        "paths": {address: paths[address] for address in sorted(paths)},
        "components": {
            "schemas": {**SHAPES, **PEOPLE_SHAPES, **REMINDER_SHAPES, **_settings()},
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "switchbot_dashboard"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def routes(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Every address for programs, with each of its methods."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(JSON_PATHS):
            yield from ((rule, method) for method in METHODS if method in (rule.methods or ()))


def _operation(app: Flask, rule: Rule, method: str) -> dict[str, Any]:
    described = description_of(app.view_functions[rule.endpoint])
    if described is None:
        raise NotDescribed(f"{method} {rule.rule} is not described: {HINT}.")
    whom = whom_for(app, rule.endpoint)
    operation: dict[str, Any] = {"operationId": rule.endpoint, "summary": described.summary}
    if whom in (Whom.ADMIN, Whom.OWNER):
        operation["description"] = "For administrators."
    operation["security"] = [] if whom is Whom.PUBLIC else SECURITY
    if parameters := [*_in_path(rule, described), *_in_query(described)]:
        operation["parameters"] = parameters
    if described.body is not None:
        content = {"application/json": {"schema": described.body}}
        operation["requestBody"] = {"required": described.body_needed, "content": content}
    answers = {**_answer(described), **{str(code): _error(code) for code in _errors(rule, method, whom, described)}}
    for code, shape in described.others.items():
        answers[str(code)] = _said(HTTPStatus(code).phrase, ref(shape), "application/json")
    operation["responses"] = {code: answers[code] for code in sorted(answers)}
    return operation


def _in_path(rule: Rule, described: Described) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": described.path.get(name, TEXT)}
        for name in sorted(rule.arguments)
    ]


def _in_query(described: Described) -> list[dict[str, Any]]:
    return [
        {"name": asked.name, "in": "query", "description": asked.means, "schema": asked.schema}
        for asked in described.query
    ]


def _answer(described: Described) -> dict[str, Any]:
    shape = ref(described.answer) if isinstance(described.answer, str) else described.answer or TEXT
    answer = _said(HTTPStatus(described.status).phrase, shape, described.kind)
    if not described.tagged:
        return {str(described.status): answer}
    answer["headers"] = {"ETag": {"schema": TEXT, "description": "Stands for what is answered."}}
    return {str(described.status): answer, "304": {"description": "Nothing changed since the tag of If-None-Match."}}


def _errors(rule: Rule, method: str, whom: Whom | None, described: Described) -> set[int]:
    """The errors that a route shares with its kind, and its own."""
    codes = {500, *described.refuses}
    if whom is not Whom.PUBLIC:
        codes.add(401)
    if whom in (Whom.ADMIN, Whom.OWNER) or (method != "GET" and whom is not Whom.PUBLIC):
        codes.add(403)
    if described.query:
        codes.add(422)
    if described.body is not None:
        codes |= {400, 413, 415}
    return codes | ({404} if rule.arguments else set())


def _error(code: int) -> dict[str, Any]:
    return _said(HTTPStatus(code).phrase, ref("Error"), "application/json")


def _said(words: str, schema: Schema, kind: str) -> dict[str, Any]:
    return {"description": words, "content": {kind: {"schema": schema}}}


def _settings() -> Mapping[str, Any]:
    """The settings' own schema; its parts become shapes beside it."""
    schema = json_schema()
    parts = schema.pop("$defs", {})
    schema.pop("$schema", None)
    found = {"Settings": schema, **{f"Settings{name}": part for name, part in parts.items()}}
    return {name: _moved(part) for name, part in found.items()}


def _moved(node: Any) -> Any:
    """A schema whose references lead to where its parts stand now."""
    if isinstance(node, Mapping):
        return {
            key: str(value).replace("#/$defs/", "#/components/schemas/Settings") if key == "$ref" else _moved(value)
            for key, value in node.items()
        }
    return [_moved(item) for item in node] if isinstance(node, list | tuple) else node
