"""`python -m switchbot_dashboard.translations`: merge the parts, and name the words that a language lacks."""

from __future__ import annotations

from .catalogue import HERE, compile_all, merged
from .words import said_in


def main() -> None:
    """Compile every language, then list what is missing or contradicts itself."""
    for target in compile_all():
        language = target.parts[-3]
        clashes: list[str] = []
        known = merged(language, HERE, clashes)
        lacking = [words for words in said_in() if not known.get(words.texts[0])]
        print(f"{language}: {len(known)} texts; {len(lacking)} missing, {len(clashes)} said in two ways")
        for clash in clashes:
            print(f"  {clash}")
        for words in lacking:
            print(f"  {words.place}: {words.texts[0]!r}")


if __name__ == "__main__":
    main()
