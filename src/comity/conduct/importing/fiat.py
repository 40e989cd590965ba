"""The Foreign Interference Attribution Tracker of 2020: claims about interference in an election, each graded.

A row is one claim by a named source and the answers of the tracker's coders to eighteen questions about that claim.
The claim becomes a claim of its source, the answers a grading by the coder DFRLab; a claim that DFRLab itself makes
keeps no grading by DFRLab. The tracker writes which nation is meant and not whether its state is, so nations are named
at the level of the place, and each claim says so. Sums that the file gives are compared with the answers; where they
differ the answers stand, and the difference is said.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from comity.conduct.grading import QuestionGroup, load_questions
from comity.conduct.importing.imported import UNTYPED, Gathering, Imported, SourceFile, source_file
from comity.conduct.importing.rows import Row, find_place, keep_rows, line, links, place_named, read_table, target, tidy
from comity.conduct.record import Record
from comity.conduct.statements import (
    Category,
    Claim,
    ExternalId,
    Grading,
    Operation,
    Period,
    Source,
    Speaker,
    SpeakerKind,
    Subject,
    Target,
    YesNo,
)
from comity.errors import MalformedError

CODER: Final = "DFRLab"
_WHO: Final = "Foreign Interference Attribution Tracker, DFRLab"
_CODER_NAMES: Final = ("dfrlab", "digital forensic research lab")

# Who claims, and on which tier: a medium is the lowest, a company or body one voice, a government a government. What an
# influential person says rests on nothing that the file tells.
SOURCES: Final[Mapping[str, tuple[SpeakerKind, int | None]]] = MappingProxyType(
    {
        "Academic Institution": ("research", 1),
        "Civil Society Organization": ("civil_society", 1),
        "Government": ("state", 3),
        "Influential Individual": ("individual", None),
        "Media": ("media", 0),
        "Private Consultancy": ("company", 1),
        "Technology Company": ("company", 1),
    }
)
ATTRIBUTIONS: Final = MappingProxyType(
    {
        "Direct Attribution": "direct attribution",
        "Non-Aligned Commercial Enterprise": "to a commercial enterprise that is not aligned",
        "Non-Aligned Commercial Enterprise (attribution to apolitical commercial actor)": (
            "to a commercial enterprise that is not aligned"
        ),
        "Proxy/Inferred Attribution": "by proxy or inferred",
    }
)
METHODS: Final[Mapping[str, Category]] = MappingProxyType(
    {
        "Botnets": "disinformation",
        "Brigading": "disinformation",
        "Deceptive Content Manipulation": "disinformation",
        "Hacking - Data Exfiltration": "espionage",
        "Hacking - DDoS": "other",
        "Sockpuppets": "disinformation",
    }
)
_ANSWERS: Final[Mapping[str, YesNo]] = MappingProxyType({"1": "yes", "0": "no"})
_SUMS: Final = MappingProxyType(
    {
        QuestionGroup.CREDIBILITY: "attribution_credibility_score",
        QuestionGroup.OBJECTIVITY: "attribution_objectivity_score",
        QuestionGroup.EVIDENCE: "attribution_evidence_score",
        QuestionGroup.TRANSPARENCY: "attribution_transparency_score",
    }
)
_TOTAL: Final = "attribution_total_score"
_READ: Final = frozenset(
    {
        "timestamp",
        "case_hash",
        "case_id",
        "source_subcategory",
        "source",
        "source_nation",
        "source_category",
        "disinformant",
        "disinformant_nation",
        "disinformant_attribution",
        "short_title",
        "attribution_url",
        "archived_attribution_url",
        "start_date",
        "end_date",
        "attribution_date",
        "methods",
        _TOTAL,
        *_SUMS.values(),
    }
)
_ASIDE_NAMES: Final = """
Events_total add_query_terms announced_date article_count budget_usd_total cases credibility_score
disinformant_for_query disinformant_nation_for_query entry_date facebook_engagement fb_accounts_total
fb_groups_followers_total fb_groups_total fb_pages_followers_total fb_pages_total ig_accounts_total ig_followers_total
image_credit image_url messaging_platforms open_web other reddit_engagement short_description social_media
source_for_display source_for_query tags total_engagement twitter_engagement url
allsides_count_center allsides_count_left allsides_count_leanleft allsides_count_leanright allsides_count_right
allsides_engagement_left allsides_engagments_center allsides_engagments_center_facebook
allsides_engagments_center_reddit allsides_engagments_center_twitter allsides_engagments_leanleft
allsides_engagments_leanleft_facebook allsides_engagments_leanleft_reddit allsides_engagments_leanleft_twitter
allsides_engagments_leanright allsides_engagments_leanright_facebook allsides_engagments_leanright_reddit
allsides_engagments_leanright_twitter allsides_engagments_left_facebook allsides_engagments_left_reddit
allsides_engagments_left_twitter allsides_engagments_right allsides_engagments_right_facebook
allsides_engagments_right_reddit allsides_engagments_right_twitter
"""
_ASIDE: Final = frozenset(_ASIDE_NAMES.split())


@cache
def _items() -> Mapping[str, str]:
    """Return the code of each question by the column that holds its answer."""
    return MappingProxyType({question.anchor: question.code for question in load_questions()})


def import_fiat(source: bytes | Path | SourceFile, *, on: date) -> Imported:
    """Read the tracker's table.

    Raises:
        TooLargeError: the file is larger than any known collection.
        StoreError: it cannot be read.
        MalformedError: its layout is another.
    """
    file = source_file(source, name="DFRLab_interference2020.csv")
    gathering = Gathering([file], on=on)
    table = read_table(file, required=_READ | set(_items()), known=_ASIDE, blanks=frozenset())
    rows = keep_rows(file, table, gathering, _read)
    return gathering.finish(source=_WHO, version=None, rows=rows)


def _read(row: Row, file: SourceFile, gathering: Gathering) -> tuple[Record, ...]:
    row.skip(*_ASIDE)
    begin, end, said = row.day("start_date"), row.day("end_date"), row.day("attribution_date")
    graded_on = row.day("timestamp")
    title, case = row.text("short_title"), row.text("case_hash")
    methods = row.choices("methods", METHODS, separator=",")
    sorts = set(methods)
    documents = links(row.optional("attribution_url"), row.optional("archived_attribution_url"))
    made = gathering.record(
        Operation(
            title=line(title),
            category=sorts.pop() if len(sorts) == 1 else "other",
            occurred=Period(begin=begin, end=end) if begin or end else None,
            hit=_targets(row.text("case_id")),
            external=[ExternalId(scheme="fiat_case", id=line(case))],
        ),
        file=file,
        place=row.place,
    )
    about, kind_of_claim = _about(row), row.choices("disinformant_attribution", ATTRIBUTIONS, separator=",")
    speaker, tier = _speaker(row)
    answers = {code: row.choice(column, _ANSWERS) for column, code in _items().items()}
    _compare_sums(row, answers, file, gathering)
    row.done()
    gathering.count(UNTYPED, int(not methods))
    records = [made]
    if not about:
        gathering.count("claims that name nobody")
        return tuple(records)
    claim = gathering.record(
        Claim(
            operation=made.id,
            claimant=speaker,
            polarity="asserts",
            about=about,
            said=said,
            basis_tier=tier,
            basis=line(f"coded as {', '.join(dict.fromkeys(kind_of_claim))}") if kind_of_claim else None,
            sources=[Source(title=line(title), url=url) for url in documents],
            lacks=["whether the state is meant or only the place", *([] if documents else ["references"])],
        ),
        file=file,
        place=row.place,
    )
    records.append(claim)
    if any(name in speaker.name.casefold() for name in _CODER_NAMES):
        gathering.note(f"{file.name}, {row.place}: {CODER} makes this claim, so its answers about it are not kept")
    elif graded_on is None:
        gathering.note(f"{file.name}, {row.place}, column timestamp: is blank, so the answers are not kept")
    else:
        grading = Grading(claim=claim.id, coder=CODER, said=graded_on, answers=answers)
        records.append(gathering.record(grading, file=file, place=row.place))
    return tuple(records)


def _targets(case: str) -> list[Target]:
    """Return whom the case names behind its arrow, without the year at the end."""
    after = case.rpartition(">>")[2].strip()
    words = after.split(" ")
    if len(words[-1]) == len("2020") and words[-1].isdecimal():
        after = " ".join(words[:-1])
    return [target(part.strip()) for part in after.split(",") if part.strip()]


def _about(row: Row) -> list[Subject]:
    """Return the nations at the level of the place, then whoever is named besides them."""
    found = []
    nations = row.parts("disinformant_nation", separator=",")
    for nation in nations:
        try:
            place = place_named(nation)
        except MalformedError as exc:
            row.refuse("disinformant_nation", exc.message)
        found.append(Subject(level="place", name=line(place.name), participant=place.participant))
    named = {place.participant for place in found}
    for name in row.parts("disinformant", separator=","):
        same = find_place(name)
        if name not in nations and (same is None or same.participant not in named):
            found.append(Subject(level="unit", name=line(name)))
    return found


def _speaker(row: Row) -> tuple[Speaker, int | None]:
    kind, tier = row.choice("source_category", SOURCES)
    name, detail = row.text("source"), row.optional("source_subcategory")
    nation = row.optional("source_nation")
    participant = None
    if kind == "state" and nation is not None:
        try:
            participant = place_named(nation).participant
        except MalformedError as exc:
            row.refuse("source_nation", exc.message)
    full = name if detail is None or tidy(detail) == name else f"{name} ({detail})"
    return Speaker(name=line(full), kind=kind, participant=participant), tier


def _compare_sums(row: Row, answers: Mapping[str, YesNo], file: SourceFile, gathering: Gathering) -> None:
    """Say where a sum in the file differs from the answers that it should add up; no sum is kept."""
    for group, column in _SUMS.items():
        codes = [question.code for question in load_questions() if question.group is group]
        _compare(row, column, sum(answers[code] == "yes" for code in codes), file, gathering)
    _compare(row, _TOTAL, sum(answer == "yes" for answer in answers.values()), file, gathering)


def _compare(row: Row, column: str, counted: int, file: SourceFile, gathering: Gathering) -> None:
    given = row.optional(column)
    if given is not None and given != str(counted):
        gathering.count("sums that differ from the answers")
        gathering.note(
            f"{file.name}, {row.place}, column {column}: says {given[:20]}, the answers that it adds up give {counted}"
        )
