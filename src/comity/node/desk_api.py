"""The desk's listener: JSON over loopback, for officers with a session. Routes only; decisions are in `desk`.

Every route but `POST /sessions` wants `Authorization: Bearer TOKEN`. The Host header must be loopback, so that no web
page in an officer's browser can reach the desk under another name; there is no cookie, so none can be borrowed.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import Any, Final, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from comity.errors import MalformedError, UnauthenticatedError
from comity.exchange.statements import Answers, Exhibit, ItemId, Line, encode_body
from comity.exchange.view import CaseView
from comity.kernel.canonical import JsonObject, encode_base64, format_time
from comity.log.followed import kept_evidence
from comity.log.public_statements import PublicStatement
from comity.node import desk, records
from comity.node.context import Node
from comity.node.dossiers import keys_for, write_case_dossier
from comity.node.exhibits import Acquired, open_package, package_body, store_exhibit
from comity.node.http import SAFE_HEADERS, Endpoint, guarded, json_response, no_route, read_body
from comity.node.keyring import OfficerKeys
from comity.node.public_statements import read_public
from comity.node.sessions import Sessions
from comity.node.upload import receive_upload
from comity.store.database import Reader

MAX_JSON_BYTES: Final = 1024 * 1024
MAX_LISTED: Final = 500
# Each of these carries its envelope, of half a megabyte at most.
MAX_LISTED_PUBLIC: Final = 50
# Dossiers up to this size are made in memory; larger ones in the system's temporary folder, which holds plain exhibits
# for as long as the answer takes.
_SPOOL_BYTES: Final = 64 * 1024 * 1024
_CHUNK_BYTES: Final = 1024 * 1024

Shape = TypeVar("Shape")
Found = TypeVar("Found")


class NewSession(msgspec.Struct, forbid_unknown_fields=True):
    """Who wants to log in."""

    officer: str
    passphrase: str

    def __repr__(self) -> str:
        """Leave the passphrase out."""
        return f"NewSession(officer={self.officer!r})"


class NewDraft(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A statement to be; without `follows` it follows what nothing follows yet."""

    kind: str
    addressee: str
    body: dict[str, Any]
    case: str | None = None
    follows: list[str] = []


