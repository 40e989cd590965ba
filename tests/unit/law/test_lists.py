"""A list that is applied replaces what was shown as changed, and takes nothing else away."""

from dataclasses import replace
from datetime import date

import pytest

from comity.errors import MalformedError
from comity.law.importing.imported import ImportedAct, ImportedList
from comity.law.importing.listing import Listing
from comity.law.lists import KeptList, newer_list, with_list
from comity.law.model import Act, ActSort, Confidence, Parties
from comity.law.register import Register, load_register
from comity.law.rows import Action
from comity.parties.participants import participant
from comity.parties.table import Grade

REGISTER = load_register()
NEW_YEAR = date(2026, 1, 1)
SUMMER = date(2026, 6, 1)
AUTUMN = date(2026, 9, 1)
COMPLETE = frozenset({ActSort.SIGNATURE, ActSort.CONSENT, ActSort.WITHDRAWAL})


def known(code: str, act: Act, on: date | None, **more: object) -> Action:
    row = Action(
        instrument="budapest",
        participant=code,
        act=act,
        on=on,
        known_by=None,
        confidence=Confidence.CONFIRMED,
        provision=None,
        about=None,
        note=None,
        source="an installed table",
        grade=Grade.SECONDARY,
        grade_detail="S",
    )
    return replace(row, **more)  # type: ignore[arg-type]


def found(code: str, act: Act, on: date | None, **more: object) -> ImportedAct:
    row = ImportedAct(participant=code, act=act, on=on, where=f"row of {code}")
    return replace(row, **more)  # type: ignore[arg-type]


def holding(*acts: Action) -> Register:
    others = (row for row in REGISTER.actions if row.instrument != "budapest")
    return replace(REGISTER, actions=(*others, *acts))


def listing(
    *acts: ImportedAct, as_of: date | None = SUMMER, covers: frozenset[ActSort] = frozenset(), digest: str = "00"
) -> Listing:
    read = ImportedList(
        name="a list",
        instrument_hint=None,
        title=None,
        as_of=as_of,
        digest=digest,
        covers=covers,
        acts=acts,
        unread=(),
    )
    return Listing(instrument="budapest", found=read)


class Applied:
    """What lists come to that are applied one after the other, as the command does it."""

    def __init__(self, *acts: Action) -> None:
        self.base = holding(*acts)
        self.kept: KeptList | None = None
        self.told: tuple[str, ...] = ()

    @property
    def register(self) -> Register:
        return self.base if self.kept is None else with_list(self.base, self.kept)

    def apply(self, *lists: Listing) -> "Applied":
        for item in lists:
            difference = item.difference(self.register)
            self.told = difference.lines()
            self.kept = newer_list(self.kept, item, difference)
        return self

    @property
    def acts(self) -> list[tuple[str, Act, date]]:
        return sorted((row.participant, row.act, row.seen_by) for row in self.register.actions_of("budapest"))


UNITED_KINGDOM = (
    known("GBR", Act.SIGNATURE, date(2001, 11, 23)),
    known("GBR", Act.RATIFICATION, date(2011, 5, 25)),
    known("GBR", Act.RESERVATION, date(2011, 5, 25), provision="29(4)"),
    known("GBR", Act.RESERVATION, date(2011, 5, 25), provision="22"),
    known("GBR", Act.DESIGNATION, date(2011, 5, 25), provision="35(1)"),
    known("GBR", Act.DECLARATION, date(2011, 5, 25), provision="24"),
    known("GBR", Act.TERRITORIAL_APPLICATION, date(2012, 1, 1), about="JEY"),
    known("GBR", Act.TERRITORIAL_APPLICATION, date(2013, 1, 1), about="IMN"),
)


