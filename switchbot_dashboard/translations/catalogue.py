"""Merges the parts of a language into the one file that the pages read; the same parts always make the same bytes."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

HERE = Path(__file__).parent
COMPILED = Path("LC_MESSAGES") / "messages.mo"


class Clash(Exception):
    """Two parts say the same words differently."""


class _Merged(Catalog):
    """A catalogue whose header tells no date and no version."""

    @property
    def mime_headers(self) -> Any:
        plural = f"nplurals={self.num_plurals}; plural={self.plural_expr};"
        return [("Language", str(self.locale)), ("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", plural)]


def merged(language: str, folder: Path = HERE, clashes: list[str] | None = None) -> Catalog:
    """All parts of a language in one. Raises Clash, or notes it in `clashes` and keeps what came first."""
    whole = _Merged(locale=language)
    for part in sorted((folder / language).glob("*.po")):
        with part.open("rb") as file:
            found = read_po(file, locale=language, abort_invalid=True)
        for message in found:
            if not message.id or message.fuzzy:
                continue
            known = whole.get(message.id)
            if known is not None and known.string != message.string:
                told = f"{part.name}: {message.id!r} is {message.string!r}, and elsewhere {known.string!r}"
                if clashes is None:
                    raise Clash(told)
                clashes.append(told)
            if known is None:
                whole.add(message.id, message.string)
    return whole


def compiled(language: str, folder: Path = HERE) -> bytes:
    """The merged catalogue as it is kept, contradictions settled by the order of the parts."""
    file = BytesIO()
    write_mo(file, merged(language, folder, []))
    return file.getvalue()


def compile_all(folder: Path = HERE) -> list[Path]:
    """Writes the file of every language; which ones."""
    written = []
    for language in sorted({part.parent.name for part in folder.glob("*/*.po")}):
        target = folder / language / COMPILED
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(compiled(language, folder))
        written.append(target)
    return written
