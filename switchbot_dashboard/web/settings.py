"""The settings page: a form, a review before anything is saved, and a way back. Nothing is overwritten unseen."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from ..domain.budget import Quota, quota_of
from ..domain.settings import Settings, parse_settings
from ..domain.settings_diff import changes, merge_patch, merged
from ..domain.settings_faults import Fault, InvalidSettings
from .access import admin, caller, member, service
from .errors import Refusal, answer, wants_json
from .i18n import french
from .service import Conflict, Failed, Sorry, TooMany
from .settings_fields import element_id
from .settings_form import HOSTS, Overrides, form_of
from .settings_review import clashes, lines_of, listings, object_in, others, review_of, versions
from .settings_typed import Typed, arranged, document_of, first, rows_of, typed_of
from .settings_words import _, count_words
from .what_if import Compared, compared

settings = Blueprint("settings", __name__)

ARRANGES = ("add:", "copy:", "remove:")
PATIENT = ("csrf_token", "do")  # fields that a page which keeps what was typed makes anew
STAND_IN = "VIRTUAL"


@dataclass(frozen=True, slots=True)
class File:
    """The file as it stands: its document, and whether that is it; else it is the last one that could be read."""

    document: dict[str, Any]
    etag: str
    readable: bool
    faults: Sequence[Fault]


@settings.get("/settings")
@settings.get("/reglages")
@member
def page() -> Response:
    """The form for those who may change it, a plain list for the others."""
    file = _file()
    if not caller().admin:
        known = service().memory.catalogue()
        html = render_template("settings/listing.html", listings=listings(file.document, known), file=file)
        return Response(html, mimetype="text/html")
    saved = request.args.get("saved") is not None
    return _form(file, typed_of(file.document, comma=french()), faults=file.faults, saved=saved)


@settings.post("/settings")
@settings.post("/reglages")
@admin
def change() -> AnyResponse:
    """What a button of the form, of the review or of a conflict asks for."""
    file, form = _file(), request.form.to_dict(flat=False)
    do = first(form, "do", "review")
    base = object_in(first(form, "base")) or file.document
    if do.startswith(ARRANGES):
        return _form(file, arranged(form, do), base=base, etag=first(form, "etag"), at=do)
    if do == "refresh":
        return _refreshed(file, form, base)
    new = _wanted(form, base)
    if do == "edit":
        return _form(file, typed_of(new, comma=french()), base=base, etag=first(form, "etag"))
    if first(form, "etag") != file.etag:
        if changes(base, file.document) or not file.readable:
            return _conflict(file, base, new)
        new = merged(file.document, merge_patch(base, new))  # the same in other words: nothing stands against it
    return _save(file, new) if do == "save" else _review(file, new, form)


@settings.post("/settings/what-if")
@admin
def what_if() -> AnyResponse:
    """What the last days would have been with what is typed; for the page's script as a part to put in its place."""
    file, form = _file(), request.form.to_dict(flat=False)
    base = object_in(first(form, "base")) or file.document
    new = _wanted(form, base)
    try:
        wished = parse_settings(json.dumps(new, ensure_ascii=False))
    except InvalidSettings as error:
        return _faulty(file, new, form, error)
    try:
        told = compared(service().what_if(_furnished(wished)), same=not changes(file.document, new))
    except Exception as error:
        sorry = service().sorry(error)
        if sorry is None or first(form, "part"):
            raise
        status = 429 if isinstance(sorry, TooMany) else 503
        return _form(file, form, base=base, etag=first(form, "etag"), notice=str(sorry), status=status)
    if first(form, "part"):
        return Response(render_template("settings/_what_if.html", told=told), mimetype="text/html")
    return _form(file, form, base=base, etag=first(form, "etag"), told=told)


@settings.get("/settings/versions/<stamp>")
@admin
def version(stamp: str) -> Response:
    """An earlier version: how it differs, what it does, and the button that brings it back."""
    file, text = _file(), service().settings.backup_text(stamp)
    document = object_in(text)
    if text is None or document is None:
        raise Refusal(404, _("This version is kept no more."))
    try:
        parsed = parse_settings(text)
    except InvalidSettings:
        raise Refusal(409, _("This version cannot be used any more: its keys mean something else by now.")) from None
    found = dict(service().settings.backups()).get(stamp)
    return _reviewed(file, document, parsed, stamp=stamp, kept_at=found)


