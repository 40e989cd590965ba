"""What participants attached to an instrument, and what they tell others about working with them, for one request.

Reservations, declarations and designations are acts towards the instrument; profiles are what a participant tells
besides. Both sides' are shown: what the asked reserved limits the answer, and what the asker reserved the asked may
hold against it (Vienna Convention on the Law of Treaties, article 21). What is not confirmed, or rests on memory, is
told and decides nothing.
"""

from collections.abc import Iterable
from datetime import date

from comity.law.clocks import Clock, ClockCalendar, ClockCharacter, ClockEvent, ClockKind
from comity.law.model import Act, ActSort, Channel, Confidence, Oral, ProfileAspect, article_of, lies_within
from comity.law.reason import Reason, graded
from comity.law.register import Register
from comity.law.rows import Action, Carrier, Conduct, ProfileEntry
from comity.law.standings import Status


def remarks_on(carrier: Carrier, conduct: Conduct | None, parties: Iterable[Status]) -> list[Reason]:
    """Return the remarks of the parties that concern the articles by which a request would go, and those on none.

    A remark about somebody else, such as an objection to a third state, is none of theirs.
    """
    pair = tuple(parties)
    names = {party.participant for party in pair}
    articles = {
        article_of(provision)
        for provision in (
            carrier.provision,
            carrier.channel_provision,
            carrier.dual_provision,
            carrier.reservation_provision,
            carrier.reach_provision,
            carrier.language_provision,
            None if conduct is None else conduct.provision,
        )
        if provision is not None
    }
    return [
        graded(act, code=act.act.value, text=remark_text(act), provision=act.provision)
        for party in pair
        for act in party.remarks
        if (act.about is None or act.about in names)
        and (act.provision is None or article_of(act.provision) in articles)
    ]


def remark_text(act: Action) -> str:
    """Return a reservation, declaration or the like as a sentence."""
    article = "" if act.provision is None else f" on article {act.provision}"
    about = "" if act.about is None else f" about {act.about}"
    note = "" if act.note is None else f": {act.note}"
    a = "an" if act.act.label[0] in "aeiou" else "a"
    return f"{act.participant} made {a} {act.act.label}{article}{about} {act.when} ({act.confidence}){note}"


def reserved(act_holder: Status, provision: str) -> bool:
    """Whether a participant holds a confirmed reservation on a provision or on the whole paragraph or article."""
    return any(_decides(act) for act in reservations_on(act_holder, provision))


def reservations_on(act_holder: Status, provision: str) -> tuple[Action, ...]:
    """Return the reservations of a participant on a provision or its paragraph or article, however well known."""
    return tuple(
        act
        for act in act_holder.remarks
        if act.act is Act.RESERVATION
        and act.about in {None, act_holder.participant}
        and act.provision is not None
        and lies_within(provision, act.provision)
    )


def unseen_reservations(act_holder: Status) -> tuple[Action, ...]:
    """Return the reservations of a participant of which the article was not seen."""
    return tuple(act for act in act_holder.remarks if act.act is Act.RESERVATION and act.provision is None)


def not_loaded(register: Register, instrument: str) -> Reason:
    """Say how far reservations and declarations to an instrument are loaded."""
    known = any(act.act.sort is ActSort.REMARK for act in register.actions_of(instrument))
    if known:
        return Reason(
            code="reservations_partly_loaded",
            text="reservations and declarations are loaded for some participants; others may have made some",
        )
    return Reason(
        code="reservations_not_loaded", text="reservations and declarations of the participants are not loaded"
    )


def profile_reasons(register: Register, carrier: Carrier, asker: str, asked: str, on: date) -> list[Reason]:
    """Return what the asked tells about language, channel, oral requests and the rest, and where it tells nothing."""
    told = [
        _told(row)
        for aspect in ProfileAspect
        if aspect is not ProfileAspect.ANSWERS_WITHIN
        for row in register.profile_of(asked, carrier.instrument, aspect, on)
    ]
    languages = register.profile_of(asked, carrier.instrument, ProfileAspect.LANGUAGE, on)
    if not languages:
        where = "" if carrier.language_provision is None else f" (article {carrier.language_provision})"
        told.append(Reason(code="language_not_told", text=f"the languages that {asked} accepts are not loaded{where}"))
    told.append(oral_reason(register, carrier, asker, asked, on))
    return told


