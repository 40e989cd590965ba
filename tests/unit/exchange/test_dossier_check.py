"""Each test is one thing that a dishonest maker of a dossier may try, and what the reader is told."""

import io
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from comity.errors import MalformedError, PolicyError, VerificationError
from comity.exchange.container import Member, write_container
from comity.exchange.dossier import DossierExhibit, DossierKeys, keys_around
from comity.exchange.dossier_head import (
    CASE_UCO,
    HEAD,
    KEYS,
    OPENINGS,
    PROOF_SUFFIX,
    PROOFS,
    STATEMENTS,
    ExhibitPlace,
    Head,
    Profile,
    Withheld,
    encode_opening,
    parse_head,
    parse_opening,
)
from comity.exchange.dossier_log import ShownLog
from comity.exchange.statements import Answers, Closed, Refused, encode_body
from comity.kernel.disclosure import Disclosure
from comity.kernel.entry import public_entry
from comity.kernel.statement import Statement
from comity.kernel.trust import KeyHistory
from support.dossiers import Forge, closing, dossier_of, keys_of, refused, topics, verified, written
from support.world import (
    ASKED,
    ASKER,
    OTHERS,
    MemoryLog,
    SampleCase,
    World,
    add_opened,
    add_package,
    add_preservation,
    finish,
    key_pair,
    open_case,
    request_body,
    sample_case,
)


@pytest.fixture(scope="module")
def case() -> SampleCase:
    return sample_case(World())


@pytest.fixture(scope="module")
def file(case: SampleCase) -> bytes:
    return written(dossier_of(case))


@pytest.fixture
def forge(file: bytes) -> Forge:
    return Forge(file)


# The file.


def test_a_changed_byte_of_an_exhibit_is_found_by_the_manifest(case: SampleCase, file: bytes) -> None:
    place = file.index(case.exhibits["E1"])
    changed = file[:place] + b"f" + file[place + 1 :]
    refused(case, changed, VerificationError, "data/exhibits/E1/mailbox.mbox: sha-256 is .*, the manifest says")


def test_a_changed_byte_of_an_exhibit_is_found_by_its_package(case: SampleCase, forge: Forge) -> None:
    forge.members["data/exhibits/E1/mailbox.mbox"] = b"f" + case.exhibits["E1"][1:]
    refused(case, forge.file(), VerificationError, r"mailbox.mbox: sha-256 is .*, package .* states")


def test_an_extra_member_is_refused(case: SampleCase, forge: Forge) -> None:
    forge.members["data/exhibits/E1/notes.txt"] = b"he did it"
    refused(case, forge.file(), MalformedError, "notes.txt: nothing in the dossier calls for this member")


@pytest.mark.parametrize("lost", ["statements", "openings", "proofs", "exhibits", "keys", CASE_UCO])
def test_a_missing_member_is_refused(case: SampleCase, forge: Forge, lost: str) -> None:
    name = next(name for name in sorted(forge.members, reverse=True) if lost in name and name != HEAD)
    del forge.members[name]
    refused(case, forge.file(), MalformedError, f"{name}: the dossier lacks this member")


def test_a_container_without_head_is_no_dossier(case: SampleCase) -> None:
    target = io.BytesIO()
    member = Member(name="data/a", size=1, open=lambda: io.BytesIO(b"a"))
    write_container(target, [member], {"Bagging-Date": "2026-03-02"})
    refused(case, target.getvalue(), MalformedError, "data/dossier.json: no dossier")


def test_labels_that_no_head_gives_are_refused(case: SampleCase, file: bytes) -> None:
    # Labels are shown by other tools, and nothing vouches for them.
    target, members = io.BytesIO(), Forge(file).members
    listed = [Member(name=n, size=len(d), open=lambda d=d: io.BytesIO(d)) for n, d in members.items()]  # type: ignore[misc]
    write_container(target, listed, {"Bagging-Date": "2026-03-02", "Contact-Name": "The prosecutor"})
    refused(case, target.getvalue(), MalformedError, "bag-info.txt: the labels")


def test_an_exhibit_lies_where_its_package_puts_it(case: SampleCase, forge: Forge) -> None:
    forge.members["data/exhibits/E1/confession.mbox"] = forge.members.pop("data/exhibits/E1/mailbox.mbox")
    place = ExhibitPlace(package=case.packages["E1"], exhibit="E1", member="data/exhibits/E1/confession.mbox")
    forge.head = replace(forge.head, exhibits=(place,))
    refused(case, forge.file(), MalformedError, "exhibit 'E1' must lie at data/exhibits/E1/mailbox.mbox")