class NewPublicStatement(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A statement to the public, whose body its own room has checked."""

    kind: str
    body: dict[str, Any]
    subject: str | None = None
    follows: list[str] = []


class NewPackage(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Exhibits that were uploaded, as the answer to items of a request."""

    request: str
    items: list[ItemId]
    exhibits: list[Exhibit]
    acquired_from: Line
    acquired_at: str
    why: Line
    conditions: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskParts:
    """What the desk's listener may do beyond the node itself."""

    node: Node
    sessions: Sessions
    check_signing: Callable[[], None]
    """Raises UnavailableError while this node must not sign."""
    publish_now: Callable[[], object]
    """Wakes the sequencer: the urgent override of the checkpoint clock."""
    status: Callable[[], JsonObject]


class _Desk:
    """The desk's routes; each is one call of a decision elsewhere."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        self._node = parts.node

    def for_officer(self, action: Callable[[Request, OfficerKeys], Awaitable[Response]]) -> Endpoint:
        """Let only officers with a session through."""

        async def call(request: Request) -> Response:
            return await action(request, self._parts.sessions.officer(_token(request)))

        return guarded(call)

    async def open_session(self, request: Request) -> Response:
        """Log an officer in."""
        wanted = await _read(request, NewSession)
        token, until = await run_in_threadpool(self._parts.sessions.open, wanted.officer, wanted.passphrase)
        return json_response({"token": token, "until": format_time(until)}, status=201)

    async def close_session(self, request: Request) -> Response:
        """End a session."""
        self._parts.sessions.close(_token(request))
        return json_response({"closed": True})

    async def add_draft(self, request: Request, officer: OfficerKeys) -> Response:
        """Keep a draft."""
        wanted = await _read(request, NewDraft)
        number = await run_in_threadpool(
            lambda: desk.draft(
                self._node,
                officer,
                kind=wanted.kind,
                addressee=wanted.addressee,
                body=wanted.body,
                case=None if wanted.case is None else desk.find_case(self._node, wanted.case),
                follows=wanted.follows,
            )
        )
        return json_response({"draft": number}, status=201)

    async def add_public_statement(self, request: Request, officer: OfficerKeys) -> Response:
        """Keep a draft of a statement to the public."""
        wanted = await _read(request, NewPublicStatement)
        number = await run_in_threadpool(
            lambda: desk.draft_public(
                self._node,
                officer,
                kind=wanted.kind,
                body=wanted.body,
                subject=wanted.subject,
                follows=wanted.follows,
            )
        )
        return json_response({"draft": number}, status=201)

    async def public_statements(self, request: Request, _officer: OfficerKeys) -> Response:
        """Show what an authority whose log is followed here says to the public, from an entry on."""
        authority, start = request.path_params["authority"], _entry(request.query_params.get("from", "0"))
        found = await run_in_threadpool(_public_statements_json, self._node, authority, start)
        return json_response(found)

    async def approve(self, request: Request, officer: OfficerKeys) -> Response:
        """Sign another officer's draft."""
        urgent = request.query_params.get("urgent") == "yes"
        number = request.path_params["number"]
        self._parts.check_signing()
        done = await run_in_threadpool(lambda: desk.approve(self._node, officer, number, urgent=urgent))
        if urgent:
            self._parts.publish_now()
        return json_response({"statement": done.statement, "case": done.case, "remark": done.remark}, status=201)

    async def _reading(self, read: Callable[[Reader], Found]) -> Found:
        """Read the database in a thread: the event loop serves the public as well."""

        def call() -> Found:
            with self._node.database.reading() as reader:
                return read(reader)

        return await run_in_threadpool(call)

    async def drafts(self, _request: Request, _officer: OfficerKeys) -> Response:
        """List what waits for approval."""
        waiting = await self._reading(records.waiting_drafts)
        return json_response([msgspec.to_builtins(draft) for draft in waiting])

    async def cases(self, _request: Request, _officer: OfficerKeys) -> Response:
        """List the cases."""
        rows = await self._reading(lambda reader: reader.all("cases", {"most": MAX_LISTED}))
        listed = [{"case": row[0], "asker": row[1], "issued": row[2], "own": bool(row[3])} for row in rows]
        return json_response(listed)

    async def case(self, request: Request, _officer: OfficerKeys) -> Response:
        """Show a case as of now."""
        found = await run_in_threadpool(_case_json, self._node, request.path_params["case"])
        return json_response(found)

    async def statement(self, request: Request, _officer: OfficerKeys) -> Response:
        """Show a statement and its duties."""
        statement_id = request.path_params["statement"]
        record = await self._reading(lambda reader: records.get_statement(reader, statement_id))
        jobs = await self._reading(lambda reader: reader.all("jobs_of_key", {"key": statement_id}))
        return json_response(_statement_json(record) | {"duties": [_duty(row) for row in jobs]})

    async def add_exhibit(self, request: Request, _officer: OfficerKeys) -> Response:
        """Take an exhibit in, encrypting it on the way."""
        view = await run_in_threadpool(_view, self._node, request.path_params["case"])
        wanted = ("exhibit", "name", "description", "media_type", "label")
        described = {name: request.query_params[name] for name in wanted if name in request.query_params}
        exhibit = await receive_upload(
            request,
            lambda pieces: store_exhibit(
                self._node, case=view.case, asker=view.asker, described=described, pieces=pieces
            ),
        )
        return json_response(encode_body(exhibit), status=201)

    async def add_package(self, request: Request, officer: OfficerKeys) -> Response:
        """Draft the package that answers a request."""
        wanted = await _read(request, NewPackage)
        view = await run_in_threadpool(_view, self._node, request.path_params["case"])
        acquired = Acquired(source=wanted.acquired_from, by=officer.officer, at=wanted.acquired_at, why=wanted.why)
        body = package_body(
            self._node,
            answers=Answers(request=wanted.request, items=wanted.items),
            exhibits=wanted.exhibits,
            acquired={exhibit.exhibit: acquired for exhibit in wanted.exhibits},
            asker=view.asker,
            officer=officer.officer,
            conditions=wanted.conditions,
        )
        number = await run_in_threadpool(
            lambda: desk.draft(self._node, officer, kind="package", addressee=view.asker, body=body, case=view.case)
        )
        return json_response({"draft": number}, status=201)

    async def open_exhibits(self, request: Request, officer: OfficerKeys) -> Response:
        """Open a package and draft what was found."""
        package_id = request.path_params["package"]
        kind, body = await run_in_threadpool(open_package, self._node, package_id, officer.officer)
        with self._node.database.reading() as reader:
            record = records.get_statement(reader, package_id)
        number = await run_in_threadpool(
            lambda: desk.draft(self._node, officer, kind=kind, addressee=record.issuer, body=body, case=record.case)
        )
        return json_response({"draft": number, "kind": kind}, status=201)

    async def dossier(self, request: Request, _officer: OfficerKeys) -> Response:
        """Make a dossier of a case."""
        view = await run_in_threadpool(_view, self._node, request.path_params["case"])
        profile = request.query_params.get("profile", "full")
        logged_only = request.query_params.get("logged_only") == "yes"
        spool: Any = SpooledTemporaryFile(max_size=_SPOOL_BYTES)  # noqa: SIM115 - the response closes it
        try:
            await run_in_threadpool(
                write_case_dossier, self._node, view.case, spool, profile=profile, logged_only=logged_only
            )
        except BaseException:
            spool.close()
            raise
        size = spool.tell()
        spool.seek(0)

        def chunks() -> Iterator[bytes]:
            with spool:
                while chunk := spool.read(_CHUNK_BYTES):
                    yield chunk

        headers = SAFE_HEADERS | {"cache-control": "no-store", "content-length": str(size)}
        return StreamingResponse(iterate_in_threadpool(chunks()), media_type="application/zip", headers=headers)

    async def refusals(self, _request: Request, _officer: OfficerKeys) -> Response:
        """List refused deliveries."""
        rows = await self._reading(lambda reader: reader.all("refusals", {"most": MAX_LISTED}))
        return json_response([dict(zip(("at", "digest", "code", "message"), row, strict=True)) for row in rows])

    async def failed(self, _request: Request, _officer: OfficerKeys) -> Response:
        """List duties that were refused for good."""
        rows = await self._reading(lambda reader: reader.all("jobs_failed"))
        return json_response(
            [dict(zip(("id", "kind", "key", "addressee", "problem"), row, strict=True)) for row in rows]
        )

    async def evidence(self, request: Request, _officer: OfficerKeys) -> Response:
        """List evidence against an authority."""
        authority = request.path_params["authority"]
        found = await self._reading(lambda reader: kept_evidence(reader, authority))
        return json_response([{"found": at, "evidence": data.decode()} for at, data in found])

    async def status(self, _request: Request, _officer: OfficerKeys) -> Response:
        """Say how the node is."""
        return json_response(await run_in_threadpool(self._parts.status))


def desk_app(parts: DeskParts) -> Starlette:
    """Return the desk listener's application."""
    desk_routes = _Desk(parts)
    routes = [
        Route("/sessions", guarded(desk_routes.open_session), methods=["POST"]),
        Route("/sessions", guarded(desk_routes.close_session), methods=["DELETE"]),
        Route("/drafts", desk_routes.for_officer(desk_routes.add_draft), methods=["POST"]),
        Route("/drafts", desk_routes.for_officer(desk_routes.drafts), methods=["GET"]),
        Route("/drafts/{number:int}/approve", desk_routes.for_officer(desk_routes.approve), methods=["POST"]),
        Route("/public-statements", desk_routes.for_officer(desk_routes.add_public_statement), methods=["POST"]),
        Route(
            "/public-statements/{authority}", desk_routes.for_officer(desk_routes.public_statements), methods=["GET"]
        ),
        Route("/cases", desk_routes.for_officer(desk_routes.cases), methods=["GET"]),
        Route("/cases/{case}", desk_routes.for_officer(desk_routes.case), methods=["GET"]),
        Route("/cases/{case}/exhibits", desk_routes.for_officer(desk_routes.add_exhibit), methods=["POST"]),
        Route("/cases/{case}/packages", desk_routes.for_officer(desk_routes.add_package), methods=["POST"]),
        Route("/cases/{case}/dossier", desk_routes.for_officer(desk_routes.dossier), methods=["GET"]),
        Route("/packages/{package}/open", desk_routes.for_officer(desk_routes.open_exhibits), methods=["POST"]),
        Route("/statements/{statement}", desk_routes.for_officer(desk_routes.statement), methods=["GET"]),
        Route("/refusals", desk_routes.for_officer(desk_routes.refusals), methods=["GET"]),
        Route("/duties/failed", desk_routes.for_officer(desk_routes.failed), methods=["GET"]),
        Route("/evidence/{authority}", desk_routes.for_officer(desk_routes.evidence), methods=["GET"]),
        Route("/status", desk_routes.for_officer(desk_routes.status), methods=["GET"]),
    ]
    hosts = ["127.0.0.1", "localhost", "[::1]"]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)],
        exception_handlers={HTTPException: no_route},
    )
    app.router.redirect_slashes = False
    return app


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError("no session; log in and send its token")
    return token


