"""Sentences about records say what became of what they tell."""

from dataclasses import replace
from datetime import date

from comity.conduct.record import Origin, Record
from comity.conduct.sentences import claim_sentence, finding_sentence, reply_sentence
from comity.conduct.view import OperationView, fold
from support import conduct_records as make
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
    assert ", since retracted: " in finding_sentence(view.findings[0], view)


def test_a_title_that_is_a_headline_stands_in_quotation_marks() -> None:
    headline = operation("XAA hacked the port of XBB")
    reached = finding(headline, [])
    (view,) = fold([headline, claim(headline, "XBB", "XAA"), reached]).operations
    assert "“XAA hacked the port of XBB” (" in claim_sentence(view.claims[0], view, None)
    assert finding_sentence(view.findings[0], view).startswith("“XAA hacked the port of XBB”: found by ")


def test_words_in_the_log_of_somebody_else_say_whose_log_it_is() -> None:
    own, other = (make.provenance(source=f"{who}.office", origin=Origin.STATEMENT) for who in ("xaa", "xbb"))
    told = make.claim(ferry, by="XBB", about="XAA", entered=own)
    answer = make.reply(ferry, [told], by="XAA", text="We admit it.", entered=other)
    view = fold([ferry, told, answer]).operations[0]
    (held,) = view.claims
    assert claim_sentence(held, view, None).endswith("; as told in the log of xaa.office")
    assert reply_sentence(held.replies[0]).endswith("; as told in the log of xbb.office; in its words: We admit it.")
    spoken = fold([ferry, make.claim(ferry, by="XAA", about="XBB", entered=own)]).operations[0]
    assert "as told in" not in claim_sentence(spoken.claims[0], spoken, None)
    # By hand or from a file, the provenance alone says where it is from.
    by_hand = fold([ferry, make.claim(ferry, by="XBB", about="XAA")]).operations[0]
    assert "as told in" not in claim_sentence(by_hand.claims[0], by_hand, None)


def test_words_that_stand_in_the_speaker_s_own_log_too_are_its_own() -> None:
    own, other = (make.provenance(source=f"{who}.office", origin=Origin.STATEMENT) for who in ("xbb", "xaa"))
    late = replace(own, on=date(2026, 6, 9))
    told = [make.claim(ferry, by="XBB", about="XAA", entered=entered) for entered in (other, late)]
    for order in (told, told[::-1]):
        view = fold([ferry, *order]).operations[0]
        assert "as told in" not in claim_sentence(view.claims[0], view, None)
