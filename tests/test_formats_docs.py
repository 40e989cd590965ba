"""The normative pages say what the program does: every kind and member, every limit, and no link leads nowhere."""

import json
import re
from pathlib import Path

import msgspec
import pytest

from comity.conduct.inquiry.trail_head import HEAD, MAX_DOSSIERS, VERSION
from comity.exchange.delivery import MAX_DELIVERY_BYTES
from comity.exchange.dossier_head import MAX_STATEMENTS
from comity.exchange.rules import ASKED_KINDS, ASKER_KINDS, MAX_CLOCK_SKEW, OUTCOME_KINDS
from comity.exchange.statements import (
    KINDS,
    MAX_ITEMS,
    MAX_TEXT,
    Answers,
    CustodyEvent,
    Exhibit,
    Item,
    OpenedExhibit,
    Safeguard,
    body_schema,
)
from comity.kernel import canonical, disclosure, entry, envelope, evidence, key, note, policy, statement, trust
from support.paths import ROOT

FORMATS = ROOT / "docs" / "formats"
EXCHANGE = (FORMATS / "exchange.md").read_text()
PAGES = sorted(FORMATS.rglob("*.md"))
_ROW = re.compile(r"^\| `([a-z_-]+)` \| (.*?) \| (.*?) ?\|$", re.MULTILINE)
_CODE = re.compile(r"`[^`]*`")
_LINK = re.compile(r"\]\(([^)#]+)")


def section(title: str) -> str:
    """Return the part of the page below the heading of a kind."""
    found = re.findall(rf"^### `{re.escape(title)}`[^\n]*\n(.*?)(?=^##)", EXCHANGE + "\n## ", re.DOTALL | re.MULTILINE)
    assert len(found) == 1, f"{len(found)} sections about {title}"
    return str(found[0])


def said(page: str, *words: object) -> None:
    text = " ".join((FORMATS / page).read_text().split())
    for word in words:
        shown = f"{word:,}".replace(",", " ") if isinstance(word, int) else str(word)
        assert shown in text, f"{page} does not say {shown}"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_a_section_with_exactly_its_members(kind: str) -> None:
    documented = {name: remark for name, _, remark in _ROW.findall(section(kind))}
    fields = {field.name: field for field in msgspec.structs.fields(KINDS[kind])}
    assert documented.keys() == fields.keys()
    for name, remark in documented.items():
        optional = remark.startswith(("optional", "default"))
        assert optional is not fields[name].required, f"{kind}: {name}"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_stands_in_the_table_under_the_side_that_says_it(kind: str) -> None:
    side = "asker" if kind in ASKER_KINDS else "asked" if kind in ASKED_KINDS else "both"
    assert re.search(rf"^\| `{kind}` \| {side} \| .+ \|$", EXCHANGE, re.MULTILINE)


def test_no_section_is_about_a_kind_that_does_not_exist() -> None:
    headings = set(re.findall(r"^### `([a-z-]+)`", EXCHANGE, re.MULTILINE))
    assert headings - {"answers", "safeguards"} == set(KINDS)
    assert all(f"`{kind}`" in EXCHANGE for kind in OUTCOME_KINDS)


@pytest.mark.parametrize("shape", [Item, Answers, Safeguard, Exhibit, CustodyEvent, OpenedExhibit])
def test_every_member_of_an_inner_object_is_named(shape: type[msgspec.Struct]) -> None:
    place = {
        Item: section("request"),
        Answers: section("answers"),
        Safeguard: section("safeguards"),
        Exhibit: section("package"),
        CustodyEvent: section("custody"),
        OpenedExhibit: section("opened"),
    }[shape]
    for field in msgspec.structs.fields(shape):
        assert re.search(rf'[`"]{field.name}[`"]', place), field.name


def test_every_word_that_a_member_may_have_is_listed() -> None:
    schemas = json.dumps([body_schema(kind) for kind in sorted(KINDS)])
    listed = re.findall(r"\^\(([a-z_|]+)\)", schemas)
    assert len(set(listed)) == len({"urgency", "stage", "action", "answer"})
    for choice in listed:
        for word in choice.split("|"):
            assert f"`{word}`" in EXCHANGE, word


def test_limits_are_those_of_the_program() -> None:
    said("exchange.md", MAX_TEXT, f"1 to {MAX_ITEMS} of x", MAX_DELIVERY_BYTES, "1 to 300 characters")
    assert MAX_CLOCK_SKEW.total_seconds() == 5 * 60
    said("exchange.md", "up to five minutes")
    said("README.md", canonical.MAX_JSON_BYTES, f"at most {canonical.MAX_DEPTH} deep", "2^53 − 1")
    said("statement.md", f"1 to {statement.MAX_ADDRESSEES} authorities", f"0 to {statement.MAX_FOLLOWS} statement ids")
    said("statement.md", envelope.MAX_ENVELOPE_BYTES, f"1 to {envelope.MAX_SIGNATURES} objects")
    said("statement.md", envelope.STATEMENT_TYPE, envelope.SEALED_TYPE, f"multiple of {disclosure.DECOY_STEP}")
    said("statement.md", f"`{entry.SEALED_DOMAIN.decode().strip()}`", f"{entry.ENTRY_BYTES} bytes")
    said("keys.md", f"at most {key.MAX_AUTHORITY_CHARACTERS} characters", *(f"`{role}`" for role in key.Role))
    said("log.md", f"1 to {note.MAX_NOTE_SIGNATURES} signature lines", note.MAX_NOTE_BYTES)
    said("log.md", f"{policy.MAX_LINES_OF_A_KIND} lines each", policy.MAX_POLICY_CHARACTERS)
    said("trust.md", *(f"`{word}`" for word in trust.Checked))
    said("evidence.md", 8 * 1024 * 1024, *(f"`{t}`" for t in (evidence.SPLIT_VIEW, evidence.TWO_KEYS)))
    assert trust.KEYS_INTERVAL_SECONDS == 7 * 24 * 3600
    said("trust.md", "every seven days")
    said("trail.md", MAX_STATEMENTS, MAX_DOSSIERS, "more than five minutes after", "more than a day after", HEAD)
    said("trail.md", f"`comity_trail` | the integer {VERSION}")


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(FORMATS)) for page in PAGES])
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(_CODE.sub("", page.read_text())):
        if "://" not in target and target != "dossier.md":
            assert (page.parent / target).exists(), target