@settings.post("/settings/restore")
@admin
def restore() -> AnyResponse:
    """An earlier version in place of the file; what stood there becomes one of the earlier versions."""
    file, text = _file(), service().settings.backup_text(request.form.get("stamp", ""))
    document = object_in(text)
    if text is None or document is None:
        raise Refusal(404, _("This version is kept no more."))
    if request.form.get("etag") != file.etag:
        return _conflict(file, file.document, document)
    return _save(file, document, text)


@settings.errorhandler(Refusal)
def keep_what_was_typed(refusal: Refusal) -> AnyResponse:
    """A session that ended, or a page that is too old: nothing is saved, and nothing that was typed is lost."""
    ours = request.method == "POST" and request.headers.get("Sec-Fetch-Site") in (None, "same-origin")
    if not ours or wants_json() or (refusal.status != 401 and refusal.code != "csrf_failed"):
        return answer(refusal)
    form = request.form.to_dict(flat=False)
    if caller().admin and "base" in form:
        file, base = _file(), object_in(first(form, "base")) or {}
        typed = typed_of(_wanted(form, base), comma=french()) if "patch" in form else form
        kept = _form(file, typed, base=base, etag=first(form, "etag"), notice=_too_old())
    else:
        fields = [(name, value) for name, values in form.items() if name not in PATIENT for value in values]
        kept = Response(render_template("settings/kept.html", fields=fields), mimetype="text/html")
    kept.status_code = refusal.status
    return kept


def _too_old() -> str:
    return _("This page had been open for too long, so nothing was saved. What you typed is still here.")


def _file() -> File:
    """The file as it stands; where it is no JSON, the last version that could be read."""
    desk = service().settings
    etag, document = desk.etag, object_in(desk.text)
    if document is not None:
        return File(document, etag, True, desk.faults)
    for stamp, _at in desk.backups():
        if (kept := object_in(desk.backup_text(stamp))) is not None:
            return File(kept, etag, False, desk.faults)
    return File({}, etag, False, desk.faults)


def _wanted(form: Mapping[str, Sequence[str]], base: dict[str, Any]) -> dict[str, Any]:
    """The document that is asked for: `base` with a change that was reviewed before, or with what is typed."""
    if "patch" in form:
        found = object_in(first(form, "patch"))
        if found is None:
            raise Refusal(400, code="broken_json")
        return dict(merged(base, found))
    return document_of(base, form)


def _form(
    file: File,
    typed: Typed,
    *,
    base: dict[str, Any] | None = None,
    etag: str = "",
    faults: Sequence[Fault] = (),
    notice: str = "",
    at: str = "",
    saved: bool = False,
    told: Compared | None = None,
    status: int = 200,
) -> Response:
    desk, base = service().settings, file.document if base is None else base
    known = service().memory.catalogue()
    earlier = list(versions(desk.backups(), desk.backup_text, desk.text, file.document))
    html = render_template(
        "settings/form.html",
        form=form_of(base, typed, faults, known, limited=caller().limited, overrides=_overrides()),
        file=file,
        base=_compact(base),
        etag=etag or file.etag,
        others=others(base),
        versions=earlier,
        notice=notice,
        headline=count_words(len(faults)),
        at=_target(at, typed),
        saved=saved,
        told=told,
    )
    return Response(html, status, mimetype="text/html")


def _overrides() -> Overrides:
    """The keys that the environment states, with the variable and the value in force."""
    config = service().config
    jobs = (("reports.weekly", "WEEKLY_REPORT", config.weekly_report), ("cleanup", "CLEANUP", config.cleanup))
    return {
        f"{part}.{name}": (f"SCHEDULER_{variable}_{name.upper()}", value)
        for part, variable, stated in jobs
        for name in ("enabled", "day", "hour", "minute")
        if (value := getattr(stated, name)) is not None
    }


def _target(do: str, typed: Typed) -> str:
    """The element that a button of the form leads to: the row that is new, or the list that is shorter."""
    wish, _colon, place = do.partition(":")
    name, _bracket, row = place.removesuffix("]").rpartition("[") if wish != "add" else (place, "", "")
    if wish == "add":
        return element_id(f"{name}[{rows_of(typed, name)[-1]}]") if rows_of(typed, name) else ""
    if wish == "copy" and row.isascii() and row.isdigit():
        return element_id(f"{name}[{int(row) + 1}]")
    return element_id(name) if wish == "remove" else ""


