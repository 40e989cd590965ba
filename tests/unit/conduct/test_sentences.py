"""Sentences about records say what became of what they tell."""

from comity.conduct.record import Record
from comity.conduct.sentences import claim_sentence, finding_sentence, reply_sentence
from comity.conduct.view import OperationView, fold
from support.conduct_records import claim, correction, finding, operation, reply, retraction, silence

ferry = operation()
said = claim(ferry, "XBB", "XAA")


def seen(*records: Record) -> OperationView:
    """Return the operation with some records beside the claim about it."""
    return fold([ferry, said, *records]).operations[0]


def test_a_claim_that_was_retracted_or_corrected_says_so() -> None:
    other = claim(ferry, "XBB", "XCA")
    for made, words in (
        (retraction(said), "the claim is retracted"),
        (correction(said, other), "is corrected by another"),
    ):
        view = seen(other, made)
        (told,) = (claim_sentence(each, view, None) for each in view.claims if each.id == said.id)
        assert words in told


def test_a_reply_a_silence_and_a_finding_that_were_retracted_say_so() -> None:
    for answer in (reply(ferry, [said]), silence(ferry, [said])):
        (told,) = map(reply_sentence, seen(answer, retraction(answer, by="XAA")).replies)
        assert told.endswith("; the reply is retracted")
    reached = finding(ferry, [said])
    view = seen(reached, retraction(reached))
    assert finding_sentence(view.findings[0], view).endswith("; the finding is retracted")
