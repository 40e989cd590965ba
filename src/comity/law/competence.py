"""Competence: whether the two authorities are bodies that may ask and be asked under an option.

What an authority is competent for it says itself, in its `keys` statement, in the words of `Channel`. One that names
none has not said, which is no refusal; one that names other competences only is told where the request belongs.
"""

from collections.abc import Iterable

from comity.errors import PolicyError
from comity.law.model import Channel
from comity.law.option import BasisOption
from comity.law.reason import Reason, graded


def check_competence(option: BasisOption, asker: Iterable[str], asked: Iterable[str]) -> list[Reason]:
    """Return what remains to be seen of the competence of two authorities, of which each names the words given.

    Raises:
        PolicyError: an authority names competences, and none of those that the article lets ask, or be asked.
    """
    if option.carrier is None:
        return []
    carrier = option.carrier
    warnings = []
    for side, act, named, wanted in (
        ("asker", "sends such a request", frozenset(asker), option.askers),
        ("asked", "receives such a request", frozenset(asked), option.channels),
    ):
        if not wanted or not named.isdisjoint(wanted):
            continue
        who = _any_of(wanted)
        article = f"{option.instrument.short_title} article {carrier.channel_provision}"
        if not named:
            code, text = "competence_not_told", f"the {side} names no competence; by {article} {who} {act}"
        else:
            has = ", ".join(sorted(named))
            code, text = "competence_lacking", f"by {article} {who} {act}, the {side} names {has} only"
            if carrier.grade.binding:
                raise PolicyError(f"{text}; send it between competent authorities")
        warnings.append(graded(carrier, code=code, text=text, provision=carrier.channel_provision))
    return warnings


def _any_of(channels: Iterable[Channel]) -> str:
    return " or ".join(f"a {channel.value}" for channel in channels)
