"""Which grounds of refusal are open to the asked in one case, and within what limits.

An instrument gives grounds to everyone; some of them only to who made a reservation, and some only where no other
treaty on assistance applies between the two. `grounds` holds a refusal to the instrument; here nothing is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from comity.errors import MalformedError
from comity.law.binding import reported_to_bind_both
from comity.law.conditions import reservations_on, reserved, unseen_reservations
from comity.law.model import Act, Family, InstrumentKind, Modality, check_provision, lies_within
from comity.law.rows import Carrier, Conduct, Ground
from comity.law.standings import Standings, Status
from comity.parties.table import Fields, Sourced, load_table


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGround:
    """One ground that the asked may have, with what limits it or is not known of it."""

    ground: Ground
    note: str | None

    def to_json(self) -> dict[str, object]:
        """Return the ground as JSON values."""
        row = self.ground
        return {
            "code": row.code.value,
            "article": row.provision,
            "modality": row.modality.value,
            "text": row.paraphrase,
            "note": self.note,
            "grade": row.grade_detail,
            "source": row.source,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundLimit(Sourced):
    """A rule by which the grounds of a provision fall away where another treaty on assistance applies."""

    instrument: str
    grounds: str
    provision: str
    paraphrase: str


@cache
def load_ground_limits() -> tuple[GroundLimit, ...]:
    """Read ground_limits.csv.

    Raises:
        StoreError: the installed file cannot be read.
        MalformedError: it does not follow its format.
    """
    columns = ("instrument", "grounds", "provision", "paraphrase")
    return load_table("comity.law", "ground_limits.csv", columns=columns, build=_build)


def open_grounds(
    standings: Standings, carrier: Carrier, pair: tuple[Status, Status], conduct: Conduct | None
) -> tuple[OpenGround, ...]:
    """Return the grounds that an instrument may give the asked, the second of the pair, in the order of the table.

    A ground that needs a reservation is left out for an offence of the instrument, which no reservation reaches, and
    where reservations of the asked are loaded and none is on it.
    """
    rows = standings.register.grounds_of(carrier.instrument, carrier.measure)
    own = conduct is not None and conduct.provision is not None and conduct.grade.binding
    found = []
    for row in rows:
        notes = list(_limits(standings, row, pair))
        if row.modality is Modality.BY_RESERVATION:
            reservation = None if own else _by_reservation(row, pair[1])
            if reservation is None:
                continue
            notes.append(reservation)
        found.append(OpenGround(ground=row, note="; ".join(notes) or None))
    return tuple(found)


def _by_reservation(row: Ground, asked: Status) -> str | None:
    """Say what is known of the reservation that a ground needs, None where it was not made as far as that is known."""
    code = asked.participant
    if reserved(asked, row.provision):
        return f"{code} reserved it"
    if reservations_on(asked, row.provision):
        return f"a reservation of {code} is reported, not confirmed"
    if unseen_reservations(asked):
        return f"{code} made reservations that were not seen"
    if any(act.act in {Act.RESERVATION, Act.DECLARATION} for act in asked.remarks):
        return None
    return f"reservations of {code} are not loaded"


def _limits(standings: Standings, row: Ground, pair: tuple[Status, Status]) -> Iterator[str]:
    for limit in load_ground_limits():
        if limit.instrument == row.instrument and lies_within(row.provision, limit.grounds):
            weak = f" [{limit.grade_detail}]" if limit.grade.needs_notice else ""
            others = "".join(f"; {words}" for words in _other_treaties(standings, pair))
            yield f"{limit.paraphrase} ({limit.provision}){weak}{others}"


def _other_treaties(standings: Standings, pair: tuple[Status, Status]) -> Iterator[str]:
    """Yield which other treaties on assistance bind both, without those that step back behind others themselves."""
    register = standings.register
    carrying = {row.instrument for row in register.carriers} - {limit.instrument for limit in load_ground_limits()}
    for row in register.instruments:
        treaty = row.family is Family.ASSISTANCE and row.kind is not InstrumentKind.RECIPROCITY
        if treaty and row.key in carrying and row.adopted_by(standings.on):
            first, second = (standings.of(row.key, party.participant) for party in pair)
            if first.bound and second.bound:
                yield f"{row.short_title} binds both"
            elif reported_to_bind_both(standings, row, (first, second)):
                yield f"{row.short_title} is reported to bind both"


def _build(fields: Fields) -> GroundLimit:
    try:
        grounds, provision = (check_provision(fields.text(column)) for column in ("grounds", "provision"))
    except MalformedError as exc:
        fields.refuse(exc.message)
    return GroundLimit(
        instrument=fields.text("instrument"),
        grounds=grounds,
        provision=provision,
        paraphrase=fields.text("paraphrase"),
        **fields.evidence(),
    )
