"""The environment, read once at the start: every variable with its default, its bounds and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

T = TypeVar("T")

TRUE, FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
API_BASE_URL = "https://api.switch-bot.com"


class ConfigError(Exception):
    """The environment cannot be used. The message is one line; `faults` holds one line for each variable at fault."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__(faults[0])
        self.faults = faults


@dataclass(frozen=True)
class JobTime:
    """When a weekly job runs, as far as the environment says so; None leaves it to settings.json.

    `day` is `mon` to `sun`, or `*` for daily; hour and minute are local.
    """

    enabled: bool | None = None
    day: str | None = None
    hour: int | None = None
    minute: int | None = None


@dataclass(frozen=True)
class Config:
    """The environment as it stood at the start. Secrets are left out of its repr."""

    token: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    api_base_url: str = API_BASE_URL
    retry_attempts: int = 2
    retry_delay_seconds: float = 10.0
    timeout_seconds: float = 15.0
    settings_path: Path = Path("settings.json")
    data_dir: Path = Path("data")
    database_url: str = field(default="", repr=False)
    scheduler_enabled: bool = True
    web_concurrency: int = 1
    web_threads: int = 8
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    dashboard_password: str = field(default="", repr=False)
    dashboard_api_token: str = field(default="", repr=False)
    secrets_key: str = field(default="", repr=False)
    proxy_fix_for: int = 0
    log_level: str = "info"
    log_format: str = "text"
    weekly_report: JobTime = JobTime()
    cleanup: JobTime = JobTime()
    virtual_home_faults: str = ""

    @property
    def credentials(self) -> bool:
        """Whether the cloud is driven; otherwise the virtual home is."""
        return bool(self.token and self.secret)

    @property
    def source(self) -> str:
        """`cloud` or `virtual_home`."""
        return "cloud" if self.credentials else "virtual_home"


def read_config(environ: Mapping[str, str]) -> Config:
    """The environment as a Config. Raises ConfigError with every fault; an empty variable counts as absent."""
    env = _Environment(environ)
    data_dir = Path(env.text("SWITCHBOT_DATA_DIR", "data"))
    token, secret = env.secret("SWITCHBOT_TOKEN", _header_safe), env.secret("SWITCHBOT_SECRET", _header_safe)
    if not env.faulty("SWITCHBOT_TOKEN", "SWITCHBOT_SECRET") and bool(token) != bool(secret):
        missing = "SWITCHBOT_SECRET" if token else "SWITCHBOT_TOKEN"
        env.fault(missing, "is missing while the other half is set", "both for the cloud, none for the virtual home")
    config = Config(
        token=token,
        secret=secret,
        api_base_url=env.value("SWITCHBOT_API_BASE_URL", API_BASE_URL, _base_url),
        retry_attempts=env.value("SWITCHBOT_RETRY_ATTEMPTS", 2, _whole(1, 10)),
        retry_delay_seconds=env.value("SWITCHBOT_RETRY_DELAY_SECONDS", 10.0, _number(0, 300)),
        timeout_seconds=env.value("SWITCHBOT_TIMEOUT_SECONDS", 15.0, _number(1, 120)),
        settings_path=Path(env.text("SWITCHBOT_SETTINGS_PATH", "settings.json")),
        data_dir=data_dir,
        database_url=env.secret("DATABASE_URL", _database_url) or f"sqlite:///{data_dir / 'switchbot.db'}",
        scheduler_enabled=env.value("SCHEDULER_ENABLED", True, _switch),
        web_concurrency=env.value("WEB_CONCURRENCY", 1, _whole(1, 64)),
        web_threads=env.value("WEB_THREADS", 8, _whole(1, 256)),
        host=env.value("HOST", "127.0.0.1", _host),
        port=env.value("PORT", 8000, _whole(1, 65535)),
        public_url=env.value("PUBLIC_URL", "", _public_url),
        dashboard_password=env.secret("DASHBOARD_PASSWORD", _at_least(12)),
        dashboard_api_token=env.secret("DASHBOARD_API_TOKEN", _api_token),
        secrets_key=_secrets_key(env),
        proxy_fix_for=env.value("PROXY_FIX_FOR", 0, _whole(0, 10)),
        log_level=env.value("LOG_LEVEL", "info", _one_of("debug", "info", "warning", "error", "critical")),
        log_format=env.value("LOG_FORMAT", "text", _one_of("text", "json")),
        weekly_report=_job_time(env, "SCHEDULER_WEEKLY_REPORT"),
        cleanup=_job_time(env, "SCHEDULER_CLEANUP"),
        virtual_home_faults=env.text("VIRTUAL_HOME_FAULTS", ""),
    )
    if env.faults:
        raise ConfigError(tuple(env.faults.values()))
    return config


def start_refusal(config: Config, has_password_or_token: bool) -> str | None:
    """Why the start must be refused, and what to set; None when it may go on.

    `has_password_or_token`: some user has a password, or some token is valid.
    """
    if has_password_or_token or config.dashboard_password or config.dashboard_api_token:
        return None
    if config.credentials:
        reason = "SWITCHBOT_TOKEN and SWITCHBOT_SECRET are set"
    elif not is_loopback(config.host):
        reason = f"HOST is {config.host}, which other machines can reach"
    else:
        return None
    return (
        f"{reason}, but no user has a password and there is no token: set DASHBOARD_PASSWORD to 12 characters or more "
        "(it creates the user admin) or DASHBOARD_API_TOKEN to 32 characters or more, "
        "or run: python -m switchbot_dashboard user add NAME --admin"
    )


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine alone."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


class _Wrong(ValueError):
    """What is wrong with a value, and what is accepted."""

    def __init__(self, wrong: str, accepted: str) -> None:
        super().__init__(wrong)
        self.wrong, self.accepted = wrong, accepted