@pytest.mark.parametrize(
    "stated",
    [
        found("GBR", Act.TERRITORIAL_APPLICATION, NEW_YEAR, about="GGY"),
        found("GBR", Act.TERRITORIAL_EXCLUSION, NEW_YEAR, about="IMN"),
        found("GBR", Act.DECLARATION, NEW_YEAR, provision="24"),
        found("GBR", Act.RESERVATION, NEW_YEAR, provision="27"),
        found("GBR", Act.RESERVATION, date(2011, 5, 25), provision="27"),
        found("GBR", Act.DESIGNATION, date(2011, 5, 25), provision="24"),
        found("GBR", Act.WITHDRAWAL_OF_RESERVATION, NEW_YEAR, provision="22"),
        found("GBR", Act.WITHDRAWAL, NEW_YEAR),
        found("FRA", Act.RATIFICATION, NEW_YEAR),
    ],
    ids=lambda act: f"{act.act} {act.provision or act.about or ''}",
)
@pytest.mark.parametrize("covers", [frozenset(), COMPLETE | {ActSort.TERRITORY, ActSort.REMARK}])
def test_one_fact_takes_no_other_of_its_sort_away(stated: ImportedAct, covers: frozenset[ActSort]) -> None:
    applied = Applied(*UNITED_KINGDOM).apply(listing(stated, covers=covers))
    assert set(UNITED_KINGDOM) < set(applied.register.actions_of("budapest"))
    assert len(applied.acts) == len(UNITED_KINGDOM) + 1
    assert applied.told[1].startswith(f"new: {participant(stated.participant).name}")


def test_a_consent_from_before_a_withdrawal_stays_and_is_not_called_changed() -> None:
    history = (
        known("GBR", Act.RATIFICATION, date(2005, 5, 25)),
        known("GBR", Act.WITHDRAWAL, date(2010, 1, 1)),
        known("GBR", Act.ACCESSION, date(2015, 1, 1)),
    )
    applied = Applied(*history).apply(listing(found("GBR", Act.ACCESSION, date(2015, 1, 1)), covers=COMPLETE))
    assert applied.register.actions_of("budapest") == history
    assert applied.told[1:] == ("the same: 1", "untouched, as the list does not speak of them: 2")
    corrected = Applied(*history).apply(listing(found("GBR", Act.ACCESSION, date(2016, 1, 1)), covers=COMPLETE))
    assert corrected.acts == [
        ("GBR", Act.ACCESSION, date(2016, 1, 1)),
        ("GBR", Act.RATIFICATION, date(2005, 5, 25)),
        ("GBR", Act.WITHDRAWAL, date(2010, 1, 1)),
    ]


def test_one_that_left_and_came_back_on_one_day_keeps_its_first_consent() -> None:
    history = (
        known("GBR", Act.RATIFICATION, date(2005, 5, 25)),
        known("GBR", Act.WITHDRAWAL, date(2015, 1, 1)),
        known("GBR", Act.ACCESSION, date(2015, 1, 1)),
    )
    applied = Applied(*history).apply(listing(found("GBR", Act.ACCESSION, date(2015, 1, 1))))
    assert applied.register.actions_of("budapest") == history


def test_a_second_withdrawal_is_another_fact_than_the_first() -> None:
    history = (
        known("GBR", Act.RATIFICATION, date(2005, 5, 25)),
        known("GBR", Act.WITHDRAWAL, date(2010, 1, 1)),
        known("GBR", Act.ACCESSION, date(2015, 1, 1)),
    )
    left = found("GBR", Act.WITHDRAWAL, None, known_by=SUMMER, confidence=Confidence.REPORTED)
    applied = Applied(*history).apply(listing(found("GBR", Act.ACCESSION, date(2015, 1, 1)), left, covers=COMPLETE))
    assert [row.seen_by for row in applied.register.actions_of("budapest") if row.act is Act.WITHDRAWAL] == [
        date(2010, 1, 1),
        SUMMER,
    ]


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ({}, {"confidence": Confidence.MEMORY, "grade": "M"}, [2005, 2006]),
        ({}, {"confidence": Confidence.REPORTED}, [2005, 2006]),
        ({}, {"grade": "S+M"}, [2005, 2006]),
        ({"confidence": Confidence.REPORTED}, {"confidence": Confidence.MEMORY}, [2005, 2006]),
        ({}, {}, [2006]),
        ({"confidence": Confidence.REPORTED}, {}, [2006]),
        ({"confidence": Confidence.MEMORY}, {"confidence": Confidence.REPORTED}, [2006]),
        ({"grade": Grade.MEMORY}, {}, [2006]),
    ],
)
def test_an_act_gives_way_to_one_that_is_at_least_as_well_known_and_to_no_weaker_one(
    before: dict[str, object], after: dict[str, object], kept: list[int]
) -> None:
    row = known("GBR", Act.RATIFICATION, date(2005, 5, 25), **before)
    applied = Applied(row).apply(listing(found("GBR", Act.RATIFICATION, date(2006, 5, 25), **after)))
    assert [on.year for _, _, on in applied.acts] == kept
    assert applied.told[1].startswith("changed: " if len(kept) == 1 else "beside: ")


