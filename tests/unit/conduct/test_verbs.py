"""The verb guard lets no sentence say that somebody did what is only claimed; fictitious states set its traps."""

import time

import pytest

from comity.conduct.verbs import breaches, guard, guarded, written
from comity.errors import PolicyError
from comity.parties.participants import load_participants

PLAIN = [
    "XAA attacked XBB.",
    "XAA hacked a ministry.",
    "XAA stole mail.",
    "XAA spied on XBB.",
    "XAA sabotaged the cable.",
    "XAA interfered in the vote.",
    "XAA did it.",
    "XAA launched the operation.",
    "XAA carried out the operation.",
    "XAA was behind the operation.",
    "XAA is responsible for the outage.",
    "XAA bears responsibility.",
    "XAA violated norm f.",
    "XAA broke its word.",
    "The culprit is XAA.",
    "XAA: stole mail.",
]
PASSIVE = [
    "XBB was attacked by XAA.",
    "A ministry had been hacked.",
    "Mail was stolen from XBB by XAA.",
    "The cable has been sabotaged.",
    "XBB fell victim to XAA.",
    "The victims of XAA are many.",
    "The operation was the work of XAA.",
    "The network was hit by XAA.",
]
GERUNDS = [
    "By attacking XBB, XAA gained access.",
    "XAA kept spying on its neighbours.",
    "Having stolen the mail, XAA published it.",
    "XAA is known for interfering in votes.",
    "Hacking XBB took XAA a week.",
]
NOUNS = [
    "XAA's attack on XBB lasted a week.",
    "The XAA attack lasted a week.",
    "the Xaalandish attack",
    "Xaalandish cyber espionage is cheap.",
    "XAA’s first known act of sabotage.",
    "XAA's role in the attack is large.",
    "An attack by XAA on XBB.",
    "Sabotage by the State of XAA.",
    "Hackers from XAA took the data.",
    "Xaalandish hackers took the data.",
    "The XAA-backed group took the data.",
    "XAA attacks XBB.",
    "XAA regularly attacks XBB.",
    "The breach of norm f by XAA.",
]
MORE_VERBS = [
    "XAA compromised a ministry.",
    "XAA exploited a flaw in routers of XBB.",
    "XAA leaked the mail.",
    "XAA tampered with the vote.",
    "XAA undermined the vote.",
    "XAA waged a quiet war on XBB.",
    "XAA hit XBB.",
    "XAA cut the cable.",
    "XAA severed the cable.",
    "XAA caused the outage.",
    "The outage was caused by XAA.",
    "XAA wiped the servers.",
    "XAA installed a back door.",
    "XAA was involved in the outage.",
    "XAA took part in it.",
    "XAA engages in espionage.",
    "XAA is to blame.",
    "XAA lied.",
    "XAA failed to honour norm f.",
    "XAA ignored norm f.",
    "XAA contravened norm f.",
    "XAA is in breach of norm f.",
    "XAA acted contrary to norm f.",
    "XAA is the aggressor.",
    "The author is XAA.",
    "Attacker: XAA",
    "XAA (attacker)",
]
MORE_NOUNS = [
    "XAA's campaign against XBB lasted a week.",
    "The XAA campaign lasted a week.",
    "XAA's operation against XBB",
    "3 operations by XAA",
    "operations of XAA",
    "The compromise of XBB by XAA.",
    "XAA's involvement in the outage.",
    "XAA's responsibility for the outage.",
    "XAA's wrongful act.",
    "XAA's malicious activity",
    "XAA's crimes",
    "XBB was the target of XAA.",
    "XAA malware",
    "The XAA-controlled group took the data.",
    "A group funded by XAA.",
    "The attack originated in XAA.",
    "XAA denies its attack on XBB.",
    "XAA's denial of its attack",
    "XAA replies to the claim about its attack.",
]
LANGUAGES = [
    "Ксааландия was behind it.",
    "Ксааландия attacked XBB.",
    "Ксааландия атаковала XBB.",
    "夏阿国 did it.",
    "夏阿国攻击了XBB。",
    "زاآ launched the operation.",
    "زاآ هاجمت XBB",
    "La République de Xaalande a piraté un ministère.",
    "La República de Xaalandia atacó XBB.",
    "Die Republik Xaaland hat XBB angegriffen.",
    "Côte-de-Xaa carried out the operation.",
    "Ξααλανδία is responsible for it.",
]
FALSE_ATTRIBUTION = [
    "XAA, which denies it, attacked XBB.",
    "XAA denies the claim and attacked XBB.",
    "XBB claims damages after XAA attacked it.",
    "After the claims XAA attacked XBB.",
    "After 3 claims XAA attacked XBB.",
    "Claims about XAA's attack were made.",
    "XBB claims it; XAA attacked XBB.",
    "XBB claims it.\nXAA attacked XBB.",
    "XBB claims it in para b. XAA attacked XCC.",
    "XAA attacked XBB, which says it was hurt.",
    "XAA attacked XBB, and says so.",
    "XAA attacked XBB according to plan.",
    "XBB found that XAA attacked it.",
    "It is known that XAA attacked XBB.",
    "When did XAA attack XBB? It attacked in May.",
    "Was XBB hurt when XAA attacked it?",
    "XBB says that it was hurt and XAA attacked it.",
    "XBB says that it was hurt, that XAA attacked it and that was all; XAA launched it.",
    "Here is XAA. It launched the operation.",
]
DISGUISED = [
    "XAA att\u200backed XBB.",
    "XAA att\u00adacked XBB.",
    "XAA \u0430ttacked XBB.",
    "XAA ATTACKED XBB.",
    "XAA ａｔｔａｃｋｅｄ XBB.",
    "XAA\nwas\nbehind it.",
]
FAIR = [
    "XBB claims that XAA attacked it.",
    "XBB claims XAA attacked a ministry.",
    "XAA denies that it attacked XBB.",
    "XAA denies an attack on XBB.",
    "XBB reports an attack by XAA.",
    "XBB alleges that XAA's attack lasted a week.",
    "According to XBB, XAA attacked XCC.",
    "XAA attacked XBB, according to XBB.",
    "XAA attacked XBB, XBB says.",
    "XAA attacked XBB, says the report.",
    "Two claims that XAA attacked XBB are on record.",
    "The alleged attack by XAA is denied.",
    "XAA allegedly attacked XBB.",
    "Found by the Commission under mandate 3: XAA attacked XBB.",
    "XAA attacked XBB, found by the Commission under mandate 3.",
    "The Commission found under the mandate of 2024 that XAA attacked XBB.",
    "The operation is attributed to XAA by XBB.",
    "XBB attributes an attack to XAA.",
    "XBB accuses XAA of sabotage.",
    "XAA admits that it attacked XBB.",
    "Did XAA attack XBB?",
    "XAA answers that it attacked nobody.",
    "3 claims name XAA; XAA denies 2 of them.",
    "No public record found; searched: claims, replies and findings from 2015 to 2025.",
    "Espionage is matched to no norm without a stated reason.",
    "Espionage and sabotage are shown apart.",
    "Category: sabotage.",
    "UN Convention against Cybercrime, article 10: signed only.",
    "XAA committed to norm f on 2015-07-22.",
    "The claim is about a time before this commitment.",
    "XAA published its doctrine on offensive operations.",
    "Operations in which claims name XAA, of all that are counted.",
    "the share of operations in which claims name XAA runs from 0 % to 45 %",
    "XAA denies that it took part.",
    "XBB says that it was hurt, that XAA attacked it.",
    "XBB claims that the outage was caused by XAA.",
    "XBB alleges XAA's involvement in the outage.",
    "XBB says that 3 operations by XAA are known to it.",
    "articles on state responsibility, 4",
    "UN Convention against Transnational Organized Crime: binds in law",
    "It cuts no claim short.",
    "SOURCE is one of the lists (the installed package, no file).",
    "Silence of XAA: searched on 2024-05-01, nothing found.",
    "a lens, not a finding: belief 1/4, disbelief 0, uncertainty 3/4, base rate 1/2",
    "named in 4 of 25 operations counted by the rule state only",
]