def test_an_exhibit_that_no_package_lists_is_refused(case: SampleCase, forge: Forge) -> None:
    forge.members["data/exhibits/E2/a"] = b"a"
    place = ExhibitPlace(package=case.packages["E1"], exhibit="E2", member="data/exhibits/E2/a")
    forge.head = replace(forge.head, exhibits=(*forge.head.exhibits, place))
    refused(case, forge.file(), VerificationError, "no package in this dossier lists exhibit 'E2'")
    with pytest.raises(PolicyError, match="lists an exhibit 'E2'"):
        written(
            dossier_of(
                case,
                exhibits=(DossierExhibit(package=case.packages["E1"], exhibit="E2", open=lambda: io.BytesIO(b"a")),),
            )
        )


def test_the_writer_refuses_an_exhibit_with_other_bytes(case: SampleCase) -> None:
    data = b"x" + case.exhibits["E1"][1:]
    exhibit = DossierExhibit(package=case.packages["E1"], exhibit="E1", open=lambda: io.BytesIO(data))
    with pytest.raises(VerificationError, match="announced was"):
        written(dossier_of(case, exhibits=(exhibit,)))


def test_a_description_that_says_something_else_is_refused(case: SampleCase, forge: Forge) -> None:
    forge.members[CASE_UCO] = forge.members[CASE_UCO].replace(b"Officer Bo", b"Officer Ed")
    refused(case, forge.file(), VerificationError, "data/case.jsonld: .* not the one that follows")


# Statements.


def test_a_request_cannot_be_turned_to_another_authority(case: SampleCase, forge: Forge) -> None:
    def turn(item: Disclosure) -> Disclosure:
        return replace(item, value=[OTHERS[0]]) if item.name == "to" else item

    forge.open_otherwise(case.id, turn)
    refused(case, forge.file(), VerificationError, "the disclosure of 'to' does not belong to this statement")


def test_a_statement_of_a_stranger_is_refused(case: SampleCase, forge: Forge) -> None:
    world = case.world
    stranger = world.say(
        Statement(
            kind="closed",
            issuer=OTHERS[0],
            to=(ASKER,),
            issued=world.now,
            subject=case.id,
            follows=(case.id,),
            exercise=True,
            body=encode_body(Closed(outcome="done")),
        )
    )
    forge.add_keys(OTHERS[0], keys_of(world, OTHERS[0]))
    forge.add(stranger, world.proof(OTHERS[0], stranger.index))
    refused(case, forge.file(), VerificationError, f"{OTHERS[0]} is no party of case")


def test_keys_of_an_authority_that_says_nothing_are_refused(case: SampleCase, forge: Forge) -> None:
    keys = keys_of(case.world, OTHERS[0])
    forge.add_keys(OTHERS[0], keys)
    refused(case, forge.file(), MalformedError, f"data/keys/{OTHERS[0]}/: keys of an authority that says nothing")
    with pytest.raises(PolicyError, match=f"keys of {OTHERS[0]} are not wanted"):
        written(dossier_of(case, keys=keys))


def test_a_statement_of_another_case_is_refused(case: SampleCase, forge: Forge) -> None:
    other = SampleCase(world=case.world)
    other.said.append(case.world.say(replace(case.said[0].statement, issued=case.world.now)))
    said = other.say(ASKER, "closed", encode_body(Closed(outcome="done")))
    forge.add(other.said[0], case.world.proof(ASKER, other.said[0].index))
    forge.add(said, case.world.proof(ASKER, said.index))
    refused(case, forge.file(), VerificationError, "does not belong into this case: the statement names case")


def test_a_statement_that_follows_one_left_out_is_refused(case: SampleCase) -> None:
    full = dossier_of(case)
    without = tuple(item for item in full.statements if item.spoken.envelope.id != case.named("authorised").id)
    with pytest.raises(VerificationError, match="which is not in this case here"):
        written(replace(full, statements=without))


def test_exercise_and_live_statements_do_not_mix(case: SampleCase, forge: Forge) -> None:
    said = closing(case, exercise=False)
    forge.add(said, case.world.proof(ASKER, said.index))
    refused(case, forge.file(), VerificationError, "exercise statements and live cases never mix")


