"""A viewer's recognition of a fictitious authority."""

from datetime import UTC, datetime

from comity.kernel.key import KeyPair
from comity.kernel.trust import Checked, Recognition
from support.logs import pair, policy_of


def recognition_of(log: KeyPair) -> Recognition:
    authority = log.public.authority
    return Recognition(
        authority=authority,
        participant=authority[:3].upper(),
        root=pair(f"{authority}/root").public,
        log=log.public,
        policy=policy_of(log),
        url=f"https://{authority}.example",
        checked=next(iter(Checked)),
        checked_on=datetime(2026, 1, 1, tzinfo=UTC),
    )
