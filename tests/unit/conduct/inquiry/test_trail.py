"""A trail is believed only as far as the reader's own trust folder goes; every change is found, with what and where."""

import io
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from comity.conduct.inquiry.statements import Consent, EvidenceRequest, Publication, WithheldPart
from comity.conduct.inquiry.trail import check_trail, is_trail, verify_trail
from comity.conduct.inquiry.trail_head import HEAD, dossier_member, parse_trail_head
from comity.conduct.inquiry.trail_writing import TrailDossier
from comity.conduct.statements import Claim, Correction, Grading, Operation
from comity.errors import Error, MalformedError, NotFoundError, PolicyError, VerificationError
from comity.exchange.dossier import default_withheld
from comity.exchange.dossier_head import PROOF_SUFFIX, PROOFS, STATEMENTS, Profile
from comity.kernel.envelope import STATEMENT_TYPE, sign_envelope
from comity.parties.trust_folder import add_recognition
from support.dossiers import dossier_of, keys_of, written
from support.inquiries import (
    ACCUSED,
    AUTHORITIES,
    CLAIM,
    CLAIM_ID,
    CLAIMANT,
    EXHIBIT_DATA,
    HOLDER,
    INVESTIGATOR,
    OPERATION,
    Public,
    SampleInquiry,
    TrailForge,
    add_evidence,
    add_interests,
    answer,
    ask_for_evidence,
    facts_by_topic,
    find,
    finish,
    mandate_body,
    opener,
    publish,
    put_question,
    start,
    state,
    trail_file,
    trail_of,
    verified_trail,
    worked_example,
)
from support.world import SampleCase, World, key_pair, request_body

EXHIBIT = sha256(EXHIBIT_DATA).hexdigest()


@pytest.fixture(scope="module")
def inquiry() -> SampleInquiry:
    return worked_example()


@pytest.fixture(scope="module")
def file(inquiry: SampleInquiry) -> bytes:
    return trail_file(inquiry)


@pytest.fixture
def forge(file: bytes) -> TrailForge:
    return TrailForge(file)


def refused(file: bytes, inquiry: SampleInquiry, error: type[Error], *words: str) -> None:
    """Check that a reader refuses the file with this error, whose message has these words."""
    with pytest.raises(error) as caught:
        verified_trail(file, inquiry)
    for word in words:
        assert word in str(caught.value)


def member(item: Public) -> str:
    return f"{STATEMENTS}{item.id}.json"


def with_evidence(inquiry: SampleInquiry) -> SampleInquiry:
    """Bring an inquiry of which the mandate was said to a published finding with an exhibit."""
    add_interests(inquiry)
    add_evidence(inquiry)
    answer(inquiry, put_question(inquiry).id)
    publish(inquiry, find(inquiry))
    finish(inquiry)
    return inquiry


def finished(inquiry: SampleInquiry, **publication: list[WithheldPart]) -> bytes:
    """Bring an inquiry to a published finding and return its trail."""
    add_interests(inquiry)
    answer(inquiry, put_question(inquiry).id)
    publish(inquiry, find(inquiry), **publication)
    finish(inquiry)
    return trail_file(inquiry)


# What is not changed


def test_a_trail_is_a_pure_function_of_what_goes_in(inquiry: SampleInquiry, file: bytes) -> None:
    assert trail_file(inquiry) == trail_file(inquiry)
    assert TrailForge(file).file() == file


def test_a_trail_is_told_from_a_dossier(inquiry: SampleInquiry, file: bytes) -> None:
    assert is_trail(io.BytesIO(file))
    assert not is_trail(io.BytesIO(inquiry.dossiers[0]))
    refused(inquiry.dossiers[0], inquiry, MalformedError, f"{HEAD}: no trail")


