from dataclasses import replace
from hashlib import sha256

import pytest

from comity.errors import MalformedError, PolicyError, TooLargeError, VerificationError
from comity.exchange.delivery import Spoken
from comity.exchange.dossier import DossierStatement, default_withheld
from comity.exchange.dossier_head import (
    CASE_UCO,
    HEAD,
    MAX_STATEMENTS,
    OPENINGS,
    Profile,
    Withheld,
    parse_head,
)
from comity.exchange.statements import Answers, Custody, Mismatch, NotExecuted, Receipt, encode_body
from support.dossiers import Forge, closing, dossier_of, refused, topics, verified, written
from support.world import (
    ASKED,
    ASKER,
    OTHERS,
    SampleCase,
    World,
    add_package,
    custody,
    finish,
    open_case,
    sample_case,
)

REASON = "personal data of the persons concerned"


@pytest.fixture(scope="module")
def case() -> SampleCase:
    return sample_case(World())


@pytest.fixture(scope="module")
def file(case: SampleCase) -> bytes:
    return written(dossier_of(case))


@pytest.fixture
def forge(file: bytes) -> Forge:
    return Forge(file)


# What holds of an honest dossier.


def test_a_full_dossier_tells_the_case_from_request_to_opening(case: SampleCase, file: bytes) -> None:
    report = verified(file, case.world)
    assert (report.case, report.profile, report.exercise, report.withheld) == (case.id, "full", True, ())
    by_topic = {topic: [fact.text for fact in report.facts if fact.topic == topic] for topic in topics(report.facts)}
    assert list(by_topic) == [
        *("exercise", "request", "law", "safeguards", "order", "preservation", "exhibit", "custody"),
        *("receipt", "statement", "key"),
    ]
    assert f"{ASKER} asked {ASKED}" in by_topic["request"][0]
    assert "article 29 of budapest" in by_topic["request"][0]
    assert any("binds both since 2020-05-01" in text for text in by_topic["law"])
    assert any("grade T, source: Convention on Cybercrime" in text for text in by_topic["law"])
    request, order = (f"{kind} {case.named(kind).id[:12]}…" for kind in ("request", "authorised"))
    assert by_topic["safeguards"] == [
        f"safeguards of the asker, in {request}: purpose and proportionality met (reason: One account, one week.)",
        f"safeguards of the asker, in {request}: notice to user met",
        f"safeguards of the asked, in {order}: purpose and proportionality met",
        f"safeguards of the asked, in {order}: political offence skipped (reason: No motive is known yet.)",
    ]
    assert "ordered by Investigating judge, second chamber, XAB under order O-2026-7" in by_topic["order"][0]
    assert by_topic["preservation"][0].startswith("preserved until 2026-05-31T")
    digest = sha256(case.exhibits["E1"]).hexdigest()
    assert (
        f"sha-256 {digest}, as computed from this file, as its package states, as the asker found"
        in (by_topic["exhibit"][0])
    )
    assert [text.split(": ")[1].split(" ")[0] for text in by_topic["custody"]] == [
        *("acquired", "described", "sent", "received", "decrypted"),
    ]
    assert len(by_topic["statement"]) == len(case.said)
    for witness in (ASKED, *OTHERS):
        assert f"{witness}/witness at 2026-03-02T" in by_topic["statement"][0]
    assert f"{ASKER}/witness" not in by_topic["statement"][0], "a log's own authority is no witness"
    assert "(service), designated by keys statement 1 at entry 0, not revoked as of entry 9" in by_topic["key"][1]
    assert any("guilt" in line for line in report.not_proved)
    assert not any("still valid" in line for line in report.not_proved)


def test_every_fact_rests_on_a_member_of_the_dossier(case: SampleCase, file: bytes) -> None:
    assert {fact.where for fact in verified(file, case.world).facts} <= Forge(file).members.keys()


def test_the_same_parts_give_the_same_file(case: SampleCase, file: bytes) -> None:
    dossier = dossier_of(case)
    assert written(replace(dossier, statements=dossier.statements[::-1], keys=dossier.keys[::-1])) == file


