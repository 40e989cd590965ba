"""Contact drills: the answer, the time to answer, what logs prove of it, and silence that is only presumed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from comity.conduct.commitments.drill import (
    DRILL_COLUMNS,
    Drill,
    DrillState,
    Logged,
    Served,
    ServedBy,
    answer_ping,
    drill_of,
    drill_table,
    logged_answer,
    logged_ping,
    make_ping,
    position_of,
    told_answer,
    told_ping,
)
from comity.conduct.commitments.drill_service import drill_table_of, make_service
from comity.conduct.commitments.statements import Ping, PingAnswer
from comity.conduct.statements import Body, encode_body
from comity.conduct.verbs import breaches
from comity.errors import MalformedError, PolicyError, VerificationError
from comity.exchange.view import Held, Position
from comity.kernel.entry import cover_entry, public_entry
from comity.kernel.envelope import STATEMENT_TYPE, sign_envelope, verify_envelope
from comity.kernel.proof import parse_proof, verify_proof
from comity.kernel.statement import Statement, parse_statement
from support.log_keys import LOG, OTHER_LOG, TIME, pair, policy
from support.speakers import proofs

SENT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = 3600
RECEIPT = "cd" * 32
ASKER, ASKED = pair("xaa.centre/statement", 21), pair("xbb.centre/statement", 31)


def after(seconds: int) -> datetime:
    return SENT + timedelta(seconds=seconds)


def ping(**members: Any) -> Ping:
    filled: dict[str, Any] = {
        "by": "XAA",
        "to": "XBB",
        "point": "Duty desk",
        "nonce": bytes(range(32)),
        "sent": SENT,
        "window_seconds": HOUR,
    }
    return make_ping(**(filled | members))


def answer(of: Ping, seconds: int = 600) -> PingAnswer:
    return answer_ping(of, point="Night desk", answered=after(seconds))


def served(seconds: int = 10, by: ServedBy = ServedBy.RECEIPT) -> Served:
    return Served(at=after(seconds), by=by, statement=RECEIPT, said_by="XBB" if by is ServedBy.RECEIPT else "XDD")


def at(seconds: int, index: int = 0) -> Position:
    return Position(origin="xbb.centre/log", index=index, logged_by=after(seconds))


def found(
    sent: Ping,
    *answers: Logged[PingAnswer],
    ping_served: Served | None = None,
    deliveries: dict[str, Served] | None = None,
    as_of: datetime | None = None,
) -> Drill:
    asked = told_ping(sent)
    given = dict(deliveries or {})
    if ping_served is not None:
        given[asked.record] = ping_served
    return drill_of(asked, answers, deliveries=given, as_of=as_of or after(2 * HOUR))


def test_an_answer_brings_back_the_nonce_and_names_the_ping() -> None:
    sent = ping()
    replied = answer(sent)
    assert (replied.nonce, replied.by, replied.to) == (sent.nonce, "XBB", "XAA")
    assert replied.ping == told_ping(sent).record
    with pytest.raises(MalformedError, match="at least 16 random bytes"):
        ping(nonce=bytes(15))
    with pytest.raises(MalformedError, match="two sides"):
        ping(to="XAA")


def test_an_answer_within_the_window_counts_with_the_time_that_others_vouch_for() -> None:
    sent = ping()
    replied = replace(told_answer(answer(sent)), statement="ab" * 32, position=at(900))
    drill = found(sent, replied, ping_served=served(60))
    assert drill.state is DrillState.ANSWERED
    assert (drill.stated_seconds, drill.proven_seconds) == (600, 840)
    assert drill.presumption is None


def test_the_window_runs_from_service_and_not_from_the_askers_own_clock() -> None:
    sent = ping()
    replied = replace(told_answer(answer(sent)), statement="ab" * 32, position=at(HOUR + 30))
    assert found(sent, replied, ping_served=served(60)).state is DrillState.ANSWERED
    assert found(sent, replied, ping_served=served(10)).state is DrillState.ANSWERED_LATE


def test_silence_is_presumed_only_after_the_window_of_a_ping_that_was_served() -> None:
    sent = ping()
    assert found(sent).state is DrillState.NOT_SERVED
    assert found(sent, ping_served=served(), as_of=after(HOUR + 10)).state is DrillState.WAITING
    silent = found(sent, ping_served=served(), as_of=after(HOUR + 11))
    assert silent.state is DrillState.PRESUMED_SILENT
    assert silent.presumption is not None
    assert "presumed" in silent.presumption
    assert "rebutted" in silent.presumption
    assert found(sent, ping_served=served(by=ServedBy.TENDERED)).state is DrillState.PRESUMED_SILENT


def test_an_answer_found_later_rebuts_the_presumption_when_a_witness_dates_it_into_the_window() -> None:
    sent = ping()
    replied = told_answer(answer(sent))
    tendered = {replied.record: served(1200, ServedBy.TENDERED)}
    long_after = after(90 * 24 * HOUR)
    assert found(sent, ping_served=served(), as_of=long_after).state is DrillState.PRESUMED_SILENT
    rebutted = found(sent, replied, ping_served=served(), deliveries=tendered, as_of=long_after)
    assert rebutted.state is DrillState.ANSWERED
    assert rebutted.proven_seconds == 1190


def test_what_only_the_two_sides_say_is_listed_as_not_proven() -> None:
    sent = ping()
    drill = found(sent, told_answer(answer(sent)), ping_served=served())
    assert drill.state is DrillState.ANSWERED
    assert drill.proven_seconds is None
    told = "\n".join(drill.unproven)
    assert "the asker's own clock" in told
    assert "the other side's own clock" in told
    assert "nobody else vouches" in told
    assert "no statement of it is held" in told
    assert not any("whose nonce" in text for text in drill.proven)


def test_clocks_that_contradict_each_other_are_told() -> None:
    sent = ping()
    drill = found(sent, told_answer(answer(sent, -5)), ping_served=served())
    assert drill.stated_seconds == -5
    assert any("contradict" in text for text in drill.unproven)


def test_an_answer_that_does_not_fit_is_set_aside_with_the_reason() -> None:
    sent = ping()
    right = answer(sent)
    body = encode_body(right)
    other_nonce = PingAnswer(**(body | {"nonce": "ff" * 32}))  # type: ignore[arg-type]
    other_side = PingAnswer(**(body | {"by": "XDD"}))  # type: ignore[arg-type]
    drill = found(sent, told_answer(other_nonce), told_answer(other_side), ping_served=served())
    assert drill.state is DrillState.PRESUMED_SILENT
    assert len(drill.strays) == 2
    assert any("another nonce" in text for text in drill.strays)
    assert any("is by XDD" in text for text in drill.strays)


def test_of_several_answers_the_one_that_is_dated_first_counts() -> None:
    sent = ping()
    late = replace(told_answer(answer(sent, 500)), statement="aa" * 32, position=at(3000))
    early = replace(told_answer(answer(sent, 700)), statement="bb" * 32, position=at(800))
    for order in ((late, early), (early, late)):
        drill = found(sent, *order, ping_served=served())
        assert drill.answer == early


def test_an_answer_that_its_own_clock_dates_before_the_ping_hides_no_other() -> None:
    sent = ping()
    odd, true = told_answer(answer(sent, -600)), told_answer(answer(sent, 700))
    for order in ((odd, true), (true, odd)):
        assert found(sent, *order, ping_served=served()).answer == true
    assert found(sent, odd, ping_served=served()).answer == odd


def test_the_table_of_returns_sorts_by_name_and_counts_by_state() -> None:
    slow, fast = ping(to="XBB"), ping(to="XAB", drill="Spring drill", nonce=bytes(range(1, 33)))
    unheard = ping(to="XDD", nonce=bytes(range(2, 34)))
    asked = [told_ping(body) for body in (slow, unheard, fast)]
    replies = [told_answer(answer(fast)), told_answer(answer(slow, 50))]
    given = {row.record: served() for row in asked[:2]}
    table = drill_table([*asked, asked[0]], replies, deliveries=given, as_of=after(2 * HOUR))
    assert [row.ping.body.to for row in table.drills] == ["XAB", "XBB", "XDD"]
    assert table.counts() == {
        "answered": 2,
        "answered_late": 0,
        "presumed_silent": 1,
        "waiting": 0,
        "not_served": 0,
    }
    assert {len(row) for row in table.rows()} == {len(DRILL_COLUMNS)}
    assert table == drill_table(list(reversed(asked)), replies[::-1], deliveries=given, as_of=after(2 * HOUR))
    text = "\n".join([*table.lines(), *(line for row in table.drills for line in row.lines())])
    assert breaches(text) == ()
    assert table.to_json()["counts"] == table.counts()


def test_a_statement_whose_issuer_speaks_for_another_participant_is_refused() -> None:
    said = Statement(kind="ping", issuer="xdd.centre", to=(), issued=SENT, body=encode_body(ping()))
    with pytest.raises(PolicyError, match="does not speak for XAA"):
        logged_ping(Held(id=RECEIPT, statement=said))
    with pytest.raises(MalformedError, match="is no ping-answer"):
        logged_answer(Held(id=RECEIPT, statement=said))


def test_a_drill_is_proven_offline_from_two_signed_statements_and_their_logs() -> None:
    sent = ping()
    asked = Statement(kind="ping", issuer="xaa.centre", to=(), issued=SENT, exercise=True, body=encode_body(sent))
    first = sign_envelope(STATEMENT_TYPE, asked.encode(), [ASKER])
    replied = Statement(
        kind="ping-answer",
        issuer="xbb.centre",
        to=(),
        issued=after(600),
        subject=first.id,
        follows=(first.id,),
        exercise=True,
        body=encode_body(answer(sent)),
    )
    second = sign_envelope(STATEMENT_TYPE, replied.encode(), [ASKED])

    held = []
    for envelope, signer, log in ((first, ASKER, LOG), (second, ASKED, LOG)):
        verified = verify_envelope(envelope, [signer.public])
        assert verified.envelope.id == envelope.id
        entry = public_entry(envelope.id)
        _, proof = proofs([cover_entry(bytes(32)), entry], log)
        logged = verify_proof(parse_proof(proof), entry, policy(2))
        with pytest.raises(VerificationError):
            verify_proof(parse_proof(proof), public_entry("00" * 32), policy(2))
        held.append(Held(id=envelope.id, statement=parse_statement(envelope.payload), position=position_of(logged)))

    one, two = logged_ping(held[0]), logged_answer(held[1])
    long_served = Served(at=datetime.fromtimestamp(TIME, UTC), by=ServedBy.RECEIPT, statement=RECEIPT, said_by="XBB")
    drill = drill_of(one, [two], deliveries={one.record: long_served}, as_of=after(2 * HOUR))
    assert drill.state is DrillState.ANSWERED
    told = "\n".join(drill.proven)
    assert f"the ping is statement {first.id}, entry 1 of {LOG.public.name}" in told
    assert f"the answer is statement {second.id}, entry 1" in told
    assert "whose statement it follows" in told
    assert "whose nonce it brings back" in told
    assert drill.to_json()["answer_statement"] == {
        "id": second.id,
        "log": LOG.public.name,
        "index": 1,
        "logged_by": "2023-03-20T12:25:47Z",
    }
    assert OTHER_LOG.public.name not in told


def held(kind: str, body: Body, issuer: str, seconds: int) -> Held:
    statement = Statement(kind=kind, issuer=issuer, to=(), issued=SENT, exercise=True, body=encode_body(body))
    place = Position(origin=f"{issuer}/log", index=seconds, logged_by=after(seconds))
    return Held(id=f"{seconds:064x}", statement=statement, position=place)


def row_of(*statements: Held, told: tuple[Body, ...] = (), as_of: int = 9 * HOUR) -> Drill:
    (row,) = drill_table_of(statements, told, as_of=after(as_of)).drills
    return row


def test_a_tender_opens_no_window_before_the_ping_is_logged() -> None:
    sent = ping()
    tender = make_service(sent, by="XDD", how="tendered", point="Watch")
    early = held("drill-service", tender, "xdd.centre", 10)
    logged_late = held("ping", sent, "xaa.centre", 5 * HOUR)
    row = row_of(early, logged_late)
    assert row.served is not None
    assert (row.served.at, row.served.said_by, row.due) == (after(5 * HOUR), "XDD", after(6 * HOUR))
    assert row_of(held("ping", sent, "xaa.centre", 5), early).due == after(10 + HOUR)
    assert row_of(early, told=(sent,)).state is DrillState.NOT_SERVED
    receipt = make_service(sent, by="XBB", how="receipt", point="Night desk")
    assert row_of(held("drill-service", receipt, "xbb.centre", 10), logged_late).due == after(10 + HOUR)
    # What is logged again, or told beside its statement, stands at its first place.
    assert row_of(early, logged_late, held("ping", sent, "xaa.centre", 8 * HOUR), told=(sent,)).due == after(6 * HOUR)


def test_who_shows_that_something_was_served_is_named_and_a_tender_is_its_word() -> None:
    sent = ping()
    replied = answer(sent)
    tender = make_service(sent, by="XDD", how="tendered", point="Watch")
    receipt = make_service(replied, by="XAA", how="receipt", point="Duty desk")
    row = row_of(
        *(held("ping", sent, "xaa.centre", 5), held("drill-service", tender, "xdd.centre", 20)),
        *(held("ping-answer", replied, "xbb.centre", 900), held("drill-service", receipt, "xaa.centre", 800)),
    )
    assert any("by 2026-03-02T09:00:20Z: Fictitious participant XDD says that it tendered it" in t for t in row.proven)
    assert any("by 2026-03-02T09:13:20Z: Fictitious participant XAA confirms receipt" in t for t in row.proven)
    assert row.proven_seconds == 780
    assert breaches("\n".join(row.lines())) == ()


def test_what_was_logged_after_the_time_of_the_question_is_not_known_then() -> None:
    sent = ping()
    receipt = make_service(sent, by="XBB", how="receipt", point="Night desk")
    statements = [
        held("ping", sent, "xaa.centre", 5),
        held("drill-service", receipt, "xbb.centre", 10),
        held("ping-answer", answer(sent), "xbb.centre", 2 * HOUR),
    ]
    assert row_of(*statements, as_of=9).state is DrillState.NOT_SERVED
    assert row_of(*statements, as_of=2 * HOUR - 1).state is DrillState.PRESUMED_SILENT
    assert row_of(*statements, as_of=2 * HOUR).state is DrillState.ANSWERED_LATE


@pytest.mark.parametrize("to", ["ZZZ", "PRT"])
def test_a_ping_that_no_ledger_takes_holds_up_no_table(to: str) -> None:
    sent = ping()
    strange = held("ping", msgspec.structs.replace(sent, to=to), "xaa.centre", 7)
    assert row_of(strange, held("ping", sent, "xaa.centre", 5)).ping.body == sent


def test_of_several_that_show_a_service_the_first_counts() -> None:
    sent = ping()
    asked = held("ping", sent, "xaa.centre", 5)
    tender = make_service(sent, by="XDD", how="tendered", point="Watch")
    receipt = make_service(sent, by="XBB", how="receipt", point="Night desk")
    first = held("drill-service", tender, "xdd.centre", 20)
    second = held("drill-service", receipt, "xbb.centre", 40)
    for order in ((first, second), (second, first)):
        row = row_of(asked, *order)
        assert row.served == Served(at=after(20), by=ServedBy.TENDERED, statement=first.id, said_by="XDD")