def test_a_trail_is_checked_from_a_file_against_a_folder(inquiry: SampleInquiry, file: bytes, tmp_path: Path) -> None:
    for name in AUTHORITIES:
        add_recognition(tmp_path / "trust", inquiry.world.recognition(name))
    (tmp_path / "trail.zip").write_bytes(file)
    report = check_trail(tmp_path / "trail.zip", tmp_path / "trust")
    assert report.inquiry == inquiry.id
    with pytest.raises(NotFoundError, match="cannot be read"):
        check_trail(tmp_path / "missing.zip", tmp_path / "trust")
    with pytest.raises(NotFoundError, match="there is no trust folder"):
        check_trail(tmp_path / "trail.zip", tmp_path / "nothing")


def test_progress_counts_every_byte_once(inquiry: SampleInquiry, file: bytes) -> None:
    seen: list[int] = []
    verify_trail(io.BytesIO(file), inquiry.world.trust(), register=inquiry.world.register(), progress=seen.append)
    assert 0 < sum(seen) < len(file)


# Bytes


def test_any_byte_changed_is_found(inquiry: SampleInquiry, file: bytes) -> None:
    for place in range(0, len(file), len(file) // 97):
        changed = bytearray(file)
        changed[place] ^= 1
        with pytest.raises((MalformedError, VerificationError)):
            verified_trail(bytes(changed), inquiry)


def test_a_changed_word_is_found_though_manifests_fit(inquiry: SampleInquiry, forge: TrailForge) -> None:
    finding = inquiry.named("inquiry-finding")
    old = forge.members[member(finding)]
    forge.members[member(finding)] = inquiry.named("publication").said.spoken.envelope.encoded
    refused(forge.file(), inquiry, VerificationError, member(finding), "the envelope is statement")
    forge.members[member(finding)] = old.replace(b"payloadType", b"payloadtype")
    refused(forge.file(), inquiry, MalformedError, member(finding))


# Members


def test_a_missing_or_uncalled_member_is_named(inquiry: SampleInquiry, forge: TrailForge) -> None:
    proof = f"{PROOFS}{inquiry.id}{PROOF_SUFFIX}"
    kept = forge.members.pop(proof)
    refused(forge.file(), inquiry, MalformedError, f"{proof}: the trail lacks this member")
    forge.members[proof] = kept
    forge.members["data/verdict.txt"] = b"guilty"
    refused(forge.file(), inquiry, MalformedError, "data/verdict.txt: nothing in the trail calls for this member")


def test_the_labels_of_the_bag_are_those_of_the_head(inquiry: SampleInquiry, forge: TrailForge) -> None:
    other = forge.file(**{"External-Identifier": "ab" * 32})
    refused(other, inquiry, MalformedError, "bag-info.txt: the labels are not those")


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        (b'"comity_trail":1', b'"comity_trail":2', "must be 1"),
        (b'"comity_trail":1', b'"comity_trail":1,"comity_verdict":1', "unknown member"),
        (b'"made_by":"Registry', b'"made_by":"\\nRegistry', "one line"),
    ],
)
def test_a_head_in_another_spelling_is_refused(
    inquiry: SampleInquiry, file: bytes, old: bytes, new: bytes, match: str
) -> None:
    head = TrailForge(file).members[HEAD]
    assert old in head
    with pytest.raises(MalformedError, match=match):
        parse_trail_head(head.replace(old, new))


def test_statements_stand_in_the_order_of_the_view(inquiry: SampleInquiry, forge: TrailForge) -> None:
    head = forge.head
    forge.head = replace(head, statements=(head.statements[0], *reversed(head.statements[1:])))
    refused(forge.file(), inquiry, VerificationError, HEAD, "not listed in the order")


# Signatures, keys, logs


def test_an_authority_that_the_reader_does_not_recognise_is_named(inquiry: SampleInquiry, file: bytes) -> None:
    for name in AUTHORITIES:
        others = [other for other in AUTHORITIES if other != name]
        with pytest.raises(PolicyError, match=f"{name} is not in the trust folder"):
            verified_trail(file, inquiry, *others)


