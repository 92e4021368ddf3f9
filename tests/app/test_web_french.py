"""What goes wrong is told in the reader's language: faults of the file, jobs, the database."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from support.whole import Whole, whole

from switchbot_dashboard.tick.jobs import failed

FRENCH = {"Accept-Language": "fr"}


def page(home: Whole, path: str) -> str:
    text = unescape(home.client.get(path, headers=FRENCH).text)
    return " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"mode": "autumn"}', 'mode vaut "autumn" : il faut "winter" ou "summer".'),
        (
            '{"poll_interval_seconds": 5}',
            "poll_interval_seconds vaut 5 : il faut un nombre entier de 15 à 3600 secondes.",
        ),
        ('{"time_windows": [{"days": [0], "start": "6:30"}]}', "time_windows[0].end manque : il faut une heure"),
        ('{"winter": {"min_temp": 24.5, "max_temp": 22}}', "La limite basse winter.min_temp (24,5 °C) doit être"),
        ('{"zones": {}}', "zones vaut un objet vide : il faut une liste"),
        ('{"mode": "winter",}', "Les réglages ne sont pas du JSON"),
        ('{"mode": "winter", "mode": "summer"}', "mode figure deux fois, aux lignes 1 et 1 ; gardez-en une."),
        ("[]", "Les réglages doivent être un objet JSON entre accolades, et non une liste."),
        ("", "est vide. Écrivez les réglages ou restaurez une sauvegarde."),
        (None, "ne peut pas être lu : fichier ou dossier introuvable."),
    ],
)
def test_a_fault_of_the_file_is_told_in_french_on_the_first_page(tmp_path: Path, text: str | None, words: str) -> None:
    with whole(tmp_path) as home:
        path = tmp_path / "settings.json"
        if text is None:
            path.unlink()
        else:
            path.write_text(text, encoding="utf-8")
        home.dashboard.file.poll()
        assert words in page(home, "/")
        assert "must be" not in page(home, "/settings")


def test_programs_read_the_same_faults_in_their_own_language(tmp_path: Path) -> None:
    with whole(tmp_path) as home:
        answer = home.client.patch("/api/settings", json={"poll_interval_seconds": 5}, headers=FRENCH)
        assert answer.status_code == 422
        assert answer.json["fields"]["poll_interval_seconds"].endswith("un nombre entier de 15 à 3600 secondes.")


def test_what_a_job_did_is_told_in_both_languages_and_kept(tmp_path: Path) -> None:
    with whole(tmp_path) as home:
        home.dashboard.jobs.run("cleanup")
        english = "nothing was old enough to be removed; "
        assert home.client.get("/api/scheduler").json["jobs"][0]["last_outcome"].startswith(english)
        assert "Rien n'était assez ancien pour être supprimé" in page(home, "/schedule")


def test_an_outcome_from_before_is_shown_as_it_was_kept(tmp_path: Path) -> None:
    with whole(tmp_path) as home:
        home.dashboard.jobs.run("rollup")
        with sqlite3.connect(tmp_path / "data" / "switchbot.db") as database:
            database.execute("UPDATE jobs SET last_outcome = 'the averages {of} 3 hours are made'")
        database.close()
        assert "The averages {of} 3 hours are made." in page(home, "/schedule")


def test_an_outcome_too_long_to_be_kept_whole_is_cut(tmp_path: Path) -> None:
    with whole(tmp_path) as home:
        home.dashboard.queries.job_ran("cleanup", datetime(2026, 3, 2, tzinfo=UTC), failed("x" * 6000), 3)
        kept = str(home.dashboard.queries.job("cleanup").last_outcome)
        assert kept == "failed: " + "x" * 4992


def test_a_database_that_does_not_answer_is_told_in_french(tmp_path: Path) -> None:
    with whole(tmp_path) as home:
        assert home.client.get("/").status_code == 200
        with sqlite3.connect(tmp_path / "data" / "switchbot.db") as database:
            database.execute("ALTER TABLE zone_states RENAME TO away")
        database.close()
        home.dashboard.store.load(datetime(2026, 3, 2, tzinfo=UTC))

        told = page(home, "/")

        assert "La base de données ne peut pas être lue (no such table: zone_states). Vérifiez l'espace disque" in told
        assert home.client.get("/readyz", headers=FRENCH).json["database"].startswith("The database cannot be read")
