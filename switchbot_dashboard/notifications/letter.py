"""A message as a mail: text, HTML and inline pictures, with headers that nobody can add to."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import format_datetime

from ..domain.message import Piece
from .mail_settings import MailSettings
from .parcel import Parcel

HTML = "html"  # the name of the piece that is the mail's other form
SAFE = re.compile(r"[A-Za-z0-9._-]{1,100}")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
SEVEN_BIT = SMTP.clone(cte_type="7bit")


def letter(parcel: Parcel, settings: MailSettings, now: datetime) -> bytes:
    """The mail as it goes over the line, before dots are doubled. The same parcel has the same Message-ID each time."""
    mail = EmailMessage(policy=SEVEN_BIT)
    mail["Subject"] = one_line(parcel.title)
    mail["From"] = Address(one_line(parcel.sender_name or settings.sender_name), addr_spec=settings.sender)
    mail["To"] = Address(addr_spec=parcel.address)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(parcel.key, settings.sender)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_text(parcel))
    _add_html(mail, parcel)
    if SAFE.fullmatch(parcel.language):
        mail["Content-Language"] = parcel.language  # of all of it; set earlier, it would move into the first part
    return mail.as_bytes()


def message_id(key: str, sender: str) -> str:
    """The name of a mail among servers; a key that does not fit into it is replaced by its digest."""
    name = key if SAFE.fullmatch(key) else hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
    return f"<{name}@{sender.rpartition('@')[2]}>"


def one_line(text: str) -> str:
    """A text as a header can hold it: no line break, nothing that cannot be seen."""
    return " ".join(CONTROLS.sub(" ", text).split())


def _text(parcel: Parcel) -> str:
    body = CONTROLS.sub(" ", parcel.body).replace("\r\n", "\n").replace("\r", "\n").strip()
    return f"{body}\n\n{parcel.link}\n" if parcel.link else f"{body}\n"


def _add_html(mail: EmailMessage, parcel: Parcel) -> None:
    """The HTML form and, within it, the pictures that it names by their content ids (`cid:NAME`)."""
    html = next((piece for piece in parcel.pieces if piece.name == HTML), None)
    if html is None:
        return
    mail.add_alternative(html.body.decode("utf-8", "replace"), subtype="html")
    forms = mail.get_payload()
    assert isinstance(forms, list)
    page = forms[-1]
    assert isinstance(page, MIMEPart)
    for piece in parcel.pieces:
        if piece is not html:
            _add_picture(page, piece)


def _add_picture(page: MIMEPart, piece: Piece) -> None:
    main, _, sub = piece.type.partition("/")
    page.add_related(piece.body, main, sub, cid=f"<{one_line(piece.name)}>", disposition="inline", filename=piece.name)
