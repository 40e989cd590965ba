"""What a dossier and other files of its kind are read with: `keys` members, the logs that they show, errors with place.

A file of this kind holds envelopes, proofs and the `keys` statements around them under the same names. Nothing here
believes more than the reader's own recognitions.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from comity.errors import MalformedError, PolicyError, VerificationError
from comity.exchange.container import VerifiedContainer
from comity.exchange.dossier_head import KEYS, PROOF_SUFFIX
from comity.exchange.dossier_log import ShownLog
from comity.kernel.envelope import MAX_ENVELOPE_BYTES, parse_envelope
from comity.kernel.proof import MAX_PROOF_BYTES
from comity.kernel.trust import Recognition

_KEYS_MEMBER: Final = re.compile(rf"{KEYS}(?P<authority>[^/]+)/(?P<number>[1-9][0-9]{{0,8}})\.json", re.ASCII)


@contextmanager
def at_member(member: str) -> Iterator[None]:
    """Name the member in what goes wrong within."""
    try:
        yield
    except (MalformedError, VerificationError, PolicyError) as exc:
        raise type(exc)(f"{member}: {exc.message}") from exc


def keys_members(names: Iterable[str]) -> list[tuple[str, str, int]]:
    """Return the `keys` statements among members, each with the authority and number in its name, sorted."""
    return sorted(
        (name, match["authority"], int(match["number"])) for name in names if (match := _KEYS_MEMBER.fullmatch(name))
    )


class ShownLogs:
    """The logs that one file shows, each against the reader's recognition of its authority."""

    def __init__(self, trust: Mapping[str, Recognition]) -> None:
        self._trust = trust
        self._logs: dict[str, ShownLog] = {}

    def of(self, authority: str) -> ShownLog:
        """Return the log of an authority as far as it was shown.

        Raises:
            PolicyError: the reader does not recognise the authority.
        """
        if authority not in self._logs:
            if authority not in self._trust:
                raise PolicyError(
                    f"{authority} is not in the trust folder; check its root key and add a recognition first"
                )
            self._logs[authority] = ShownLog(self._trust[authority])
        return self._logs[authority]

    def add_keys(self, container: VerifiedContainer, keys: Iterable[tuple[str, str, int]]) -> None:
        """Verify the `keys` statements that `keys_members` found, and keep them.

        Raises:
            MalformedError: envelope or proof break their format; the message names the member.
            VerificationError: another root signed it, its entry is not proved, or it contradicts another.
            PolicyError: the reader does not recognise the authority.
        """
        for name, authority, number in keys:
            with at_member(name):
                envelope = parse_envelope(container.read(name, MAX_ENVELOPE_BYTES))
                proof = container.read(name.removesuffix(".json") + PROOF_SUFFIX, MAX_PROOF_BYTES)
                designation = self.of(authority).add_keys(envelope, proof)
                if (designation.authority, designation.number) != (authority, number):
                    raise VerificationError(f"holds keys statement {designation.number} of {designation.authority}")

    def check_speaking(self, speaking: Iterable[str], what: str) -> None:
        """Refuse keys of an authority that says nothing.

        Raises:
            MalformedError: naming the authority.
        """
        if strangers := sorted(self._logs.keys() - set(speaking)):
            raise MalformedError(f"{KEYS}{strangers[0]}/: keys of an authority that says nothing in this {what}")
