"""A settings text as a document and back, in the order and the layout in which its owner wrote it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any


def etag_of(text: str) -> str:
    """A short name for exactly this text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def in_order_of(old: Any, new: Any) -> Any:
    """`new`, with the keys that `old` has too in the order of `old` and the others after them."""
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        return new
    keys = [key for key in old if key in new] + [key for key in new if key not in old]
    return {key: in_order_of(old.get(key), new[key]) for key in keys}


def laid_out(document: Mapping[str, Any], like: str) -> str:
    """The document as text, indented as the text `like` is; a list of plain values stays on one line."""
    found = re.search(r"^([ \t]+)\S", like, re.MULTILINE)
    if found is None and like.strip() and "\n" not in like.strip():
        text = _plain(document)
    else:
        text = _lines(document, found.group(1) if found else "  ", "\n")
    return text if like and not like.endswith("\n") else text + "\n"


def _lines(value: Any, indent: str, newline: str) -> str:
    inner = newline + indent
    if isinstance(value, Mapping) and value:
        items = (f"{_plain(str(key))}: {_lines(item, indent, inner)}" for key, item in value.items())
        return "{" + inner + f",{inner}".join(items) + newline + "}"
    if isinstance(value, list | tuple) and any(isinstance(item, Mapping | list | tuple) for item in value):
        return "[" + inner + f",{inner}".join(_lines(item, indent, inner) for item in value) + newline + "]"
    return _plain(value)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
