"""The TAXII 2.1 service: what it serves, how it pages and filters, and that corrections reach whoever polls."""

import importlib.util
import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from itertools import accumulate
from typing import Any
from urllib.parse import quote

import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from comity.conduct.exporting.shelf import COLLECTIONS, arrange
from comity.conduct.exporting.stix import to_bundle
from comity.conduct.exporting.stix_parts import RECORD_EXTENSION
from comity.conduct.exporting.taxii import (
    MAX_CONNECTIONS,
    MAX_PAGE,
    MEDIA_TYPE,
    STIX_MEDIA_TYPE,
    collection_id,
    serve_taxii,
    taxii_app,
)
from comity.conduct.importing.stix import import_stix
from comity.conduct.record import Record
from comity.errors import PolicyError, StoreError
from support.asgi import Reply, call
from support.conduct_bodies import ledgers
from support.conduct_records import (
    claim,
    correction,
    imported,
    operation,
    provenance,
    reply,
    retraction,
    small_case,
)

ROOT = "/observatory/"
OBJECTS = f"{ROOT}collections/all/objects/"
MANIFEST = f"{ROOT}collections/all/manifest/"


class Held:
    """Records in the order of their arrival, as a ledger gives them."""

    def __init__(self, *records: Record) -> None:
        self.held = list(records)

    def count(self) -> int:
        return len(self.held)

    def records(self) -> Iterator[Record]:
        yield from self.held


class Broken(Held):
    """A ledger that fails."""

    def count(self) -> int:
        raise StoreError("the disk is full at sector 9")


def app_of(*records: Record, **options: Any) -> Starlette:
    return taxii_app(Held(*records), **options)


def get(app: Starlette, target: str, **query: Any) -> Reply:
    text = "&".join(f"{quote(name)}={quote(str(value))}" for name, value in query.items())
    return call(app, "GET", f"{target}?{text}" if text else target, headers={"accept": MEDIA_TYPE})


def ids(answer: Reply) -> list[str]:
    assert answer.status == 200
    return [item["id"] for item in answer.json.get("objects", [])]


def relationships(answer: Reply) -> list[dict[str, Any]]:
    found = answer.json.get("objects", [])
    return [item for item in found if item["type"] == "relationship" and "structure" not in item["labels"]]


def small() -> list[Record]:
    return list(small_case().values())


# Resources.


def test_discovery_names_one_root_by_a_relative_address() -> None:
    answer = get(app_of(), "/taxii2/")
    assert answer.json["default"] == ROOT
    assert answer.json["api_roots"] == [ROOT]
    assert "not a finding" in answer.json["description"]


def test_the_root_says_its_version() -> None:
    answer = get(app_of(), ROOT)
    assert (answer.json["versions"], answer.json["max_content_length"]) == ([MEDIA_TYPE], 1)


def test_there_is_a_collection_of_everything_and_one_a_category_none_of_them_writable() -> None:
    listed = get(app_of(), f"{ROOT}collections/").json["collections"]
    assert [item["alias"] for item in listed] == ["all", "espionage", "sabotage", "disinformation", "other"]
    assert {(item["can_read"], item["can_write"]) for item in listed} == {(True, False)}
    assert {tuple(item["media_types"]) for item in listed} == {(STIX_MEDIA_TYPE,)}
    for item in listed:
        for name in (item["id"], item["alias"]):
            assert get(app_of(), f"{ROOT}collections/{name}/").json == item


def test_a_collection_has_an_id_of_the_version_that_the_format_wants() -> None:
    listed = get(app_of(), f"{ROOT}collections/").json["collections"]
    assert [uuid.UUID(item["id"]).version for item in listed] == [4] * len(COLLECTIONS)
    assert len({item["id"] for item in listed}) == len(COLLECTIONS)


def test_objects_are_those_of_the_bundle() -> None:
    served = get(app_of(*small()), OBJECTS).json["objects"]
    exported = json.loads(to_bundle(small()))["objects"]
    assert sorted(served, key=lambda item: item["id"]) == sorted(exported, key=lambda item: item["id"])