def test_a_key_that_was_not_designated_at_that_position_is_refused() -> None:
    inquiry = start()
    stranger = key_pair(f"{ACCUSED}/statement", 2)
    inquiry.say(ACCUSED, "consent", Consent(participant="XBB", consent="given"), pair=stranger)
    forged = finished(inquiry)
    refused(forged, inquiry, VerificationError, member(inquiry.named("consent")), "which no keys statement")


def test_a_key_speaks_only_between_the_keys_statements_that_list_it() -> None:
    for early in (True, False):
        inquiry = start()
        own = inquiry.world.authorities[ACCUSED]
        newer = key_pair(f"{ACCUSED}/statement", 7)
        consent = Consent(participant="XBB", consent="given")
        if early:
            inquiry.say(ACCUSED, "consent", consent, pair=newer)
        inquiry.world.designate(ACCUSED, (newer.public, own.service.public, own.witness.public))
        if not early:
            inquiry.say(ACCUSED, "consent", consent, pair=own.statement)
        inquiry.world.designate(ACCUSED, (own.statement.public, own.service.public, own.witness.public))
        why = "is not valid yet" if early else "was revoked"
        refused(finished(inquiry), inquiry, VerificationError, member(inquiry.named("consent")), why)


def test_a_proof_in_the_log_of_another_is_refused(inquiry: SampleInquiry, forge: TrailForge) -> None:
    finding = inquiry.named("inquiry-finding")
    index = inquiry.world.authorities[ACCUSED].log.append(finding.said.spoken.entry)
    proof = f"{PROOFS}{finding.id}{PROOF_SUFFIX}"
    forge.members[proof] = inquiry.world.proof(ACCUSED, index)
    refused(forge.file(), inquiry, VerificationError, proof, f"has no log {ACCUSED}/log")


def test_the_service_key_of_a_node_says_nothing_here() -> None:
    inquiry = start()
    service = inquiry.world.authorities[ACCUSED].service
    inquiry.say(ACCUSED, "consent", Consent(participant="XBB", consent="given"), pair=service)
    refused(finished(inquiry), inquiry, VerificationError, "may not say 'consent'")


def test_a_proof_of_another_entry_is_refused(inquiry: SampleInquiry, forge: TrailForge) -> None:
    first, second = (f"{PROOFS}{inquiry.named('interest', number).id}{PROOF_SUFFIX}" for number in (0, 1))
    forge.members[first] = forge.members[second]
    refused(forge.file(), inquiry, VerificationError, first)


def test_a_checkpoint_with_too_few_witnesses_is_refused(inquiry: SampleInquiry, forge: TrailForge) -> None:
    finding = inquiry.named("inquiry-finding")
    log = inquiry.world.authorities[INVESTIGATOR].log
    proof = log.proof(finding.said.index, int(finding.logged_by.timestamp()), witnesses=1)
    forge.members[f"{PROOFS}{finding.id}{PROOF_SUFFIX}"] = proof
    refused(forge.file(), inquiry, VerificationError, f"{PROOFS}{finding.id}{PROOF_SUFFIX}")


def test_keys_statements_are_wanted_before_every_statement(inquiry: SampleInquiry, forge: TrailForge) -> None:
    forge.drop_keys(lambda name: not name.startswith(f"data/keys/{INVESTIGATOR}/1."))
    refused(forge.file(), inquiry, VerificationError, f"no keys statement of {INVESTIGATOR} before entry")


def test_a_key_without_a_later_keys_statement_is_told(inquiry: SampleInquiry, forge: TrailForge) -> None:
    forge.drop_keys(lambda name: "/2." not in name)
    report = verified_trail(forge.file(), inquiry)
    assert [line for line in report.not_proved if "a newer trail can close this" in line]


def test_keys_of_an_authority_that_says_nothing_are_refused(inquiry: SampleInquiry, forge: TrailForge) -> None:
    index, designation, envelope = inquiry.world.authorities[HOLDER].keys[0]
    stem = f"data/keys/{HOLDER}/{designation.number}"
    forge.members[f"{stem}.json"] = envelope.encoded
    forge.members[f"{stem}{PROOF_SUFFIX}"] = inquiry.world.proof(HOLDER, index)
    refused(forge.file(), inquiry, MalformedError, f"data/keys/{HOLDER}/: keys of an authority that says nothing")