def _review(file: File, new: dict[str, Any], form: Typed) -> AnyResponse:
    """What would change, or what is wrong with it."""
    try:
        parsed = parse_settings(json.dumps(new, ensure_ascii=False))
    except InvalidSettings as error:
        return _faulty(file, new, form, error)
    if file.readable and not lines_of(file.document, new, None):
        return _form(file, typed_of(file.document, comma=french()), notice=_("Nothing is different from the file."))
    return _reviewed(file, new, parsed)


def _faulty(file: File, new: dict[str, Any], form: Typed, error: InvalidSettings) -> Response:
    """The form again, with what was typed and every fault at its field."""
    base = file.document if "patch" in form else (object_in(first(form, "base")) or file.document)
    typed = typed_of(new, comma=french()) if "patch" in form else form
    return _form(file, typed, base=base, faults=error.faults, status=422)


def _reviewed(file: File, new: dict[str, Any], parsed: Settings, **more: object) -> Response:
    desk, memory, now = service().settings, service().memory, service().clock()
    used = sum(memory.calls_of_day(now).values())

    def quota_for(wanted: Settings) -> Quota:
        return quota_of(wanted, used, now)

    both = (service().furnished() or desk.current, _furnished(parsed))
    review = review_of(file.document, new, both, memory.load(now), quota_for, now, memory.catalogue())
    patch = _compact(merge_patch(file.document, new))
    html = render_template(
        "settings/review.html", review=review, file=file, base=_compact(file.document), patch=patch, **more
    )
    return Response(html, mimetype="text/html")


def _furnished(wanted: Settings) -> Settings:
    """Settings that are not in force, with the virtual home's devices where they name none."""
    if service().config.source != "virtual_home":
        return wanted
    now = service().furnished()
    zones = {zone.id: zone for zone in now.all_zones} if now else {}

    def of(name: str) -> Callable[[str], str]:
        return lambda zone: getattr(zones.get(zone), name, "") or STAND_IN

    devices = ("meter_device_id", "aircon_device_id", "outdoor_meter_device_id")
    meter, aircon, outdoor = (of(name) for name in devices)
    return wanted.with_devices(meter=meter, aircon=aircon, outdoor=outdoor)


def _save(file: File, new: dict[str, Any], text: str = "") -> AnyResponse:
    """Put it in place of the file, if the file is still the one that was read."""
    if caller().limited and (new.get(HOSTS) or []) != (file.document.get(HOSTS) or []):
        raise Refusal(403, _("Only an administrator who logged in can change this: set DASHBOARD_PASSWORD and log in."))
    count = len(changes(file.document, new))
    try:
        service().settings.replace(text or new, file.etag)
    except InvalidSettings as error:
        return _form(file, typed_of(new, comma=french()), faults=error.faults, status=422)
    except Exception as error:
        return _not_saved(file, new, service().sorry(error), error)
    flash(ngettext("%(num)s change is saved and in force.", "%(num)s changes are saved and in force.", count), "ok")
    return redirect("/settings?saved=1", 303)


def _not_saved(file: File, new: dict[str, Any], sorry: Sorry | None, error: Exception) -> AnyResponse:
    if isinstance(sorry, Conflict):
        return _conflict(_file(), file.document, new)
    if isinstance(sorry, Failed):
        return _form(file, typed_of(new, comma=french()), notice=str(sorry), status=503)
    raise error


def _conflict(file: File, base: dict[str, Any], new: dict[str, Any]) -> Response:
    """Both sides, and what can be done about it."""
    found = clashes(base, file.document, new, service().memory.catalogue())
    patch = _compact(merge_patch(base, new))
    html = render_template(
        "settings/conflict.html", clashes=found, file=file, base=_compact(file.document), patch=patch
    )
    return Response(html, 409, mimetype="text/html")


def _refreshed(file: File, form: Typed, base: dict[str, Any]) -> Response:
    """The account's list anew, with what was typed kept."""
    try:
        service().refresh_devices()
        notice = _("The list of devices and scenes is new. It cost 2 calls.")
    except Exception as error:
        sorry = service().sorry(error)
        if sorry is None:
            raise
        notice = str(sorry)
    return _form(file, form, base=base, etag=first(form, "etag"), notice=notice, at="refresh")


def _compact(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