def test_what_is_served_comes_back_whole() -> None:
    answer = get(app_of(*small()), OBJECTS)
    read = import_stix(answer.body, on=date(2026, 6, 2), keep_provenance=True)
    assert {json.dumps(record.to_json()) for record in read.records} == {
        json.dumps(record.to_json()) for record in small()
    }


def test_a_record_that_came_from_two_places_is_served_with_both() -> None:
    ferry = operation(entered=provenance("2026-05-01"))
    twice = [ferry, replace(ferry, provenance=imported("row 7", "2026-05-09")), operation("Harbour")]
    app = app_of(*twice)
    read = import_stix(get(app, OBJECTS).body, on=date(2026, 6, 2), keep_provenance=True)
    assert [record.to_json() for record in read.records] == [record.to_json() for record in twice]
    added = {entry["id"]: entry["date_added"] for entry in get(app, MANIFEST).json["objects"]}
    (campaign,) = (entry["id"] for entry in get(app_of(ferry), MANIFEST, **{"match[type]": "campaign"}).json["objects"])
    assert added[campaign].startswith("2026-05-02")


def test_a_collection_holds_what_hangs_on_operations_of_its_category() -> None:
    spying, ferry = operation("Harbour", category="espionage"), operation()
    said, other = claim(spying, "XBB", "XAA"), claim(ferry, "XBB", "XAA")
    app = app_of(spying, ferry, said, other, retraction(said), reply(ferry, [other]))
    espionage = get(app, f"{ROOT}collections/espionage/objects/")
    assert [item["extensions"][RECORD_EXTENSION]["record_id"] for item in relationships(espionage)] == [said.id]
    assert {item["type"] for item in espionage.json["objects"]} >= {
        "marking-definition",
        "extension-definition",
        "note",
    }
    assert len(relationships(get(app, OBJECTS))) == 2
    assert get(app, f"{ROOT}collections/disinformation/objects/").json == {}


def test_the_manifest_lists_every_object_with_its_date() -> None:
    app = app_of(*small())
    listed = get(app, MANIFEST).json["objects"]
    served = get(app, OBJECTS).json["objects"]
    assert [item["id"] for item in listed] == [item["id"] for item in served]
    assert [item["version"] for item in listed] == [item.get("modified", item["created"]) for item in served]
    dates = [item["date_added"] for item in listed]
    assert dates == sorted(set(dates))
    assert {item["media_type"] for item in listed} == {STIX_MEDIA_TYPE}


def test_one_object_and_its_versions() -> None:
    app = app_of(*small())
    wanted = relationships(get(app, OBJECTS))[0]
    assert get(app, f"{OBJECTS}{wanted['id']}/").json == {"more": False, "objects": [wanted]}
    assert get(app, f"{OBJECTS}{wanted['id']}/versions/").json == {"more": False, "versions": [wanted["modified"]]}


# Paging, filters, dates.


@pytest.mark.parametrize("limit", [1, 2, 7, 1000])
def test_pages_together_are_the_whole(limit: int) -> None:
    app = app_of(*small())
    seen: list[str] = []
    query: dict[str, Any] = {"limit": limit}
    while True:
        answer = get(app, OBJECTS, **query)
        assert len(ids(answer)) <= limit
        seen += ids(answer)
        if not answer.json["more"]:
            assert "next" not in answer.json
            break
        query["next"] = answer.json["next"]
    assert seen == ids(get(app, OBJECTS))


def test_a_next_page_goes_on_whatever_it_was_first_asked_after() -> None:
    app = app_of(*small())
    dates = [item["date_added"] for item in get(app, MANIFEST).json["objects"]]
    answer = get(app, OBJECTS, added_after=dates[1], limit=3)
    further = get(app, OBJECTS, added_after=dates[1], limit=3, next=answer.json["next"])
    assert [*ids(answer), *ids(further)] == ids(get(app, OBJECTS))[2:8]
    # A place further on outweighs an earlier date, or pages would come again without end.
    assert further.json["next"] > answer.json["next"] > dates[1]


def test_the_service_has_a_limit_of_its_own() -> None:
    answer = get(app_of(*small(), page=3), OBJECTS, limit=MAX_PAGE)
    assert (len(ids(answer)), answer.json["more"]) == (3, True)


