"""The pages that say why."""

from __future__ import annotations

from dataclasses import replace

from flask.testing import FlaskClient
from support.web_fakes import NOW, Home, a_record, an_off
from support.web_pages import a_home, client_of, records, text_of

from switchbot_dashboard.domain.record import Fate, Outcome, Trouble, Verdict
from switchbot_dashboard.domain.sentence import say
from switchbot_dashboard.people import Role


def test_each_tick_says_what_was_read_decided_spent_and_what_is_next(client: FlaskClient) -> None:
    page = text_of(client, "/ticks")
    assert '<time datetime="2026-03-02T16:44:00Z">17:44</time>' in page
    assert "20.4 °C" in page
    assert "On already" in page
    assert "19.6 °C is at or below 19.7 °C (20.0 less 0.3): heating on." in page
    assert "1 call, 41 ms · next look: 17:52, near the upper threshold by then" in page
    assert 'href="/ticks/1"' in page


def test_what_was_sent_stands_beside_the_outcome(home: Home, client: FlaskClient) -> None:
    home.memory.kept = [a_record(1, action=an_off(Fate.FAILED))]
    assert "(Switching off: did not go through)" in text_of(client, "/ticks")


def test_the_list_goes_on_with_the_older_ones(home: Home, client: FlaskClient) -> None:
    home.memory.kept = records(60)
    page = text_of(client, "/ticks?outcome=no_action")
    assert 'href="/ticks?outcome=no_action&before=11"' in page
    assert home.memory.asked[-1] == {"zone": None, "outcome": "no_action", "before": None, "limit": 51}
    assert "Newest" in text_of(client, "/ticks?before=11")


def test_the_list_is_grouped_by_the_days_at_home(home: Home, client: FlaskClient) -> None:
    yesterday = replace(a_record(2), at=NOW.replace(day=1, hour=23, minute=30), id=1)  # 00:30 of today in Paris
    before = replace(a_record(3), at=NOW.replace(day=1, hour=22, minute=30), id=2)
    home.memory.kept = [a_record(9), yesterday, before]
    page = text_of(client, "/ticks")
    told = ["<h2>Today</h2>", ">00:30<", "<h2>Yesterday</h2>", ">23:30<"]
    places = [page.index(words) for words in told]
    assert places == sorted(places)


def test_an_outcome_that_is_none_is_a_page_that_says_so(client: FlaskClient) -> None:
    for address in ("/ticks?outcome=nonsense", "/ticks?before=-1", "/ticks?before=x"):
        answer = client.get(address)
        assert (answer.status_code, answer.mimetype) == (422, "text/html")


def test_zones_can_be_chosen_where_there_are_several() -> None:
    page = text_of(client_of(a_home(zones=[{"id": "salon", "name": "Salon"}, {"id": "attic"}])), "/ticks?zone=salon")
    assert '<option value="salon" selected>Salon</option>' in page
    assert "Show all" in page


def test_an_empty_list_says_when_something_will_stand_there(home: Home, client: FlaskClient) -> None:
    home.memory.kept = []
    assert "The first look follows the start within seconds" in text_of(client, "/ticks")
    assert "No record fits" in text_of(client, "/ticks?outcome=winter_on")


def test_one_record_is_shown_whole(home: Home, client: FlaskClient) -> None:
    done = an_off(Fate.DONE, ("The scene “Evening” was refused.",))
    home.memory.kept = [replace(record, action=done) for record in records(3)]
    page = text_of(client, "/ticks/2")
    assert "Today, 17:42:00" in page
    for fact in (
        "Switches at</dt><dd>19.7 °C",
        "Limit of the comfort band</dt><dd>20.0 °C",
        "Hysteresis</dt><dd>0.3 °C",
    ):
        assert fact in page
    assert "Sends off to Salon" in page
    assert "accepted by the cloud" in page
    assert "The scene “Evening” was refused." in page
    assert "heat, fan medium" in page
    assert 'href="/ticks/1" rel="prev"' in page
    assert 'href="/ticks/3" rel="next"' in page


def test_a_look_that_brought_nothing_says_why_and_since_when(home: Home, client: FlaskClient) -> None:
    trouble = Trouble(Outcome.API_ERROR, say("The hub has not answered."), NOW.replace(hour=13))
    home.memory.kept = [replace(a_record(1), trouble=trouble, reading=None)]
    page = text_of(client, "/ticks/1")
    assert "The hub has not answered." in page
    assert "So since</dt><dd>14:46" in page
    assert "Last reading</dt><dd>none yet" in page


def test_a_record_that_is_gone_is_a_page_that_says_so(client: FlaskClient) -> None:
    answer = client.get("/ticks/4711")
    assert answer.status_code == 404
    assert "it was cleaned away" in answer.text
    assert client.get(f"/ticks/{10**30}").status_code == 404


def test_a_sentence_from_outside_is_no_markup(home: Home, client: FlaskClient) -> None:
    verdict = Verdict(Outcome.API_ERROR, say("{words}", words="<script>alert(1)</script>"), NOW)
    home.memory.kept = [replace(a_record(1), verdict=verdict)]
    assert "<script>alert" not in client.get("/ticks").text
    assert "<script>alert" not in client.get("/ticks/1").text


def test_french_readers_read_french(client: FlaskClient) -> None:
    page = text_of(client, "/ticks", Accept_Language="fr")
    assert "Déjà allumé" in page
    assert "17 h 44" in page
    assert "1 appel, 41 ms · prochain relevé : 17 h 52" in page


def test_the_pages_are_for_members(home: Home) -> None:
    home.config = replace(home.config, token="a", secret="b")
    client = client_of(home)
    for path in ("/ticks", "/ticks/1", "/devices", "/quota", "/actions", "/history"):
        assert client.get(path).status_code == 302
        _, text = home.people.create_token("phone", Role.MEMBER)
        assert client.get(path, headers={"Authorization": f"Bearer {text}"}).status_code == 200
