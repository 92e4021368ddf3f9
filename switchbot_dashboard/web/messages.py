"""The pages of messages. They work without JavaScript: a button is a form, its answer a redirect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from ..domain.message import Priority
from ..domain.posted import Part
from ..people import User
from .access import caller, member, service
from .bodies import LARGEST_ID, whole
from .errors import Refusal
from .i18n import at_moment, home_zone, now, number
from .messages_api import Wish, cancelled, message_view, outbox, put, viewer, wished
from .messages_view import PRIORITIES, line_of, shown, story_of, unread_words
from .people_errors import refusal_of
from .told import told
from .typed_times import day_and_time_typed
from .users_api import bounded
from .views import View, entity_tag

messages = Blueprint("messages", __name__)

ROWS, COMING_ROWS, ENDED_ROWS = 30, 100, 20
FEW = 5  # behind the bell
MOST_NAMES = 200  # of recipients to tick
TYPED = ("title", "message", "scheduled_day", "scheduled_time", "priority")
DELAYS = (0, 5, 10, 20, 60)  # minutes


@dataclass
class Form:
    """What someone typed to schedule a message, and what is wrong with it."""

    values: dict[str, Any] = field(default_factory=lambda: {"priority": Priority.NORMAL.value})
    faults: Mapping[str, str] = field(default_factory=dict)
    message: str = ""


@messages.get("/notifications")
@member
def page() -> str:
    """What came, what is to come, and a form for another."""
    form = Form()
    form.values["scheduled_day"] = now().astimezone(home_zone()).date().isoformat()
    return _page(form)


@messages.post("/notifications/schedule")
@member
def schedule() -> AnyResponse:
    """A message as typed; what cannot be used is told beside its field, with all that was typed still there."""
    form = Form({name: request.form.get(name, "") for name in TYPED})
    form.values["priority"] = form.values["priority"] or Priority.NORMAL.value
    asked = request.form.getlist("recipients")
    me = caller().user_id
    form.values["recipients"] = [int(each) for each in asked if each.isascii() and each.isdigit() and len(each) < 19]
    if not caller().admin and me is not None:
        form.values["recipients"] = [me]
    try:
        done = put(_wished(form.values), request.form.get("key", ""))
    except Exception as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        form.faults, form.message = refusal.fields, refusal.message
        return Response(_page(form), refusal.status, refusal.headers)
    count, at = len(done.ids), at_moment(done.at)
    words = ngettext("It is planned for %(at)s.", "%(num)s messages are planned for %(at)s.", count, at=at)
    flash(words, "ok")
    return redirect("/notifications#coming", 303)


@messages.get("/notifications/<int:message_id>")
@member
def story(message_id: int) -> str:
    """The whole story of one message."""
    found = outbox().get_schedule_status(bounded(message_id), viewer())
    who, message = caller(), found.message
    hastens = who.admin or (who.user_id is not None and who.user_id == message.author_id)
    told_story = story_of(found, now(), _names(), who.user_id)
    return render_template("messages/one.html", story=told_story, delays=DELAYS, hastens=hastens)


@messages.post("/notifications/<int:message_id>/cancel")
@member
def cancel(message_id: int) -> AnyResponse:
    def do() -> tuple[str, str]:
        return cancelled(message_id), "ok"

    return told(do, _back(message_id))


@messages.post("/notifications/<int:message_id>/send")
@member
def send(message_id: int) -> AnyResponse:
    def do() -> tuple[str, str]:
        outbox().send_scheduled_notification(bounded(message_id), viewer())
        return _("It leaves now."), "ok"

    return told(do, _back(message_id))


@messages.post("/notifications/<int:message_id>/retry")
@member
def retry(message_id: int) -> AnyResponse:
    text = request.form.get("delay", "10")
    delay = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else -1
    if not 0 <= delay <= 1440:
        raise Refusal(422, fields={"delay": _("The delay is a whole number of minutes, 0 to 1440.")})

    def do() -> tuple[str, str]:
        outbox().retry_failed_notification(bounded(message_id), delay, viewer())
        if not delay:
            return _("It is tried again now."), "ok"
        return _("It is tried again in %(minutes)s min.", minutes=delay), "ok"

    return told(do, _back(message_id))


@messages.post("/notifications/<int:message_id>/read")
@member
def read(message_id: int) -> AnyResponse:
    def do() -> tuple[str, str]:
        outbox().mark_read(bounded(message_id), viewer())
        return _("Marked as read."), "ok"

    return told(do, _back(message_id))


@messages.post("/notifications/read")
@member
def read_all() -> AnyResponse:
    def do() -> tuple[str, str]:
        count = outbox().mark_all_read(viewer())
        if not count:
            return _("Nothing was unread."), "ok"
        return ngettext("One is marked as read.", "%(num)s are marked as read.", count), "ok"

    return told(do, "/notifications")


@messages.get("/parts/bell")
@member
def bell_part() -> AnyResponse:
    """What the bell shows; its tag stands for that, so that asking often costs little."""
    me = caller().user_id
    if me is None:
        raise Refusal(404)
    count = outbox().unread(me)
    newest = outbox().messages(viewer(), recipient=me, part=Part.ARRIVED, limit=FEW)
    answer = Response(mimetype="application/json")
    answer.set_etag(entity_tag({"count": count, "newest": [message_view(each) for each in newest]}), weak=True)
    if request.if_none_match.contains_weak(answer.get_etag()[0] or ""):
        answer.status_code = 304
        return answer
    lines = [line_of(each, now(), {}, me) for each in newest]
    html = render_template("messages/bell.html", lines=lines, count=count)
    first = next((line.title for line in lines if line.unread), "")
    body: View = {"count": count, "shown": shown(count), "words": unread_words(count), "first": first, "html": html}
    answer.set_data(jsonify(body).get_data())
    return answer


def _wished(values: Mapping[str, Any]) -> Wish:
    """The message of a form, where day and time have a field each. Raises Refusal as `wished` does."""
    faults: dict[str, str] = {}
    at = day_and_time_typed(values["scheduled_day"], values["scheduled_time"], "scheduled_at", faults)
    if at is None:
        faults["scheduled_at"] = _("A date is missing here.")
    body = {name: value for name, value in values.items() if name not in ("scheduled_day", "scheduled_time")}
    try:
        wish = wished({**body, "scheduled_at": at})
    except Refusal as refusal:
        raise Refusal(refusal.status, fields={**refusal.fields, **faults}) from None
    if faults:
        raise Refusal(422, fields=faults)
    return wish


def _page(form: Form) -> str:
    faults: dict[str, str] = {}
    before = whole("before", None, 1, LARGEST_ID, faults)
    if faults:
        raise Refusal(422, fields=faults)
    who, present, names = caller(), now(), _names()
    of = _of()
    arrived: list[Any] = []
    coming: list[Any] = []
    ended: list[Any] = []
    if of is not None or who.admin:
        arrived = list(outbox().messages(viewer(), part=Part.ARRIVED, before=before, limit=ROWS + 1, recipient=of))
        coming = list(outbox().messages(viewer(), part=Part.COMING, limit=COMING_ROWS, recipient=of))
        ended = list(outbox().messages(viewer(), part=Part.ENDED, limit=ENDED_ROWS, recipient=of))
    lines = [line_of(each, present, names, who.user_id) for each in arrived[:ROWS]]
    return render_template(
        "messages/page.html",
        lines=sorted(lines, key=lambda line: not line.unread),
        coming=[line_of(each, present, names, who.user_id) for each in reversed(coming)],
        ended=[line_of(each, present, names, who.user_id) for each in ended],
        unread=outbox().unread(who.user_id) if who.user_id is not None else 0,
        older=f"/notifications?of={_asked()}&before={arrived[ROWS - 1].id}" if len(arrived) > ROWS else "",
        paged=before is not None,
        of=_asked(),
        people=_people(),
        form=form,
        zone=str(home_zone()),
        least=present.astimezone(home_zone()).date().isoformat(),
        priorities={each.value: words for each, words in PRIORITIES.items()},
        number=number,
    )


def _asked() -> str:
    """Whose messages were asked for: `me`, `all`, or a user by number."""
    who = caller()
    if not who.admin:
        return "me"
    return request.args.get("of") or ("me" if who.user_id is not None else "all")


def _of() -> int | None:
    """Whose messages to show; None for those of everyone."""
    asked = _asked()
    if asked == "me":
        return caller().user_id
    if asked.isascii() and asked.isdigit() and len(asked) < 19:
        return int(asked)
    return None


def _people() -> list[User]:
    """Those whom an administrator can choose."""
    return list(service().people.list())[:MOST_NAMES] if caller().admin else []


def _names() -> Mapping[int, str]:
    return {user.id: user.name for user in service().people.list()}


def _back(message_id: int) -> str:
    return "/notifications#coming" if request.form.get("back") == "list" else f"/notifications/{message_id}"