def test_headers_tell_the_dates_of_the_first_and_last_object() -> None:
    app = app_of(*small())
    dates = {item["id"]: item["date_added"] for item in get(app, MANIFEST).json["objects"]}
    answer = get(app, OBJECTS, limit=4)
    first, last = (answer.headers[f"x-taxii-date-added-{end}"] for end in ("first", "last"))
    assert (first, last) == (dates[ids(answer)[0]], dates[ids(answer)[-1]])
    assert get(app, OBJECTS, added_after=last, limit=1).json["objects"][0]["id"] == ids(get(app, OBJECTS))[4]
    for path in (MANIFEST, f"{OBJECTS}{ids(answer)[0]}/", f"{OBJECTS}{ids(answer)[0]}/versions/"):
        assert "x-taxii-date-added-first" in get(app, path).headers


def test_nothing_added_since_is_an_empty_answer() -> None:
    answer = get(app_of(*small()), OBJECTS, added_after="2030-01-01T00:00:00Z")
    assert (answer.status, answer.json) == (200, {})
    assert "x-taxii-date-added-first" not in answer.headers


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"match[type]": "campaign"}, {"campaign"}),
        ({"match[type]": "campaign,report"}, {"campaign", "report"}),
        ({"match[type]": "tool"}, set()),
        ({"match[type]": "campaign", "match[spec_version]": "2.1"}, {"campaign"}),
        ({"match[type]": "campaign", "match[spec_version]": "2.0,2.1"}, {"campaign"}),
        ({"match[spec_version]": "2.0"}, set()),
        ({"match[type]": "report", "match[version]": "last"}, {"report"}),
        ({"match[type]": "report", "match[version]": "first"}, {"report"}),
        ({"match[type]": "report", "match[version]": "all"}, {"report"}),
        ({"match[type]": "report", "match[version]": "2026-05-20T00:00:00Z"}, {"report"}),
        ({"match[type]": "report", "match[version]": "2026-05-21T00:00:00.000Z"}, set()),
    ],
)
def test_filters_by_type_version_and_specification(query: dict[str, str], expected: set[str]) -> None:
    for path in (OBJECTS, MANIFEST):
        found = ids(get(app_of(*small()), path, **query))
        assert {identifier.split("--")[0] for identifier in found} == expected


def test_filters_by_id() -> None:
    app = app_of(*small())
    wanted = ids(get(app, OBJECTS))[3:5]
    assert ids(get(app, OBJECTS, **{"match[id]": ",".join(wanted)})) == wanted
    assert ids(get(app, OBJECTS, **{"match[id]": wanted[0], "match[type]": "tool"})) == []


# What corrections do.


def test_whoever_polls_gets_what_was_corrected_since() -> None:
    ferry = operation()
    said = claim(ferry)
    held = Held(ferry, said)
    app = taxii_app(held)
    before = get(app, OBJECTS)
    last = before.headers["x-taxii-date-added-last"]
    held.held.append(retraction(said, entered=provenance("2026-06-09")))
    since = get(app, OBJECTS, added_after=last)
    assert [item["revoked"] for item in relationships(since)] == [True]
    assert relationships(since)[0]["modified"] > relationships(before)[0]["modified"]
    assert {item["type"] for item in since.json["objects"]} == {"relationship", "note"}


@pytest.mark.parametrize("version", ["first", "last", "all"])
def test_a_claim_is_never_served_without_its_correction(version: str) -> None:
    ferry = operation()
    wrong, right = claim(ferry, "Lantern Labs", "XAA"), claim(ferry, "Lantern Labs", "XCA")
    app = app_of(ferry, wrong, right, correction(wrong, right))
    found = relationships(get(app, OBJECTS, **{"match[version]": version}))
    states = {item["extensions"][RECORD_EXTENSION]["record_id"]: item["labels"] for item in found}
    assert "corrected" in states[wrong.id]
    assert "corrected" not in states[right.id]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(ledgers(), st.integers(1, 9))
