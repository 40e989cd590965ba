"""The verb guard: no generated sentence may say that somebody did what is only claimed.

Every text that the room makes itself goes through `guarded` before it is shown or exported. A sentence passes when it
accuses nobody ("3 claims name XAA"), or when it says who says so: somebody claims, says, alleges, reports, denies or
admits it, it is so "according to" somebody, or it was "found by X under mandate Y". The word that attributes must
govern the verb; one elsewhere in the sentence does not, so that "XAA, which denies it, attacked XBB" is refused.

The guard knows no list of states: a verb that accuses is refused whoever its subject is and in whichever language that
is named. Verbs that accuse only beside a name ("did", "launched") are refused near anything that could be one. It is
stricter than it must be, which costs a writer another wording; being laxer would cost somebody their name.

What comes out of records (titles, names, wording, effects) is not generated: `written` puts it into a template of our
own, and there it stands as its author wrote it. Names hold anything, such as "Claims Ltd." or "Who is behind it?", and
must neither stop a page nor excuse a word of ours; only a template tells the two apart. The lists are those of the
English that the room writes, with the commonest accusing verbs of some other languages, lest a text mix them in.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from string import Formatter
from typing import Final

from comity.errors import PolicyError
from comity.parties.participants import load_participants

# Verbs that accuse by themselves: forms of the past, participles, gerunds, and present forms that are no nouns.
_STRONG: Final = (
    r"(?:cyber-?)?attack(?:ed|ing)|hack(?:ed|ing)|stole|stolen|steal(?:s|ing)?|spied|spies\s+on|spying|"
    r"sabotag(?:ed|ing|es)|interfer(?:ed|ing|es)|meddl(?:ed|ing|es)|infiltrat(?:ed|ing|es)|penetrat(?:ed|ing|es)|"
    r"(?:dis|mis)inform(?:ed|ing)|manipulat(?:ed|ing|es)|exfiltrat(?:ed|ing|es)|perpetrat(?:ed|ing|es|ors?)|"
    r"violat(?:ed|ing|es)|breach(?:ed|ing)|broke|broken\s+into|br(?:eaks|eaking)\s+into|culprits?|guilty|"
    r"eavesdropp(?:ed|ing)|wiretapp(?:ed|ing)|invad(?:ed|ing|es)|fell\s+victim\s+to|to\s+blame|"
    r"compromis(?:ed|ing)|exploit(?:ed|ing|s)|extort(?:ed|ing|s)|defac(?:ed|ing|es)|tamper(?:ed|ing|s)|"
    r"undermin(?:ed|ing|es)|crippl(?:ed|ing|es)|wag(?:ed|ing|es)|sever(?:ed|ing)|destroy(?:ed|ing|s)|betray(?:ed|ing|s)|"
    r"surveill(?:ed|ing|s)|trespass(?:ed|ing|es)|infring(?:ed|ing|es)|contraven(?:ed|ing|es)|lied|leak(?:ed|ing)|"
    r"planted|aggressors?|offenders?|rogue|in\s+breach\s+of|fail(?:ed|s)\s+to\s+(?:honou?r|keep|comply)|"
    r"act(?:ed|s|ing)\s+(?:against|contrary\s+to)|"
    r"(?:is|are|was|were|be|been|being|stands?|stood)\s+behind|carr(?:ied|ies|y|ying)\s+out|"
    r"(?:is|are|was|were|be|been|being|bears?|bore)\s+(?:\w+\s+)?(?:responsib(?:le|ility)|culpable|liable)|"
    r"(?:is|are|was|were)\s+(?:\w+\s+)?(?:the\s+)?(?:authors?|attackers?|hackers?|work|doing)\s+(?:of|in|behind)|"
    r"(?:it|they|which|who)\s+(?:\w+ly\s+)?(?:attacks?|hacks?|breach(?:es)?)"
)
# Verbs that accuse only beside a name.
_WEAK: Final = (
    r"did|launch(?:ed|es|ing)|conduct(?:ed|ing)|perform(?:ed|ing)|orchestrat(?:ed|es|ing)|mounted|ordered|struck|"
    r"commit(?:ted|ting)(?!\s+(?:to|itself|themselves)\b)|target(?:ed|ing)|deploy(?:ed|ing)|sponsor(?:ed|ing)|"
    r"disrupt(?:ed|ing)|damag(?:ed|ing)|hit\s+by|wip(?:ed|ing)|disabl(?:ed|ing)|jamm(?:ed|ing)|intercept(?:ed|ing)|"
    r"ignor(?:ed|es|ing)|hid|(?:is|are|was|were)\s+involved|(?:the\s+)?authors?\s+(?:is|are|was|were)|"
    r"the\s+source\s+of|breaks?|(?:caused|controlled|funded|directed|backed|executed|planned)\s+by"
)
# Accusing verbs of other languages; a text that needs them quotes them.
_ELSEWHERE: Final = (
    r"\b(?:attaqu(?:é|ée|és|ées|a|èrent)|pirat(?:é|ée|és|a)|espionn(?:é|ée|és|a)|sabot(?:é|ée|és)|volé)\b|"
    r"\b(?:atac(?:ó|aron|ado|ada|ou|aram)|hacke(?:ó|aron|ou)|rob(?:ó|aron)|espi(?:ó|aron)|espionou|roubou)\b|"
    r"\b(?:angegriffen|hackten?|gehackt|gestohlen|ausspioniert|sabotiert(?:e|en)?|sabote(?:ó|aron))\b|"
    r"атакова(?:л|ла|ло|ли)|взлома(?:л|ла|ло|ли)|похити(?:л|ла|ло|ли)|\bукра(?:л|ла|ло|ли)\b|шпиони(?:л|ла|ло|ли)|"
    r"攻击了|攻擊了|入侵了|窃取|竊取|هاجم|اخترق|سرقت|تجسس"
)
# Nouns that accuse once they are joined to a name: "XAA's attack", "the Xaalandish attack", "an attack by XAA".
_DEED: Final = (
    r"(?:(?:cyber|network)[- ]?)?(?:attack(?:s|ers?)?|hack(?:s|ers?)?|intrusions?|break-ins?|thefts?|sabotage|"
    r"sp(?:y|ies)|espionage|spying|interference|meddling|aggression|disinformation|breach(?:es)?|violations?|infiltrations?|"
    r"incursions?|offensives?|wrongdoing|misconduct|compromises?|penetrations?|malware|campaigns?)"
)
# Nouns that also stand in names of instruments and in headings, and accuse only as "XAA's ..." or "... by XAA".
_OWN_DEED: Final = (
    r"(?:(?:cyber|network)[- ]?)?(?:operations?|crimes?|deceptions?|exploitations?|manipulations?|guilt|complicity|"
    r"involvement|non-compliance|proxies|(?:role|part|hand)\s+in|responsibility\s+for|"
    r"(?:malicious|wrongful|unlawful|illegal)\s+\w+)"
)
# What could be a name: it begins with a capital letter, or a letter of a script that has none.
_NAME: Final = r"(?<![\w'’.])[^\W\d_a-zß-öø-ÿ][\w'’.-]*"

_VERBS_OF_SAYING: Final = (
    r"claims?|claimed|claiming|says?|said|saying|den(?:y|ies|ied|ying)|alleg(?:e|es|ed|ing|edly)|reports?|"
    r"report(?:ed|edly|ing)|asserts?|asserted|asserting|accus(?:es|ed|ing)|attribut(?:e|es|ed|ing)|contest(?:s|ed)|"
    r"disput(?:es|ed)|admit(?:s|ted|ting)?|(?:repl|answer|hold|object)(?:s|ies|ied|ed)\s+that|ask(?:s|ed)\s+whether|"
    r"(?:finds?|found|concludes?|concluded)\s+under\s+(?:the\s+)?mandate|"
    r"found\s+by\b.{1,200}?\bunder\s+(?:the\s+)?mandate|"
    r"allegations?|accusations?|assertions?|denials?"
)
_STRONG_WORD: Final = re.compile(rf"\b(?:{_STRONG})\b|{_ELSEWHERE}", re.IGNORECASE)
_WEAK_WORD: Final = re.compile(rf"\b(?:{_WEAK})\b", re.IGNORECASE)
_SAYING: Final = re.compile(rf"\b(?:{_VERBS_OF_SAYING})\b", re.IGNORECASE)
# A possessive, then at most four words before the deed: "XAA's first known attack", "XAA's role in the attack".
_POSSESSED_DEED: Final = re.compile(
    rf"(?P<owner>{_NAME})(?<=s['’]|['’]s)"
    rf"(?:[\s-]+(?!(?i:{_VERBS_OF_SAYING})\b)\w[\w-]*){{0,4}}?[\s-]+(?i:{_DEED}|{_OWN_DEED})\b"
)
# Of the pronouns only what stands at once after them: "its doctrine on offensive operations" names no deed.
_ITS_DEED: Final = re.compile(
    rf"\b(?i:its|their)\s+(?:(?!(?:of|for|on|in|to|with|by|about|against)\b)[a-z]\w*\s+){{0,2}}?(?i:{_DEED}|{_OWN_DEED})\b"
)
# Whoever denies a deed of their own has done it: "XAA denies its attack".
_DENIED_DEED: Final = re.compile(
    rf"\b(?i:den(?:y|ies|ied|ying)|denials?\s+of)\s+(?i:its|their)\s+(?:[a-z]\w*\s+){{0,3}}?(?i:{_DEED}|{_OWN_DEED})\b"
)
# A subject at once before a verb that is common elsewhere, and a role that is given to a name.
_SUBJECT_VERB: Final = re.compile(
    rf"(?P<owner>{_NAME})\s+(?:\w+ly\s+)?(?i:hits?|cuts?|caus(?:ed|es)|spreads?|shuts?|executed|directed|controlled|funded|"
    rf"tapped|installed|took\s+part|(?:is|are|was|were)\s+lying|(?:participat|engag)(?:ed|es)\s+in\s+(?:\w+\s+)?{_DEED})\b"
)
_ROLE: Final = re.compile(r"\b(?:attackers?|hackers?)\s*[:=]|\((?:attackers?|hackers?)\)", re.IGNORECASE)
# A name as an adjective or subject, then at most three words that are no prepositions or conjunctions.
_ADJOINED_DEED: Final = re.compile(
    rf"(?P<owner>{_NAME})(?:[\s-]+(?!(?:and|or|of|for|on|in|to|with|by|as|is|are|was|were|no|any|an?|the|about|against|"
    rf"from|at|over|under|than|such|{_VERBS_OF_SAYING})\b)[a-z][\w-]*){{0,3}}[\s-]+(?i:{_DEED})\b"
)
_DEED_BY: Final = re.compile(
    rf"\b(?i:{_DEED}|{_OWN_DEED}|victims?|targets?)\s+(?:[a-z]\w*\s+){{0,3}}?"
    rf"(?:by|from|of|originat(?:ed|es|ing)\s+in|at\s+the\s+hands\s+of)\s+"
    rf"(?:[a-z]\w*[\s-]+){{0,3}}{_NAME}"
)
_LINKED: Final = re.compile(
    rf"{_NAME}(?<=-)(?:backed|sponsored|linked|aligned|run|directed|nexus|affiliated|controlled|funded|supported)\b"
)
_TRAILING: Final = re.compile(
    r",\s+(?:as\s+)?(?:"
    r"(?:claims?|says?|said|alleges?|reports|asserts?)\b[^,]*"
    r"|(?!(?:and|but|which|who|that|so|yet|or|while|though|it|they)\b)[^,]{1,120}?"
    r"\b(?:claims?|says?|said|alleges?|reports|asserts?)"
    r"|according\s+to\s+(?!plans?\b|schedule\b)[^,]{1,200}"
    r"|found\s+by\b.{1,200}?\bunder\s+(?:the\s+)?mandate\b.*"
    r")\s*[.!]?\s*$",
    re.IGNORECASE,
)
_OPENING: Final = re.compile(r"\W*(?:according\s+to|in\s+the\s+words\s+of)\b[^,]{1,200},", re.IGNORECASE)
# After one of these, a clause speaks for itself and is no longer what somebody says. In capitals, AND is Andorra.
_BREAK: Final = re.compile(
    r",|[.!?]\s|\b(?:and|but|while|whereas|after|before|because|since|when|although|though|which|who|whose|yet|so|until)\b",
)
_THAT: Final = re.compile(r"\bthat\b", re.IGNORECASE)
_ABOUT: Final = re.compile(
    r"\b(?:about|over|of|on|to|against|regarding|concerning|despite|for|from|by)\b", re.IGNORECASE
)
_QUESTION: Final = re.compile(r"\W*(?:did|does|do|has|have|was|were|is|are)\b.*\?\s*", re.IGNORECASE | re.DOTALL)
_ACTOR: Final = re.compile(
    r"\b(?:states?|governments?|ministr(?:y|ies)|services?|army|armies|military|regimes?|actors?|groups?|units?|organs?|"
    r"accused|authorit(?:y|ies)|agenc(?:y|ies))\b",
    re.IGNORECASE,
)
_NAME_ANYWHERE: Final = re.compile(_NAME)
# Words that may open a sentence with a capital letter and are no names.
_OPENERS: Final = frozenset(
    [
        *("a", "all", "an", "and", "any", "are", "as", "at", "before", "both", "by", "each", "every", "for", "from"),
        *("here", "how", "if", "in", "is", "it", "its", "most", "neither", "no", "nobody", "none", "not", "nothing"),
        *("of", "on", "one", "only", "or", "other", "others", "several", "since", "some", "that", "the", "their"),
        *("there", "these", "they", "this", "those", "to", "two", "three", "under", "until", "what", "when", "where"),
        *("whether", "which", "who", "with", "without"),
    ]
)
# Before "claims" or "reports", these show that it is a noun, which attributes nothing without "that" or a colon.
_BEFORE_A_NOUN: Final = re.compile(
    r"(?:\d|\b(?:the|a|an|this|that|these|those|no|any|all|its|their|some|several|one|two|three|four|five|many|few|other|"
    r"after|before|despite|of|by|without|with))\s*$",
    re.IGNORECASE,
)
_NOUN_OR_VERB: Final = re.compile(r"claims?|reports?|allegations?|accusations?|assertions?|denials?", re.IGNORECASE)
# "U.S." and "para. 3" end no sentence, nor does a line that goes on in small letters.
_SENTENCE_END: Final = re.compile(
    r"(?<=[.!?])(?<!\b\w\.)(?<!\bNo\.)(?<!\bart\.)(?<!\bpara\.)\s+|[。！？;；]|\n+(?![ \t]*[a-z])"
)
_OPENING_MARKS: Final = " \t\"'“‘«(–—-•*"
# What stands for a quoted text while sentences are read: a word of small letters that is on no list.
_STAND_IN: Final = "quotedtext"
# What a template quotes may be a name or not, so that it must pass with either in its place.
STAND_INS: Final = (_STAND_IN, "Somename")
# What stands for the name of a participant in which a comma, a full stop or "and" would end a clause.
_NAME_STAND_IN: Final = "Longname"
_PARTED: Final = re.compile(r"[,.]|\band\b")
# A page says the same of many claims, which differ only in what they quote.
_REMEMBERED: Final = 4096
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_SCRIPTS: Final = ("LATIN", "CYRILLIC", "GREEK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A sentence that says something as a fact, and the words by which it does."""

    sentence: str
    words: str


