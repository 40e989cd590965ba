"""Makes a dossier out of what this node holds: statements, openings, proofs, keys around them, exhibits.

The asker opens exhibits with its delivery identity while they are written; the asked has only encrypted bytes and
makes a dossier without them.
"""

import io
from collections.abc import Iterable
from typing import BinaryIO, Final

from comity.age.stream import open_age
from comity.errors import MalformedError, NotFoundError, PolicyError, UnavailableError, VerificationError
from comity.exchange.dossier import (
    Dossier,
    DossierExhibit,
    DossierKeys,
    DossierStatement,
    default_withheld,
    keys_around,
    write_dossier,
)
from comity.exchange.dossier_head import Profile
from comity.exchange.package import decrypt_exhibit
from comity.exchange.statements import Exhibit
from comity.log.designations import kept_designations
from comity.node import records
from comity.node.context import Node
from comity.node.desk import case_view
from comity.node.exhibits import ChunkReader, open_blob

_BUFFER_BYTES: Final = 1024 * 1024


def write_case_dossier(node: Node, case: str, target: BinaryIO, *, profile: str, logged_only: bool = False) -> None:
    """Write the dossier of a case to `target`.

    With `logged_only` statements that their issuer has not logged are left out, and what follows them: a peer that
    delivers and never logs must not be able to keep a case from court.

    Raises:
        MalformedError: there is no such profile.
        UnavailableError: a statement is not yet covered by a witnessed checkpoint, or an exhibit has not arrived.
        NotFoundError: the case is not held here.
        PolicyError: custody of an exhibit has a gap.
    """
    try:
        chosen = Profile(profile)
    except ValueError as exc:
        raise MalformedError(f"profile {profile!r} is none of {', '.join(Profile)}") from exc
    with node.database.reading() as reader:
        held = records.case_records(reader, case)
    view = case_view(node, case, logged_only=logged_only)
    gaps = [state.custody_gap for state in view.exhibits if state.custody_gap is not None]
    if gaps:
        raise PolicyError(f"{gaps[0]}; a dossier with such a gap would be refused: record what is missing first")
    wanted = {item.id for item in view.timeline}
    statements: list[DossierStatement] = []
    places: dict[str, list[int]] = {}
    for record in held:
        if record.id not in wanted:
            continue
        if record.log_index is None or record.proof is None:
            raise UnavailableError(
                f"the {record.statement.kind} of {record.issuer} is not covered by a witnessed checkpoint yet; "
                "try again after the next one, or leave out what is not logged",
                retry_after_seconds=2,
            )
        places.setdefault(record.issuer, []).append(record.log_index)
        statements.append(DossierStatement(spoken=record.spoken, proof=record.proof))
    exhibits: tuple[DossierExhibit, ...] = ()
    if view.asker == node.authority:
        # What never arrived, or is not what the package states, is left out and shows as left out: a party that sends
        # nothing, or something else, must not be able to keep the case from court.
        exhibits = tuple(
            _exhibit(node, state.package, state.exhibit) for state in view.exhibits if _is_whole(node, state.exhibit)
        )
    write_dossier(
        target,
        Dossier(
            case=case,
            profile=chosen,
            made_by=node.authority,
            made_at=node.now(),
            statements=tuple(statements),
            keys=tuple(key for issuer, indices in places.items() for key in keys_for(node, issuer, indices)),
            exhibits=exhibits,
            withheld=default_withheld(chosen, statements),
        ),
    )


def keys_for(node: Node, authority: str, indices: Iterable[int]) -> list[DossierKeys]:
    """Return the `keys` statements of an authority that a reader needs for statements at these entries.

    Raises:
        VerificationError: none stands before one of the entries, or those known do not follow each other.
    """
    numbers = keys_around(node.history(authority), indices)
    with node.database.reading() as reader:
        known = kept_designations(reader, authority)
    return [
        DossierKeys(envelope=record.envelope, proof=record.proof)
        for record in known
        if record.designation.number in numbers and record.proof is not None
    ]


def _is_whole(node: Node, exhibit: Exhibit) -> bool:
    try:
        with open_blob(node, exhibit) as source:
            decrypt_exhibit(source, None, node.keys.deliveries, exhibit)
    except (NotFoundError, VerificationError, MalformedError):
        return False
    return True


def _exhibit(node: Node, package: str, exhibit: Exhibit) -> DossierExhibit:
    def opened() -> BinaryIO:
        pieces = open_age(open_blob(node, exhibit), node.keys.deliveries)
        return io.BufferedReader(ChunkReader(pieces), _BUFFER_BYTES)

    return DossierExhibit(package=package, exhibit=exhibit.exhibit, open=opened)