def test_a_sealed_statement_comes_in_a_dossier_only(inquiry: SampleInquiry, forge: TrailForge) -> None:
    assert inquiry.case is not None
    said = inquiry.case.named("package")
    proof = inquiry.world.proof(said.issuer, said.index)
    forge.add(Public(said=said, proof=proof, logged_by=inquiry.world.now), cited=True)
    refused(forge.file(), inquiry, PolicyError, f"{STATEMENTS}{said.id}.json", "a sealed statement")


# The inquiry


def test_a_reply_that_is_left_out_is_named(inquiry: SampleInquiry, forge: TrailForge) -> None:
    for number in (0, 1):
        reply = inquiry.named("inquiry-reply", number)
        left = TrailForge(forge.file())
        left.drop(reply.id)
        refused(left.file(), inquiry, VerificationError, f"attaches reply {reply.id[:12]}…, which the trail leaves out")


def test_a_dissent_that_is_left_out_is_named(inquiry: SampleInquiry, forge: TrailForge) -> None:
    dissent = inquiry.named("dissent")
    forge.drop(dissent.id)
    refused(forge.file(), inquiry, VerificationError, f"{dissent.id[:12]}…, which the trail leaves out")


def test_a_trail_without_its_mandate_is_refused(inquiry: SampleInquiry, forge: TrailForge) -> None:
    forge.drop(inquiry.id)
    refused(forge.file(), inquiry, VerificationError, f"follows {inquiry.id[:12]}…, which the trail leaves out")


def test_a_finding_before_the_end_of_its_period_is_refused() -> None:
    early = start()
    add_interests(early)
    question = put_question(early)
    finding = find(early)
    publish_anyway(early, finding)
    finish(early)
    refused(
        forged_trail(early),
        early,
        VerificationError,
        f"{member(finding)}: the finding is dated",
        f"XBB may answer question {question.id[:12]}… until",
    )


def publish_anyway(inquiry: SampleInquiry, finding: Public) -> None:
    inquiry.say(INVESTIGATOR, "publication", Publication(finding=finding.id))


def forged_trail(inquiry: SampleInquiry) -> bytes:
    """Return a trail that no writer of ours would write: that of the mandate alone, with everything else put in."""
    whole = TrailForge(trail_file_of_mandate(inquiry))
    for item in inquiry.said[1:]:
        whole.add(item)
    for item in inquiry.outside:
        whole.add(item, cited=True)
    for name in {item.said.issuer for item in (*inquiry.said, *inquiry.outside)} - {INVESTIGATOR}:
        for index, designation, envelope in inquiry.world.authorities[name].keys:
            stem = f"data/keys/{name}/{designation.number}"
            whole.members[f"{stem}.json"] = envelope.encoded
            whole.members[f"{stem}{PROOF_SUFFIX}"] = inquiry.world.proof(name, index)
    return whole.file()


def trail_file_of_mandate(inquiry: SampleInquiry) -> bytes:
    alone = SampleInquiry(world=inquiry.world, exercise=inquiry.exercise, said=inquiry.said[:1])
    return trail_file(alone)


def test_a_writer_refuses_what_every_reader_would(inquiry: SampleInquiry) -> None:
    early = start()
    add_interests(early)
    put_question(early)
    find(early)
    with pytest.raises(PolicyError, match="has no place in this inquiry: the finding is dated"):
        trail_file(early)
    reply = inquiry.named("inquiry-reply").id
    kept = tuple(item for item in trail_of(inquiry).statements if item.envelope.id != reply)
    with pytest.raises(VerificationError, match="which the trail leaves out"):
        trail_file(inquiry, statements=kept)
    with pytest.raises(PolicyError, match=r"keys of .* are not wanted"):
        trail_file(inquiry, keys=keys_of(inquiry.world, *AUTHORITIES))
    data = inquiry.dossiers[0]
    wrong = TrailDossier(digest="ab" * 32, size=len(data), open=opener(data))
    with pytest.raises(VerificationError, match="announced was"):
        trail_file(inquiry, dossiers=(wrong,))


