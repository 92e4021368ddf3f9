"""A stand-in of SwitchBot's cloud: a real HTTP server on loopback that can be told to misbehave.

In a test::

    with StandIn() as cloud:
        client = Client(cloud.url, cloud.token, cloud.secret, clock=...)
        cloud.misbehave("status", hang(), times=1)   # until cloud.release(); more faults in support.cloud_faults
        cloud.misbehave("commands", code(161), device="AC1")
        cloud.wait_for("commands", 2)                # raises after five seconds
        cloud.seen("status"), cloud.acted, cloud.heal()

Endpoints are `status`, `commands`, `scene` (execute), `devices`, `scenes`, `webhook`, or `*` for all. As a process:
`python -m support.standin --port 8099` (with `tests` on the path), steered by POST `/_standin/misbehave` (endpoint,
fault, times, device), `/_standin/heal`, `/_standin/release`, `/_standin/device` (id, status), and GET `/_standin/log`.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from support.cloud_faults import METER, Fault

AIRCON, DIY, PLUG = "02-AC1", "02-DIY1", "PLUG1"
SCENE = "T02-winter"


@dataclass(frozen=True)
class Seen:
    """One request as it arrived: `at` is time.time(), `signed` whether it was let in, `port` names the connection."""

    at: float
    method: str
    path: str
    endpoint: str
    target: str
    body: Any
    nonce: str
    stamp: str
    signed: bool
    port: int


class StandIn:
    """The account and its server; listens from construction, on a free port unless one is given.

    `clock` tells the seconds since 1970 by which signatures are judged.
    """

    def __init__(
        self, token: str = "t0ken-of-the-account", secret: str = "s3cret-of-the-account", port: int = 0
    ) -> None:
        self.token, self.secret = token, secret
        self.clock: Callable[[], float] = time.time
        self.status: dict[str, dict[str, Any]] = {
            METER: {"deviceId": METER, "deviceType": "Meter", "temperature": 21.4, "humidity": 45, "battery": 100},
            PLUG: {"deviceId": PLUG, "deviceType": "Plug", "power": "off"},
        }
        self.remotes = {AIRCON: "Air Conditioner", DIY: "DIY Air Conditioner"}
        self.scenes = {SCENE: "Winter evening"}
        self.hooks: dict[str, bool] = {}  # the account's webhook, and whether it is on: one at most
        self.log: list[Seen] = []
        self.acted: list[tuple[float, str, str, str]] = []  # time.time(), device or scene, command, parameter
        self._faults: list[dict[str, Any]] = []
        self._changed, self._released = threading.Condition(), threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), type("Handler", (_Handler,), {"home": self}))
        self._server.daemon_threads, self._server.block_on_close = True, False
        self._server.handle_error = lambda *_: None  # whoever asked has left
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let go of whatever hangs and stop listening."""
        self.release()
        self._server.shutdown()
        self._server.server_close()

    def misbehave(self, endpoint: str, fault: Fault, *, times: int | None = None, device: str = "") -> None:
        """From now on, for so many requests (None: until healed). The latest fault that fits a request is taken."""
        with self._changed:
            self._released.clear()
            self._faults.insert(0, {"endpoint": endpoint, "fault": fault, "left": times, "device": device})

    def heal(self) -> None:
        """Behave again, and let go of whatever hangs."""
        with self._changed:
            self._faults.clear()
        self.release()

    def release(self) -> None:
        """Let go of whatever hangs; what comes later hangs again only after a new `misbehave`."""
        self._released.set()

    def seen(self, endpoint: str = "*") -> list[Seen]:
        """The requests so far, oldest first."""
        with self._changed:
            return [entry for entry in self.log if endpoint in ("*", entry.endpoint)]

    def wait_for(self, endpoint: str, count: int, timeout: float = 5.0) -> list[Seen]:
        """The requests of an endpoint once there are `count` of them."""
        ends = time.monotonic() + timeout
        while len(found := self.seen(endpoint)) < count:
            with self._changed:
                if not self._changed.wait(max(0.0, min(0.05, ends - time.monotonic()))) and time.monotonic() > ends:
                    raise AssertionError(f"{len(found)} of {count} requests to {endpoint} after {timeout} s")
        return found

    def signed(self, headers: Any) -> bool:
        """Whether the signature headers are those of the account, within five minutes."""
        stamp, nonce = headers.get("t", ""), headers.get("nonce")
        if headers.get("Authorization") != self.token or nonce is None or not stamp.isdigit() or len(stamp) != 13:
            return False
        digest = hmac.new(self.secret.encode(), f"{self.token}{stamp}{nonce}".encode(), hashlib.sha256).digest()
        wanted = base64.b64encode(digest).decode()
        return headers.get("sign", "").upper() == wanted.upper() and abs(int(stamp) / 1000 - self.clock()) < 300

    def note(self, entry: Seen) -> Fault | None:
        """Write a request down and tell how to misbehave."""
        with self._changed:
            self.log.append(entry)
            self._changed.notify_all()
            for rule in self._faults:
                if (
                    rule["endpoint"] in ("*", entry.endpoint)
                    and rule["device"] in ("", entry.target)
                    and rule["left"] != 0
                ):
                    rule["left"] = None if rule["left"] is None else rule["left"] - 1
                    return rule["fault"]
        return None

    def pause(self, fault: Fault) -> None:
        """The hang of a fault."""
        self._released.wait(None if fault.hang == "released" else float(fault.hang))

    def answer(self, entry: Seen) -> dict[str, Any]:
        """The envelope of a rightful request."""
        body: Any = {}
        if entry.endpoint == "devices":
            hub = {"hubDeviceId": "000000000000"}
            things = [
                {"deviceName": key.title(), "enableCloudService": True, **value} for key, value in self.status.items()
            ]
            remotes = [{"deviceId": key, "deviceName": key, "remoteType": kind} for key, kind in self.remotes.items()]
            body = {
                "deviceList": [hub | thing for thing in things],
                "infraredRemoteList": [hub | one for one in remotes],
            }
        elif entry.endpoint == "scenes":
            body = [{"sceneId": key, "sceneName": name} for key, name in self.scenes.items()]
        elif entry.endpoint == "status":
            if entry.target not in self.status:
                return {"statusCode": 190, "message": "wrong deviceId", "body": {}}
            body = self.status[entry.target]
        elif entry.endpoint == "webhook":
            return self.hooked(entry.target, entry.body)
        elif entry.endpoint == "commands" and entry.target not in self.remotes and entry.target not in self.status:
            return {"statusCode": 152, "message": "device not found", "body": {}}
        elif entry.endpoint == "commands" and entry.target == DIY and entry.body["command"] == "setAll":
            return {"statusCode": 160, "message": "unknown command", "body": {}}
        return {"statusCode": 100, "message": "success", "body": body}

    def hooked(self, verb: str, asked: dict[str, Any]) -> dict[str, Any]:
        """The account's one webhook: asked for, set, switched, deleted. Its address is not tried."""
        action, refused = asked.get("action"), {"statusCode": 190, "message": "", "body": {}}
        match verb, action:
            case "queryWebhook", "queryUrl":
                return {"statusCode": 100, "message": "success", "body": {"urls": list(self.hooks)}}
            case "queryWebhook", "queryDetails":
                times = {"createTime": 1_700_000_000_000, "lastUpdateTime": 1_700_000_000_000, "deviceList": "ALL"}
                body = [{"url": url, "enable": self.hooks[url], **times} for url in asked["urls"] if url in self.hooks]
                return {"statusCode": 100, "message": "success", "body": body}
            case "setupWebhook", "setupWebhook" if self.hooks:
                return refused | {"message": "webhook is exist"}
            case "setupWebhook", "setupWebhook":
                self.hooks[asked["url"]] = True
            case "updateWebhook", "updateWebhook" if asked["config"]["url"] in self.hooks:
                self.hooks[asked["config"]["url"]] = asked["config"]["enable"]
            case "deleteWebhook", "deleteWebhook" if asked["url"] in self.hooks:
                del self.hooks[asked["url"]]
            case _:
                return refused
        return {"statusCode": 100, "message": "success", "body": {}}

    def act(self, entry: Seen) -> None:
        """Carry a command or scene out, as far as this home can."""
        if entry.endpoint not in ("commands", "scene") or self.answer(entry)["statusCode"] != 100:
            return
        order = entry.body or {}
        command, parameter = order.get("command", ""), order.get("parameter", "")
        with self._changed:
            self.acted.append((time.time(), entry.target, command, parameter))
            if entry.target == PLUG and command in ("turnOn", "turnOff"):
                self.status[PLUG]["power"] = command.removeprefix("turn").lower()