def test_whoever_looked_before_holds_what_a_new_client_gets(records: tuple[Record, ...], known: int) -> None:
    """A client that replaces objects by what was added since it last looked has the same objects as a new client."""
    days = accumulate((record.provenance.on for record in records), max)
    arrived = [
        replace(record, provenance=replace(record.provenance, on=day))
        for record, day in zip(records, days, strict=True)
    ]
    for name in COLLECTIONS:
        before = arrange(arrived[:known], tlp="white")[name]
        after = arrange(arrived, tlp="white")[name]
        last = max((entry.added for entry in before.entries.values()), default=None)
        client = dict(before.entries) | {entry.id: entry for entry in after.after(last)}
        assert {key: bytes(entry.data) for key, entry in client.items()} == {
            key: bytes(entry.data) for key, entry in after.entries.items()
        }


def test_dates_are_unique_later_for_what_comes_later_and_the_same_after_a_restart() -> None:
    records = [
        operation(f"Operation {number}", entered=provenance(f"2026-05-{30 - number:02d}")) for number in range(9)
    ]
    first, again = (arrange(records, tlp="white")["all"].after(None) for _ in range(2))
    dates = [entry.added for entry in first]
    assert dates == sorted(set(dates)) == [entry.added for entry in again]
    titles = [
        json.loads(bytes(entry.data))["name"]
        for entry in arrange(records, tlp="white")["all"].after(None)
        if entry.type == "campaign"
    ]
    assert titles == [f"Operation {number}" for number in range(9)]


def test_a_correction_leaves_the_dates_of_what_came_after_it_alone() -> None:
    ferry, harbour = operation(), operation("Harbour")
    said = claim(ferry)
    quarrel = [retraction(said, reason=f"{number}") for number in range(9)]
    before = arrange([ferry, said, *quarrel, harbour], tlp="white")["all"]
    after = arrange([ferry, said, *quarrel, harbour, retraction(said, reason="last")], tlp="white")["all"]
    for found in (before, after):
        dates = [entry.added for entry in found.after(None)]
        assert len(set(dates)) == len(dates)
    campaign = next(entry for entry in before.after(None) if b"Harbour" in bytes(entry.data))
    assert after.entries[campaign.id] == campaign
    # What a correction changes comes with it, and so before what arrives next.
    assert [entry.id for entry in before.after(None)][-1] == campaign.id


def test_what_is_added_today_is_found_by_whoever_goes_by_the_clock() -> None:
    entered = operation(entered=provenance("2026-06-01"))
    app = app_of(entered)
    assert ids(get(app, OBJECTS, added_after="2026-06-01T23:59:59.999999Z"))
    assert ids(get(app, OBJECTS, added_after="2026-06-02T00:01:00Z")) == []


def test_a_long_quarrel_is_arranged_in_time() -> None:
    ferry = operation()
    said = claim(ferry)
    quarrel = [retraction(said, by="XAA" if number % 2 else "XBB", reason=f"{number}") for number in range(1_500)]
    started = time.monotonic()
    found = arrange([ferry, said, *quarrel], tlp="white")["all"]
    assert time.monotonic() - started < 20
    assert len(found.entries) > 1_500


# Errors and what is refused.


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (OBJECTS, {"limit": "0"}),
        (OBJECTS, {"limit": "-1"}),
        (OBJECTS, {"limit": "many"}),
        (OBJECTS, {"limit": "٣"}),
        (OBJECTS, {"next": "p2"}),
        (OBJECTS, {"added_after": "2026-06-01"}),
        (OBJECTS, {"added_after": "2026-13-01T00:00:00Z"}),
        (OBJECTS, {"match[version]": "newest"}),
        (OBJECTS, {"match[name]": "x"}),
        (OBJECTS, {"sort": "participant"}),
        (f"{OBJECTS}tool--1/", {"match[type]": "tool"}),
    ],
)
def test_a_parameter_that_is_not_understood_is_an_error(path: str, query: dict[str, str]) -> None:
    answer = get(app_of(*small()), path, **query)
    assert (answer.status, answer.json["http_status"], answer.json["error_code"]) == (400, "400", "malformed")
    assert answer.headers["content-type"] == MEDIA_TYPE


