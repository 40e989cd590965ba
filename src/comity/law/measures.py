"""What one authority may ask of another, whatever instrument carries it."""

from enum import StrEnum

from comity.errors import MalformedError


class Measure(StrEnum):
    """The measures, by the values that statements carry."""

    PRESERVATION = "preservation"
    EXPEDITED_DISCLOSURE = "expedited_disclosure"
    STORED_DATA = "stored_data"
    SUBSCRIBER_INFORMATION = "subscriber_information"
    REAL_TIME_COLLECTION = "real_time_collection"
    INTERCEPTION = "interception"
    EMERGENCY_DATA = "emergency_data"
    SPONTANEOUS_INFORMATION = "spontaneous_information"
    FREEZING = "freezing"
    GENERAL_ASSISTANCE = "general_assistance"

    @property
    def label(self) -> str:
        """The measure in words, for sentences."""
        return _LABELS[self]


_LABELS = {
    Measure.PRESERVATION: "preservation",
    Measure.EXPEDITED_DISCLOSURE: "expedited disclosure",
    Measure.STORED_DATA: "access to stored data",
    Measure.SUBSCRIBER_INFORMATION: "subscriber information",
    Measure.REAL_TIME_COLLECTION: "real-time collection",
    Measure.INTERCEPTION: "interception",
    Measure.EMERGENCY_DATA: "emergency data",
    Measure.SPONTANEOUS_INFORMATION: "spontaneous information",
    Measure.FREEZING: "freezing",
    Measure.GENERAL_ASSISTANCE: "general assistance",
}


def parse_measure(text: str) -> Measure:
    """Return the measure named `text`, which may be written with hyphens.

    Raises:
        MalformedError: there is none of that name.
    """
    try:
        return Measure(text.replace("-", "_"))
    except ValueError as exc:
        raise MalformedError(f"measure {text!r} is unknown; known are {', '.join(Measure)}") from exc
