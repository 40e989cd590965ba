"""The logs that an observatory follows: pulled into a database of its own, and read as verified statements.

Whose log is whose, the observatory's own trust folder says; nothing that a log serves is taken on anybody's word. What
a statement becomes in a ledger, `receiving` decides.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from comity.conduct.inquiry.statements import KINDS as INQUIRY_KINDS
from comity.conduct.inquiry.trail_calls import OUTSIDE_KINDS
from comity.conduct.inquiry.trail_gathering import trail_statements
from comity.conduct.inquiry.trail_writing import Trail, TrailDossier, TrailStatement
from comity.errors import MalformedError, PolicyError, VerificationError
from comity.exchange.dossier import DossierKeys, keys_around
from comity.exchange.view import Held, Position
from comity.kernel.trust import Recognition
from comity.log.designations import kept_designations, key_history
from comity.log.followed import FollowedLog, kept_evidence
from comity.log.follower import PeerHead
from comity.log.public_statements import PublicRead, PublicStatement, read_followed
from comity.log.reader import Fetch
from comity.store.migration import migrate
from comity.store.sqlite import SqliteDatabase

_OF_A_TRAIL: Final = frozenset({*INQUIRY_KINDS, *OUTSIDE_KINDS})


def held_of(item: PublicStatement) -> Held:
    """Return a verified public statement as views take it."""
    place = Position(origin=item.origin, index=item.index, logged_by=item.logged_by)
    return Held(id=item.id, statement=item.statement, position=place)


class FollowedLogs:
    """The followed logs of an observatory; open them with `FollowedLogs.open`, and close them."""

    def __init__(self, database: SqliteDatabase, trust: Mapping[str, Recognition], *, exercise: bool) -> None:
        self._database = database
        self.trust = trust
        self._exercise = exercise

    @classmethod
    def open(cls, path: Path, trust: Mapping[str, Recognition], *, exercise: bool) -> Self:
        """Open the database of followed logs, which is made where there is none.

        Raises:
            StoreError: the file is no database, or another version's.
        """
        database = SqliteDatabase(path)
        try:
            migrate(database)
        except BaseException:
            database.close()
            raise
        return cls(database, trust, exercise=exercise)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def pull(self, authority: str, fetch: Fetch, *, now: int) -> PeerHead:
        """Bring the copy of an authority's log up to date; `now` is POSIX seconds, kept with evidence.

        Raises:
            PolicyError: the authority is not in the trust folder.
            Error: whatever following a log raises; what was verified before stays kept.
        """
        return FollowedLog(self.recognition(authority), fetch=fetch, database=self._database).pull(now=now)

    def recognition(self, authority: str) -> Recognition:
        """Return what the observatory holds of an authority.

        Raises:
            PolicyError: the authority is not in its trust folder.
        """
        if authority not in self.trust:
            raise PolicyError(f"{authority} is not in the trust folder of the observatory; add its card first")
        return self.trust[authority]

    def evidence(self, authority: str) -> list[bytes]:
        """Return the evidence of misbehaviour of an authority that was found in following its log."""
        with self._database.reading() as reader:
            return [data for _, data in kept_evidence(reader, authority)]

    def statements(self, kinds: Collection[str] | None = None) -> Iterator[PublicRead]:
        """Yield what is held of every followed log, some statements at a time, by the authority's name.

        With `kinds` only statements of these are verified and given. One that is logged again is given at its first
        place alone. A log whose `keys` statements do not follow each other gives a note and no statement.
        """
        for recognition in self.trust.values():
            given: set[str] = set()
            start: int | None = 0
            while start is not None:
                try:
                    with self._database.reading() as reader:
                        found = read_followed(reader, recognition, exercise=self._exercise, start=start, kinds=kinds)
                except (MalformedError, PolicyError, VerificationError) as exc:
                    found = PublicRead(statements=(), notes=(f"{recognition.log.name}: {exc.message}",), following=None)
                fresh = []
                for item in found.statements:
                    if item.id not in given:
                        given.add(item.id)
                        fresh.append(item)
                yield replace(found, statements=tuple(fresh))
                start = found.following

    def trail(
        self, inquiry: str, *, made_by: str | None, made_at: datetime, dossiers: Sequence[TrailDossier] = ()
    ) -> Trail:
        """Return the trail of a published finding, from what the followed logs hold; `write_trail` writes it.

        Without `made_by` the issuer of the mandate makes it.

        Raises:
            NotFoundError: its mandate is not held.
            PolicyError: no inquiry begins with it.
            VerificationError: the `keys` statements of an issuer do not follow each other.
        """
        by_id = {item.id: item for read in self.statements(_OF_A_TRAIL) for item in read.statements}
        wanted = [by_id[item.id] for item in trail_statements(inquiry, map(held_of, by_id.values()))]
        places: dict[str, list[int]] = {}
        for item in wanted:
            places.setdefault(item.statement.issuer, []).append(item.index)
        return Trail(
            inquiry=inquiry,
            made_by=by_id[inquiry].statement.issuer if made_by is None else made_by,
            made_at=made_at,
            statements=tuple(
                TrailStatement(envelope=item.envelope, proof=item.proof, logged_by=item.logged_by) for item in wanted
            ),
            keys=tuple(key for issuer, indices in places.items() for key in self._keys(issuer, indices)),
            dossiers=tuple(dossiers),
        )

    def _keys(self, authority: str, indices: list[int]) -> Iterator[DossierKeys]:
        with self._database.reading() as reader:
            numbers = keys_around(key_history(reader, authority), indices)
            known = kept_designations(reader, authority)
        for record in known:
            if record.designation.number in numbers and record.proof is not None:
                yield DossierKeys(envelope=record.envelope, proof=record.proof)