@pytest.mark.parametrize(
    "text",
    [*PLAIN, *PASSIVE, *GERUNDS, *NOUNS, *MORE_VERBS, *MORE_NOUNS, *LANGUAGES, *FALSE_ATTRIBUTION, *DISGUISED],
    ids=ascii,
)
def test_a_sentence_that_says_a_deed_as_a_fact_is_refused(text: str) -> None:
    with pytest.raises(PolicyError, match="as a fact"):
        guard(text)


@pytest.mark.parametrize("text", FAIR, ids=ascii)
def test_a_sentence_that_says_who_says_so_passes_unchanged(text: str) -> None:
    assert guarded(text) == text


@pytest.mark.parametrize("code", sorted(load_participants()))
def test_every_participant_under_each_of_its_names_is_protected_alike(code: str) -> None:
    row = load_participants()[code]
    for name in (row.code, row.name, *row.also):
        for accusing in (f"{name} did it.", f"{name} launched the operation.", f"An attack by {name}."):
            assert breaches(accusing), accusing
        assert breaches(f"XBB claims that {name} launched the operation.") == ()


def test_one_fair_sentence_does_not_cover_the_next() -> None:
    found = breaches("XBB claims that XAA attacked it. XAA attacked XCC.")
    assert [breach.sentence for breach in found] == ["XAA attacked XCC."]