def test_an_inquiry_without_a_published_finding_has_no_trail() -> None:
    inquiry = start()
    finish(inquiry)
    refused(trail_file(inquiry), inquiry, MalformedError, HEAD, "no finding of this inquiry is published")


def test_a_statement_of_another_inquiry_is_no_part_of_this_one(forge: TrailForge, inquiry: SampleInquiry) -> None:
    last = inquiry.say(CLAIMANT, "consent", Consent(participant="XAA", consent="given"), subject="ab" * 32)
    inquiry.said.remove(last)
    forge.add(last)
    refused(forge.file(), inquiry, VerificationError, member(last), "no part of this inquiry")


# What is cited


def test_a_cited_exhibit_that_is_missing_is_named() -> None:
    inquiry = with_evidence(start())
    assert inquiry.case is not None
    inquiry.dossiers = [written(dossier_of(inquiry.case, exhibits=()))]
    refused(
        trail_file(inquiry),
        inquiry,
        VerificationError,
        member(inquiry.named("inquiry-finding")),
        f"cites exhibit {EXHIBIT[:12]}… (the sessions of 17 January)",
        "neither in the trail nor declared withheld",
    )


def test_a_cited_statement_that_is_missing_is_named(inquiry: SampleInquiry, forge: TrailForge) -> None:
    denial = inquiry.named("reply")
    forge.drop(denial.id)
    refused(
        forge.file(),
        inquiry,
        VerificationError,
        member(inquiry.named("inquiry-finding")),
        f"cites statement {denial.id[:12]}…",
    )


def test_without_the_dossier_the_package_that_it_holds_is_missing(inquiry: SampleInquiry, forge: TrailForge) -> None:
    assert inquiry.case is not None
    (digest,) = forge.head.dossiers
    del forge.members[dossier_member(digest)]
    forge.head = replace(forge.head, dossiers=())
    refused(forge.file(), inquiry, VerificationError, f"cites statement {inquiry.case.named('package').id[:12]}…")


def test_what_the_publication_withholds_may_be_missing_and_is_told() -> None:
    inquiry = start()
    add_interests(inquiry)
    case = add_evidence(inquiry)
    answer(inquiry, put_question(inquiry).id)
    package = case.named("package").id
    parts = [WithheldPart(digest=name, reason="names of passengers") for name in sorted((package, EXHIBIT))]
    publish(inquiry, find(inquiry), withheld=parts)
    finish(inquiry)
    inquiry.dossiers = []
    report = verified_trail(trail_file(inquiry), inquiry)
    assert report.withheld == tuple(f"{part.digest}: names of passengers" for part in parts)
    assert "whose dossier is not in this trail" in facts_by_topic(report)["evidence"][0]
    assert "not in this trail" in facts_by_topic(report)["exhibit"][0]


def test_what_is_withheld_and_here_all_the_same_is_told_too() -> None:
    inquiry = start()
    denial = inquiry.named("reply").id
    file = finished(inquiry, withheld=[WithheldPart(digest=denial, reason="by mistake")])
    report = verified_trail(file, inquiry)
    assert report.withheld == (f"{denial}: by mistake (it is in this trail all the same)",)


def test_what_a_dossier_withholds_is_told() -> None:
    inquiry = with_evidence(start())
    assert inquiry.case is not None
    whole = dossier_of(inquiry.case)
    withheld = default_withheld(Profile.COURT, whole.statements)
    inquiry.dossiers = [written(replace(whole, profile=Profile.COURT, withheld=withheld))]
    report = verified_trail(trail_file(inquiry), inquiry)
    digest = sha256(inquiry.dossiers[0]).hexdigest()
    assert [line for line in report.withheld if line.startswith(f"in dossier {digest[:12]}…, request ")]


# What is called for