def test_texts_cannot_break_or_turn_a_line_of_the_report() -> None:
    case = open_case(World(), items=[{"item": "1", "description": "a\n\u202edesrever\x1b[2J"}])
    finish(case)
    report = verified(written(dossier_of(case)), case.world)
    assert all(fact.text.isprintable() for fact in report.facts)


def test_a_head_reads_back(forge: Forge) -> None:
    assert parse_head(forge.members[HEAD]).encode() == forge.members[HEAD]


def test_an_exhibit_may_stay_out_and_the_report_says_so(case: SampleCase) -> None:
    report = verified(written(dossier_of(case, exhibits=())), case.world)
    assert report.withheld == (f"the bytes of exhibit E1 of package {case.packages['E1'][:12]}…",)
    assert not any("computed from this file" in fact.text for fact in report.facts)


def test_a_name_that_is_unsafe_in_a_container_is_replaced_there_and_told_as_it_is() -> None:
    case = open_case(World())
    add_package(case, name="CON: what?.mbox")
    finish(case)
    file = written(dossier_of(case))
    assert "data/exhibits/E1/CON_ what_.mbox" in Forge(file).members
    assert any("'CON: what?.mbox'" in fact.text for fact in verified(file, case.world).facts)


# Withholding.


def persons(case: SampleCase) -> tuple[Withheld, ...]:
    return (Withheld(statement=case.id, members=("persons",), reason=REASON),)


def test_a_court_dossier_withholds_persons_by_default(case: SampleCase) -> None:
    full = dossier_of(case)
    chosen = default_withheld(Profile.COURT, full.statements)
    assert chosen == persons(case)
    assert default_withheld(Profile.FULL, full.statements) == ()
    file = written(replace(full, profile=Profile.COURT, withheld=chosen))
    assert b"holder of account" not in Forge(file).members[f"{OPENINGS}{case.id}.json"]
    assert verified(file, case.world).withheld == (f"request {case.id[:12]}…: persons: {REASON}",)


def test_a_withheld_member_that_its_kind_demands_keeps_the_statement_out_of_the_view(case: SampleCase) -> None:
    preserved = case.named("preserved").id
    withheld = (Withheld(statement=preserved, members=("what",), reason="secrecy of the investigation"),)
    report = verified(written(dossier_of(case, profile=Profile.DEFENCE, withheld=withheld)), case.world)
    assert "preservation" not in topics(report.facts)
    assert report.withheld == (f"preserved {preserved[:12]}…: what: secrecy of the investigation",)
    assert sum(fact.topic == "statement" for fact in report.facts) == len(case.said)


def test_a_whole_body_may_be_withheld(case: SampleCase) -> None:
    order = case.named("authorised").id
    withheld = (Withheld(statement=order, members=None, reason="secrecy of the investigation"),)
    report = verified(written(dossier_of(case, profile=Profile.COURT, withheld=withheld)), case.world)
    assert "order" not in topics(report.facts)
    assert "its whole body" in report.withheld[0]


@pytest.mark.parametrize("kind", ["request", "authorised"])
def test_withheld_answers_to_the_safeguards_are_told_as_withheld(case: SampleCase, kind: str) -> None:
    statement = case.named(kind).id
    withheld = (Withheld(statement=statement, members=("safeguards",), reason=REASON),)
    report = verified(written(dossier_of(case, profile=Profile.COURT, withheld=withheld)), case.world)
    told = [fact.text for fact in report.facts if fact.topic == "safeguards" and statement in fact.where]
    side = "asker" if kind == "request" else "asked"
    assert told == [f"safeguards of the {side}, in {kind} {statement[:12]}…: withheld"]
    assert report.withheld == (f"{kind} {statement[:12]}…: safeguards: {REASON}",)


def test_answers_of_a_statement_outside_the_view_are_told_or_told_as_withheld(case: SampleCase) -> None:
    order = case.named("authorised").id
    for members, told in (
        (("ordered_by",), "purpose and proportionality met"),
        (None, "withheld, with the whole body"),
    ):
        withheld = (Withheld(statement=order, members=members, reason=REASON),)
        report = verified(written(dossier_of(case, profile=Profile.COURT, withheld=withheld)), case.world)
        assert "order" not in topics(report.facts)
        assert f"safeguards of the asked, in authorised {order[:12]}…: {told}" in [fact.text for fact in report.facts]


