"""What a request may carry: JSON bodies, query fields, preconditions."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from flask import request

from .errors import Refusal

MOST_ROWS = 1000
LARGEST_ID = 2**63 - 1


def json_object(*, optional: bool = False) -> dict[str, Any]:
    """The body as a JSON object. Refuses with 413, 415 or 400; an empty body is an empty object when `optional`."""
    raw = request.get_data(cache=True)
    if not raw and optional:
        return {}
    if not request.is_json:
        raise Refusal(415)
    try:
        value = json.loads(raw, parse_constant=_no_number, object_pairs_hook=_each_key_once)
        json.dumps(value, ensure_ascii=False).encode()  # half a character (a lone surrogate) cannot be stored
    except KeyError as error:
        raise Refusal(400, f"The key {error} stands twice in one object; keep one.", code="broken_json") from None
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Refusal(400, f"The body is not JSON that can be read{where}.", code="broken_json") from None
    if not isinstance(value, dict):
        raise Refusal(400, "The body must be one JSON object.", code="broken_json")
    return value


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise KeyError(key[:40])
        found[key] = value
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def zone_asked(body: dict[str, Any]) -> str | None:
    """The zone named in the body, the form or the query; None for all of them."""
    zone = body.get("zone", request.values.get("zone"))
    if zone is None or zone == "":
        return None
    if not isinstance(zone, str) or len(zone) > 100:
        raise Refusal(422, fields={"zone": "The zone is named by its id, a text."})
    return zone


def whole(name: str, default: int | None, low: int, high: int, faults: dict[str, str]) -> int | None:
    """A whole number of the query; out of bounds it is noted in `faults`."""
    text = request.args.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdigit() and len(text) <= 19 and low <= int(text) <= high:
        return int(text)
    faults[name] = f"{name} is {text[:40]!r}; it must be a whole number from {low} to {high}."
    return default


def expected_tag(current: str) -> str | None:
    """The tag that If-Match asks for, None when it asks for none. Refuses with 412 when it is not the current one."""
    if "If-Match" not in request.headers or request.if_match.star_tag:
        return None
    if not request.if_match.contains(current):
        raise Refusal(412)
    return current