def test_what_is_quoted_stands_as_its_author_wrote_it() -> None:
    title = "How XAA hacked XBB"
    assert guarded(f"{title}: 2 claims", quoted=[title]) == f"{title}: 2 claims"
    with pytest.raises(PolicyError):
        guard(f"{title}: 2 claims")


def test_quoting_a_title_excuses_no_other_words() -> None:
    title = "How XAA hacked XBB"
    with pytest.raises(PolicyError, match="stole"):
        guard(f"{title}: XAA stole mail", quoted=[title])


@pytest.mark.parametrize("quoted", ["a", "att", "XAA", "", " "])
def test_a_short_quotation_hides_no_part_of_a_word(quoted: str) -> None:
    with pytest.raises(PolicyError):
        guard("XAA attacked XBB.", quoted=[quoted])


def test_a_quotation_that_ends_a_sentence_still_ends_it() -> None:
    words = "It was dark."
    assert guarded(f"XBB claims: {words} 2 replies.", quoted=[words])
    with pytest.raises(PolicyError, match="attacked"):
        guard(f"XBB claims: {words} XAA attacked XBB.", quoted=[words])


def test_a_quotation_may_follow_a_word_without_a_space() -> None:
    assert guarded("said 2026-03-05; in its words: XBB hacked us", quoted=["; in its words: XBB hacked us"])


def test_a_quotation_within_a_longer_one_leaves_the_longer_one_whole() -> None:
    assert guarded("XAA hacked XBB again: 1 claim", quoted=["XAA hacked XBB", "XAA hacked XBB again"])


@pytest.mark.parametrize(
    "name", ["claims", "denies", "that", "Who is behind it?", "Lantern Co., Ltd.", "Buoy; Co", "{0}"]
)
def test_a_template_stands_whatever_name_is_put_into_it(name: str) -> None:
    assert written("{by} claims that {name} (unit) is behind it", by=name, name=name) == (
        f"{name} claims that {name} (unit) is behind it"
    )


@pytest.mark.parametrize("template", ["{name} attacked the ferry", "{name} launched it", "{name}'s attack"])
def test_a_template_is_held_to_the_guard_whatever_it_quotes(template: str) -> None:
    with pytest.raises(PolicyError):
        written(template, name="nobody")


def test_the_refusal_names_the_words_and_the_sentence() -> None:
    with pytest.raises(PolicyError, match=r"'attacked' as a fact in 'XAA attacked XBB.'; say who claims"):
        guard("Two claims are on record. XAA attacked XBB.")


def test_verbs_that_only_accuse_beside_a_name_are_free_without_one() -> None:
    assert breaches("the search was performed by code") == ()
    assert breaches("a drill launched on time") == ()
    assert breaches("XAA: a drill launched on time") != ()


def test_a_long_text_is_read_in_time_that_grows_with_its_length() -> None:
    text = "XBB claims, on its own evidence, that XAA is behind it; said 2026-03-02; basis: one government. " * 2_000
    begin = time.perf_counter()
    assert breaches(text) == ()
    assert breaches("A" * 20_000) == ()
    assert breaches("a- " * 7_000 + "A a a a " * 3_000) == ()
    assert time.perf_counter() - begin < 10