def test_a_statement_about_another_operation_has_no_place(inquiry: SampleInquiry, forge: TrailForge) -> None:
    other = inquiry.say_outside(CLAIMANT, "operation", Operation(title="Something else", category="other"))
    inquiry.outside.remove(other)
    forge.add(other, cited=True)
    refused(forge.file(), inquiry, MalformedError, member(other), "nothing in the inquiry calls for")


def test_a_grading_of_a_claim_has_no_place_beside_an_inquiry(inquiry: SampleInquiry, forge: TrailForge) -> None:
    grading = Grading(claim=CLAIM_ID, coder="Coder One", said="2026-03-01", answers={"open_data": "no"})
    other = inquiry.say_outside(CLAIMANT, "grading", grading)
    inquiry.outside.remove(other)
    forge.add(other, cited=True)
    refused(forge.file(), inquiry, PolicyError, member(other), "has no place beside an inquiry")


def test_a_live_claim_does_not_stand_beside_an_exercise(inquiry: SampleInquiry, forge: TrailForge) -> None:
    inquiry.exercise = False
    other = inquiry.say_outside(CLAIMANT, "operation", OPERATION)
    inquiry.exercise = True
    inquiry.outside.remove(other)
    forge.add(other, cited=True)
    refused(forge.file(), inquiry, PolicyError, member(other), "never mix")


def test_a_dossier_that_nothing_calls_for_is_refused() -> None:
    inquiry = start()
    file = TrailForge(finished(inquiry))
    case = add_evidence(inquiry, mandated=False)
    data = written(dossier_of(case))
    digest = sha256(data).hexdigest()
    file.members[dossier_member(digest)] = data
    file.head = replace(file.head, dossiers=(digest,))
    refused(
        file.file(), inquiry, MalformedError, dossier_member(digest), "nothing in the inquiry calls for this dossier"
    )


def test_a_dossier_is_that_of_its_name_and_passes_its_own_check(inquiry: SampleInquiry, forge: TrailForge) -> None:
    (digest,) = forge.head.dossiers
    data = bytearray(forge.members[dossier_member(digest)])
    place = bytes(data).index(EXHIBIT_DATA)
    data[place] ^= 1
    forge.members[dossier_member(digest)] = bytes(data)
    refused(forge.file(), inquiry, VerificationError, f"{dossier_member(digest)}: sha-256 is")
    changed = sha256(bytes(data)).hexdigest()
    del forge.members[dossier_member(digest)]
    forge.members[dossier_member(changed)] = bytes(data)
    forge.head = replace(forge.head, dossiers=(changed,))
    refused(forge.file(), inquiry, VerificationError, f"{dossier_member(changed)}: data/exhibits/E1/sessions.log")


def test_evidence_asked_for_before_the_mandate_is_refused() -> None:
    inquiry = SampleInquiry(world=World(AUTHORITIES))
    case = add_evidence(inquiry, mandated=False)
    inquiry.say(INVESTIGATOR, "mandate", mandate_body(operation=CLAIM_ID, claims=[], accused=[]))
    ask_for_evidence(inquiry, case)
    add_interests(inquiry)
    publish(inquiry, find(inquiry, finding={"about": [], "cites": []}))
    finish(inquiry)
    refused(
        trail_file(inquiry), inquiry, PolicyError, "data/dossiers/", "evidence was asked for on", "before the mandate"
    )


def test_a_mandate_that_is_dated_back_does_not_come_before_the_evidence_in_its_log() -> None:
    inquiry = SampleInquiry(world=World(AUTHORITIES))
    earlier = inquiry.world.now
    inquiry.world.later(days=20)
    case = add_evidence(inquiry, mandated=False)
    inquiry.world.later(days=20)
    inquiry.say(INVESTIGATOR, "mandate", mandate_body(), issued=earlier)
    ask_for_evidence(inquiry, case)
    refused(finished(inquiry), inquiry, PolicyError, "data/dossiers/", f"of {INVESTIGATOR}/log, before the mandate at")