class _Handler(BaseHTTPRequestHandler):
    home: StandIn
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_: object) -> None:
        """Tests read `log` instead."""

    def do_GET(self) -> None:
        at, length = time.time(), int(self.headers.get("Content-Length") or 0)
        try:
            content = self.rfile.read(length)
            body = json.loads(content) if content else None
            if self.path.startswith("/_standin/"):
                self._write(200, json.dumps(self._steer(self.path.split("/")[2], body or {})))
            else:
                self._serve(at, body)
        except OSError:  # whoever asked has left
            self.close_connection = True

    do_POST = do_GET

    def _serve(self, at: float, body: Any) -> None:
        endpoint, target = self._place()
        stamp, nonce, signed = self.headers.get("t", ""), self.headers.get("nonce", ""), self.home.signed(self.headers)
        port = self.client_address[1]
        entry = Seen(at, self.command, self.path, endpoint, target, body, nonce, stamp, signed, port)
        fault = self.home.note(entry) or Fault()
        if not signed:
            return self._write(401, '{"message":"Unauthorized"}')
        if not endpoint:
            return self._write(403, f'{{"message":"Credential parameter missing. Authorization={self.home.token}"}}')
        acts = fault.text is None
        if acts and not fault.late:
            self.home.act(entry)
        if fault.hang:
            self.home.pause(fault)
        if acts and fault.late:
            self.home.act(entry)
        if fault.drop:
            self.close_connection = True
            return None
        text = json.dumps(self.home.answer(entry)) if fault.text is None else fault.text
        return self._write(fault.status or 200, text, fault)

    def _place(self) -> tuple[str, str]:
        match self.path.strip("/").replace("%3A", ":").split("/"):
            case ["v1.1", "devices" | "scenes" as lists]:
                return lists, ""
            case ["v1.1", "devices", target, "status" | "commands" as endpoint]:
                return endpoint, target
            case ["v1.1", "scenes", target, "execute"]:
                return "scene", target
            case ["v1.1", "webhook", verb]:
                return "webhook", verb
        return "", ""

    def _write(self, status: int, text: str, fault: Fault | None = None) -> None:
        content, fault = text.encode(), fault or Fault()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            **fault.headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if fault.cut:
            content, self.close_connection = content[: fault.cut], True
        for piece in [content[i : i + 1] for i in range(len(content))] if fault.drip else [content]:
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(fault.drip)

    def _steer(self, verb: str, body: dict[str, Any]) -> Any:
        if verb == "misbehave":
            self.home.misbehave(
                body["endpoint"], Fault(**body["fault"]), times=body.get("times"), device=body.get("device", "")
            )
        elif verb == "heal":
            self.home.heal()
        elif verb == "release":
            self.home.release()
        elif verb == "device":
            self.home.status.setdefault(body["id"], {"deviceId": body["id"]}).update(body["status"])
        return {"log": [asdict(entry) for entry in self.home.seen()], "acted": self.home.acted}


def main() -> None:
    """Serve until interrupted, and say where."""
    options = argparse.ArgumentParser(description="A stand-in of the SwitchBot cloud on loopback.")
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--token", default="t0ken-of-the-account")
    options.add_argument("--secret", default="s3cret-of-the-account")
    chosen = options.parse_args()
    with StandIn(chosen.token, chosen.secret, chosen.port) as home:
        print(home.url, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