def test_a_stronger_act_of_the_same_day_is_shown_and_takes_the_place_of_the_weaker_one() -> None:
    row = known("GBR", Act.RATIFICATION, date(2005, 5, 25), confidence=Confidence.REPORTED)
    applied = Applied(row).apply(listing(found("GBR", Act.RATIFICATION, date(2005, 5, 25))))
    name = participant("GBR").name
    assert applied.told[1] == (
        f"changed: {name}: ratification on 2005-05-25 (reported) becomes {name}: ratification on 2005-05-25, row of GBR"
    )
    assert [row.confidence for row in applied.register.actions_of("budapest")] == [Confidence.CONFIRMED]


def test_what_the_list_only_says_by_when_takes_no_known_day_away() -> None:
    by = found("GBR", Act.RATIFICATION, None, known_by=SUMMER, confidence=Confidence.REPORTED)
    sure = known("GBR", Act.RATIFICATION, date(2005, 5, 25))
    assert Applied(sure).apply(listing(by)).register.actions_of("budapest") == (sure,)
    unsure = replace(sure, confidence=Confidence.MEMORY)
    applied = Applied(unsure).apply(listing(by))
    assert [(row.on, row.confidence) for row in applied.register.actions_of("budapest")] == [
        (date(2005, 5, 25), Confidence.MEMORY),
        (None, Confidence.REPORTED),
    ]
    other = Applied(known("GBR", Act.ACCESSION, date(2005, 5, 25), confidence=Confidence.REPORTED)).apply(listing(by))
    assert [row.act for row in other.register.actions_of("budapest")] == [Act.RATIFICATION]


def test_of_a_dispute_only_the_version_gives_way_that_the_list_contradicts() -> None:
    versions = [known("GBR", Act.RATIFICATION, date(year, 5, 25), source=f"source of {year}") for year in (2005, 2006)]
    applied = Applied(*versions).apply(listing(found("GBR", Act.RATIFICATION, date(2005, 5, 25))))
    assert applied.register.actions_of("budapest") == (versions[0],)


def test_a_second_list_adds_to_the_first() -> None:
    one = listing(found("CPV", Act.RATIFICATION, NEW_YEAR), found("QAT", Act.RATIFICATION, NEW_YEAR), digest="aa")
    two = listing(found("QAT", Act.RATIFICATION, SUMMER), found("FRA", Act.RATIFICATION, SUMMER), digest="bb")
    applied = Applied().apply(one, two)
    assert [(code, on) for code, _, on in applied.acts] == [("CPV", NEW_YEAR), ("FRA", SUMMER), ("QAT", SUMMER)]
    sources = {row.participant: row.source for row in applied.register.actions_of("budapest")}
    assert "sha256 aa" in sources["CPV"]
    assert "sha256 bb" in sources["QAT"]


def test_what_a_second_complete_list_no_longer_shows_stays() -> None:
    applied = Applied().apply(
        listing(found("CPV", Act.RATIFICATION, NEW_YEAR)),
        listing(found("QAT", Act.RATIFICATION, NEW_YEAR), covers=COMPLETE),
    )
    assert any(line.startswith("vanished: Cabo Verde") for line in applied.told)
    assert [code for code, _, _ in applied.acts] == ["CPV", "QAT"]


