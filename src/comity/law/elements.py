"""Offences as sets of elements, so that two of them can be compared and a stated fact be looked for.

An offence article is taken apart into short codes that instruments share: what has to be there, what is one of
several ways, what a state may add, and what may be left out. The codes are the project's own reading of the texts;
they show where two offences differ and decide nothing, because the law of each state describes its offences itself.

Invariants: within one offence no element appears twice in one role, and every offence has something that must be
there.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import TypeVar

from comity.errors import MalformedError, NotFoundError
from comity.law.model import check_provision
from comity.parties.table import Fields, Grade, Sourced, load_table, parse_table

Evidence = TypeVar("Evidence", bound=Sourced)

_COLUMNS = ("instrument", "provision", "element", "role", "paraphrase")
_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII)


class ElementRole(StrEnum):
    """What part an element plays in its offence.

    `core` must be there. `variant` is one of several ways or objects that the text names side by side, so that not
    all of them need be there. `may_require`: a state may narrow its offence by it. `may_extend`: a state may widen
    its offence by it. `carve_out`: the text itself leaves it out. `may_exclude`: a state may leave it out, by
    reservation or by its law, as the text says.
    """

    CORE = "core"
    VARIANT = "variant"
    MAY_REQUIRE = "may_require"
    MAY_EXTEND = "may_extend"
    CARVE_OUT = "carve_out"
    MAY_EXCLUDE = "may_exclude"


@dataclass(frozen=True, slots=True, kw_only=True)
class Element(Sourced):
    """One element of an offence; `provision` is the part of the article that states it."""

    instrument: str
    provision: str
    element: str
    role: ElementRole
    paraphrase: str

    @property
    def offence(self) -> str:
        """The offence article to which the element belongs."""
        return article(self.provision)

    @property
    def label(self) -> str:
        """The element in words."""
        return self.element.replace("_", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementSet:
    """The elements of one offence article, in the order of the table."""

    instrument: str
    offence: str
    elements: tuple[Element, ...]

    @property
    def grade(self) -> Grade:
        """The weakest grade of its elements."""
        return weakest(self.elements).grade

    def of(self, *roles: ElementRole) -> tuple[Element, ...]:
        """Return the elements that play one of some roles."""
        return tuple(element for element in self.elements if element.role in roles)

    def codes(self, *roles: ElementRole) -> tuple[str, ...]:
        """Return the codes of the elements that play one of some roles, each once."""
        return tuple(dict.fromkeys(element.element for element in self.of(*roles)))

    def stated_by(self, provision: str) -> tuple[Element, ...]:
        """Return the optional elements that a provision states, itself or in a part of it."""
        optional = self.of(ElementRole.MAY_REQUIRE, ElementRole.MAY_EXCLUDE, ElementRole.MAY_EXTEND)
        return tuple(row for row in optional if row.provision == provision or row.provision.startswith(f"{provision}("))

    def to_json(self) -> dict[str, object]:
        """Return the set as JSON values."""
        return {
            "instrument": self.instrument,
            "offence": self.offence,
            "elements": [
                {
                    "element": row.element,
                    "role": row.role.value,
                    "provision": row.provision,
                    "paraphrase": row.paraphrase,
                    "grade": row.grade_detail,
                }
                for row in self.elements
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedElement:
    """One element with the roles that it plays in two offences; an empty side does not know it."""

    element: str
    here: tuple[ElementRole, ...]
    there: tuple[ElementRole, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementComparison:
    """Two offences, element by element.

    An element that must be there on one side only makes that side's offence narrower; a variant that one side alone
    knows makes it wider. `missing_here` must be there only for `there`, and the other way round.
    """

    here: ElementSet
    there: ElementSet
    lines: tuple[ComparedElement, ...]

    @property
    def same_core(self) -> tuple[str, ...]:
        """What must be there on both sides."""
        return self._in(ElementRole.CORE, here=True, there=True)

    @property
    def missing_here(self) -> tuple[str, ...]:
        """What must be there only on the other side."""
        return self._in(ElementRole.CORE, here=False, there=True)

    @property
    def missing_there(self) -> tuple[str, ...]:
        """What must be there only on this side."""
        return self._in(ElementRole.CORE, here=True, there=False)

    @property
    def variants_only_here(self) -> tuple[str, ...]:
        """The ways that only this side names."""
        return self._in(ElementRole.VARIANT, here=True, there=False)

    @property
    def variants_only_there(self) -> tuple[str, ...]:
        """The ways that only the other side names."""
        return self._in(ElementRole.VARIANT, here=False, there=True)

    @property
    def optional(self) -> tuple[ComparedElement, ...]:
        """What a state on either side may require, add or leave out."""
        kinds = {ElementRole.MAY_REQUIRE, ElementRole.MAY_EXTEND, ElementRole.MAY_EXCLUDE}
        return tuple(line for line in self.lines if kinds & {*line.here, *line.there})

    @property
    def same(self) -> bool:
        """True when neither side's text is narrower or wider in what must be there and in its ways."""
        return not (self.missing_here or self.missing_there or self.variants_only_here or self.variants_only_there)

    def to_json(self) -> dict[str, object]:
        """Return the comparison as JSON values."""
        return {
            "here": {"instrument": self.here.instrument, "offence": self.here.offence},
            "there": {"instrument": self.there.instrument, "offence": self.there.offence},
            "same_core": list(self.same_core),
            "missing_here": list(self.missing_here),
            "missing_there": list(self.missing_there),
            "variants_only_here": list(self.variants_only_here),
            "variants_only_there": list(self.variants_only_there),
            "optional": [
                {
                    "element": line.element,
                    "here": [role.value for role in line.here],
                    "there": [role.value for role in line.there],
                }
                for line in self.optional
            ],
        }

    def _in(self, role: ElementRole, *, here: bool, there: bool) -> tuple[str, ...]:
        return tuple(
            line.element for line in self.lines if (role in line.here) is here and (role in line.there) is there
        )


