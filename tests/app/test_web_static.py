"""The files of the pages: compressed, kept for good under their version, and asked about without one."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from support.web_fakes import Home

from switchbot_dashboard.web import build_web
from switchbot_dashboard.web.static_files import FOLDER, StaticFiles

GZIP = {"Accept-Encoding": "gzip, br"}


@pytest.fixture
def client() -> FlaskClient:
    return build_web(Home().service()).test_client()


def test_a_versioned_file_is_kept_for_good_and_comes_compressed(client: FlaskClient) -> None:
    address = next(part for part in client.get("/").text.split('"') if part.endswith("base.css"))
    answer = client.get(address, headers=GZIP)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert gzip.decompress(answer.data) == (FOLDER / "css" / "base.css").read_bytes()
    assert len(answer.data) < len(gzip.decompress(answer.data)) / 2


def test_without_a_version_a_file_is_asked_about_each_time(client: FlaskClient) -> None:
    answer = client.get("/static/css/base.css")
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-cache"
    again = client.get("/static/css/base.css", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_compressed_and_plain_have_different_tags(client: FlaskClient) -> None:
    plain, small = client.get("/static/css/base.css"), client.get("/static/css/base.css", headers=GZIP)
    assert plain.headers["ETag"] != small.headers["ETag"]


@pytest.mark.parametrize("path", ["../__init__.py", "..%2f__init__.py", "", "css", "css/none.css", "x/css/base.css"])
def test_there_is_nothing_else(client: FlaskClient, path: str) -> None:
    assert client.get(f"/static/{path}").status_code == 404


def test_any_change_makes_another_version(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1")
    first = StaticFiles(tmp_path).version
    assert StaticFiles(tmp_path).version == first
    (tmp_path / "a.js").write_text("2")
    assert StaticFiles(tmp_path).version != first


def test_scripts_import_each_other_within_their_version() -> None:
    for script in FOLDER.rglob("*.js"):
        if "vendor" not in script.parts:
            assert 'from "/' not in script.read_text(encoding="utf-8"), script.name