def test_a_list_that_goes_back_to_what_the_tables_said_takes_the_list_between_away() -> None:
    row = known("GBR", Act.RATIFICATION, date(2005, 5, 25))
    applied = Applied(row).apply(
        listing(found("GBR", Act.RATIFICATION, date(2006, 5, 25)), digest="aa"),
        listing(found("GBR", Act.RATIFICATION, date(2005, 5, 25)), digest="bb"),
    )
    assert [on.year for _, _, on in applied.acts] == [2005]
    assert applied.kept is not None
    assert applied.kept.replaced == (row,)


def test_a_list_that_is_applied_again_changes_nothing() -> None:
    stated = listing(found("GBR", Act.RATIFICATION, date(2006, 5, 25)), found("GBR", Act.SIGNATURE, date(2001, 11, 23)))
    applied = Applied(*UNITED_KINGDOM).apply(stated)
    kept, acts = applied.kept, applied.acts
    applied.apply(stated)
    assert (applied.kept, applied.acts) == (kept, acts)
    assert not [line for line in applied.told if line.startswith(("new", "changed", "beside", "vanished"))]


@pytest.mark.parametrize(
    ("parties", "until", "covers", "dated"),
    [
        (Parties.LOADED, NEW_YEAR, frozenset(), (Parties.LOADED, NEW_YEAR)),
        (Parties.LOADED, NEW_YEAR, frozenset({ActSort.SIGNATURE}), (Parties.LOADED, NEW_YEAR)),
        (Parties.LOADED, NEW_YEAR, COMPLETE, (Parties.LOADED, SUMMER)),
        (Parties.LOADED, AUTUMN, COMPLETE, (Parties.LOADED, AUTUMN)),
        (Parties.NOT_LOADED, None, frozenset(), (Parties.NOT_LOADED, None)),
        (Parties.NOT_LOADED, None, COMPLETE, (Parties.PARTIAL, SUMMER)),
    ],
)
def test_only_a_list_of_all_consents_moves_the_day_until_which_parties_are_loaded(
    parties: Parties, until: date | None, covers: frozenset[ActSort], dated: tuple[Parties, date | None]
) -> None:
    applied = Applied()
    rows = tuple(
        replace(row, parties=parties, parties_until=until) if row.key == "budapest" else row
        for row in applied.base.instruments
    )
    applied.base = replace(applied.base, instruments=rows)
    applied.apply(listing(found("QAT", Act.RATIFICATION, NEW_YEAR), covers=covers))
    row = applied.register.instrument("budapest")
    assert (row.parties, row.parties_until) == dated
    assert applied.register.instrument("hanoi") == REGISTER.instrument("hanoi")


def test_a_later_partial_list_leaves_the_day_of_the_complete_one() -> None:
    applied = Applied().apply(
        listing(found("QAT", Act.RATIFICATION, NEW_YEAR), covers=COMPLETE),
        listing(found("CPV", Act.RATIFICATION, NEW_YEAR), as_of=AUTUMN, covers=frozenset({ActSort.SIGNATURE})),
        listing(found("FRA", Act.RATIFICATION, NEW_YEAR), as_of=NEW_YEAR, covers=frozenset({ActSort.SIGNATURE})),
    )
    assert applied.kept is not None
    assert (applied.kept.as_of, applied.kept.covers) == (
        AUTUMN,
        {ActSort.CONSENT: SUMMER, ActSort.WITHDRAWAL: SUMMER, ActSort.SIGNATURE: AUTUMN},
    )


def test_a_list_without_its_day_cannot_be_applied() -> None:
    with pytest.raises(MalformedError, match="give it with --as-of"):
        Applied().apply(listing(found("QAT", Act.RATIFICATION, NEW_YEAR), as_of=None))


def test_an_act_on_an_article_that_is_not_there_is_refused_with_its_row() -> None:
    stray = found("GBR", Act.RESERVATION, NEW_YEAR, provision="999")
    with pytest.raises(MalformedError, match="row of GBR: article 999 of 'budapest' is not in the tables; correct it"):
        listing(stray).difference(REGISTER)
    assert listing(replace(stray, provision="29(4)(a)")).difference(REGISTER).new