def test_a_request_for_evidence_names_whom_the_case_asked() -> None:
    inquiry = start()
    case = add_evidence(inquiry, mandated=False)
    asked = EvidenceRequest(asked="Foreign office of XAA", authority=CLAIMANT, what="Sessions", case=case.id)
    inquiry.say(INVESTIGATOR, "evidence-request", asked)
    refused(finished(inquiry), inquiry, VerificationError, f"says that {CLAIMANT} was asked", f"the asked is {HOLDER}")


def test_a_request_within_a_case_is_in_its_dossier() -> None:
    inquiry = start()
    case = add_evidence(inquiry, mandated=False)
    asked = EvidenceRequest(asked="Contact point of XAD", what="Sessions", case=case.id, request="ab" * 32)
    inquiry.say(INVESTIGATOR, "evidence-request", asked)
    refused(finished(inquiry), inquiry, VerificationError, "lacks request abababababab…")


def test_a_live_case_is_no_evidence_in_an_exercise() -> None:
    inquiry = start()
    inquiry.exercise = False
    case = add_evidence(inquiry, mandated=False)
    inquiry.exercise = True
    ask_for_evidence(inquiry, case)
    refused(finished(inquiry), inquiry, PolicyError, "data/dossiers/", "never mix")


def test_what_the_newest_publication_no_longer_withholds_is_wanted() -> None:
    inquiry = start()
    add_interests(inquiry)
    add_evidence(inquiry)
    answer(inquiry, put_question(inquiry).id)
    finding = find(inquiry)
    publish(inquiry, finding, withheld=[WithheldPart(digest=EXHIBIT, reason="names of passengers")])
    for newer in (False, True):
        if newer:
            publish(inquiry, finding)
        finish(inquiry)
        assert inquiry.case is not None
        inquiry.dossiers = [written(dossier_of(inquiry.case, exhibits=()))]
        if newer:
            refused(trail_file(inquiry), inquiry, VerificationError, f"cites exhibit {EXHIBIT[:12]}…")
        else:
            assert verified_trail(trail_file(inquiry), inquiry).withheld


def test_what_only_an_unpublished_finding_cites_is_not_wanted() -> None:
    inquiry = start()
    add_interests(inquiry)
    answer(inquiry, put_question(inquiry).id)
    draft = find(inquiry, statements=["ab" * 32])
    publish(inquiry, find(inquiry, replaces=draft.id))
    finish(inquiry)
    assert verified_trail(trail_file(inquiry), inquiry).state == "published"


def test_a_correction_of_what_is_not_here_is_not_called_for(inquiry: SampleInquiry, forge: TrailForge) -> None:
    strange = Correction(corrects="cd" * 32, kind="retraction", by=state("XAA"), said="2026-03-05", reason="Wrong.")
    other = inquiry.say_outside(CLAIMANT, "correction", strange)
    inquiry.outside.remove(other)
    forge.add(other, cited=True)
    refused(forge.file(), inquiry, MalformedError, member(other), "nothing in the inquiry calls for this statement")


def test_a_case_that_another_opened_is_not_the_one_that_the_investigator_asked_in() -> None:
    inquiry = start()
    add_interests(inquiry)
    add_evidence(inquiry, mandated=False)
    other = SampleCase(world=inquiry.world, asker=CLAIMANT, asked=HOLDER)
    other.say(CLAIMANT, "request", request_body())
    ask_for_evidence(inquiry, other)
    answer(inquiry, put_question(inquiry).id)
    publish(inquiry, find(inquiry))
    finish(inquiry)
    inquiry.dossiers.append(written(dossier_of(other)))
    refused(trail_file(inquiry), inquiry, VerificationError, f"the asker is {CLAIMANT}")


# What is told