def article(provision: str) -> str:
    """Return the article to which a provision belongs."""
    return provision.partition("(")[0]


def weakest(rows: Iterable[Evidence]) -> Evidence:
    """Return the first of the rows that rest on the weakest evidence; there must be one."""
    return max(rows, key=lambda row: tuple(Grade).index(row.grade))


def compare(here: ElementSet, there: ElementSet) -> ElementComparison:
    """Return two offences element by element: first those of `here`, then what only `there` knows."""
    known = dict.fromkeys(row.element for row in (*here.elements, *there.elements))
    return ElementComparison(
        here=here,
        there=there,
        lines=tuple(
            ComparedElement(element=code, here=_roles(here, code), there=_roles(there, code)) for code in known
        ),
    )


def element_set(instrument: str, provision: str) -> ElementSet:
    """Return the elements of the offence article to which a provision belongs.

    Raises:
        NotFoundError: the tables hold no elements for that article.
    """
    found = find_element_set(instrument, provision)
    if found is None:
        raise NotFoundError(f"elements.csv holds no offence of article {article(provision)} of {instrument!r}")
    return found


def find_element_set(instrument: str, provision: str) -> ElementSet | None:
    """Return the elements of the offence article to which a provision belongs, or None where there are none."""
    return load_element_sets().get((instrument, article(provision)))


@cache
def load_element_sets() -> Mapping[tuple[str, str], ElementSet]:
    """Return every offence of elements.csv by instrument and article.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    rows = load_table("comity.law", "elements.csv", columns=_COLUMNS, build=build_element)
    return _grouped(rows, "law/reference/elements.csv")


def parse_element_sets(data: bytes, *, where: str) -> Mapping[tuple[str, str], ElementSet]:
    """Read offences from a table in the format of elements.csv.

    Raises:
        MalformedError: it does not follow its format.
    """
    return _grouped(parse_table(data, where=where, columns=_COLUMNS, build=build_element), where)


def build_element(fields: Fields) -> Element:
    """Build one row of elements.csv.

    Raises:
        MalformedError: a value is not allowed.
    """
    code = fields.text("element")
    if _CODE.fullmatch(code) is None:
        fields.refuse(f"element {code!r} must be lower-case words joined by single underscores")
    try:
        provision = check_provision(fields.text("provision"))
    except MalformedError as exc:
        fields.refuse(exc.message)
    return Element(
        instrument=fields.text("instrument"),
        provision=provision,
        element=code,
        role=fields.choice("role", ElementRole),
        paraphrase=fields.text("paraphrase"),
        **fields.evidence(),
    )


def _grouped(rows: tuple[Element, ...], where: str) -> Mapping[tuple[str, str], ElementSet]:
    groups: dict[tuple[str, str], list[Element]] = {}
    for row in rows:
        group = groups.setdefault((row.instrument, row.offence), [])
        if any(other.element == row.element and other.role is row.role for other in group):
            raise MalformedError(f"{where} repeats {row.element} as {row.role} in {row.instrument} {row.offence}")
        group.append(row)
    for (instrument, offence), group in groups.items():
        if not any(row.role is ElementRole.CORE for row in group):
            raise MalformedError(f"{where} names nothing that must be there in {instrument} {offence}; add its core")
    return MappingProxyType(
        {key: ElementSet(instrument=key[0], offence=key[1], elements=tuple(group)) for key, group in groups.items()}
    )


def _roles(offence: ElementSet, code: str) -> tuple[ElementRole, ...]:
    return tuple(row.role for row in offence.elements if row.element == code)