def test_a_live_case_is_not_called_an_exercise() -> None:
    case = SampleCase(world=World(), exercise=False)
    case.say(ASKER, "request", open_case(World()).said[0].statement.body)
    report = verified(written(dossier_of(case)), case.world)
    assert not report.exercise
    assert topics(report.facts)[0] == "request"


def test_statements_in_another_order_are_refused(case: SampleCase, forge: Forge) -> None:
    first, second, *rest = forge.head.statements
    forge.head = replace(forge.head, statements=(second, first, *rest))
    refused(case, forge.file(), VerificationError, "data/dossier.json: statements are not listed in the order")


def test_a_statement_listed_twice_is_refused(case: SampleCase, forge: Forge) -> None:
    with pytest.raises(MalformedError, match="each once"):
        forge.head = replace(forge.head, statements=(*forge.head.statements, case.id))


def test_an_envelope_under_another_id_is_refused(case: SampleCase, forge: Forge) -> None:
    package = case.packages["E1"]
    forge.members[f"{STATEMENTS}{package}.json"] = forge.members[f"{STATEMENTS}{case.id}.json"]
    refused(case, forge.file(), VerificationError, f"{package}.json: the envelope is statement {case.id}")


def test_an_opening_without_a_header_is_refused(case: SampleCase, forge: Forge) -> None:
    forge.open_otherwise(case.id, lambda item: None if item.name == "issued" else item)
    refused(case, forge.file(), MalformedError, f"{OPENINGS}{case.id}.json: missing member issued")


def test_another_salt_opens_no_entry(case: SampleCase, forge: Forge) -> None:
    member = f"{OPENINGS}{case.id}.json"
    _, disclosures = parse_opening(forge.members[member])
    forge.members[member] = encode_opening(bytes(32), disclosures)
    refused(case, forge.file(), VerificationError, "does not lead to the root")


def test_a_public_statement_is_none_of_a_case(case: SampleCase, forge: Forge) -> None:
    keys = forge.members[f"{KEYS}{ASKER}/1.json"]
    identifier = sha256(keys).hexdigest()
    forge.members[f"{STATEMENTS}{identifier}.json"] = keys
    forge.members[f"{OPENINGS}{identifier}.json"] = encode_opening(bytes(32), [])
    forge.members[f"{PROOFS}{identifier}{PROOF_SUFFIX}"] = forge.members[f"{KEYS}{ASKER}/1{PROOF_SUFFIX}"]
    forge.head = replace(forge.head, statements=(*forge.head.statements, identifier))
    refused(case, forge.file(), PolicyError, "the statements of a case are sealed")


def test_the_service_key_cannot_say_what_takes_an_officer(case: SampleCase, forge: Forge) -> None:
    said = closing(case, pair=case.world.authorities[ASKER].service)
    forge.add(said, case.world.proof(ASKER, said.index))
    refused(case, forge.file(), VerificationError, f"the service key of {ASKER} may not say 'closed'")


# Proofs and logs.


def test_the_proof_of_another_statement_is_refused(case: SampleCase, forge: Forge) -> None:
    other = case.named("opened").id
    forge.members[f"{PROOFS}{case.id}{PROOF_SUFFIX}"] = forge.members[f"{PROOFS}{other}{PROOF_SUFFIX}"]
    refused(case, forge.file(), VerificationError, f"{PROOFS}{case.id}.*does not lead to the root")


def test_the_proof_of_another_log_is_refused(case: SampleCase, forge: Forge) -> None:
    other = case.named("receipt").id
    forge.members[f"{PROOFS}{case.id}{PROOF_SUFFIX}"] = forge.members[f"{PROOFS}{other}{PROOF_SUFFIX}"]
    refused(case, forge.file(), VerificationError, f"the policy has no log {ASKED}/log")


def test_a_missed_quorum_is_refused(case: SampleCase, forge: Forge) -> None:
    proof = case.world.proof(ASKER, case.said[0].index, witnesses=1)
    forge.members[f"{PROOFS}{case.id}{PROOF_SUFFIX}"] = proof
    refused(case, forge.file(), VerificationError, f"{PROOFS}{case.id}.*quorum witnesses has not cosigned")


