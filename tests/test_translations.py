"""The words in other languages: all there, in the form that their figures need, and compiled."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from switchbot_dashboard.translations.catalogue import COMPILED, HERE, Clash, compiled, merged
from switchbot_dashboard.translations.words import PACKAGE, NoLiteral, said_in

LANGUAGES = sorted({part.parent.name for part in HERE.glob("*/*.po")})
PERCENT = re.compile(r"%\((\w+)\)([sd])|%%")


def figures(text: str) -> set[object]:
    """What a text's figures are called, and their kinds."""
    braces = {(name, kind) for _, name, kind, _ in Formatter().parse(text) if name} if "{" in text else set()
    return {*PERCENT.findall(text), *braces}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_has_its_translation(language: str) -> None:
    known = merged(language)
    lacking = [f"{words.place}: {words.texts[0]}" for words in said_in() if not known.get(words.texts[0])]
    assert not lacking, "\n".join(lacking)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_left_of_words_that_nobody_says(language: str) -> None:
    said = {words.texts[0] for words in said_in()} | constants()
    unsaid = [message.id for message in merged(language) if message.id and _first(message.id) not in said]
    assert not unsaid


def constants() -> set[str]:
    """All texts in the source: the settings' help and bounds are translated through the tables that hold them."""
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in PACKAGE.rglob("*.py"))
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_every_figure(language: str) -> None:
    wrong = []
    for message in merged(language):
        texts = [message.id] if isinstance(message.id, str) else list(message.id)
        translations = [message.string] if isinstance(message.string, str) else list(message.string)
        wanted = set[object]().union(*map(figures, texts))
        wrong += [each for each in translations if message.id and figures(each) != wanted and len(texts) == 1]
        wrong += [each for each in translations if not figures(each) <= wanted]
    assert not wrong


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_the_parts_say(language: str) -> None:
    assert (HERE / language / COMPILED).read_bytes() == compiled(language), "run `make translations`"


def test_parts_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "fr").mkdir()
    for name, words in (("a", "un"), ("b", "une")):
        (tmp_path / "fr" / f"{name}.po").write_text(f'msgid "a"\nmsgstr "{words}"\n', encoding="utf-8")
    with pytest.raises(Clash, match=r"b\.po: 'a' is 'une', and elsewhere 'un'"):
        merged("fr", tmp_path)


def test_a_sentence_that_nobody_could_translate_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f(x):\n    return say(x)\n", encoding="utf-8")
    with pytest.raises(NoLiteral, match=r"a\.py:2"):
        said_in(tmp_path)


def test_a_sentence_is_found_through_the_names_that_hold_it(tmp_path: Path) -> None:
    source = (
        'T = {1: "one", 2: "two"}\ndef f(x):\n    w = "three"\n    if x:\n        w = "four"\n    say(w); say(T[x])\n'
    )
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    assert {words.texts for words in said_in(tmp_path)} == {("one",), ("two",), ("three",), ("four",)}


def test_words_within_an_f_string_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "def f():\n    return f\"{_('one')} {ngettext('two', 'three', 3)}\"\n", encoding="utf-8"
    )
    assert {words.texts for words in said_in(tmp_path)} == {("one",), ("two", "three")}


def _first(known: object) -> object:
    return known if isinstance(known, str) else known[0] if isinstance(known, tuple | list) else None