def test_withheld_custody_is_told_and_not_taken_for_a_gap(case: SampleCase) -> None:
    withheld = (Withheld(statement=case.named("package").id, members=("custody",), reason="names of officers"),)
    report = verified(written(dossier_of(case, profile=Profile.DEFENCE, withheld=withheld, exhibits=())), case.world)
    assert "custody" in topics(report.facts)
    withheld = (Withheld(statement=case.named("opened").id, members=("custody",), reason="names of officers"),)
    verified(written(dossier_of(case, profile=Profile.DEFENCE, withheld=withheld)), case.world)


def test_a_withheld_statement_is_still_held_to_the_rules_of_the_case(case: SampleCase, forge: Forge) -> None:
    stranger = closing(case, issuer=ASKER, to=(OTHERS[0],))
    forge.add(stranger, case.world.proof(ASKER, stranger.index))
    forge.open_otherwise(stranger.id, lambda item: None if item.name == "body.outcome" else item)
    withheld = (Withheld(statement=stranger.id, members=("outcome",), reason="none"),)
    forge.head = replace(forge.head, profile=Profile.COURT, withheld=withheld)
    refused(case, forge.file(), VerificationError, "go to its parties only")


def test_withholding_what_is_not_there_is_refused(case: SampleCase) -> None:
    withheld = (Withheld(statement=case.id, members=("name_of_the_source",), reason="x"),)
    with pytest.raises(MalformedError, match="no member 'name_of_the_source'"):
        written(dossier_of(case, profile=Profile.COURT, withheld=withheld))


def test_a_full_dossier_cannot_withhold(case: SampleCase) -> None:
    with pytest.raises(MalformedError, match="a full dossier withholds nothing"):
        written(dossier_of(case, withheld=persons(case)))


def test_a_disclosed_member_that_is_said_to_be_withheld_is_refused(case: SampleCase, forge: Forge) -> None:
    forge.head = replace(forge.head, profile=Profile.COURT, withheld=persons(case))
    refused(case, forge.file(), VerificationError, "says that 'persons' is withheld, but it is disclosed")
    whole = (Withheld(statement=case.id, members=None, reason="x"),)
    forge.head = replace(forge.head, withheld=whole)
    refused(case, forge.file(), VerificationError, "says that all is withheld, but 'article' is disclosed")


def test_more_closed_digests_than_fillers_and_named_members_are_refused(case: SampleCase, forge: Forge) -> None:
    forge.open_otherwise(case.id, lambda item: None if item.name.startswith("body.") and item.name > "body.f" else item)
    refused(case, forge.file(), VerificationError, "digests stay closed, but the head names 0 withheld members")


def test_withheld_without_a_word_is_refused_where_the_kind_demands_the_member(case: SampleCase, forge: Forge) -> None:
    forge.open_otherwise(case.named("preserved").id, lambda item: None if item.name == "body.what" else item)
    refused(case, forge.file(), MalformedError, "body of preserved: Object missing required field `what`")


def test_a_withheld_member_says_nothing_in_the_description_either(case: SampleCase) -> None:
    withheld = (Withheld(statement=case.named("authorised").id, members=("ordered_by",), reason="x"),)
    file = written(dossier_of(case, profile=Profile.COURT, withheld=withheld))
    assert b"Investigating judge" not in Forge(file).members[CASE_UCO]


def test_custody_that_cannot_be_judged_is_told() -> None:
    case = sample_case(World())
    stray = encode_body(Custody(custody=custody("0" * 64, case.world.now, ("examined", "Lab", "XAA", "XAA"))))
    case.say(ASKER, "custody", stray)
    withheld = (Withheld(statement=case.named("package").id, members=("custody",), reason="names of officers"),)
    report = verified(written(dossier_of(case, profile=Profile.COURT, withheld=withheld, exhibits=())), case.world)
    assert not any("custody is without a gap" in line for line in report.not_proved), "no exhibit is in the view"
    withheld = (Withheld(statement=case.said[-1].id, members=None, reason="names of officers"),)
    report = verified(written(dossier_of(case, profile=Profile.COURT, withheld=withheld)), case.world)
    assert not any("custody is without a gap" in line for line in report.not_proved), "the chain holds without it"
    withheld = (Withheld(statement=case.named("opened").id, members=("custody",), reason="names of officers"),)
    with pytest.raises(VerificationError, match="taken up from 'XAA'"):
        verified(written(dossier_of(case)), case.world)
    report = verified(written(dossier_of(case, profile=Profile.COURT, withheld=withheld)), case.world)
    assert "that custody is without a gap: a statement with custody events is withheld in part" in report.not_proved


