"""The answer about a damaged cable: states, rules and notes as data, and the same as lines for a page.

`sea` makes it; nothing here decides anything.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from comity.law.reason import Reason
from comity.law.sea.zones import Intent, Role, Who, Zone
from comity.law.standings import Status

_CONDUCT = "cable-damage"
_WHO = {Who.COASTAL: "coastal State", Who.FLAG: "flag", Who.CREW_STATE: "State of the crew", Who.ALL: "every State"}
_SECTIONS = (
    (Role.REACH, "How the zone stands"),
    (Role.PRESCRIBE, "Who may make law"),
    (Role.ENFORCE, "Who may act"),
    (Role.LIMIT, "Limits"),
    (Role.DUTY, "Duties"),
    (Role.FREEDOM, "Freedoms"),
    (Role.GAP, "What is not said"),
)


class Hold(StrEnum):
    """Whether an instrument binds two states: by confirmed acts, perhaps, or not by any act loaded."""

    BOUND = "bound"
    UNSURE = "unsure"
    NOT_BOUND = "not_bound"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeaReason(Reason):
    """A reason that also names its instrument."""

    instrument: str | None = None
    title: str | None = None

    @property
    def article(self) -> str:
        """Instrument and article for people, empty where there is none."""
        return "" if self.title is None else f"{self.title} {self.provision}" if self.provision else self.title

    def to_json(self) -> dict[str, str]:
        """Return the members that are known."""
        return Reason.to_json(self) | ({} if self.instrument is None else {"instrument": self.instrument})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bond:
    """Whether one instrument binds two states on the day, since when, and why."""

    states: tuple[str, str]
    instrument: str
    hold: Hold
    since: date | None
    reason: SeaReason

    def to_json(self) -> dict[str, object]:
        """Return the bond as JSON values."""
        return {
            "states": list(self.states),
            "instrument": self.instrument,
            "hold": self.hold.value,
            "since": None if self.since is None else self.since.isoformat(),
            "reason": self.reason.to_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedRule:
    """A rule of the zone, and the pairs of states between which it binds.

    It is not `sure` where only unconfirmed acts bind one of them, or where its provision rests on memory.
    """

    role: Role
    who: Who
    states: tuple[str, ...]
    between: tuple[tuple[str, str], ...]
    sure: bool
    reason: SeaReason

    def to_json(self) -> dict[str, object]:
        """Return the rule as JSON values."""
        return {
            "role": self.role.value,
            "who": self.who.value,
            "states": list(self.states),
            "between": [list(pair) for pair in self.between],
            "sure": self.sure,
            "reason": self.reason.to_json(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRoute:
    """Where electronic evidence is asked for: the question about assistance between asker and asked."""

    asker: str
    asked: str
    on: date

    @property
    def command(self) -> str:
        """The command that answers which instrument can carry the request."""
        return f"comity law basis {self.asker} {self.asked} --conduct {_CONDUCT} --on {self.on}"

    def to_json(self) -> dict[str, str]:
        """Return the route as JSON values."""
        return {"asker": self.asker, "asked": self.asked, "command": self.command}


@dataclass(frozen=True, slots=True, kw_only=True)
class CableAnswer:
    """Who is bound, what may and must be done, what is missing, and where evidence is asked for.

    `governing` is the general law-of-the-sea instrument between flag and asker, None where none loaded may bind both;
    `bonds` say how sure that is.
    """

    zone: Zone
    coastal: str | None
    flag: str
    asker: str
    crew: tuple[str, ...]
    on: date
    intent: Intent
    governing: str | None
    bonds: tuple[Bond, ...]
    standings: tuple[Status, ...]
    rules: tuple[AppliedRule, ...]
    notes: tuple[SeaReason, ...]
    evidence: tuple[EvidenceRoute, ...]
    summary: str

    def of(self, role: Role, *who: Who) -> tuple[AppliedRule, ...]:
        """Return the rules of a role, about some or about anyone."""
        return tuple(rule for rule in self.rules if rule.role is role and (not who or rule.who in who))

    @property
    def flag_duties(self) -> tuple[AppliedRule, ...]:
        """What the flag and the States of the crew must do."""
        return self.of(Role.DUTY, Who.FLAG, Who.CREW_STATE)

    @property
    def civil_duties(self) -> tuple[AppliedRule, ...]:
        """What every State's law must give those who bear the loss."""
        return self.of(Role.DUTY, Who.ALL)

    @property
    def gaps(self) -> tuple[AppliedRule, ...]:
        """What the instruments that apply do not say."""
        return self.of(Role.GAP)

    def note(self, code: str) -> SeaReason | None:
        """Return the first note with a code, if there is one."""
        return next((note for note in self.notes if note.code == code), None)

    def to_json(self) -> dict[str, object]:
        """Return the answer as JSON values."""
        return {
            "zone": self.zone.value,
            "coastal": self.coastal,
            "flag": self.flag,
            "asker": self.asker,
            "crew": list(self.crew),
            "on": self.on.isoformat(),
            "intent": self.intent.value,
            "governing": self.governing,
            "summary": self.summary,
            "bonds": [bond.to_json() for bond in self.bonds],
            "standings": [found.to_json() for found in self.standings],
            "rules": [rule.to_json() for rule in self.rules],
            "notes": [note.to_json() for note in self.notes],
            "evidence": [route.to_json() for route in self.evidence],
        }


def lines(answer: CableAnswer) -> list[str]:
    """Return the answer for a page, one line an entry."""
    page = [f"{answer.summary} (on {answer.on}, asked by {answer.asker}, {answer.intent.value})", "", "Who is bound"]
    page.extend(f"  {bond.reason.title} {bond.reason.text}" for bond in answer.bonds)
    for role, heading in _SECTIONS:
        rules = answer.of(role)
        if rules:
            page.extend(("", heading, *(f"  {_rule_line(rule, answer.asker)}" for rule in rules)))
    if answer.notes:
        page.extend(("", "Notes"))
        page.extend(f"  {note.title + ': ' if note.title else ''}{note.line}" for note in answer.notes)
    if answer.evidence:
        page.extend(("", "Electronic evidence about the cut goes by assistance, not by the law of the sea"))
        page.extend(f"  {route.command}" for route in answer.evidence)
    return page


def _rule_line(rule: AppliedRule, asker: str) -> str:
    about = ", ".join(rule.states) if rule.states else _WHO[rule.who]
    doubt = "" if rule.sure else "not sure: "
    told = bool(rule.states) or rule.role is Role.DUTY or rule.who is not Who.ALL
    named = f"{about}: " if told and rule.role not in {Role.REACH, Role.GAP} else ""
    others = rule.who is not Who.COASTAL and all(asker not in pair for pair in rule.between)
    only = f" (between {' and '.join(dict.fromkeys(rule.between[0]))} only)" if others else ""
    return f"{rule.reason.article}: {doubt}{named}{rule.reason.line}{only}"
