"""The webhook of a running service: set up by a command, taken in by one process, noticed by the one that drives."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from support.cloud_faults import METER
from support.service import Running, Service, wait_until
from support.standin import StandIn

LONG = {"poll_interval_seconds": 3600, "idle_poll_interval_seconds": 3600}


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Service]:
    with StandIn() as cloud:
        cloud.status[METER]["temperature"] = 20.9
        service = Service(tmp_path, cloud, LONG, PUBLIC_URL="https://home.example", LOG_LEVEL="debug")
        assert service.command("webhook", "setup").status == 0
        (url,) = cloud.hooks
        service.secrets["the webhook's secret"] = url.rpartition("/")[2]
        yield service


def send(running: Running, secret: str, celsius: float, device: str = METER) -> requests.Response:
    """An event, as the cloud sends it."""
    context = {"deviceType": "WoMeter", "deviceMac": device, "temperature": celsius, "scale": "CELSIUS", "humidity": 45}
    body = {"eventType": "changeReport", "eventVersion": "1", "context": context}
    with requests.Session() as session:
        session.trust_env = False
        return session.post(f"{running.url}/webhook/switchbot/{secret}", json=body, timeout=30)


def looked(home: Service) -> int:
    assert home.cloud is not None
    return len(home.cloud.seen("status"))


def test_a_report_to_one_process_is_noticed_by_the_one_that_drives(home: Service) -> None:
    assert home.cloud is not None
    secret = home.secrets["the webhook's secret"]
    with home.started("scheduler") as driver, home.started("gunicorn", SCHEDULER_ENABLED="false") as pages:
        wait_until(lambda: looked(home) == 1, what="the first look")
        home.cloud.status[METER]["temperature"] = 20.2
        assert send(pages, secret, 20.2).status_code == 200
        assert send(pages, "wrong-" + secret[:8], 19.2).status_code == 404
        wait_until(lambda: pages.state()["zones"][0]["reading"]["temperature"] == 20.2, what="the report on the page")
        assert looked(home) == 1  # within the band it costs nothing
        home.cloud.status[METER]["temperature"] = 19.6
        assert send(pages, secret, 19.6).status_code == 200
        assert home.cloud.wait_for("commands", 1)[0].body["command"] == "setAll"
        assert looked(home) == 2
        assert "webhook/switchbot/" not in pages.log.replace("/webhook/switchbot/…", "")
        assert driver.pid == home.driver


def test_ten_thousand_events_hardly_disturb_the_pages(home: Service) -> None:
    secret = home.secrets["the webhook's secret"]
    with home.started("gunicorn") as running:
        wait_until(lambda: looked(home) == 1, what="the first look")
        ended = time.monotonic() + 4

        def flood(number: int) -> None:
            with requests.Session() as session:
                session.trust_env = False
                while time.monotonic() < ended:
                    address = f"{running.url}/webhook/switchbot/{secret if number % 2 else 'wrong'}"
                    session.post(address, data=b"[" * 15_000, timeout=30)

        threads = [threading.Thread(target=flood, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        answers = [running.get("/healthz").status_code for _ in range(10)]
        for thread in threads:
            thread.join()
        assert set(answers) == {200}
        assert looked(home) == 1
        assert running.log.count("More than 120 events") == 1