def breaches(text: str, *, quoted: Iterable[str] = ()) -> tuple[Breach, ...]:
    """Return the sentences of a text that say as a fact what is only claimed; `quoted` are texts of others in it."""
    found: list[Breach] = []
    before = ""
    for sentence in _sentences(_plain(text, quoted)):
        words = _words_of_fact(sentence, before)
        if words is not None:
            found.append(Breach(sentence=sentence.strip(), words=words))
        before = sentence
    return tuple(found)


def guard(text: str, *, quoted: Iterable[str] = ()) -> None:
    """Check that a text says of nobody that they did what is only claimed.

    Raises:
        PolicyError: a sentence uses a verb of fact, or joins a deed to a name, without saying who says so.
    """
    for breach in breaches(text, quoted=quoted):
        raise PolicyError(
            f"the text says {breach.words!r} as a fact in {breach.sentence!r}; say who claims, denies or found it"
        )


def guarded(text: str, *, quoted: Iterable[str] = ()) -> str:
    """Return a text that passed the guard.

    Raises:
        PolicyError: a sentence says as a fact what is only claimed.
    """
    guard(text, quoted=quoted)
    return text


def written(template: str, /, **quoted: str) -> str:
    """Fill a template whose own words pass the guard; what it quotes stands as its author wrote it.

    Raises:
        PolicyError: the template says as a fact what is only claimed.
    """
    return _checked(template).format(**quoted)


