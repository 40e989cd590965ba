"""An inquiry that whole nodes say at their desks, from the operation to the published finding."""

from datetime import timedelta

from comity.conduct.following import held_of
from comity.conduct.inquiry.statements import InquiryFinding, InquiryReply, Interest, Mandate, Publication, QuestionPut
from comity.conduct.inquiry.view import check_draft, read_inquiry
from comity.conduct.record import record_id
from comity.conduct.statements import Body, Claim, Finding, Operation, Reply, Speaker, Subject, encode_body
from comity.kernel.canonical import format_time
from comity.kernel.statement import Statement
from comity.log.public_statements import PublicStatement
from comity.node import desk
from comity.node.public_statements import read_public
from support.nodes import AUTHORITIES, Network, RunningNode

OPERATION = Operation(title="Ferry bookings gone dark", category="sabotage")
OPERATION_ID = record_id("operation", encode_body(OPERATION))


def state(code: str) -> Speaker:
    return Speaker(name=f"State {code}", kind="state", participant=code)


def known(node: RunningNode) -> list[PublicStatement]:
    """Return every public statement that a node holds, its own among them."""
    return [item for authority in AUTHORITIES for item in read_public(node.node, authority).statements]


def say(network: Network, node: RunningNode, kind: str, body: Body, subject: str | None = None) -> str:
    """Let two officers say something after all that is held of the inquiry, and let everybody hear of it."""
    follows: tuple[str, ...] = ()
    if subject is not None:
        held = [held_of(item) for item in known(node)]
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


def publish_inquiry(network: Network) -> str:
    """Say a whole inquiry; return the id of its mandate."""
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
    file = read_inquiry(inquiry, [held_of(item) for item in known(investigator)])[0]
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
    return inquiry
