"""Who can ask whom: two participants of which neither is the other, or within one state with it."""

from datetime import date

from comity.errors import PolicyError
from comity.parties.participants import participant


def check_pair(asker: str, asked: str, on: date) -> None:
    """Refuse a pair that is one participant, or within one state on the day.

    Raises:
        NotFoundError: a participant is unknown.
        PolicyError: asker and asked are the same, a state and its territory, or territories of one state.
    """
    if asker == asked:
        raise PolicyError(f"{asker} cannot ask itself; asker and asked must differ")
    state = _state(asker, on)
    if state == _state(asked, on):
        raise PolicyError(
            f"{asker} and {asked} belong to one state, {state}; what passes between them is a matter of its own law"
        )


def _state(code: str, on: date) -> str:
    who = participant(code)
    then = who.responsible_since is None or who.responsible_since <= on
    return who.responsible if who.responsible is not None and then else code
