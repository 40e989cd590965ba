"""A case in the words of CASE/UCO, as JSON-LD for the tools that read it.

Derived from the case view and from nothing else: the same view gives the same bytes. It adds no fact and proves none;
a verifier computes it anew and compares. Identifiers are UUIDs of version 5 over the case's id and what they stand
for, so that nothing random enters and CASE's advice on identifiers is met.

| Here | There |
|---|---|
| an `authorised` statement | investigation:Authorization |
| a custody event | investigation:InvestigativeAction, informed by the one before |
| an exhibit | observable:File with its SHA-256, in an investigation:ProvenanceRecord |
| a person or body that custody names | identity:Identity with a name and nothing more |
"""

from collections.abc import Iterator
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from comity.exchange.statements import Authorised, body_of
from comity.exchange.view import CaseView, ExhibitState
from comity.kernel.canonical import Json, JsonObject, encode_json, format_time, parse_time

_KNOWLEDGE_BASE: Final = "urn:comity:case:"
_CONTEXT: Final[JsonObject] = {
    "action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "investigation": "https://ontology.caseontology.org/case/investigation/",
    "kb": _KNOWLEDGE_BASE,
    "observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "vocabulary": "https://ontology.unifiedcyberontology.org/uco/vocabulary/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def encode_case(view: CaseView) -> bytes:
    """Return `view` as CASE/UCO JSON-LD in RFC 8785 form.

    Raises:
        MalformedError: a custody event or an order names a time that does not exist.
    """
    names = _Names(view.case)
    orders = [
        _authorization(names, item.id, body_of(item.statement, Authorised))
        for item in view.timeline
        if item.statement.kind == "authorised"
    ]
    described = [node for state in view.exhibits for node in _describe(names, state)]
    people: list[Json] = [
        {"@id": names.of("identity", name), "@type": "identity:Identity", "core:name": name}
        for name in sorted({event.by for state in view.exhibits for event in state.custody})
    ]
    investigation: JsonObject = {
        "@id": names.of("investigation", view.case),
        "@type": "investigation:Investigation",
        "core:name": f"Case {view.case}",
        "core:description": f"Request {view.reference} of {view.asker} to {view.asked}",
    }
    if described:
        investigation["core:object"] = [{"@id": node["@id"]} for node in described]
    if orders:
        investigation["investigation:relevantAuthorization"] = [{"@id": order["@id"]} for order in orders]
    graph: list[Json] = [investigation, *people, *orders, *described]
    return encode_json({"@context": _CONTEXT, "@graph": graph})


class _Names:
    """Identifiers within one case."""

    def __init__(self, case: str) -> None:
        self._namespace = uuid5(NAMESPACE_URL, f"{_KNOWLEDGE_BASE}{case}")

    def of(self, sort: str, *key: str) -> str:
        """Return the identifier of what `sort` and `key` name; lengths keep different keys apart."""
        written = "".join(f"{len(part)}:{part}" for part in (sort, *key))
        return f"kb:{sort}-{uuid5(self._namespace, written)}"


def _authorization(names: _Names, statement_id: str, order: Authorised) -> JsonObject:
    return {
        "@id": names.of("authorization", statement_id),
        "@type": "investigation:Authorization",
        "core:description": f"Ordered by {order.ordered_by}. {order.legal_ground}",
        "core:startTime": _time(order.dated),
        "investigation:authorizationIdentifier": order.order_reference,
        "investigation:authorizationType": "order",
    }


def _describe(names: _Names, state: ExhibitState) -> Iterator[JsonObject]:
    exhibit = state.exhibit
    key = (state.package, exhibit.exhibit)
    file_id = names.of("file", *key)
    yield {
        "@id": file_id,
        "@type": "observable:File",
        "core:name": exhibit.name,
        "core:description": exhibit.description,
        "core:hasFacet": [
            {
                "@id": names.of("content-data-facet", *key),
                "@type": "observable:ContentDataFacet",
                "observable:hash": {
                    "@id": names.of("hash", *key),
                    "@type": "types:Hash",
                    "types:hashMethod": "SHA256",
                    "types:hashValue": {"@type": "xsd:hexBinary", "@value": exhibit.digest.upper()},
                },
                "observable:mimeType": exhibit.media_type,
                "observable:sizeInBytes": {"@type": "xsd:integer", "@value": str(exhibit.size)},
            }
        ],
    }
    record_id = names.of("provenance-record", *key)
    yield {
        "@id": record_id,
        "@type": "investigation:ProvenanceRecord",
        "core:description": f"Package {state.package}",
        "core:object": {"@id": file_id},
        "investigation:exhibitNumber": exhibit.exhibit,
    }
    before: str | None = None
    for number, event in enumerate(state.custody, start=1):
        action: JsonObject = {
            "@id": names.of("action", *key, str(number)),
            "@type": "investigation:InvestigativeAction",
            "action:endTime": _time(event.at),
            "action:object": {"@id": file_id},
            "action:performer": {"@id": names.of("identity", event.by)},
            "action:result": {"@id": record_id},
            "action:startTime": _time(event.at),
            "core:description": f"{event.why}. From {event.holder_before} to {event.holder_after}",
            "core:name": event.action,
        }
        if before is not None:
            action["investigation:wasInformedBy"] = {"@id": before}
        before = names.of("action", *key, str(number))
        yield action


def _time(text: str) -> Json:
    # Written anew, because a body's pattern lets impossible dates through and RDF readers would refuse them.
    return {"@type": "xsd:dateTime", "@value": format_time(parse_time(text))}