async def _read(request: Request, shape: type[Shape]) -> Shape:
    data = await read_body(request, MAX_JSON_BYTES)
    try:
        return msgspec.json.decode(data, type=shape)
    except msgspec.DecodeError as exc:
        raise MalformedError(f"request body: {exc}") from exc
    except (ValueError, RecursionError) as exc:
        raise MalformedError("request body: not JSON in UTF-8, or nested too deep") from exc


def _view(node: Node, beginning: str) -> CaseView:
    return desk.case_view(node, desk.find_case(node, beginning))


def _case_json(node: Node, beginning: str) -> JsonObject:
    view = _view(node, beginning)
    with node.database.reading() as reader:
        held = {record.id: record for record in records.case_records(reader, view.case)}
        arrived = {row[0]: bool(row[5]) for row in reader.all("exhibits_of_case", {"case_id": view.case})}
    shown: Any = msgspec.to_builtins(view)
    shown["timeline"] = [_statement_json(held[item.id]) for item in view.timeline]
    for exhibit in shown["exhibits"]:
        exhibit["arrived"] = arrived.get(exhibit["exhibit"]["encrypted_digest"], False)
    return dict(shown)


def _statement_json(record: records.Record) -> JsonObject:
    statement = record.statement
    return {
        "id": record.id,
        "kind": statement.kind,
        "issuer": statement.issuer,
        "to": list(statement.to),
        "issued": format_time(statement.issued),
        "follows": list(statement.follows),
        "body": statement.body,
        "log_index": record.log_index,
        "logged_by": record.logged_by,
        "receipt": record.receipt,
        "problem": record.problem,
    }