def test_a_log_that_shows_two_roots_for_one_size_is_refused() -> None:
    case = sample_case(World())
    forge = Forge(written(dossier_of(case)))
    asker = case.world.authorities[ASKER]
    fork = MemoryLog(asker.log_pair, asker.log.witnesses)
    for entry in (*asker.log.entries[:-1], b"another"):
        fork.append(entry)
    proof = fork.proof(case.said[0].index, int(case.world.now.timestamp()))
    forge.members[f"{PROOFS}{case.id}{PROOF_SUFFIX}"] = proof
    refused(case, forge.file(), VerificationError, f"{ASKER}/log shows two roots for size")


# Keys.


def test_an_authority_outside_the_trust_folder_is_refused(case: SampleCase, file: bytes) -> None:
    with pytest.raises(PolicyError, match=f"{ASKED} is not in the trust folder"):
        verified(file, case.world, case.world.trust(ASKER))


def test_keys_signed_by_another_root_are_refused(case: SampleCase, file: bytes) -> None:
    trust = case.world.trust()
    trust[ASKED] = replace(trust[ASKED], root=key_pair(f"{ASKED}/root", 2).public)
    with pytest.raises(VerificationError, match=f"data/keys/{ASKED}/1.json: not signed by both keys of {ASKED}/root"):
        verified(file, case.world, trust)


def test_an_impostor_with_a_root_of_its_own_is_refused(case: SampleCase) -> None:
    world = World()
    world.authorities[ASKED].keys.clear()
    world.designate(ASKED, root=key_pair(f"{ASKED}/root", 666))
    forged = open_case(world)
    finish(forged)
    refused(case, written(dossier_of(forged)), VerificationError, f"data/keys/{ASKED}/1.json: not signed by both keys")


def test_a_key_that_nobody_designated_is_refused(case: SampleCase, forge: Forge) -> None:
    said = closing(case, pair=key_pair(f"{ASKER}/statement", 9))
    forge.add(said, case.world.proof(ASKER, said.index))
    refused(case, forge.file(), VerificationError, f"which no keys statement of {ASKER} designates")


def rotating_case(*, speak_with: int, before: bool) -> SampleCase:
    """Return a case whose asker changes its statement key from the first to the second generation."""
    world = World()
    case = open_case(world)
    asker = world.authorities[ASKER]
    pair = key_pair(f"{ASKER}/statement", speak_with)
    body = encode_body(Closed(outcome="done"))
    if before:
        case.say(ASKER, "closed", body, pair=pair)
    world.designate(ASKER, [key_pair(f"{ASKER}/statement", 2).public, asker.witness.public])
    if not before:
        case.say(ASKER, "closed", body, pair=pair)
    world.designate(ASKER, [key_pair(f"{ASKER}/statement", 2).public, asker.witness.public])
    world.designate(ASKED)
    world.later(minutes=1)
    return case


def test_a_revoked_key_is_refused() -> None:
    case = rotating_case(speak_with=1, before=False)
    refused(case, written(dossier_of(case)), VerificationError, f"of {ASKER} was revoked: keys statement 1")


def test_a_key_that_is_not_yet_valid_is_refused() -> None:
    case = rotating_case(speak_with=2, before=True)
    refused(case, written(dossier_of(case)), VerificationError, f"of {ASKER} is not valid yet: keys statement 2")


@pytest.mark.parametrize(("speak_with", "before"), [(1, True), (2, False)])
def test_a_key_speaks_while_it_is_designated(*, speak_with: int, before: bool) -> None:
    case = rotating_case(speak_with=speak_with, before=before)
    facts = verified(written(dossier_of(case)), case.world).facts
    assert any("valid until it was revoked by keys statement 2" in fact.text for fact in facts)


def test_a_missing_keys_statement_before_is_refused(case: SampleCase, forge: Forge) -> None:
    forge.drop_keys(ASKER, [1])
    refused(case, forge.file(), VerificationError, f"no keys statement of {ASKER} before entry 1")


def test_a_missing_keys_statement_between_is_refused() -> None:
    case = rotating_case(speak_with=1, before=False)
    forge = Forge(written(dossier_of(case)))
    forge.drop_keys(ASKER, [2])
    refused(case, forge.file(), VerificationError, "keys statements 1 and 3 .* could have revoked the key")


def test_a_missing_keys_statement_after_is_told(case: SampleCase, forge: Forge) -> None:
    forge.drop_keys(ASKER, [2])
    report = verified(forge.file(), case.world)
    assert f"of {ASKER}/statement was still valid after entry 0" in report.not_proved[0]
    assert any("not revoked as of entry 0" in fact.text for fact in report.facts)


