"""What goes wrong, told in one shape: JSON for programs, a plain page for people, never a trace."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from flask import Flask, Response, current_app, jsonify, render_template, request
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.exceptions import HTTPException

from ..domain.settings_faults import InvalidSettings
from .i18n import sentence
from .service import Busy, Conflict, Failed, MemoryFailed, Service, Sorry, TooMany, UnknownJob, UnknownZone

log = logging.getLogger(__name__)

JSON_PATHS = ("/api/", "/history/api/", "/history/export", "/webhook/", "/healthz", "/readyz", "/metrics")
KINDS: Mapping[type[Sorry], tuple[int, str]] = {
    Busy: (409, "busy"),
    UnknownZone: (422, "invalid"),
    UnknownJob: (404, "not_found"),
    Failed: (503, "failed"),
    TooMany: (429, "too_many_requests"),
    Conflict: (412, "changed_meanwhile"),
    MemoryFailed: (503, "failed"),
}
CODES = {
    400: ("bad_request", _l("The request cannot be understood.")),
    401: ("unauthorized", _l("Log in, or send a token.")),
    403: ("forbidden", _l("This needs more rights than you have.")),
    404: ("not_found", _l("There is nothing at this address.")),
    405: ("method_not_allowed", _l("This address does not take that method.")),
    408: ("timeout", _l("The request took too long to arrive.")),
    409: ("busy", _l("A tick runs already; try again in a moment.")),
    412: ("changed_meanwhile", _l("This was changed since you read it: read it again.")),
    413: ("too_large", _l("The request is larger than 64 KB.")),
    415: ("unsupported_media_type", _l("The body must be JSON, sent as application/json.")),
    422: ("invalid", _l("Some fields cannot be used.")),
    429: ("too_many_requests", _l("Too many tries; wait a minute.")),
    431: ("too_large", _l("The request's headers are too large.")),
    500: ("internal_error", _l("Something failed here. It is in the log; trying again does no harm.")),
    503: ("unavailable", _l("This cannot be answered now; try again in a moment.")),
}


class Refusal(Exception):
    """An answer that ends the request; `fields` names what is wrong with each field."""

    def __init__(
        self,
        status: int,
        message: str = "",
        *,
        code: str = "",
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        usual = CODES.get(status, ("error", _l("The request was refused.")))
        self.status, self.code, self.message = status, code or usual[0], message or str(usual[1])
        self.fields, self.headers = dict(fields or {}), dict(headers or {})


def wants_json() -> bool:
    """Whether the address belongs to the API, or a page's script asks."""
    path = request.path
    return path == "/api" or path.startswith(JSON_PATHS) or request.accept_mimetypes.best == "application/json"


def answer(refusal: Refusal) -> Response:
    """The refusal as JSON or as a page."""
    if wants_json():
        body = jsonify({"error": refusal.code, "message": refusal.message, "fields": refusal.fields})
    else:
        body = Response(render_template("error.html", refusal=refusal), mimetype="text/html")
    body.status_code = refusal.status
    body.headers.extend(refusal.headers)
    return body


def field_faults(error: InvalidSettings) -> dict[str, str]:
    """The faults by key; a second fault of one key is joined to the first."""
    found: dict[str, str] = {}
    for fault in error.faults:
        said = sentence(fault.said)
        found[fault.key] = f"{found[fault.key]} {said}" if fault.key in found else said
    return found


def register_errors(app: Flask, service: Service) -> None:
    """Every error leaves in the contract's shape."""
    app.before_request(_bounded)
    app.register_error_handler(Refusal, answer)
    app.register_error_handler(HTTPException, _http)
    expected: tuple[type[Exception], ...] = (Sorry, *service.meanings)
    for kind in expected:
        app.register_error_handler(kind, lambda error: _sorry(service.sorry(error) or Failed(str(error))))
    app.register_error_handler(InvalidSettings, _invalid_settings)
    app.register_error_handler(Exception, _unexpected)


def _bounded() -> None:
    """Refuse what is too large even where nobody would read it."""
    if (request.content_length or 0) > current_app.config["MAX_CONTENT_LENGTH"]:
        raise Refusal(413)


def _http(error: HTTPException) -> Response:
    original = error.get_response()
    status = error.code or 500
    if status < 400:
        return Response(original.get_data(), status, original.headers)
    kept = {name: original.headers[name] for name in ("Allow", "Retry-After") if name in original.headers}
    known = CODES.get(status)
    message = str(known[1]) if known else f"{error.name}."
    return answer(Refusal(status, message, headers=kept))


def _sorry(error: Sorry) -> Response:
    status, code = KINDS.get(type(error), (500, "internal_error"))
    fields = {"zone": str(error)} if isinstance(error, UnknownZone) else {}
    headers = {"Retry-After": str(error.wait)} if error.wait is not None else {}
    return answer(Refusal(status, str(error), code=code, fields=fields, headers=headers))


def _invalid_settings(error: InvalidSettings) -> Response:
    count = len(error.faults)
    words = ngettext(
        "One value cannot be used; nothing was changed.", "%(num)s values cannot be used; nothing was changed.", count
    )
    return answer(Refusal(422, words, code="invalid_settings", fields=field_faults(error)))


def _unexpected(error: Exception) -> Response:
    log.error("[web] %s %s failed", request.method, request.path, exc_info=error)
    return answer(Refusal(500))