@lru_cache(maxsize=4096)
def _checked(template: str) -> str:
    fields = [name for _, name, _, _ in Formatter().parse(template) if name]
    for stand_in in STAND_INS:
        guard(template.format(**dict.fromkeys(fields, stand_in)))
    return template


def _plain(text: str, quoted: Iterable[str]) -> str:
    """Return the text with stand-ins for what is quoted, in composed form and without invisible characters."""
    for part in sorted({part.strip() for part in quoted} - {""}, key=lambda part: (-len(part), part)):
        # A quotation that ends a sentence still ends it.
        end = part[-1] if part[-1] in ".!?;" else ""
        text = _as_quoted(part).sub(f" {_STAND_IN}{end} ", text)
    text = _long_names().sub(_NAME_STAND_IN, text)
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFKC", text)
    return "".join(character for character in composed if unicodedata.category(character) != "Cf")


@lru_cache(maxsize=_REMEMBERED)
def _as_quoted(part: str) -> re.Pattern[str]:
    """Return the pattern of a quoted text; a name of one letter must not eat that letter out of other words."""
    before, after = (r"(?<!\w)" if part[0].isalnum() else ""), (r"(?!\w)" if part[-1].isalnum() else "")
    return re.compile(f"{before}{re.escape(part)}{after}")


