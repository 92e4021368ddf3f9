"""The files of the pages, from memory: compressed once, and under an address that changes when any of them does."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from werkzeug.wrappers import Response as AnyResponse

from .access import public
from .errors import Refusal

FOLDER = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
LETTERS = str.maketrans("0123456789", "ghijklmnop")  # no figure that could be taken for one of the page
SMALLEST = 300  # bytes; less is not worth compressing
PACKED = ("image/png", "font/woff2")  # compressed by nature
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".svg": "image/svg+xml", ".css": "text/css"}


@dataclass(frozen=True, slots=True)
class Held:
    """A file as it goes out; `small` is None where compressing gains nothing."""

    body: bytes
    small: bytes | None
    kind: str
    tag: str


class StaticFiles:
    """The files of a folder as they were at the start; each is read and compressed when first asked for."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._paths = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
        self._held: dict[str, Held] = {}

    @cached_property
    def version(self) -> str:
        """What all the files come to: another for any change in any of them."""
        whole = hashlib.sha256()
        for name in sorted(self._paths):
            whole.update(name.encode() + b"\0" + hashlib.sha256(self._paths[name].read_bytes()).digest())
        return whole.hexdigest()[:12].translate(LETTERS)

    def find(self, name: str) -> Held | None:
        """The file of this name (a path within the folder); None when there is none."""
        held = self._held.get(name)
        if held is None and name in self._paths:
            held = self._held[name] = _held(self._paths[name])
        return held


def _held(path: Path) -> Held:
    body = path.read_bytes()
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    small = gzip.compress(body, 9, mtime=0) if len(body) >= SMALLEST and kind not in PACKED else None
    text = kind.startswith("text/") or kind == "image/svg+xml"
    tag = hashlib.sha256(body).hexdigest()[:20]
    return Held(body, small, f"{kind}; charset=utf-8" if text else kind, tag)


def register_static(app: Flask) -> None:
    """`/static/VERSION/…`, kept by browsers for good, and `/static/…`, which they ask about each time.

    Scripts import each other by relative addresses, so that they stay within a version.
    """
    files = StaticFiles()

    @public
    def static(filename: str) -> AnyResponse:
        version, _, rest = filename.partition("/")
        versioned = version == files.version
        held = files.find(rest if versioned else filename)
        if held is None:
            raise Refusal(404)
        packed = held.small is not None and request.accept_encodings.quality("gzip") > 0
        answer = Response(held.small if packed else held.body, content_type=held.kind)
        answer.headers["Cache-Control"] = FOREVER if versioned else "no-cache"
        if held.small is not None:
            answer.headers["Vary"] = "Accept-Encoding"
        if packed:
            answer.headers["Content-Encoding"] = "gzip"
        answer.set_etag(f"{held.tag}-gz" if packed else held.tag)
        return answer.make_conditional(request)

    def with_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "filename" in values:
            values["filename"] = f"{files.version}/{values['filename']}"

    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=static)
    app.url_defaults(with_version)
