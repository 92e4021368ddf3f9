"""The rooms and the arrows between them, read from the source; and that importing the package does nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "switchbot_dashboard"
NAME = PACKAGE.name
TOP = "top"  # app.py, cli.py, config.py and what else lies beside the rooms

RULES = {"domain", "tick", "alerts", "reminders", "reports"}
ADAPTERS = {"switchbot", "simulator", "store", "notifications"}

# What each room may import of the package: rooms, or single modules.
MAY = {
    "domain": {"domain"},
    "tick": {"tick", "domain"},
    "alerts": {"alerts", "domain", "tick.ports"},
    "reminders": {"reminders", "domain", "tick.ports"},
    "reports": {"reports", "domain", "tick.ports"},
    **{room: {room, "domain", "tick.ports"} for room in ADAPTERS},
    "people": {"people", "domain", "store.schema", "store.schema_people", "store.engine", "store.watch", "config"},
    "web": {"web", "domain", "tick", "people", "reminders", "config", "translations.voice"},
    "cli": {
        "domain",
        "tick",
        "people",
        "config",
        "app",
        "logs",
        "checkup",
        "cli_backup",
        "cli_people",
        "cli_simulate",
        "cli_webhook",
        "web.records",
        "web.forecast_view",
        "__version__",
    },
    "config": set(),
    "translations": {"translations", "domain"},
}

# Packages from outside that only their own room may know; a rule knows none but pydantic.
SCHEDULED = {"tick.heart", "tick.jobs", "tick.joblist"}  # the part of the tick that APScheduler drives
OUTSIDE = {
    "flask": {"web", "app", "package"},
    "flask_babel": {"web", "app"},
    "babel": {"translations"},
    "flask_login": {"web", "app"},
    "flask_wtf": {"web", "app"},
    "limits": {"web", "app"},
    "sqlalchemy": {"store", "people", "household", "posting", "reminding", "reporting", "housekeeping"},
    "alembic": {"store"},
    "requests": {"switchbot", "notifications"},
    "click": {"cli", "cli_backup", "cli_people", "cli_simulate", "cli_webhook"},
    "apscheduler": {"tick"},
    "prometheus_client": {"web", "app"},
}


def room_of(module: str) -> str:
    """`domain` of `domain.windows`, `cli` of `cli`."""
    return module.split(".")[0]


def modules() -> Iterator[tuple[str, Path]]:
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(parts).removesuffix("__init__").rstrip("."), file


def imports(module: str, file: Path) -> Iterator[str]:
    """Full names of all that a module imports, also inside functions and for type checking."""
    package = [NAME, *module.split(".")] if module else [NAME]
    if file.name != "__init__.py":
        package.pop()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{source}.{alias.name}" for alias in node.names)


def own(name: str) -> str | None:
    return name.removeprefix(f"{NAME}.") if name.startswith(f"{NAME}.") else None


def allowed(target: str, may: set[str]) -> bool:
    return any(target == entry or target.startswith(f"{entry}.") for entry in may)


MODULES = list(modules())


@pytest.mark.parametrize(("module", "file"), MODULES, ids=[module or "package" for module, _ in MODULES])
def test_a_module_imports_only_what_its_room_may(module: str, file: Path) -> None:
    room = room_of(module)
    may = MAY.get(room)
    inner = [target for name in imports(module, file) if (target := own(name))]
    wrong = [target for target in inner if target.startswith("fleet") and room != "fleet"]
    if may is not None:
        wrong += [target for target in inner if not allowed(target, may)]
    assert not wrong, f"{module} imports {wrong}"


@pytest.mark.parametrize(("module", "file"), MODULES, ids=[module or "package" for module, _ in MODULES])
def test_a_module_knows_only_the_libraries_of_its_room(module: str, file: Path) -> None:
    room = room_of(module) or "package"
    outside = {name.split(".")[0] for name in imports(module, file)} - {NAME}
    wrong = {library for library in outside if room not in OUTSIDE.get(library, {room})}
    if room in RULES:
        known = sys.stdlib_module_names | {"pydantic"} | ({"apscheduler"} if module in SCHEDULED else set())
        wrong |= outside - known
    assert not wrong, f"{module} imports {sorted(wrong)}"


def test_importing_the_package_starts_no_thread_and_opens_no_file(tmp_path: Path) -> None:
    script = """
import sys, threading
opened = []
def watch(event, args):
    if event == "open" and isinstance(args[0], str) and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        opened.append(args[0])
    if event in {"socket.connect", "socket.bind", "sqlite3.connect", "subprocess.Popen"}:
        opened.append(event)
sys.dont_write_bytecode = True
sys.addaudithook(watch)
import switchbot_dashboard
print(threading.active_count(), opened)
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(PACKAGE.parent)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "1 []"), done.stderr
    assert not list(tmp_path.iterdir())
