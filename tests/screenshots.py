"""Pictures of the pages for the documentation: `make screenshots` writes them to docs/screenshots.

`--all FOLDER` takes every page at both sizes, in both themes and both languages, for whoever wants to look.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from io import BytesIO
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from PIL import Image  # noqa: E402  (the path comes first)
from support.browser import LOOKS, Look, Visit, chromium  # noqa: E402
from support.evening import virtual_home  # noqa: E402
from support.promises import promises  # noqa: E402

PAGES = {
    "home": "/",
    "history": "/history",
    "why": "/ticks",
    "schedule": "/schedule",
    "settings": "/settings",
    "actions": "/actions",
    "devices": "/devices",
    "quota": "/quota",
    "alerts": "/alerts",
    "reminders": "/reminders",
    "notifications": "/notifications",
    "users": "/users",
}
FRENCH = ("home", "history", "schedule", "settings")  # of these also light in French
TALLEST = 1800  # pixels; a longer page is cut below


def wanted(name: str, look: Look) -> bool:
    """Whether a picture belongs to the documentation: all in English, some in French."""
    return look.language == "en" or (look.theme == "light" and name in FRENCH)


def take(visit: Visit, name: str, file: Path) -> None:
    """One page, whole where it is not too long, once it has settled."""
    page = visit.open(PAGES[name])
    page.wait_for_function("document.fonts.status === 'loaded'")
    page.wait_for_load_state("networkidle")
    width, _ = visit.look.viewport
    height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    page.set_viewport_size({"width": width, "height": max(height, visit.look.viewport[1])})
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    picture = Image.open(BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(file, optimize=True)


def main() -> None:
    """Take the pictures and say what they weigh."""
    options = argparse.ArgumentParser(description="Takes pictures of the pages.")
    options.add_argument("--all", type=Path, metavar="FOLDER", help="every look of every page, into this folder")
    options.add_argument("pages", nargs="*", help="only these")
    chosen = options.parse_args()
    folder: Path = chosen.all or HERE.parent / "docs" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    taken = [(name, look) for look in LOOKS for name in chosen.pages or PAGES if chosen.all or wanted(name, look)]
    with (
        tempfile.TemporaryDirectory(prefix="home-") as home,
        virtual_home(Path(home)) as running,
        chromium() as browser,
    ):
        promises(running)
        for name, look in taken:
            with Visit(browser, running.url, look) as visit:
                take(visit, name, folder / f"{name}-{look}.png")
    print(f"{len(taken)} pictures, {sum(file.stat().st_size for file in folder.glob('*.png')) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
