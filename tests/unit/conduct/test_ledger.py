"""The ledger: what it keeps, what it finds again, what it refuses, and that nothing in it can be changed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2 as sqlite

import comity.conduct.ledger as module
from comity.conduct.ledger import Added, Ledger
from comity.conduct.record import Record
from comity.conduct.statements import (
    KINDS,
    Body,
    ConsentGiven,
    ExternalId,
    Period,
    Speaker,
    Subject,
    Target,
    encode_body,
)
from comity.errors import Error, MalformedError, NotFoundError, PolicyError, StoreError, VerificationError
from comity.kernel.canonical import encode_json
from comity.store.query import load_queries
from support.conduct_records import (
    alliance,
    claim,
    company,
    correction,
    finding,
    grading,
    imported,
    match,
    operation,
    provenance,
    reply,
    retraction,
    silence,
    small_case,
    source,
    state,
    subject,
)

HERE = Path(module.__file__).parent
ABSENT = "a" * 64


@pytest.fixture(name="path")
def fixture_path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture(name="ledger")
def fixture_ledger(path: Path) -> Iterator[Ledger]:
    with Ledger.open(path, create=True, exercise=True) as ledger:
        yield ledger


def of_live_states(**members: Any) -> tuple[Record, Record]:
    """Return an operation and a claim that name listed participants."""
    deed = operation("Operation of nobody", hit=[Target(name="Portugal", kind="state", participant="PRT")])
    filled: dict[str, Any] = {
        "by": Speaker(name="Lantern Labs", kind="company"),
        "about": Subject(level="place", name="Cabo Verde", participant="CPV"),
    }
    return deed, claim(deed, **(filled | members))


# What is kept


def test_what_was_added_comes_back_as_it_was_also_after_closing(path: Path) -> None:
    case = small_case()
    with Ledger.open(path, create=True, exercise=True) as ledger:
        assert ledger.add(case.values()) == Added(new=9, known=0)
    with Ledger.open(path) as ledger:
        assert tuple(ledger.records()) == tuple(case.values())
        assert [ledger.record(record.id) for record in case.values()] == list(case.values())
        assert ledger.check() == 9


def test_an_id_read_from_the_ledger_is_the_one_that_the_body_gives(ledger: Ledger) -> None:
    ledger.add(small_case().values())
    for record in ledger.records():
        assert Record(kind=record.kind, body=record.body, provenance=record.provenance).id == record.id


def test_adding_again_adds_nothing(ledger: Ledger) -> None:
    ledger.add(small_case().values())
    assert ledger.add(small_case().values()) == Added(new=0, known=9)
    assert ledger.count() == 9
    assert all(len(ledger.provenances(record.id)) == 1 for record in ledger.records())


def test_a_record_given_twice_in_one_batch_stands_once(ledger: Ledger) -> None:
    assert ledger.add([operation(), operation()]) == Added(new=1, known=1)
    assert ledger.count() == 1


def test_the_same_record_from_two_sides_stands_once_with_two_provenances(ledger: Ledger) -> None:
    by_hand, by_file = provenance("2026-03-01"), imported("row 7", "2026-02-21")
    ledger.add([operation(entered=by_hand)])
    assert ledger.add([operation(entered=by_file)]) == Added(new=0, known=1)
    assert ledger.provenances(operation().id) == (by_file, by_hand)
    assert ledger.record(operation().id).provenance == by_file


def test_two_rows_of_one_file_are_two_provenances(ledger: Ledger) -> None:
    for row in ("row 7", "row 8"):
        ledger.add([operation(entered=imported(row))])
    assert [each.place for each in ledger.provenances(operation().id)] == ["row 7", "row 8"]


def test_the_same_file_read_again_later_is_no_new_provenance_but_an_earlier_day_is(ledger: Ledger) -> None:
    for day in ("2026-03-01", "2026-04-01", "2026-02-21"):
        ledger.add([operation(entered=imported("row 7", day))])
    days = [str(each.on) for each in ledger.provenances(operation().id)]
    assert days == ["2026-02-21", "2026-03-01"]


def test_counts_by_kind(ledger: Ledger) -> None:
    ledger.add(small_case().values())
    assert [ledger.count(kind) for kind in ("operation", "claim", "reply", "match", "rumour")] == [1, 3, 1, 1, 0]
    assert [record.kind for record in ledger.records("claim")] == ["claim"] * 3


def test_records_of_a_kind_come_page_by_page_without_loss(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SPAN", 2)
    ledger.add(small_case().values())
    assert [record.id for record in ledger.records("claim")] == [
        small_case()[name].id for name in ("first", "second", "third")
    ]
    assert len(list(ledger.records())) == 9


def test_a_record_goes_by_the_beginning_of_its_id_where_no_other_begins_so(ledger: Ledger) -> None:
    ids = sorted(operation(f"Copy {number}").id for number in range(60))
    ledger.add(operation(f"Copy {number}") for number in range(60))
    for identifier in ids:
        for length in range(65):
            beginning = identifier[:length]
            if [other for other in ids if other.startswith(beginning)] == [identifier]:
                assert ledger.identify(beginning) == identifier
            else:
                with pytest.raises(
                    NotFoundError, match=f"more than one record has an id that begins with '{beginning}'"
                ):
                    ledger.identify(beginning)
    for beginning in ("g", "%", "_", ids[0] + "0", "' OR 1=1 --"):
        with pytest.raises(NotFoundError, match="no record has an id that begins"):
            ledger.identify(beginning)


def test_reading_by_pages_ends_with_what_was_held_when_it_began(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SPAN", 2)
    ledger.add(small_case().values())
    for kind in (None, "claim"):
        held, seen = ledger.count(kind), 0
        for record in ledger.records(kind):
            ledger.add([claim(small_case()["operation"], f"Firm {kind} {record.id}")])
            seen += 1
        assert seen == held


def test_records_may_be_added_while_others_are_read(ledger: Ledger) -> None:
    ledger.add(small_case().values())
    seen = 0
    for record in ledger.records():
        ledger.add([operation(f"Copy {record.id}")])
        seen += 1
    assert seen == 9
    assert ledger.count("operation") == 10


def test_a_ledger_in_memory_serves_tests() -> None:
    with Ledger.open(":memory:", create=True, exercise=True) as ledger:
        ledger.add(small_case().values())
        assert [ledger.record(record.id).id for record in ledger.records()] == [
            record.id for record in small_case().values()
        ]


def test_an_unknown_id_is_said(ledger: Ledger) -> None:
    for ask in (ledger.record, ledger.provenances):
        with pytest.raises(NotFoundError, match=f"no record {ABSENT} is held"):
            ask(ABSENT)
    with pytest.raises(NotFoundError, match=f"no operation {ABSENT}"):
        ledger.of_operation(ABSENT)
    with pytest.raises(NotFoundError, match=f"no operation {ABSENT}"):
        ledger.operations(after=ABSENT)


def test_a_claim_is_no_operation(ledger: Ledger) -> None:
    ledger.add(small_case().values())
    with pytest.raises(NotFoundError, match="no operation"):
        ledger.of_operation(small_case()["first"].id)


def test_a_missing_ledger_is_made_only_on_demand(path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"no ledger at .*; make one with create"):
        Ledger.open(path)
    assert not path.exists()


@pytest.mark.parametrize("part", ["file", "folder"])
def test_a_read_only_ledger_says_what_to_do(path: Path, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Ledger.open(path, create=True).close()
    closed = path if part == "file" else path.parent
    # Root may write anywhere, so that taking the right away would show nothing.
    monkeypatch.setattr("os.access", lambda place, _: Path(place) != closed)
    with pytest.raises(StoreError, match=r"is read-only, and .*; copy its folder to where you may write"):
        Ledger.open(path)


@pytest.mark.parametrize("exercise", [False, True])
def test_a_ledger_stays_what_it_was_made_as(path: Path, *, exercise: bool) -> None:
    Ledger.open(path, create=True, exercise=exercise).close()
    with Ledger.open(path, create=True) as ledger:
        assert ledger.exercise is exercise
    with pytest.raises(PolicyError, match="exercise; that never changes"):
        Ledger.open(path, exercise=not exercise)


def test_a_kind_that_this_version_does_not_know_is_named(path: Path) -> None:
    class Rumour(Body, frozen=True, kw_only=True):
        text: str

    with Ledger.open(path, create=True, kinds=KINDS | {"rumour": Rumour}) as ledger:
        ledger.add([Record(kind="rumour", body=Rumour(text="somebody"), provenance=provenance())])
        assert next(ledger.records()).body == Rumour(text="somebody")
    with Ledger.open(path) as ledger, pytest.raises(MalformedError, match="kind 'rumour', which this version does not"):
        list(ledger.records())


# What is found


def test_everything_that_hangs_on_an_operation_comes_and_nothing_of_another(ledger: Ledger) -> None:
    case = small_case()
    other = operation("Other matter")
    of_correction = retraction(case["correction"])
    ledger.add([*case.values(), other, claim(other, about="XCA"), of_correction])
    found = {record.id for record in ledger.of_operation(case["operation"].id)}
    assert found == {record.id for record in case.values()} | {of_correction.id}


def test_a_participant_is_found_at_any_level_and_in_findings(ledger: Ledger) -> None:
    deeds = [operation(f"Matter {number}") for number in range(5)]
    ledger.add(
        [
            *deeds,
            claim(deeds[0], about=subject("XAC", "place")),
            claim(deeds[1], about=subject("XAC", "unit")),
            claim(deeds[2], about=["XAA", subject("XAC", "organ")]),
            finding(deeds[3], about=[subject("XAC")]),
            claim(deeds[4], "XAC", "XAA"),
        ]
    )
    about = ledger.about("XAC")
    assert {record.id for record in about if record.kind == "operation"} == {deed.id for deed in deeds[:4]}
    assert ledger.about("XZZ") == ()


def test_what_is_said_of_others_on_the_same_operation_comes_along_since_it_may_exonerate(ledger: Ledger) -> None:
    ferry = operation()
    accuses, elsewhere = claim(ferry, "XBB", "XAA"), claim(ferry, "Lantern Labs", "XCA", polarity="reassigns")
    ledger.add([ferry, accuses, elsewhere])
    assert elsewhere in ledger.about("XAA")


def test_a_retracted_claim_is_still_found(ledger: Ledger) -> None:
    ferry = operation()
    wrong = claim(ferry, about="XAC")
    ledger.add([ferry, wrong, retraction(wrong)])
    assert wrong in ledger.about("XAC")


def test_a_claimant_is_found_by_code_or_by_name_in_any_case(ledger: Ledger) -> None:
    one, other = operation("One"), operation("Other")
    ledger.add([one, other, claim(one, "XBB"), claim(other, "Ведомство Ы"), reply(other, by="XAA")])
    assert next(record.id for record in ledger.by_claimant("XBB")) == one.id
    assert {record.kind for record in ledger.by_claimant("ВЕДОМСТВО  ы")} == {"operation", "claim", "reply"}
    assert ledger.by_claimant("XAA") == ledger.by_claimant("state xaa") == (), "a reply is no claim"


@pytest.mark.parametrize("text", ["ночной", "ПАРОМ", "ferry", "NIGHT", "夜行", "apt-7", "mitre:g0007"])
def test_operations_are_found_by_title_other_name_and_id_elsewhere(ledger: Ledger, text: str) -> None:
    ferry = operation(
        "Ночной паром",
        names=["Night ferry", "夜行渡轮", "APT-7"],
        external=[ExternalId(scheme="mitre", id="G0007")],
    )
    ledger.add([ferry, operation("Day train")])
    assert ledger.find(text) == (ferry,)


def test_signs_of_a_pattern_language_are_plain_text_in_a_search(ledger: Ledger) -> None:
    ledger.add([operation("100% proof"), operation("100 and proof")])
    assert len(ledger.find("100%")) == 1
    assert ledger.find("1_0") == ()
    assert ledger.find("' OR 1=1 --") == ()


def test_pages_of_operations_go_by_title_then_id_without_gap_or_double(ledger: Ledger) -> None:
    deeds = [operation(title) for title in ("b", "A", "c", "Ä", "a 2", "B 2")]
    twin = operation("b", category="espionage")
    ledger.add([*deeds, twin])
    for limit in (1, 2, 3):
        pages: list[Record] = []
        after = None
        while page := ledger.operations(after=after, limit=limit):
            pages += page
            after = page[-1].id
        assert len(pages) == 7
        titles = [encode_body(record.body)["title"] for record in pages]
        assert titles == ["A", "a 2", "b", "b", "B 2", "c", "Ä"]
        assert pages[2].id < pages[3].id


def test_an_operation_read_with_another_into_which_a_correction_reaches(ledger: Ledger) -> None:
    wrong, right, third = operation("Nigth ferry"), operation("Night ferry"), operation("Day train")
    misplaced = claim(wrong)
    placed = claim(right, "Lantern Labs")
    withdrawn = retraction(placed)
    ledger.add([wrong, right, third, misplaced, placed, correction(wrong, right), withdrawn, claim(third)])
    for asked in (wrong, right):
        found = {record.id for record in ledger.of_operation(asked.id)}
        assert {wrong.id, right.id, misplaced.id, placed.id, withdrawn.id} <= found
        assert third.id not in found
    assert len(ledger.of_operation(third.id)) == 2


def test_a_reply_to_claims_about_another_operation_brings_the_two_together(ledger: Ledger) -> None:
    one, other = operation("One"), operation("Other")
    first, second = claim(one), claim(other)
    both = reply(one, [first, second])
    ledger.add([one, other, first, second, both, retraction(both)])
    assert both in ledger.of_operation(other.id)
    assert len(ledger.of_operation(other.id)) == 6


# What is refused


@pytest.mark.parametrize(
    ("make", "member"),
    [
        (lambda of, _: claim(of), "operation"),
        (lambda of, _: reply(of), "operation"),
        (lambda of, _: finding(of), "operation"),
        (lambda of, held: reply(held, [claim(of)]), "to_claims"),
        (lambda of, held: reply(held, counter_claim=claim(of).id), "counter_claim"),
        (lambda of, held: claim(held, derives_from=[of.id]), "derives_from"),
        (lambda of, _: retraction(of), "corrects"),
        (lambda of, held: correction(held, of), "replacement"),
        (lambda of, _: grading(claim(of)), "claim"),
        (lambda of, _: match(claim(of)), "claim"),
    ],
)
def test_a_reference_to_what_is_not_held_is_refused_with_both_ids(ledger: Ledger, make: Any, member: str) -> None:
    absent, held = operation("Never added"), operation("Held")
    ledger.add([held])
    record = make(absent, held)
    with pytest.raises(MalformedError) as caught:
        ledger.add([operation("Comes with it"), record])
    wanted = [target for target in re.findall(r"[0-9a-f]{64}", caught.value.message) if target != record.id]
    assert record.id in caught.value.message
    assert len(wanted) == 1
    assert f"{member} {wanted[0]} is neither held nor in the same batch" in caught.value.message
    assert ledger.count() == 1, "nothing of a refused batch is kept"


@pytest.mark.parametrize(
    "make",
    [
        lambda case: claim(case["first"]),
        lambda case: reply(case["operation"], [case["denial"]]),
        lambda case: grading(case["operation"]),
        lambda case: match(case["denial"]),
        lambda case: correction(case["first"], case["denial"]),
        lambda case: correction(case["operation"], case["first"]),
    ],
)
def test_a_reference_to_a_record_of_the_wrong_kind_is_refused(ledger: Ledger, make: Any) -> None:
    ledger.add(small_case().values())
    with pytest.raises(MalformedError, match=r"is no (claim|operation) but a |, and corrects [0-9a-f]{64} is a "):
        ledger.add([make(small_case())])


def test_a_record_does_not_replace_itself(ledger: Ledger) -> None:
    first = small_case()["first"]
    ledger.add(small_case().values())
    with pytest.raises(MalformedError, match="is the record that it corrects"):
        ledger.add([correction(first, first)])


def test_records_of_one_batch_may_come_in_any_order(ledger: Ledger) -> None:
    case = small_case()
    deep = retraction(case["correction"])
    ledger.add([deep, *reversed(case.values())])
    assert len(ledger.of_operation(case["operation"].id)) == 10


def test_a_large_import_goes_in_batches_of_which_each_stands_alone(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 4)
    case = list(small_case().values())
    assert ledger.add(iter(case)) == Added(new=9, known=0)
    broken = claim(operation("Never added"))
    others = [operation(f"Matter {number}") for number in range(6)]
    with pytest.raises(MalformedError):
        ledger.add([*others[:4], broken, *others[4:]])
    assert ledger.count("operation") == 5, "the batch before the broken one is kept, the broken one is not"
    assert ledger.add(others) == Added(new=2, known=4)


def test_what_a_finding_cites_need_not_be_a_record(ledger: Ledger) -> None:
    ferry = operation()
    ledger.add([ferry, finding(ferry, cites=[ABSENT])])
    assert ledger.count("finding") == 1


def test_citations_cannot_go_round_in_a_circle(ledger: Ledger) -> None:
    ferry = operation()
    first = claim(ferry)
    second = claim(ferry, "Lantern Labs", derives_from=[first.id])
    first_again = claim(ferry, derives_from=[second.id])
    assert first_again.id != first.id, "to cite what cites it makes it another record"
    ledger.add([ferry, first, second, first_again])
    assert ledger.count("claim") == 3


@pytest.mark.parametrize(
    ("make", "member"),
    [
        (lambda of: claim(of, said="2026-06-03"), "said 2026-06-03"),
        (lambda of: claim(of, said="2026-07"), "said 2026-07"),
        (lambda of: claim(of, said="2027"), "said 2027"),
        (lambda of: reply(of, said="2026-06-03"), "said"),
        (lambda of: silence(of, searched="2026-06-03"), "searched"),
        (lambda of: finding(of, said="2026-06-03"), "said"),
        (lambda of: retraction(of, said="2026-06-03"), "said"),
        (lambda _: operation("Planned", occurred=Period(begin="2026-06-03")), "occurred.begin"),
        (lambda of: claim(of, about_when=Period(begin="2026-06-03")), "about_when.begin"),
        (lambda of: claim(of, sources=[source(published="2026-06-03")]), "sources.published"),
        (
            lambda of: finding(of, consents=[ConsentGiven(participant="XAA", consent="given", on="2026-06-03")]),
            "consents.on",
        ),
    ],
)
def test_a_day_to_come_is_refused_with_its_member_and_the_day_of_entry(ledger: Ledger, make: Any, member: str) -> None:
    ledger.add([operation()])
    with pytest.raises(PolicyError, match=rf"{member} .*lies after 2026-06-01, the day of entry|{member} lies after"):
        ledger.add([make(operation())])


@pytest.mark.parametrize("said", ["2026-06-01", "2026-06-02", "2026-06", "2026"])
def test_today_is_not_to_come_wherever_on_earth_it_is(ledger: Ledger, said: str) -> None:
    assert ledger.add([operation(), claim(operation(), said=said)]).new == 2


def test_a_period_may_end_later_but_not_before_it_begins(ledger: Ledger) -> None:
    ledger.add([operation("Lasting", occurred=Period(begin="2026-05", end="2026-12-31"))])
    ledger.add([operation("Within a year", occurred=Period(begin="2026-05-04", end="2026"))])
    with pytest.raises(MalformedError, match="occurred ends on 2026-04, before it begins on 2026-05-04"):
        ledger.add([operation("Backwards", occurred=Period(begin="2026-05-04", end="2026-04"))])


def test_a_day_that_no_calendar_has_is_refused(ledger: Ledger) -> None:
    with pytest.raises(MalformedError, match=r"occurred\.begin 2026-02-30 is no day of the calendar"):
        ledger.add([operation(occurred=Period(begin="2026-02-30"))])


def test_a_body_that_breaks_its_form_is_refused_with_its_row(ledger: Ledger) -> None:
    wrong = operation(category="mischief", entered=imported("row 7"))
    with pytest.raises(MalformedError, match=r"operation [0-9a-f]{64} \(fictitious.csv, row 7\): body of operation: "):
        ledger.add([wrong])


def test_a_kind_with_the_body_of_another_is_refused(ledger: Ledger) -> None:
    body = operation().body
    with pytest.raises(MalformedError, match="a claim has another body than Operation"):
        ledger.add([Record(kind="claim", body=body, provenance=provenance())])
    with pytest.raises(MalformedError, match="kind 'rumour' is unknown"):
        ledger.add([Record(kind="rumour", body=body, provenance=provenance())])


@pytest.mark.parametrize(
    "members",
    [
        {"about": subject("XAA")},
        {"about": subject("XAA", "place")},
        {"by": state("XBB")},
    ],
)
def test_a_live_ledger_refuses_fictitious_participants(path: Path, members: dict[str, Any]) -> None:
    with Ledger.open(path, create=True) as ledger:
        with pytest.raises(PolicyError, match=r"X[AB][AB] is fictitious; fictitious participants act in exercises"):
            ledger.add(of_live_states(**members))
        assert ledger.add(of_live_states()).new == 2


def test_a_live_ledger_refuses_a_fictitious_victim_too(path: Path) -> None:
    with Ledger.open(path, create=True) as ledger, pytest.raises(PolicyError, match=r"hit.participant XBB is fictit"):
        ledger.add([operation()])


@pytest.mark.parametrize(
    "make",
    [
        lambda of: claim(of, about=Subject(level="state", name="Portugal", participant="PRT")),
        lambda of: claim(of, about=Subject(level="place", name="Portugal", participant="PRT")),
        lambda of: claim(of, by=Speaker(name="Portugal", kind="state", participant="PRT")),
        lambda of: reply(of, by=Speaker(name="Portugal", kind="state", participant="PRT")),
        lambda of: finding(of, consents=[ConsentGiven(participant="PRT", consent="given")]),
        lambda of: claim(of, about=Subject(level="state", name="Portugal")),
        lambda of: claim(of, about=Subject(level="place", name="Portugal")),
        lambda of: claim(of, by=Speaker(name="the PORTUGAL", kind="state")),
        lambda _: operation("Other", hit=[Target(name="Portugal", kind="state")]),
    ],
)
def test_an_exercise_names_no_real_state_by_code_or_by_name(ledger: Ledger, make: Any) -> None:
    ledger.add([operation()])
    with pytest.raises(PolicyError, match=r"an exercise names fictitious"):
        ledger.add([make(operation())])


def test_an_exercise_may_have_companies_alliances_and_places_of_any_name(ledger: Ledger) -> None:
    ferry = operation()
    ledger.add([ferry, claim(ferry, company("Portugal Telecom Watch")), claim(ferry, alliance())])
    assert ledger.count("claim") == 2


@pytest.mark.parametrize("code", ["QQQ", "XKX"])
def test_a_code_that_no_participant_has_is_refused(path: Path, code: str) -> None:
    with (
        Ledger.open(path, create=True) as ledger,
        pytest.raises(MalformedError, match=rf"claim [0-9a-f]{{64}} \(Coder One\): about.participant: .*{code}"),
    ):
        ledger.add(of_live_states(about=Subject(level="state", name="Somewhere", participant=code)))


# Nothing changes


def test_no_query_of_the_ledger_changes_or_removes_a_row() -> None:
    queries = load_queries(HERE / "sql")
    assert queries
    for name, text in queries.items():
        # What is kept of operations is derived from the records, and drawn again where other code drew it.
        query = text.replace("INSERT OR REPLACE INTO kept ", "INSERT INTO kept ")
        assert re.match(r"(SELECT|INSERT INTO) ", query), name
        assert not re.search(r"\b(UPDATE|DELETE|REPLACE|DROP|ALTER|TRUNCATE|ON CONFLICT)\b", query, re.IGNORECASE), name


def test_migrations_only_make_tables_indexes_and_guards() -> None:
    for path in sorted((HERE / "migrations").glob("*.sql")):
        starts = re.findall(r"^([A-Z]+ [A-Z]+)\b", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(starts) <= {"CREATE TABLE", "CREATE INDEX", "CREATE TRIGGER"}


def test_every_table_is_strict() -> None:
    for path in sorted((HERE / "migrations").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        assert text.count("CREATE TABLE") == text.count(") STRICT;") > 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record SET body = x'7b7d'",
        "DELETE FROM record",
        "UPDATE provenance SET source = 'somebody else'",
        "DELETE FROM provenance",
        "UPDATE ledger SET exercise = 0",
        "DELETE FROM ledger",
    ],
)
def test_another_program_cannot_change_a_row_by_mistake(path: Path, statement: str) -> None:
    with Ledger.open(path, create=True, exercise=True) as ledger:
        ledger.add(small_case().values())
    connection = sqlite.connect(str(path))
    with pytest.raises(sqlite.Error, match=r"only added|keeps its flag"):
        connection.execute(statement)
    connection.close()


def test_a_body_changed_behind_the_ledgers_back_is_found(path: Path) -> None:
    with Ledger.open(path, create=True, exercise=True) as ledger:
        ledger.add([operation()])
    connection = sqlite.connect(str(path))
    connection.execute("DROP TRIGGER record_stays")
    forged = encode_json(encode_body(operation("Day train").body))
    connection.execute("UPDATE record SET body = ?", (forged,))
    connection.commit()
    connection.close()
    with Ledger.open(path) as ledger, pytest.raises(VerificationError, match="is not what its id says"):
        ledger.check()


def test_a_file_that_is_no_ledger_is_refused(path: Path) -> None:
    path.write_bytes(b"no database at all, but long enough to look at" * 40)
    with pytest.raises(Error, match="not a database"):
        Ledger.open(path)
