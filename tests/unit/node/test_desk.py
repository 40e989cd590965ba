"""The desk: two officers, the law before the signature, and what was approved is never lost or half done."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from comity.errors import ConflictError, Error, MalformedError, NotFoundError, PolicyError, StoreError
from comity.exchange import legal
from comity.exchange.view import fold_case
from comity.kernel import statement as statement_module
from comity.kernel.canonical import Json, format_time
from comity.log.state import append_pending, position_of
from comity.node import desk, records
from comity.node.context import SERVICE_KEYS, Node
from comity.node.inception import add_officer, reissue_keys
from comity.node.keyring import OfficerKeys, open_service
from support.bodies import BODIES
from support.nodes import ASKED, ASKER, SECRET, Network, RunningNode, answers, request


def second_approver(node: RunningNode, name: str = "ana") -> OfficerKeys:
    return add_officer(node.directory, name, SECRET, root_file=node.root_file, root_passphrase=SECRET, now=node.now)


def settled(node: RunningNode, number: int) -> str | None:
    with node.node.database.reading() as reader:
        return records.get_draft(reader, number).statement


# Two officers.


def test_the_drafter_cannot_approve(asker: RunningNode, asked: RunningNode) -> None:
    number = asker.draft("request", asked, request())
    with pytest.raises(PolicyError, match="officer maria may draft but not approve"):
        desk.approve(asker.node, asker.drafter, number)
    assert settled(asker, number) is None


def test_an_approver_cannot_approve_an_own_draft(asker: RunningNode, asked: RunningNode) -> None:
    number = desk.draft(asker.node, asker.approver, kind="request", addressee=ASKED, body=request())
    with pytest.raises(PolicyError, match=f"draft {number} is joao's own; another officer must approve it"):
        asker.approve(number)
    assert settled(asker, number) is None
    assert asker.waiting_entries() == 0


def test_a_draft_is_approved_once(asker: RunningNode, asked: RunningNode) -> None:
    number = asker.draft("request", asked, request())
    first = asker.approve(number)
    with pytest.raises(ConflictError, match=f"draft {number} was approved by joao already"):
        asker.approve(number)
    assert settled(asker, number) == first
    assert asker.waiting_entries() == 1


def test_a_draft_is_approved_once_by_several_at_once(asker: RunningNode, asked: RunningNode) -> None:
    number = asker.draft("request", asked, request())
    together = threading.Barrier(4)

    def attempt(_: int) -> str | Error:
        together.wait(timeout=20)
        try:
            return asker.approve(number)
        except Error as exc:
            return exc

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(attempt, range(4)))
    statements = [item for item in done if isinstance(item, str)]
    assert [type(item) for item in done if isinstance(item, Error)] == [ConflictError] * 3
    assert settled(asker, number) == statements[0]
    assert [record.id for record in asker.case(statements[0])] == statements
    assert asker.waiting_entries() == 1


def test_a_draft_that_does_not_exist_is_not_found(asker: RunningNode) -> None:
    for number in (0, 1, -1, 2**63 - 1, 2**63, 10**30):
        with pytest.raises(NotFoundError, match="no draft"):
            asker.approve(number)


# Keys.


def test_an_approver_signs_nothing_before_the_key_is_logged(asker: RunningNode, asked: RunningNode) -> None:
    ana = second_approver(asker)
    number = asker.draft("request", asked, request())
    with pytest.raises(PolicyError, match=f"is not in the newest logged keys statement of {ASKER}"):
        desk.approve(asker.node, ana, number)
    assert settled(asker, number) is None
    asker.checkpoint()
    assert desk.approve(asker.node, ana, number).statement == settled(asker, number)


def test_an_approver_whose_key_was_revoked_signs_nothing(asker: RunningNode, asked: RunningNode) -> None:
    assert asker.approver.statement is not None
    reissue_keys(asker.directory, asker.root, revoke=asker.approver.statement.public.key_ids()[0], now=asker.now())
    asker.checkpoint()
    number = asker.draft("request", asked, request())
    with pytest.raises(PolicyError, match="is not in the newest logged keys statement"):
        asker.approve(number)


def test_an_unrecognised_addressee_is_refused_at_the_draft(asker: RunningNode) -> None:
    with pytest.raises(PolicyError, match=r"xyz\.nobody is not recognised here"):
        desk.draft(asker.node, asker.drafter, kind="request", addressee="xyz.nobody", body=request())


def test_an_addressee_whose_keys_are_unknown_is_refused_at_the_draft(asker: RunningNode, asked: RunningNode) -> None:
    with asker.node.database.transaction() as tx:
        tx._connection.execute("DELETE FROM designation WHERE authority = ?", (ASKED,))
    with pytest.raises(PolicyError, match=f"no keys statement of {ASKED} is known; follow its log first"):
        asker.draft("request", asked, request())


# The law before the signature.


def test_a_missing_item_is_named_with_its_article(asker: RunningNode, asked: RunningNode) -> None:
    with pytest.raises(PolicyError, match=r"incomplete under Budapest Convention; missing: .*29\(2\)"):
        asker.draft("request", asked, request(facts=None))
    assert not asker.rows("drafts")


def test_the_article_of_another_measure_is_refused(asker: RunningNode, asked: RunningNode) -> None:
    with pytest.raises(PolicyError, match="the request names article 31"):
        asker.draft("request", asked, request(article="31"))


def test_unknown_measures_and_instruments_are_refused(asker: RunningNode, asked: RunningNode) -> None:
    with pytest.raises(MalformedError, match="measure 'telepathy' is unknown"):
        asker.draft("request", asked, request(measure="telepathy"))
    with pytest.raises(NotFoundError, match="westphalia"):
        asker.draft("request", asked, request(instrument="westphalia"))


def test_the_law_is_asked_again_at_the_approval(
    asker: RunningNode, asked: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = asker.draft("request", asked, request())
    monkeypatch.setattr(legal, "is_fictitious", lambda code: False)
    with pytest.raises(PolicyError, match="Budapest Convention"):
        asker.approve(number)
    assert settled(asker, number) is None
    assert asker.waiting_entries() == 0


def test_a_fictitious_state_is_asked_in_exercises_only(asker: RunningNode, asked: RunningNode) -> None:
    live = replace(asker.node, settings=replace(asker.node.settings, exercise=False))
    with pytest.raises(PolicyError, match="names a fictitious state: for exercises only"):
        desk.draft(live, asker.drafter, kind="request", addressee=ASKED, body=request())


@pytest.fixture
def case(network: Network, asker: RunningNode, asked: RunningNode) -> str:
    case = asker.ask(asked)
    network.settle()
    return case


def order(asked: RunningNode, asker: RunningNode, case: str) -> str:
    return asked.say("authorised", asker, BODIES["authorised"] | {"request": case}, case)


def preserved(case: str, order_id: str, since: str, until: str) -> dict[str, Json]:
    return BODIES["preserved"] | {"answers": answers(case), "order": order_id, "since": since, "until": until}


def without_safeguards(kind: str, **changes: Json) -> dict[str, Json]:
    return {name: value for name, value in (BODIES[kind] | changes).items() if name != "safeguards"}


def test_a_request_without_answers_to_the_safeguards_is_refused_with_every_question(
    asker: RunningNode, asked: RunningNode
) -> None:
    with pytest.raises(
        PolicyError, match=r"purpose_and_proportionality: Is what .* notice_to_user: Is it .*safeguards\]"
    ):
        asker.draft("request", asked, request(safeguards=None))
    assert not asker.rows("drafts")


def test_an_order_without_answers_to_the_safeguards_is_refused_at_the_desk_only(
    network: Network, asker: RunningNode, asked: RunningNode, case: str
) -> None:
    body = without_safeguards("authorised", request=case)
    with pytest.raises(
        PolicyError, match=r"order under Budapest Convention leaves safeguards open: .*political_offence"
    ):
        asked.draft("authorised", asker, body, case)
    spoken = asked.sign(asker, kind="authorised", subject=case, follows=(case,), body=body, issued=asked.now())
    asker.service.deliver(asker.encrypted(spoken))
    assert desk.case_view(asker.node, case).state == "authorised"


def test_what_may_only_warn_is_told_at_the_approval(asker: RunningNode, asked: RunningNode) -> None:
    plain = desk.approve(asker.node, asker.approver, asker.draft("request", asked, request())).remark
    assert "note:" not in plain
    number = asker.draft("request", asked, request(urgency="emergency"))
    remark = desk.approve(asker.node, asker.approver, number).remark
    assert remark.startswith(f"{plain}\nnote: emergency_as_defined: Is there a significant and imminent risk")


def test_a_reply_without_answers_is_told_and_goes_out(
    network: Network, asker: RunningNode, asked: RunningNode, case: str
) -> None:
    number = asked.draft("refused", asker, without_safeguards("refused", answers=answers(case)), case)
    remark = desk.approve(asked.node, asked.approver, number).remark
    assert remark.startswith("note: no answer of the asked to the safeguards: purpose and proportionality, ")


def test_a_body_that_is_not_competent_neither_asks_nor_is_asked(
    network: Network, asker: RunningNode, asked: RunningNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = request(measure="stored_data", article="31")
    spoken = asker.sign(asked, body=body)
    named: dict[str, tuple[str, ...]] = {ASKER: ("central_authority",), ASKED: ("contact_point",)}
    monkeypatch.setattr(Node, "competences", lambda _, authority: named[authority])
    with pytest.raises(PolicyError, match=r"article 27\(2\) a central_authority receives .* names contact_point only"):
        asker.draft("request", asked, body)
    with pytest.raises(PolicyError, match=r"article 27\(2\) a central_authority receives"):
        asked.service.deliver(asked.encrypted(spoken))
    named |= {ASKER: (), ASKED: ()}
    remark = desk.approve(asker.node, asker.approver, asker.draft("request", asked, body)).remark
    assert "the asker names no competence" in remark
    assert "the asked names no competence" in remark


OWN_CONDUCT = """conduct,label,instrument,provision,paraphrase,source,grade
harbour_blockade,blockade of a harbour,budapest,,"it is no offence of this Convention",a national code,T
"""


def test_each_node_judges_by_the_tables_of_its_own_law_folder(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    body = request(conduct="harbour_blockade")
    with pytest.raises(NotFoundError, match="conduct 'harbour_blockade' is not in the tables"):
        asker.draft("request", asked, body)
    for node in (asker, asked):
        (node.directory / "law").mkdir()
        (node.directory / "law" / "conduct.csv").write_text(OWN_CONDUCT, encoding="utf-8")
    # The tables are read at the start and not while it runs.
    with pytest.raises(NotFoundError):
        asker.draft("request", asked, body)
    asker.restart()
    case = asker.say("request", asked, body)
    spoken = asker.record(case).spoken
    with pytest.raises(NotFoundError, match="harbour_blockade"):
        asked.service.deliver(asked.encrypted(spoken))
    asked.restart()
    asked.service.deliver(asked.encrypted(spoken))
    assert desk.case_view(asked.node, case).case == case


def test_data_kept_below_the_floor_is_refused_with_the_least_date(
    network: Network, asker: RunningNode, asked: RunningNode, case: str
) -> None:
    order_id = order(asked, asker, case)
    since = format_time(asked.now())
    least = format_time(asked.now() + timedelta(days=60))
    early = format_time(asked.now() + timedelta(days=60, seconds=-1))
    with pytest.raises(PolicyError, match=f"wants at least 60 days, until {least}"):
        asked.draft("preserved", asker, preserved(case, order_id, since, early), case)
    kept = asked.say("preserved", asker, preserved(case, order_id, since, least), case)
    network.settle()
    assert asked.duty(kept)[0] == "done"


def test_a_follow_up_request_stays_in_the_case_and_under_the_law(
    network: Network, asker: RunningNode, asked: RunningNode, case: str
) -> None:
    with pytest.raises(PolicyError, match="incomplete"):
        asker.draft("request", asked, request(facts=None), case)
    follow_up = asker.say("request", asked, request(reference="XAA-2026-0018"), case)
    network.settle()
    view = desk.case_view(asked.node, case)
    assert view.state == "follow-up sent"
    assert {item.request for item in view.items} == {case, follow_up}
    assert view.left_out == ()


# The case.


def test_what_is_the_others_to_say_is_refused_at_the_draft(
    asker: RunningNode, asked: RunningNode, third: RunningNode, case: str
) -> None:
    with pytest.raises(PolicyError, match=f"only the asked {ASKED} may say 'refused'"):
        asker.draft("refused", asked, BODIES["refused"] | {"answers": answers(case)}, case)
    with pytest.raises(PolicyError, match="go to its parties only"):
        asker.draft("withdrawn", third, {"request": case}, case)
    with pytest.raises(PolicyError, match="cannot open a case"):
        asker.draft("withdrawn", asked, {"request": case})
    with pytest.raises(PolicyError, match="a receipt is given by the node itself"):
        asker.draft("receipt", asked, BODIES["receipt"], case)


def test_a_case_or_statement_that_is_not_held_is_not_found(asker: RunningNode, asked: RunningNode, case: str) -> None:
    with pytest.raises(NotFoundError, match="no case abababababab… is held here"):
        asker.draft("withdrawn", asked, {"request": case}, "ab" * 32)
    with pytest.raises(PolicyError, match="follows abababababab…, which is not in this case here"):
        asker.draft("withdrawn", asked, {"request": case}, case, follows=("ab" * 32,))
    with pytest.raises(NotFoundError):
        desk.case_view(asker.node, "ab" * 32)
    with pytest.raises(MalformedError):
        desk.case_view(asker.node, "../../etc/passwd")


def test_a_case_is_found_by_the_beginning_of_its_id(asker: RunningNode, case: str) -> None:
    assert desk.find_case(asker.node, case[:8]) == desk.find_case(asker.node, case) == case
    for wrong in ("", "zz", "%", "_", "'; DROP TABLE statement; --", case + "0"):
        with pytest.raises(NotFoundError):
            desk.find_case(asker.node, wrong)


def test_a_case_whose_opening_was_refused_goes_no_further(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    network.intercept = lambda method, url, proceed: (403, {}, b'{"error":"refused","message":"no"}')
    case = asker.ask(asked)
    asker.run()
    with pytest.raises(PolicyError, match="the addressee has refused what case"):
        asker.draft("withdrawn", asked, {"request": case}, case)


def test_an_outcome_that_the_peer_refused_is_never_contradicted_in_silence(
    network: Network, asker: RunningNode, asked: RunningNode, case: str
) -> None:
    body = BODIES["refused"] | {"answers": answers(case)}
    network.intercept = lambda method, url, proceed: (403, {}, b'{"error":"refused","message":"no"}')
    lost = asked.say("refused", asker, body, case)
    asked.run()
    # It is signed and logged: another outcome that does not follow it would be evidence against this authority.
    with pytest.raises(PolicyError, match=f"contradicts outcome {lost[:12]}"):
        asked.draft("refused", asker, body, case)


def test_a_case_with_many_loose_ends_can_still_go_on(
    asker: RunningNode, asked: RunningNode, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "MAX_FOLLOWS", 8)
    monkeypatch.setattr(statement_module, "MAX_FOLLOWS", 8)
    for number in range(12):
        acknowledged = BODIES["acknowledged"] | {"request": case, "reference": f"XAB/{number}"}
        spoken = asked.sign(
            asker, kind="acknowledged", subject=case, follows=(case,), body=acknowledged, issued=asked.now()
        )
        asker.service.deliver(asker.encrypted(spoken))
    withdrawn = asker.say("withdrawn", asked, {"request": case}, case)
    assert len(asker.record(withdrawn).statement.follows) == 4


# Nothing half done.


def test_a_full_disk_approves_nothing(asker: RunningNode, asked: RunningNode) -> None:
    number = asker.draft("request", asked, request(facts="A long story. " * 1400))
    writer = asker.node.database._writer
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="the disk is full; nothing was kept, make room and try again"):
        asker.approve(number)
    assert settled(asker, number) is None
    assert asker.waiting_entries() == 0
    assert not asker.rows("cases", most=9)
    writer.execute("PRAGMA max_page_count = 1000000")
    assert asker.approve(number) == settled(asker, number)


@pytest.mark.parametrize("step", ["append_pending", "add_statement", "job_add", "draft_approve"])
def test_an_approval_that_fails_at_any_step_leaves_nothing(
    asker: RunningNode, asked: RunningNode, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    number = asker.draft("request", asked, request())

    def fail(*_: object, **__: object) -> int:
        raise StoreError("the disk failed")

    with monkeypatch.context() as patched:
        if step == "append_pending":
            patched.setattr(desk, step, fail)
        elif step == "add_statement":
            patched.setattr(records, step, fail)
        else:
            queries = dict(asker.node.database._queries)
            del queries[step]
            patched.setattr(asker.node.database, "_queries", queries)
        with pytest.raises(StoreError):
            asker.approve(number)
    assert settled(asker, number) is None
    assert asker.waiting_entries() == 0
    assert not asker.rows("cases", most=9)
    statement = asker.approve(number)
    assert asker.duty(statement) == ("due", 0, None)


# Invariants.


def append_and_roll_back(node: RunningNode) -> None:
    with node.node.database.transaction() as tx:
        append_pending(tx, b"\x02" + bytes(32))
        raise RuntimeError


def test_approvals_from_several_threads_leave_no_gap_in_the_arrivals(
    network: Network, asker: RunningNode, asked: RunningNode
) -> None:
    numbers = [asker.draft("request", asked, request(reference=f"XAA-{number}")) for number in range(24)]

    def approve(number: int) -> str:
        if number % 4 == 3:
            # One that is rolled back in between gives its number back.
            with suppress(RuntimeError):
                append_and_roll_back(asker)
        return asker.approve(number)

    with ThreadPoolExecutor(6) as pool:
        statements = list(pool.map(approve, numbers))
    assert len(set(statements)) == 24
    with asker.node.database.reading() as reader:
        arrivals = sorted(row[2] for row in reader.all("statements_without_place", {"issuer": ASKER}))
    assert arrivals == list(range(arrivals[0], arrivals[0] + 24))
    asker.checkpoint()
    places = sorted(int(asker.record(statement).log_index or -1) for statement in statements)
    assert places == list(range(places[0], places[0] + 24))
    with asker.node.database.reading() as reader:
        assert [position_of(reader, arrival) for arrival in arrivals] == places


def test_a_kept_view_equals_a_full_rebuild_whatever_the_order(
    network: Network, asker: RunningNode, asked: RunningNode, case: str
) -> None:
    order_id = order(asked, asker, case)
    network.settle()
    since, until = format_time(asked.now()), format_time(asked.now() + timedelta(days=90))
    asked.say("acknowledged", asker, BODIES["acknowledged"] | {"request": case}, case)
    asked.say("preserved", asker, preserved(case, order_id, since, until), case)
    network.settle()
    network.checkpoint()
    asker.say("request", asked, request(reference="XAA-2"), case)
    asked.say("question", asker, BODIES["question"] | {"request": case}, case)
    network.settle()
    for node in (asker, asked):
        kept = desk.case_view(node.node, case)
        held = [record.held() for record in node.case(case)]
        for seed in range(20):
            Random(seed).shuffle(held)
            assert fold_case(case, held, as_of=kept.as_of) == kept
        assert not kept.left_out
        assert len(kept.timeline) == len(held)
    network.checkpoint()
    for node in (asker, asked):
        assert [record.id for record in node.case(case) if record.log_index is None] == []
    mine, theirs = (desk.case_view(node.node, case) for node in (asker, asked))
    # Both parties hold the same statements and, once all are logged, compute the same view.
    assert replace(mine, as_of=theirs.as_of) == theirs


def test_the_keys_of_an_opened_officer_do_not_show(asker: RunningNode) -> None:
    keys = open_service(asker.directory / SERVICE_KEYS, SECRET)
    text = repr([keys, asker.approver, asker.root, asker.node])
    assert "seed" not in text.lower()