def test_a_correction_of_a_claim_is_shown_beside_the_claim() -> None:
    inquiry = start()
    retraction = Correction(
        corrects=CLAIM_ID, kind="retraction", by=state("XAA"), said="2026-03-05", reason="The host was another."
    )
    inquiry.say_outside(CLAIMANT, "correction", retraction)
    told = facts_by_topic(verified_trail(finished(inquiry), inquiry))
    assert told["claim"][0].endswith(f"retracted by State XAA on 2026-03-05, so says {CLAIMANT}")
    assert any("State XAA retracts record" in line for line in told["correction"])


def test_a_claim_that_another_states_is_told_as_such() -> None:
    inquiry = start()
    inquiry.say_outside(HOLDER, "claim", claimed_by("XAC"))
    told = facts_by_topic(verified_trail(finished(inquiry), inquiry))
    assert any(line.endswith(f"in a statement of {HOLDER}, which is not State XAC itself") for line in told["claim"])


def claimed_by(code: str) -> Claim:
    """Return the claim as another state would make it."""
    return msgspec.structs.replace(CLAIM, claimant=state(code))


def test_claims_and_answers_sort_by_name() -> None:
    inquiry = start()
    for code in ("XAD", "XAC"):
        inquiry.say_outside(HOLDER, "claim", claimed_by(code))
    told = facts_by_topic(verified_trail(finished(inquiry), inquiry))["claim"]
    assert [line[:9] for line in told] == ["State XAA", "State XAC", "State XAD"]


def test_consents_sort_by_the_name_of_the_participant_and_not_by_its_code() -> None:
    inquiry = start()
    for code in ("CHE", "CHL"):
        given = Consent(participant=code, consent="given", reported_from="a note")
        inquiry.say(INVESTIGATOR, "consent", given)
    told = facts_by_topic(verified_trail(finished(inquiry), inquiry))["consent"]
    assert [line[:3] for line in told] == ["CHL", "CHE"]


def test_a_finding_that_was_replaced_says_so_though_its_correction_is_kept_out_of_the_trail(
    inquiry: SampleInquiry, forge: TrailForge
) -> None:
    forge.drop(inquiry.named("inquiry-correction").id)
    told = facts_by_topic(verified_trail(forge.file(), inquiry))["finding"]
    newer = inquiry.named("inquiry-finding", 1).id
    assert f"(state: published, replaced by finding {newer[:12]}…;" in told[0]
    assert "replaced by" not in told[1]


def test_an_investigator_whose_participant_makes_a_claim_is_told_so() -> None:
    inquiry = start()
    inquiry.say_outside(INVESTIGATOR, "claim", claimed_by("XCB"))
    report = verified_trail(finished(inquiry), inquiry)
    assert f"that {INVESTIGATOR} stands apart from the claims: XCB makes one of them" in report.not_proved


def test_what_is_not_here_of_the_operation_and_the_claims_is_told() -> None:
    inquiry = start()
    inquiry.outside = [item for item in inquiry.outside if item.said.statement.kind == "reply"]
    report = verified_trail(finished(inquiry), inquiry)
    assert [line for line in report.not_proved if line.startswith("what operation ")]
    assert [line for line in report.not_proved if line.startswith("what claim ")]


def test_an_unanswered_question_is_told_as_unanswered_and_not_as_an_admission() -> None:
    inquiry = start()
    add_interests(inquiry)
    put_question(inquiry)
    inquiry.world.later(days=40)
    publish(inquiry, find(inquiry))
    finish(inquiry)
    report = verified_trail(trail_file(inquiry), inquiry)
    assert "no answer of XBB is in this trail" in facts_by_topic(report)["question"][0]
    assert any(line.startswith("that XBB had nothing to answer") for line in report.not_proved)


def test_an_envelope_signed_again_is_another_statement(inquiry: SampleInquiry, forge: TrailForge) -> None:
    finding = inquiry.named("inquiry-finding")
    payload = finding.said.spoken.envelope.payload
    again = sign_envelope(STATEMENT_TYPE, payload, [inquiry.world.authorities[INVESTIGATOR].statement])
    assert again.id != finding.id
    forge.members[member(finding)] = again.encoded
    refused(forge.file(), inquiry, VerificationError, f"the envelope is statement {again.id}")