def test_a_parameter_given_twice_is_an_error() -> None:
    answer = call(app_of(), "GET", f"{OBJECTS}?limit=1&limit=2")
    assert (answer.status, answer.json["title"]) == (
        400,
        "the parameter limit is given twice; several values are joined by commas",
    )


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/taxii2",
        "/observatory",
        "/other/",
        f"{ROOT}status/1/",
        f"{ROOT}collections/states/",
        f"{ROOT}collections/states/objects/",
        f"{OBJECTS}tool--1/",
        f"{OBJECTS}tool--1/versions/",
        f"{OBJECTS}..%2f..%2f/",
    ],
)
def test_what_is_not_there_is_an_error_object(path: str) -> None:
    answer = get(app_of(*small()), path)
    assert (answer.status, answer.json["http_status"], answer.json["error_code"]) == (404, "404", "not-found")
    assert answer.headers["content-type"] == MEDIA_TYPE


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/taxii2/", OBJECTS, f"{OBJECTS}tool--1/"])
def test_nothing_is_taken(method: str, path: str) -> None:
    answer = call(app_of(), method, path, body=b"{}")
    assert (answer.status, answer.json["http_status"]) == (405, "405")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_head_is_answered() -> None:
    assert call(app_of(*small()), "HEAD", OBJECTS).status == 200


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        (MEDIA_TYPE, 200),
        ("application/taxii+json", 200),
        ("application/taxii+json; version=2.1", 200),
        ('application/taxii+json; version="2.1"', 200),
        ("text/html, application/*;q=0.5", 200),
        ("*/*", 200),
        ("application/taxii+json;version=2.0", 406),
        ("application/vnd.oasis.taxii+json; version=2.0", 406),
        ("application/json", 406),
        ('application/taxii+json; version="2.0"', 406),
        ("*/*;q=0", 406),
        ("*/*; q=0.0", 406),
        ("application/taxii+json;version=2.1;q=0.000", 406),
        ("*/*;q=0.01", 200),
        ("", 406),
    ],
)
def test_only_taxii_2_1_is_spoken(accept: str, status: int) -> None:
    answer = call(app_of(), "GET", "/taxii2/", headers={"accept": accept})
    assert answer.status == status
    assert answer.headers["content-type"] == MEDIA_TYPE


def test_who_says_nothing_of_what_they_accept_is_answered() -> None:
    assert call(app_of(), "GET", "/taxii2/").status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8450", 200),
        ("localhost:1", 200),
        ("[::1]:8450", 200),
        ("LOCALHOST", 200),
        ("attacker.example", 400),
        ("attacker.example:8450", 400),
        ("127.0.0.1.attacker.example", 400),
        ("", 400),
        ("[::1", 400),
    ],
)
def test_only_its_own_hosts_are_answered(host: str, status: int) -> None:
    assert call(app_of(), "GET", "/taxii2/", host=host).status == status


def test_other_hosts_are_answered_when_they_are_named() -> None:
    app = app_of(hosts=["ledger.example"])
    assert call(app, "GET", "/taxii2/", host="ledger.example").status == 200
    assert call(app, "GET", "/taxii2/", host="127.0.0.1").status == 400


def test_to_be_reachable_from_elsewhere_names_must_be_given() -> None:
    with pytest.raises(PolicyError, match="say by which names"):
        serve_taxii(Held(), host="0.0.0.0")


def test_it_listens_on_this_machine_unless_told_otherwise_and_to_so_many_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[tuple[str, int | None, bool]] = []

    def run(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        host = sockets[0].getsockname()[0]
        heard.append((host, server.config.limit_concurrency, server.config.server_header))

    monkeypatch.setattr(uvicorn.Server, "run", run)
    serve_taxii(Held(), port=0)
    serve_taxii(Held(), port=0, host="0.0.0.0", hosts=["ledger.example"])
    assert heard == [("127.0.0.1", MAX_CONNECTIONS, False), ("0.0.0.0", MAX_CONNECTIONS, False)]


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StoreError, match=rf"port {port} on 127.0.0.1 cannot be had \([^()]+\); take another one"):
            serve_taxii(Held(), port=port)