@cache
def _long_names() -> re.Pattern[str]:
    names = {name for row in load_participants().values() for name in (row.name, *row.also) if _PARTED.search(name)}
    listed = "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))
    return re.compile(rf"(?<!\w)(?:{listed})(?!\w)")


def _sentences(text: str) -> list[str]:
    return [part for part in _SENTENCE_END.split(text) if part and part.strip()]


@lru_cache(maxsize=_REMEMBERED)
def _words_of_fact(sentence: str, before: str) -> str | None:
    """Return the words by which a sentence accuses in its own name, or None when it does not."""
    if _QUESTION.fullmatch(sentence) and _BREAK.search(sentence.rstrip(" ?")) is None:
        return None
    disguised = _mixed_word(sentence)
    if disguised is not None:
        return disguised
    for pattern in (_DENIED_DEED, _POSSESSED_DEED, _ITS_DEED, _ADJOINED_DEED, _LINKED):
        for match in pattern.finditer(sentence):
            if not _common(sentence, match) and not _governed(sentence, match.start(), presupposed=True):
                return match.group()
    trailing = _TRAILING.search(sentence)
    end = trailing.start() if trailing else 0
    named = _names_somebody(sentence) or _names_somebody(before)
    patterns: tuple[re.Pattern[str], ...] = (
        _STRONG_WORD,
        _DEED_BY,
        _SUBJECT_VERB,
        *((_WEAK_WORD, _ROLE) if named else ()),
    )
    for pattern in patterns:
        for match in pattern.finditer(sentence):
            if match.start() >= end and not _common(sentence, match) and not _governed(sentence, match.start()):
                return match.group()
    return None