def oral_reason(register: Register, carrier: Carrier, asker: str, asked: str, on: date) -> Reason:
    """Say whether an oral request is open: only where the text lets it be and both profiles say so."""
    if carrier.oral in {None, Oral.NO}:
        text = "the text is not known to allow an oral request" if carrier.oral is None else "no oral request"
        return graded(carrier, code="oral_not_open", text=text, provision=carrier.channel_provision)
    silent = [code for code in (asker, asked) if told_value(register, carrier, code, ProfileAspect.ORAL, on) != "yes"]
    if silent:
        text = f"an oral request needs the agreement of both; none is loaded of {' and '.join(silent)}"
        return graded(carrier, code="oral_not_agreed", text=text, provision=carrier.channel_provision)
    urgent = "in urgency, " if carrier.oral is Oral.URGENT_IF_AGREED else ""
    text = f"{urgent}an oral request is open to both, and is confirmed in writing"
    return graded(carrier, code="oral_open", text=text, provision=carrier.channel_provision)


def told_value(register: Register, carrier: Carrier, code: str, aspect: ProfileAspect, on: date) -> str | None:
    """Return what a participant tells on an aspect, None where it tells nothing, or several things, that may decide."""
    rows = register.profile_of(code, carrier.instrument, aspect, on)
    values = {row.value for row in rows if row.grade.binding}
    return values.pop() if len(values) == 1 else None


def declared_clocks(register: Register, carrier: Carrier, asked: str, on: date) -> tuple[Clock, ...]:
    """Return the periods within which the asked declared to answer, as clocks of that character."""
    clocks = []
    for row in register.profile_of(asked, carrier.instrument, ProfileAspect.ANSWERS_WITHIN, on):
        length, _, unit = row.value.partition(" ")
        clocks.append(
            Clock(
                name=f"{asked.lower()}-answers-within",
                instrument=row.instrument,
                measures=(carrier.measure,),
                provision=None,
                kind=ClockKind.CEILING,
                character=ClockCharacter.DECLARED,
                length=int(length),
                start_event=ClockEvent.RECEIVED,
                ends_with=None,
                calendar=ClockCalendar.HOURS if unit == "hours" else ClockCalendar.CALENDAR_DAYS,
                paraphrase=row.note or f"{asked} declares to answer within {row.value}",
                source=row.source,
                grade=row.grade,
                grade_detail=row.grade_detail,
            )
        )
    return tuple(clocks)


def competence_reason(carrier: Carrier) -> Reason:
    """Say which bodies may ask and which receive."""
    askers = " or ".join(channel.label for channel in carrier.askers)
    channels = " or ".join(channel.label for channel in carrier.channels)
    text = f"goes from the {askers} to the {channels}"
    if carrier.askers == carrier.channels:
        text = f"goes between {' or '.join(_plural(channel) for channel in carrier.channels)}"
    return graded(carrier, code="channel", text=text, provision=carrier.channel_provision)


def _plural(channel: Channel) -> str:
    special = {Channel.CENTRAL_AUTHORITY: "central authorities", Channel.JUDICIAL_AUTHORITY: "judicial authorities"}
    return special.get(channel, channel.label if channel is Channel.POLICE else f"{channel.label}s")


def _decides(act: Action) -> bool:
    return act.confidence is Confidence.CONFIRMED and act.grade.binding


def _told(row: ProfileEntry) -> Reason:
    note = "" if row.note is None else f" ({row.note})"
    text = f"{row.participant} tells of {row.aspect.replace('_', ' ')}: {row.value}{note}"
    return graded(row, code=f"profile_{row.aspect}", text=text, provision=None)