def test_keys_under_another_number_are_refused(case: SampleCase, forge: Forge) -> None:
    for suffix in (".json", PROOF_SUFFIX):
        forge.members[f"{KEYS}{ASKER}/7{suffix}"] = forge.members.pop(f"{KEYS}{ASKER}/2{suffix}")
    refused(case, forge.file(), VerificationError, f"data/keys/{ASKER}/7.json: holds keys statement 2 of {ASKER}")


def test_two_keys_statements_with_one_number_are_refused() -> None:
    world = World()
    case = open_case(world)
    world.designate(ASKER, number=1)
    world.designate(ASKED)
    forge = Forge(written(dossier_of(case, keys=keys_of(world, ASKED))))
    forge.add_keys(ASKER, keys_of(world, ASKER))
    refused(case, forge.file(), VerificationError, r"are numbered \[1, 1\] in the order of their entries")


def relogged(case: SampleCase) -> tuple[DossierKeys, DossierKeys]:
    """Revoke the asked's statement pair; then let the log key's thief bring it back by logging old statements again."""
    world, asked = case.world, case.world.authorities[ASKED]
    case.say(ASKER, "request", request_body())
    new = key_pair(f"{ASKED}/statement", 2)
    world.designate(ASKED, (new.public, asked.service.public, asked.witness.public))
    (_, _, first), (_, _, revoking) = asked.keys
    places = [asked.log.append(public_entry(first.id))]
    answer = Refused(
        answers=Answers(request=case.id, items=["1"]), ground="essential_interests", article="27(4)", reasons="None."
    )
    case.say(ASKED, "refused", encode_body(answer), pair=asked.statement)
    places.append(asked.log.append(public_entry(revoking.id)))
    world.cover(ASKED, 2)
    world.designate(ASKER)
    world.later(minutes=1)
    one, two = (
        DossierKeys(envelope=envelope, proof=world.proof(ASKED, index))
        for envelope, index in zip((first, revoking), places, strict=True)
    )
    return one, two


def test_keys_statements_that_were_logged_again_bring_no_revoked_pair_back() -> None:
    case = SampleCase(world=World())
    keys = keys_of(case.world, ASKER) + relogged(case)
    refused(
        case,
        written(dossier_of(case, keys=keys)),
        VerificationError,
        "keys statement 2 .* was signed to follow number 1 at entry 0, not at entry 2: one of them was logged again",
    )


def test_one_keys_statement_at_two_places_is_refused() -> None:
    case = SampleCase(world=World())
    again, _ = relogged(case)
    shown = ShownLog(case.world.recognition(ASKED))
    shown.add_keys(again.envelope, case.world.proof(ASKED, 0))
    with pytest.raises(VerificationError, match=r"keys statement 1 .* at entries 0 and 2: it was logged again"):
        shown.add_keys(again.envelope, again.proof)


def test_keys_around_are_the_last_before_and_the_first_after(case: SampleCase) -> None:
    world = World()
    for _ in range(4):
        world.cover(ASKER, 2)
        world.designate(ASKER)
    found = tuple((index, designation) for index, designation, _ in world.authorities[ASKER].keys)
    history = KeyHistory(authority=ASKER, designations=found)
    assert keys_around(history, [1, 2]) == (1, 2)
    assert keys_around(history, [1, 10]) == (1, 2, 4, 5)
    assert keys_around(history, [99]) == (5,)


def test_keys_far_apart_serve_each_its_own_statements() -> None:
    world = World()
    case = open_case(world)
    for _ in range(5):
        world.later(days=7)
        world.designate(ASKER)
    case.say(ASKER, "closed", encode_body(Closed(outcome="done")))
    finish(case)
    forge = Forge(written(dossier_of(case)))
    forge.drop_keys(ASKER, [3, 4, 5])
    verified(forge.file(), world)


# Exhibits, custody, law.


def test_a_gap_in_custody_is_refused() -> None:
    case = open_case(World())
    exhibit = add_package(case)
    body = case.said[-1].statement.body
    events = body["custody"]
    assert isinstance(events, list)
    case.said.pop()
    case.say(ASKED, "package", body | {"custody": [events[0], events[2] | {"holder_before": "somebody"}]})  # type: ignore[operator]
    case.packages["E1"] = case.said[-1].id
    finish(case)
    assert exhibit.exhibit == "E1"
    refused(case, written(dossier_of(case)), VerificationError, "data/exhibits/E1/: custody of exhibit E1, between")