class _Environment:
    """Reads variables one by one and keeps the first fault of each."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: dict[str, str] = {}

    def fault(self, name: str, wrong: str, accepted: str) -> None:
        self.faults.setdefault(name, f"{name} {wrong}; accepted: {accepted}")

    def faulty(self, *names: str) -> bool:
        return any(name in self.faults for name in names)

    def text(self, name: str, default: str) -> str:
        return self.environ.get(name, "").strip() or default

    def value(self, name: str, default: T, parse: Callable[[str], T]) -> T:
        text = self.text(name, "")
        return self._parsed(name, text, parse, default, f" {text[:60]!r}") if text else default

    def secret(self, name: str, parse: Callable[[str], str]) -> str:
        """From NAME, or from the file that NAME_FILE names; its value is never part of a fault."""
        text, path = self.text(name, ""), self.text(f"{name}_FILE", "")
        if text and path:
            self.fault(name, f"is set together with {name}_FILE", "one of the two")
            return ""
        if path:
            text = self._contents(f"{name}_FILE", path)
        return self._parsed(name, text, parse, "", "") if text else ""

    def _contents(self, name: str, path: str) -> str:
        try:
            text = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            self.fault(name, f"names {path!r}, which cannot be read ({why})", "a readable text file")
            return ""
        if not text:
            self.fault(name, f"names {path!r}, which is empty", "a file that holds the secret")
        return text

    def _parsed(self, name: str, text: str, parse: Callable[[str], T], default: T, shown: str) -> T:
        try:
            return parse(text)
        except _Wrong as wrong:
            self.fault(name, f"is{shown}{',' if shown else ''} {wrong.wrong}", wrong.accepted)
            return default


def _switch(text: str) -> bool:
    if text.lower() in TRUE + FALSE:
        return text.lower() in TRUE
    raise _Wrong("neither yes nor no", "true, 1, yes, on, false, 0, no, off")


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            raise _Wrong("not a whole number", f"{low} to {high}")
        if not low <= int(text) <= high:
            raise _Wrong("out of bounds", f"{low} to {high}")
        return int(text)

    return parse


def _number(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            raise _Wrong("not a number", f"{low:g} to {high:g} seconds") from None
        if not low <= number <= high:
            raise _Wrong("out of bounds", f"{low:g} to {high:g} seconds")
        return number

    return parse


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() not in choices:
            raise _Wrong("unknown", ", ".join(choices))
        return text.lower()

    return parse


def _at_least(length: int) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if len(text) < length:
            raise _Wrong("too short", f"{length} characters or more")
        return text

    return parse


def _header_safe(text: str) -> str:
    if not all("!" <= character <= "~" for character in text):
        raise _Wrong("not plain text without spaces", "the value exactly as the SwitchBot app shows it")
    return text


def _api_token(text: str) -> str:
    if not all("!" <= character <= "~" for character in text):
        raise _Wrong("not plain text without spaces", "32 or more ASCII letters, digits and signs")
    return _at_least(32)(text)


def _split(text: str) -> SplitResult | None:
    """The parts of an http or https address without user, query and fragment; None for anything else."""
    try:
        parts = urlsplit(text)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        return None
    plain = port_fits and not (parts.username or parts.password or parts.query or parts.fragment)
    clean = all("!" <= character <= "~" for character in text)
    return parts if plain and clean and parts.scheme in ("http", "https") and parts.hostname else None


def _base_url(text: str) -> str:
    accepted = "an https:// address, or http:// to this machine (127.0.0.1, localhost, [::1])"
    parts = _split(text)
    if parts is None:
        raise _Wrong("not a web address", accepted)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise _Wrong("plain http to another machine, which would show the token to the network", accepted)
    return text.rstrip("/")


def _public_url(text: str) -> str:
    if _split(text) is None:
        raise _Wrong("not a web address", "the dashboard's own http:// or https:// address")
    return text.rstrip("/")


def _host(text: str) -> str:
    name = text.strip("[]")
    try:
        ip_address(name)
    except ValueError:
        labels = name.split(".")
        fits = all(label and label.isascii() and label.replace("-", "").isalnum() for label in labels)
        if not fits or len(name) > 253 or labels[-1].isdigit():
            raise _Wrong("not a host", "an address or name to listen on, without a port") from None
    return name


def _database_url(text: str) -> str:
    scheme = text.partition("://")[0].partition("+")[0]
    if "://" not in text or scheme not in ("sqlite", "postgresql"):
        accepted = "an SQLAlchemy URL such as sqlite:////srv/home.db or postgresql+psycopg://user:password@host/name"
        raise _Wrong("not a database URL that can be used", accepted)
    return text


def _secrets_key(env: _Environment) -> str:
    new = env.secret("SECRETS_KEY", _at_least(32))
    old = env.secret("SMTP_ENCRYPTION_KEY", _at_least(32))
    if new and old and new != old:
        env.fault("SECRETS_KEY", "differs from SMTP_ENCRYPTION_KEY, its older name", "one of the two, or both the same")
    return new or old


def _day(text: str) -> str:
    name = text.lower()
    if name == "*" or name in DAYS:
        return name
    if name in DAY_NAMES:
        return name[:3]
    raise _Wrong("not a day", ", ".join(DAYS) + ", or * for daily")


def _job_time(env: _Environment, prefix: str) -> JobTime:
    return JobTime(
        enabled=env.value(f"{prefix}_ENABLED", None, _switch),
        day=env.value(f"{prefix}_DAY", None, _day),
        hour=env.value(f"{prefix}_HOUR", None, _whole(0, 23)),
        minute=env.value(f"{prefix}_MINUTE", None, _whole(0, 59)),
    )
