"""Doing what a form asks for, and saying what came of it: as JSON for a script, else on the page that follows."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, jsonify, redirect, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from ..domain.settings import Settings
from ..domain.settings_faults import InvalidSettings
from .access import service
from .errors import KINDS
from .i18n import sentence
from .people_errors import refusal_of, told_words


def told(do: Callable[[], tuple[str, str]], back: str) -> AnyResponse:
    """Does it; `do` returns a message and its tone. What may be refused is told as a message too, at `back`."""
    status, wait = 200, None
    try:
        message, tone = do()
    except InvalidSettings as error:
        status, tone = 422, "warn"
        message = _("The settings cannot be used: %(why)s", why=sentence(error.faults[0].said))
    except Exception as error:
        sorry, refusal = service().sorry(error), refusal_of(error)
        if refusal is not None:
            status, tone, message = refusal.status, "warn", told_words(refusal)
        elif sorry is not None:
            status, tone, message, wait = KINDS[type(sorry)][0], "warn", str(sorry), sorry.wait
        else:
            raise
    if request.accept_mimetypes.best == "application/json":
        answer = jsonify({"message": message, "tone": tone})
        answer.status_code = status
        if wait is not None:
            answer.headers["Retry-After"] = str(wait)
        return answer
    flash(message, tone)
    return redirect(back, 303)


def in_force() -> Settings | None:
    """The settings in force, with the virtual home's devices where they name none."""
    handed = service()
    return handed.furnished() or handed.settings.current