def _public_statements_json(node: Node, authority: str, start: int) -> JsonObject:
    """Return public statements with the `keys` statements around them: all that a reader outside needs."""
    found = read_public(node, authority, start=start, most=MAX_LISTED_PUBLIC)
    keys = keys_for(node, authority, [item.index for item in found.statements])
    return {
        "statements": [_public_json(item) for item in found.statements],
        "keys": [{"envelope": encode_base64(k.envelope.encoded), "proof": encode_base64(k.proof)} for k in keys],
        "notes": list(found.notes),
        "following": found.following,
    }


def _public_json(item: PublicStatement) -> JsonObject:
    """Return a public statement with what proves it; whoever reads it has the bytes and need not believe the rest."""
    return {
        "id": item.id,
        "origin": item.origin,
        "index": item.index,
        "logged_by": format_time(item.logged_by),
        "envelope": encode_base64(item.envelope.encoded),
        "proof": encode_base64(item.proof),
    }


def _entry(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > len(str(records.MAX_KEY)) - 1:
        raise MalformedError(f"{text[:40]!r} is no index of an entry")
    return int(text)


def _duty(row: tuple[Any, ...]) -> JsonObject:
    kind, addressee, state, attempts, problem = row
    return {"kind": kind, "addressee": addressee, "state": state, "attempts": attempts, "problem": problem}
