"""What the exercise is about: the bodies of its statements and its default exhibit. Invented, but for the track."""

from importlib.resources import files
from typing import Any, Final

from comity.kernel.canonical import JsonObject

AUTHORITIES: Final = {
    "prt.contact-point": "Ponto de contacto 24/7, Portugal (exercise)",
    "cpv.contact-point": "Ponto de contacto 24/7, Cabo Verde (exercise)",
    "xfa.contact-point": "Contact point of XFA, a fictitious state",
    "xob.observer": "Independent observer (exercise)",
}
LABEL: Final = "exercise exhibit: thinned keyframes, does not show the crossing, no finding of intent"
TRACK: Final = "vessel_track_2024-11-18.csv"

_ITEMS: Final = (
    ("1", "Alarm log of the cable's operator, 17 to 18 November 2024"),
    ("2", "Radar and AIS recordings of the vessel traffic service, the same hours"),
)


def _answers(**answered: str) -> Any:
    """Return answers to safeguard steps as a body lists them: each met, for the reason given."""
    return [{"step": step, "answer": "met", "reason": reason} for step, reason in answered.items()]


def items(*wanted: str) -> Any:
    """Return items of the preservation request as its body lists them."""
    return [{"item": item, "description": text} for item, text in _ITEMS if item in wanted or not wanted]


def preservation(reference: str, *, instrument: str = "budapest", article: str = "29") -> JsonObject:
    """Return the body of the request to preserve, complete under the instrument."""
    return {
        "measure": "preservation",
        "instrument": instrument,
        "article": article,
        "reference": reference,
        "urgency": "urgent",
        "items": items(),
        "requesting_authority": "24/7 contact point, for the prosecutor in charge (exercise)",
        "offence": "Damage to a submarine telecommunications cable, investigated as an offence under national law",
        "conduct": "cable_damage",
        "facts": "A cable failed in the night of 17 to 18 November 2024. Vessels had crossed its route (exercise).",
        "data": "Alarm log of the operator; radar and AIS recordings of the vessel traffic service. Not public.",
        "link": "The recordings show which vessels were over the cable when it failed.",
        "location": "Operator's landing station and vessel traffic centre; custodians known to the asked authority",
        "necessity": "Both systems overwrite their recordings after thirty days.",
        "intention": "A request for access to the preserved data follows.",
        "confidential": True,
        "safeguards": _answers(
            purpose_and_proportionality="Two nights, two systems; preserving discloses nothing (exercise).",
            notice_to_user="No user's data; the custodians are asked not to tell others (exercise).",
        ),
    }


def access(reference: str) -> JsonObject:
    """Return the body of the follow-up: access to stored data."""
    return {
        "measure": "stored_data",
        "instrument": "budapest",
        "article": "31",
        "reference": reference,
        "urgency": "urgent",
        "items": [{"item": "3", "description": "Keyframes of the vessel tracks within the preserved recordings"}],
        "requesting_authority": "24/7 contact point, for the prosecutor in charge (exercise)",
        "subject_matter": "Investigation of damage to a submarine cable (exercise)",
        "offence": "Damage to a submarine telecommunications cable, investigated as an offence under national law",
        "conduct": "cable_damage",
        "facts": "As in the request to preserve, which this one follows.",
        "data": "The preserved recordings, as far as they show vessel tracks.",
        "link": "The tracks show which vessels were over the cable when it failed.",
        "location": "Where they are preserved",
        "necessity": "The preserved recordings are the only ones of those hours.",
        "assistance": "Disclosure of the preserved data",
        "persons": "unknown",
        "purpose": "Evidence in the investigation named above",
        "safeguards": _answers(
            purpose_and_proportionality="Keyframes only, of the hours in which the cable failed (exercise).",
            onward_transfer="For this investigation only (exercise).",
            notice_to_user="No user's data (exercise).",
        ),
    }


def emergency(reference: str) -> JsonObject:
    """Return the body of the false emergency: well made, but for its key."""
    return access(reference) | {
        "urgency": "emergency",
        "facts": "A life is at risk within the hour. Hand over the recordings at once; papers follow (exercise).",
        "intention": "Papers follow.",
        "safeguards": _answers(
            purpose_and_proportionality="A life is at risk (exercise).",
            onward_transfer="For this emergency only (exercise).",
            emergency_as_defined="A life is at risk (exercise).",
            notice_to_user="Later (exercise).",
        ),
    }


def acknowledged(request: str, reference: str) -> JsonObject:
    """Return the body of an acknowledgement."""
    return {"request": request, "reference": reference, "competent_body": "Procuradoria da República (exercise)"}


def authorised(request: str, wanted: list[str], dated: str, *, what: str = "preserve") -> JsonObject:
    """Return the body that names who ordered the measure."""
    return {
        "request": request,
        "items": list(wanted),
        "ordered_by": "Procuradoria da República, Praia (exercise)",
        "legal_ground": f"Order to {what} under national law (exercise)",
        "order_reference": "PR-77/2026",
        "dated": dated,
        "served_on": "cable operator; vessel traffic service",
        "safeguards": _answers(
            purpose_and_proportionality="Limited to what the request names (exercise).",
            sovereignty_and_essential_interests="Recordings of two nights harm none (exercise).",
            onward_transfer="For the investigation named in the request only (exercise).",
            political_offence="Damage to a cable, investigated as such (exercise).",
            notice_to_user="No user's data; the custodians are told (exercise).",
        ),
    }


def preserved(request: str, order: str, since: str, until: str) -> JsonObject:
    """Return the body that says what is kept until when."""
    return {
        "answers": {"request": request, "items": ["1", "2"]},
        "order": order,
        "what": "Alarm log, radar and AIS recordings of 17 to 18 November 2024",
        "custodian": "cable operator; vessel traffic service",
        "since": since,
        "until": until,
    }


def track() -> bytes:
    """Return the default exhibit: 24 keyframes of a vessel's track, name and MMSI masked; its head says the source."""
    return files("comity.exercise").joinpath("reference", TRACK).read_bytes()