def test_a_ledger_that_has_not_grown_is_not_read_again() -> None:
    class Counted(Held):
        readings = 0

        def records(self) -> Iterator[Record]:
            self.readings += 1
            yield from super().records()

    held = Counted(*small())
    app = taxii_app(held)
    for _ in range(3):
        assert get(app, OBJECTS).status == 200
    assert held.readings == 1


def test_a_ledger_that_fails_shows_nothing_of_itself() -> None:
    answer = get(taxii_app(Broken()), OBJECTS)
    assert (answer.status, answer.json["title"]) == (500, "the service has failed")
    assert b"sector" not in answer.body


def test_nothing_that_is_answered_is_kept_framed_or_run() -> None:
    headers = get(app_of(*small()), OBJECTS).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_the_former_objects_are_served_while_they_are_made_anew() -> None:
    started, release = threading.Event(), threading.Event()

    class Slow(Held):
        def records(self) -> Iterator[Record]:
            if self.count() > 1:
                started.set()
                assert release.wait(20)
            yield from super().records()

    held = Slow(operation())
    app = taxii_app(held)
    first = ids(get(app, OBJECTS))
    held.held.append(operation("Harbour"))
    second: list[str] = []
    asking = threading.Thread(target=lambda: second.extend(ids(get(app, OBJECTS))))
    asking.start()
    assert started.wait(20)
    assert ids(get(app, OBJECTS)) == first
    release.set()
    asking.join(20)
    assert len(second) == len(first) + 1


# A real server and the client of the committee.


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Run an application on this machine and return its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


def test_the_client_of_the_committee_reads_everything() -> None:
    if importlib.util.find_spec("taxii2client") is None:
        pytest.skip("taxii2-client is not installed")
    import taxii2client.v21 as client  # noqa: PLC0415 - optional

    records = small()
    with (
        serving(app_of(*records)) as address,
        client.Server(f"{address}/taxii2/") as server,
        server.default as root,
    ):
        assert root.title == "Comity observatory"
        everything = next(item for item in root.collections if item.alias == "all")
        assert everything.id == collection_id("all")
        pages = list(client.as_pages(everything.get_objects, per_request=5))
        served = [item for page in pages for item in page["objects"]]
        assert len(pages) > 3
        assert len(served) == len(json.loads(to_bundle(records))["objects"])
        listed = [item for page in client.as_pages(everything.get_manifest, per_request=7) for item in page["objects"]]
        assert [item["id"] for item in listed] == [item["id"] for item in served]
        one = served[-1]
        assert everything.get_object(one["id"])["objects"] == [one]
        assert everything.object_versions(one["id"])["versions"] == [one["modified"]]
        assert everything.get_objects(type=["report"], version="last", spec_version="2.1")["objects"]
        assert everything.get_objects(added_after=listed[-1]["date_added"]) == {}
        assert everything.get_objects(id=one["id"])["objects"] == [one]
        with pytest.raises(Exception, match="does not allow writing"):
            everything.add_objects({"objects": []})


def test_head_has_no_body_over_a_real_connection() -> None:
    with (
        serving(app_of(*small())) as address,
        socket.create_connection(("127.0.0.1", int(address.rsplit(":")[-1]))) as line,
    ):
        line.sendall(f"HEAD {OBJECTS} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"\r\n\r\n")


def test_a_day_at_the_end_of_the_calendar_is_served() -> None:
    late = operation(entered=provenance(date.max))
    assert ids(get(app_of(late), OBJECTS))
    assert date.max - timedelta(days=1) < date.max


def test_the_service_of_an_exercise_says_so_by_its_title_and_on_every_object() -> None:
    app = app_of(*small_case().values(), exercise=True)
    assert get(app, "/taxii2/").json["title"].startswith("EXERCISE: ")
    objects = get(app, OBJECTS).json["objects"]
    marking = next(item["id"] for item in objects if "EXERCISE" in str(item.get("definition")))
    unmarked = [item["type"] for item in objects if marking not in item.get("object_marking_refs", [])]
    assert set(unmarked) == {"marking-definition"}
    assert "EXERCISE" not in json.dumps(get(app_of(*small_case().values()), OBJECTS).json)
