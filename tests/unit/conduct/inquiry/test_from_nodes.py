"""An inquiry among whole nodes: said at desks, read from followed logs, received as records, written as a trail."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from comity.conduct.inquiry.statements import (
    KINDS,
    InquiryFinding,
    InquiryReply,
    Interest,
    Mandate,
    Publication,
    QuestionPut,
)
from comity.conduct.inquiry.trail import check_trail
from comity.conduct.inquiry.trail_writing import Trail, TrailStatement, write_trail
from comity.conduct.inquiry.view import check_draft, read_inquiry
from comity.conduct.receiving import receive
from comity.conduct.record import record_id
from comity.conduct.statements import Body, Claim, Finding, Operation, Reply, Speaker, Subject, encode_body
from comity.kernel.canonical import format_time
from comity.kernel.statement import Statement
from comity.node import desk
from comity.node.dossiers import keys_for
from comity.node.inception import load_card
from comity.node.public_statements import PublicStatement, read_public
from comity.parties.trust_folder import add_recognition
from support.nodes import AUTHORITIES, Network, RunningNode, make_template, recognition_of

OPERATION = Operation(title="Ferry bookings gone dark", category="sabotage")
OPERATION_ID = record_id("operation", encode_body(OPERATION))


def state(code: str) -> Speaker:
    return Speaker(name=f"State {code}", kind="state", participant=code)


@pytest.fixture
def network(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Iterator[Network]:
    network = Network(make_template(tmp_path_factory.mktemp("nodes")), tmp_path)
    yield network
    network.close()


def known(node: RunningNode) -> list[PublicStatement]:
    """Return every public statement that a node holds, its own among them."""
    return [item for authority in AUTHORITIES for item in read_public(node.node, authority).statements]


def say(network: Network, node: RunningNode, kind: str, body: Body, subject: str | None = None) -> str:
    """Let two officers say something after all that is held of the inquiry, and let everybody hear of it."""
    follows: tuple[str, ...] = ()
    if subject is not None:
        held = [item.held() for item in known(node)]
        follows = (list(read_inquiry(subject, held)[0].held)[-1],)
        draft = Statement(
            kind=kind,
            issuer=node.authority,
            to=(),
            issued=node.now().replace(microsecond=0),
            subject=subject,
            follows=follows,
            exercise=True,
            body=encode_body(body),
        )
        check_draft(subject, held, draft)
    number = desk.draft_public(
        node.node, node.drafter, kind=kind, body=encode_body(body), subject=subject, follows=follows
    )
    statement = node.approve(number)
    network.checkpoint()
    return statement


def test_an_inquiry_goes_from_desks_to_a_trail_that_a_stranger_checks(network: Network, tmp_path: Path) -> None:
    claimant, accused, investigator = network.three
    operation = say(network, claimant, "operation", OPERATION)
    about = [Subject(level="state", name="State XAB", participant="XAB")]
    claim = Claim(operation=OPERATION_ID, claimant=state("XAA"), polarity="asserts", about=about)
    claimed = say(network, claimant, "claim", claim)
    mandate = Mandate(
        operation=OPERATION_ID,
        given_by=Speaker(name="Council of the Belt Conference", kind="organisation"),
        basis="resolution 4",
        investigator=investigator.authority,
        members=["member A"],
        scope="Where the sessions came from.",
        accused=["XAB"],
        standard_of_proof="clear and convincing",
        answer_days=3,
    )
    inquiry = say(network, investigator, "mandate", mandate)
    say(network, investigator, "interest", Interest(member="member A", declares="nothing"), inquiry)
    reply_by = format_time(network.clock.now + timedelta(days=4))
    put = QuestionPut(to="XAB", questions=["Who rents host 7?"], reply_by=reply_by)
    question = say(network, investigator, "question-put", put, inquiry)
    denial = Reply(operation=OPERATION_ID, by=state("XAB"), kind="denial", text="Nobody of ours.")
    replied = say(network, accused, "inquiry-reply", InquiryReply(answers=question, reply=denial), inquiry)
    file = read_inquiry(inquiry, [item.held() for item in known(investigator)])[0]
    before = frozenset(file.held)
    conclusion = Finding(
        operation=OPERATION_ID,
        investigator=state("XAC"),
        mandate="resolution 4",
        consents=file.consents(before),
        standard_of_proof="clear and convincing",
        right_of_reply=file.right_of_reply(before),
        conclusion="Not established.",
        said=network.clock.now.date().isoformat(),
    )
    finding = InquiryFinding(finding=conclusion, statements=sorted([operation, claimed, replied]))
    found = say(network, investigator, "inquiry-finding", finding, inquiry)
    say(network, investigator, "publication", Publication(finding=found, replies=[replied]), inquiry)

    # An observatory beside any node that follows the logs has the same records.
    for node in network.three:
        received = receive([item.held() for item in known(node)], exercise=True, on=network.clock.now.date())
        assert received.notes == ()
        kinds = {record.kind for record in received.records}
        assert {"operation", "claim", "reply", "finding"} <= kinds
        assert kinds - {"operation", "claim", "reply", "finding"} <= KINDS.keys()

    # And anybody who follows them can make the trail.
    for node in network.three:
        held = known(node)
        places: dict[str, list[int]] = {}
        for item in held:
            places.setdefault(item.statement.issuer, []).append(item.index)
        trail = Trail(
            inquiry=inquiry,
            made_by=node.authority,
            made_at=network.clock.now,
            statements=tuple(
                TrailStatement(envelope=item.envelope, proof=item.proof, logged_by=item.logged_by) for item in held
            ),
            keys=tuple(key for issuer, indices in places.items() for key in keys_for(node.node, issuer, indices)),
        )
        target = io.BytesIO()
        write_trail(target, trail)
        path = tmp_path / f"{node.authority}.zip"
        path.write_bytes(target.getvalue())
    for node in network.three:
        add_recognition(tmp_path / "stranger", recognition_of(load_card(node.directory)))
    reports = [check_trail(tmp_path / f"{name}.zip", tmp_path / "stranger") for name in AUTHORITIES]
    assert {report.state for report in reports} == {"published"}
    assert len({tuple(report.findings) for report in reports}) == 1