def test_what_could_not_be_done_is_told() -> None:
    case = open_case(World(), items=[{"description": "A mailbox", "item": item} for item in ("1", "2")])
    answers = Answers(request=case.id, items=["1", "2"])
    case.say(
        ASKED, "not-executed", encode_body(NotExecuted(answers=answers, reason="data_not_held", reasons="Deleted."))
    )
    finish(case)
    texts = [fact.text for fact in verified(written(dossier_of(case)), case.world).facts]
    assert any(f"{ASKED} did not execute item 1, 2, for the reason data_not_held" in text for text in texts), texts


def test_a_receipt_for_what_is_not_here_is_told() -> None:
    case = open_case(World())
    case.say(ASKED, "receipt", encode_body(Receipt(received="0" * 64, bytes=1, at="2026-03-02T10:00:00Z")))
    finish(case)
    texts = [fact.text for fact in verified(written(dossier_of(case)), case.world).facts]
    told = "received statement 000000000000… at 2026-03-02T10:00:00Z, which is not in this dossier"
    assert any(told in text for text in texts), texts


@pytest.mark.parametrize(
    ("issuer", "kind", "body", "reason"),
    [
        (
            ASKED,
            "not-executed",
            NotExecuted(answers=Answers(request="0" * 64, items=["1"]), reason="data_not_held", reasons="Deleted."),
            "request 000000000000… is no request statement of this case",
        ),
        (
            ASKER,
            "mismatch",
            Mismatch(package="0" * 64, exhibit="E1", stated="1" * 64, found="2" * 64, stage="encrypted"),
            "package 000000000000… is no package statement of this case",
        ),
    ],
)
def test_what_speaks_of_another_case_is_refused(
    issuer: str, kind: str, body: NotExecuted | Mismatch, reason: str
) -> None:
    case = open_case(World())
    case.say(issuer, kind, encode_body(body))
    finish(case)
    with pytest.raises(VerificationError, match=reason):
        verified(written(dossier_of(case)), case.world)


def test_an_outcome_for_an_item_that_nobody_asked_for_is_refused() -> None:
    case = open_case(World())
    answers = Answers(request=case.id, items=["77"])
    case.say(
        ASKED, "not-executed", encode_body(NotExecuted(answers=answers, reason="data_not_held", reasons="Deleted."))
    )
    finish(case)
    with pytest.raises(VerificationError, match="asks for no item '77'"):
        verified(written(dossier_of(case)), case.world)


def test_a_receipt_for_another_number_of_bytes_is_told() -> None:
    case = open_case(World())
    case.say(ASKED, "receipt", encode_body(Receipt(received=case.id, bytes=1, at="2026-03-02T10:00:00Z")))
    finish(case)
    texts = [fact.text for fact in verified(written(dossier_of(case)), case.world).facts]
    assert any(", but with 1 bytes, where it has " in text for text in texts)


def test_a_public_statement_is_not_written_into_a_case(case: SampleCase) -> None:
    dossier = dossier_of(case)
    keys = dossier.keys[0]
    public = DossierStatement(spoken=Spoken(envelope=keys.envelope, salt=None, disclosures=()), proof=keys.proof)
    with pytest.raises(PolicyError, match="is public; the statements of a case are sealed"):
        written(replace(dossier, statements=(*dossier.statements, public)))


def test_more_statements_than_a_reader_orders_are_refused(forge: Forge) -> None:
    many = tuple(f"{number:064x}" for number in range(MAX_STATEMENTS + 1))
    with pytest.raises(TooLargeError, match="10001 statements"):
        replace(forge.head, statements=many)
