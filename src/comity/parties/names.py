"""Which participant a written name means, as depositaries' lists and treaties spell it, now and formerly.

A name is matched whole against the names in `participants.csv`, after letters, punctuation, articles and the order of
words are brought to one form: "Bolivia (Plurinational State of)", "Bolivia, Plurinational State of" and "The
Plurinational State of Bolivia" are one name. Nothing is guessed: a name that is near to others is refused with them,
and so is one that several participants share. A name of a former state means that state, not one that came after it.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from comity.errors import MalformedError, NotFoundError
from comity.parties.participants import Participant, load_participants, nearest, participant

# Words that lists add and drop at will, in English and French; of all these, no two participants differ by one.
_ARTICLES = frozenset({"the", "le", "la", "les", "l"})
_WRITTEN_SHORT = {"st": "saint", "ste": "sainte"}
# "Korea, Republic of" and "Iran (République islamique d')": what follows belongs before.
_TURNED = re.compile(r"(?P<short>[^(),]+)(?:\((?P<inner>[^()]+)\)|,(?P<after>[^(),]+))", re.ASCII)
_ENDS_OPEN = frozenset({"of", "de", "du", "des", "d"})
_ELISION = re.compile(r"\b([dl])['’ʼ´`]", re.IGNORECASE)
_APOSTROPHE = re.compile(r"['’ʼ´`]")
_BETWEEN_WORDS = re.compile(r"[^a-z0-9]+", re.ASCII)

# How near a spelling must be to be worth naming; below this, names are suggested that only share some letters.
_NEAR = 0.75

# Names that more than one participant would answer to. "Congo" and "Yemen" are not among them: the United Nations
# use each as the short name of one state.
_SHARED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "channel islands": ("GGY", "JEY"),
        "coree": ("KOR", "PRK"),
        "korea": ("KOR", "PRK"),
        "saint martin": ("MAF", "SXM"),
        "united arab republic": ("EGY", "SYR"),
        "virgin islands": ("VGB", "VIR"),
    }
)


def normal_form(name: str) -> str:
    """Return the form in which two spellings of one name are equal: lower case, no accents, marks or articles."""
    words = _words(name)
    turned = _TURNED.fullmatch(name.strip())
    if turned is not None:
        rest = _words(turned["inner"] or turned["after"])
        if rest and rest[-1] in _ENDS_OPEN:
            words = [*rest, *_words(turned["short"])]
    return " ".join(words)


def participant_named(text: str) -> Participant:
    """Return the participant whose name, or one of whose other names, this is.

    Raises:
        NotFoundError: no participant has the name, or more than one would answer to it; the message names them.
        MalformedError: the installed table gives one name to two participants.
    """
    name = normal_form(text)
    shared = _SHARED.get(name)
    if shared is not None:
        candidates = " or ".join(f"{participant(code).name} ({code})" for code in shared)
        raise NotFoundError(f"the name {text!r} may mean {candidates}; write which")
    code = _codes().get(name)
    if code is not None:
        return participant(code)
    near = nearest(text, cutoff=_NEAR)
    hint = f"did you mean {', '.join(near)}" if near else "no name in the table of participants is near to it"
    raise NotFoundError(f"no participant has the name {text!r}; {hint}")


@cache
def _codes() -> Mapping[str, str]:
    codes: dict[str, str] = {}
    for row in load_participants().values():
        for name in (row.name, *row.also):
            key = normal_form(name)
            if codes.setdefault(key, row.code) != row.code or key in _SHARED:
                raise MalformedError(
                    f"parties/reference/participants.csv: {name!r} of {row.code} also means another participant"
                )
    return MappingProxyType(codes)


def _words(text: str) -> list[str]:
    spaced = _APOSTROPHE.sub("", _ELISION.sub(r"\1 ", text)).replace("&", " and ")
    decomposed = unicodedata.normalize("NFKD", spaced)
    letters = "".join(character for character in decomposed if not unicodedata.combining(character)).casefold()
    words = (_WRITTEN_SHORT.get(word, word) for word in _BETWEEN_WORDS.split(letters) if word)
    return [word for word in words if word not in _ARTICLES]