def _common(sentence: str, match: re.Match[str]) -> bool:
    """True when what looks like a name is an ordinary word that opens the sentence, or itself names a deed."""
    owner = match.groupdict().get("owner")
    if owner is None:
        return False
    if re.fullmatch(_DEED, owner, re.IGNORECASE):
        return True
    return _opens(sentence, match.start(), owner)


def _opens(sentence: str, position: int, word: str) -> bool:
    """True when a word is an ordinary one that opens the sentence; AND and ARE in capitals are codes of states."""
    first = sentence[:position].strip(_OPENING_MARKS) == ""
    return first and word.casefold() in _OPENERS and (len(word) == 1 or not word.isupper())


def _governed(sentence: str, position: int, *, presupposed: bool = False) -> bool:
    """True when a word that attributes stands before a position and nothing between ends its reach."""
    opening = _OPENING.match(sentence)
    if opening is not None and opening.end() <= position and not _BREAK.search(sentence, opening.end(), position):
        return True
    for saying in _SAYING.finditer(sentence, 0, position):
        between = sentence[saying.end() : position]
        if _is_noun(sentence, saying) and re.match(r"\s*(?:that\b|of\b|:)", between) is None:
            continue
        said = list(_THAT.finditer(between))
        if said:
            between = between[said[-1].end() :]
        elif presupposed and _ABOUT.search(between):
            continue
        if _BREAK.search(between) is None:
            return True
    return False


def _is_noun(sentence: str, saying: re.Match[str]) -> bool:
    return (
        _NOUN_OR_VERB.fullmatch(saying.group()) is not None
        and _BEFORE_A_NOUN.search(sentence[: saying.start()]) is not None
    )


def _names_somebody(sentence: str) -> bool:
    """True when a sentence holds anything that could be a name, or a word for an actor."""
    if _ACTOR.search(sentence):
        return True
    return any(
        not _opens(sentence, match.start(), match.group().rstrip(".")) for match in _NAME_ANYWHERE.finditer(sentence)
    )


def _mixed_word(sentence: str) -> str | None:
    """Return a word that mixes letters of scripts that look alike, which is how a word hides from a list."""
    for match in () if sentence.isascii() else _LETTERS.finditer(sentence):
        word: str = match.group()
        if word.isascii():
            continue
        scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in word}
        if len(scripts.intersection(_SCRIPTS)) > 1:
            return word
    return None