def test_another_digest_on_opening_is_refused() -> None:
    case = open_case(World())
    exhibit = add_package(case)
    add_opened(case, exhibit)
    body = case.said.pop().statement.body
    case.say(ASKER, "opened", body | {"exhibits": [{"digest": "0" * 64, "exhibit": "E1"}]})
    finish(case)
    refused(case, written(dossier_of(case)), VerificationError, "found 0000.* its package does not state that")


def test_a_refusal_is_told_with_its_ground() -> None:
    case = open_case(World())
    body = Refused(
        answers=Answers(request=case.id, items=["1"]), ground="essential_interests", article="29(5)", reasons="Secret."
    )
    case.say(ASKED, "refused", encode_body(body))
    finish(case)
    facts = verified(written(dossier_of(case)), case.world).facts
    assert f"{ASKED} refused item 1 on the ground essential_interests, article 29(5)" in [fact.text for fact in facts]


def test_an_instrument_outside_the_tables_is_refused() -> None:
    case = open_case(World(), instrument="congress_of_vienna")
    finish(case)
    refused(case, written(dossier_of(case)), PolicyError, "'congress_of_vienna' is not loaded")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"article": "31"}, "names article 31, the reader's tables carry preservation under article 29"),
        ({"instrument": "hanoi", "article": "42"}, "does not bind both"),
        ({"measure": "divination"}, "measure 'divination' is unknown"),
    ],
)
def test_tables_that_disagree_are_told(changes: dict[str, str], told: str) -> None:
    case = open_case(World(), **changes)
    finish(case)
    law = [fact.text for fact in verified(written(dossier_of(case)), case.world).facts if fact.topic == "law"]
    assert any(told in text for text in law), law


def test_a_preservation_alone_makes_a_dossier() -> None:
    case = open_case(World())
    add_preservation(case)
    finish(case)
    assert "preservation" in topics(verified(written(dossier_of(case)), case.world).facts)


def test_a_date_after_its_witnesses_is_told() -> None:
    case = open_case(World())
    later = case.world.now + timedelta(days=400)
    case.say(
        ASKER,
        "closed",
        encode_body(Closed(outcome="done")),
        change=lambda statement: replace(statement, issued=later),
    )
    finish(case)
    facts = verified(written(dossier_of(case)), case.world).facts
    assert sum("its issuer's clock was wrong" in fact.text for fact in facts) == 1


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        (b'"comity_dossier":1', b'"comity_dossier":2', "must be 1"),
        (b'"profile":"full"', b'"profile":"best"', "profile must be one of full, court, defence"),
        (b'"made_by":"Reg', b'"made_by":"\\n', "made_by must be one line"),
        (b'"withheld":[]', b'"withheld":{}', "withheld must be a list of objects"),
        (b'"withheld":[]', b'"withheld":[1]', "withheld must be a list of objects"),
        (b'"statements":[', b'"statements":[1,', "must be text"),
        (b"{", b"{ ", "one spelling"),
    ],
)
def test_a_head_in_another_form_is_refused(forge: Forge, old: bytes, new: bytes, match: str) -> None:
    with pytest.raises(MalformedError, match=match):
        parse_head(forge.members[HEAD].replace(old, new, 1))


def test_a_head_with_unsorted_parts_cannot_be_made(case: SampleCase, forge: Forge) -> None:
    place = ExhibitPlace(package=case.packages["E1"], exhibit="A1", member=forge.head.exhibits[0].member)
    with pytest.raises(MalformedError, match="sorted by package and exhibit"):
        replace(forge.head, exhibits=(*forge.head.exhibits, place))
    stranger = Withheld(statement="0" * 64, members=None, reason="x")
    with pytest.raises(MalformedError, match="withheld must name statements"):
        replace(forge.head, profile=Profile.COURT, withheld=(stranger,))
    with pytest.raises(MalformedError, match="sorted, distinct"):
        Withheld(statement=case.id, members=("b", "a"), reason="x")
    assert isinstance(forge.head, Head)


def test_an_opening_in_another_form_is_refused() -> None:
    with pytest.raises(MalformedError, match="the salt of an entry has 3 bytes"):
        parse_opening(encode_opening(b"abc", []))
    with pytest.raises(MalformedError, match="missing member"):
        parse_opening(b"{}")
