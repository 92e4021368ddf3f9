"""The pages and the JSON API. No rule lives here: what is shown is computed from what the service hands over."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from .access import guard_headers, register_access
from .actions import actions
from .alerts import alerts
from .alerts_api import alerts_api
from .api import api
from .devices import devices
from .errors import register_errors
from .health import health
from .history import history
from .history_api import history_api
from .i18n import register_i18n
from .messages import messages
from .messages_api import messages_api
from .openapi import openapi
from .pages import pages
from .people_errors import register_people_errors
from .quota_page import quota_page
from .reminders import reminders
from .reminders_api import reminders_api
from .schedule import schedule
from .service import Service
from .settings import settings
from .shell import register_shell
from .static_files import register_static
from .ticks import ticks
from .users import users
from .users_api import users_api
from .webhook import webhook

LARGEST_BODY = 64 * 1024  # bytes

__all__ = ["Service", "build_web"]


def build_web(service: Service) -> Flask:
    """The WSGI application over `service`; building it starts nothing."""
    app = Flask(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY, MAX_FORM_MEMORY_SIZE=LARGEST_BODY, MAX_FORM_PARTS=50)
    app.json.sort_keys, app.json.ensure_ascii = False, False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.after_request(guard_headers)
    register_i18n(app, service)
    register_static(app)
    register_access(app, service)
    register_errors(app, service)
    register_people_errors(app)
    for blueprint in (
        health,
        api,
        pages,
        history_api,
        openapi,
        actions,
        devices,
        quota_page,
        settings,
        ticks,
        history,
        schedule,
        webhook,
        messages,
        messages_api,
        users,
        users_api,
        reminders,
        reminders_api,
        alerts_api,
        alerts,
    ):
        app.register_blueprint(blueprint)
    register_shell(app)
    hops = service.config.proxy_fix_for
    if hops:
        fixed = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_prefix=hops)
        app.wsgi_app = fixed  # type: ignore[method-assign]
    return app
