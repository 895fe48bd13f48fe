"""The annotator's pages in the annotator's language: every sentence in every catalogue, and none that is dead."""

import ast
import json
import re
from functools import cache

import pytest
from projects import a_project, add_pairs
from sites import TheSite

from pairwright.annotate import words
from pairwright.annotate.site import HERE
from pairwright.annotate.words import COOKIE, LANGUAGES, catalogue, language_of, plural_of, words_in
from pairwright.stages.people import accounts
from pairwright.stages.route.route import run_route

TEXT = r"""(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")"""
SPOKEN = re.compile(r"(?<![\w.])(?:visit\.words|nobody\.words|t)\(\s*" + TEXT)
MARKED = re.compile(r"data-t>([^<{]+)<")
SOURCE = HERE.parent
# Where messages for annotators are made in English, of which `Words.told` knows the sentence.
MESSAGES = [
    *sorted(HERE.glob("*.py")),
    *(
        SOURCE / "stages" / "people" / f"{name}.py"
        for name in ("accounts", "answers", "own_answers", "pause_rule", "qualify", "rank")
    ),
    SOURCE / "store" / "people" / "names.py",
]
CATEGORIES = {
    "en": {"one", "other"},
    "de": {"one", "other"},
    "ar": {"zero", "one", "two", "few", "many", "other"},
}


@cache
def spoken() -> set[str]:
    """Every sentence that templates, scripts and pages say in the reader's language."""
    found = set()
    for path in (*HERE.glob("templates/*.html"), *HERE.glob("static/*.js"), *HERE.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        found |= {
            (one or other).replace("\\'", "'").replace('\\"', '"') for one, other in SPOKEN.findall(text)
        }
        found |= set(MARKED.findall(text))
    return found


def bare(sentence: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", sentence)


@cache
def made() -> set[str]:
    """What messages look like where they are made, with {} for what they name; parts of one are joined."""
    found = set()
    for path in MESSAGES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                found.add(
                    "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
                )
    return found


def is_made(sentence: str) -> bool:
    """Whether a message of this form is made somewhere; what stands for {} in the source may be words here."""
    if bare(sentence) in made():
        return True
    forms = (re.escape(each).replace(r"\{\}", ".+") for each in made() if "{}" in each and len(each) > 20)
    return any(re.fullmatch(form, re.sub(r"\{\w+\}", "x", sentence)) for form in forms)


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_every_sentence_is_in_every_catalogue(language):
    assert spoken() - set(catalogue(language)) == set()


def test_every_sentence_in_a_catalogue_is_still_said():
    dead = {each for each in catalogue("de") if each not in spoken() and not is_made(each)}
    assert dead == set()


def test_all_catalogues_hold_the_same_sentences_and_english_those_with_several_forms():
    assert set(catalogue("de")) == set(catalogue("ar"))
    several = {sentence for sentence, text in catalogue("de").items() if isinstance(text, dict)}
    assert set(catalogue("en")) == several


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_names_what_the_sentence_names(language):
    for sentence, text in catalogue(language).items():
        named = set(re.findall(r"\{(\w+)\}", sentence))
        if isinstance(text, dict):
            assert set(text) == CATEGORIES[language], sentence
            assert all(set(re.findall(r"\{(\w+)\}", form)) <= named for form in text.values()), sentence
            assert "{n}" in text["other"], sentence
        else:
            assert set(re.findall(r"\{(\w+)\}", text)) == named, sentence
            assert text.strip(), sentence


def test_no_text_of_an_annotators_page_is_written_in_one_language_only():
    for path in HERE.glob("templates/*.html"):
        name = path.name
        if name.startswith("lead_"):
            continue
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"\{% block (?:title|body_class) %\}\w*\{% endblock %\}", "", text)
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
        attributes = re.findall(r'(?:aria-label|title|placeholder|alt)="([^"]*)"', text)
        visible = re.sub(r"<kbd>[^<]*</kbd>|<[^>]*>", " ", text)
        assert re.findall(r"[A-Za-z]{2,}", visible) in ([], ["Pairwright"]), name
        assert not any(re.search(r"[A-Za-z]{2,}", each) for each in attributes), name


def test_no_sentence_of_a_script_is_written_in_one_language_only():
    """A text of several words in the annotator's scripts is said by `t`; lead.js is the lead's."""
    for path in HERE.glob("static/*.js"):
        if path.name == "lead.js":
            continue
        text = re.sub(r"^\s*//.*$|\s//\s.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        text = SPOKEN.sub("", text)
        texts = [one or other for one, other in re.findall(TEXT, text)]
        assert [each for each in texts if re.match(r"[A-Z][a-z]* [a-z]+ ", each)] == [], path.name


@pytest.mark.parametrize(
    ("chosen", "accepts", "language"),
    [
        (None, "de-AT,de;q=0.9,en;q=0.8", "de"),
        (None, "fr-FR,fr;q=0.9,ar;q=0.5,en;q=0.4", "ar"),
        (None, "en;q=0.2, de;q=0.8", "de"),
        (None, "de;q=0", "en"),
        (None, "de;q=many", "en"),
        (None, "", "en"),
        (None, "zz," * 500, "en"),
        ("ar", "de", "ar"),
        ("xx", "de", "de"),
    ],
)
def test_the_language_is_the_one_chosen_else_the_first_the_browser_asks_for(chosen, accepts, language):
    assert language_of(chosen, accepts) == language


def test_numbers_decide_the_form_and_are_written_as_the_language_does():
    sentence = "You may give {n} answers a day."
    assert words_in("en")(sentence, n=1) == "You may give 1 answer a day."
    assert words_in("de")(sentence, n=1234) == "Sie dürfen 1.234 Antworten am Tag geben."
    assert [plural_of("ar", n) for n in (0, 1, 2, 3, 10, 11, 99, 100, 102, 103, 0.5)] == [
        *("zero", "one", "two", "few", "few", "many", "many", "other", "other", "few", "other")
    ]
    assert words_in("de").number(0.25) == "0,2"
    assert words_in("de").percent(0.5) == "50\N{NO-BREAK SPACE}%"


def test_messages_made_elsewhere_are_told_with_what_they_name():
    t = words_in("de")
    assert (
        t.told("a name has at most 60 characters; this one has 71")
        == "Ein Name hat höchstens 60 Zeichen; dieser hat 71"
    )
    assert t.told("something of {braces} that nobody foresaw") == "something of {braces} that nobody foresaw"
    assert words_in("en").told("a name needs more than dots") == "a name needs more than dots"


def test_an_annotator_reads_every_page_in_their_language(tmp_path):
    with a_project(tmp_path, settings="") as project:
        add_pairs(project, 2)
        run_route(project)
        site = TheSite(project)
        visitor = site.visitor()
        visitor.http.headers["accept-language"] = "ar,en;q=0.5"
        assert 'dir="rtl"' in visitor.get("/signin").text
        token = accounts.invite(project, "annotator")
        assert "أنت مدعوّ" in visitor.get(f"/join/{token}").text
        visitor.get(f"/join/{token}")
        assert "يحتاج الاسم" in visitor.post(f"/join/{token}", name="...").text
        visitor.post(f"/join/{token}", name="amal")
        for path, says in (
            ("/work", "تخطٍّ"),
            ("/me", "آخر إجاباتك"),
            ("/guidelines", "الإرشادات"),
            ("/lead", "غير متاح لك"),
        ):
            assert says in visitor.get(path).text, path
        visitor.http.cookies.set(COOKIE, "de")
        assert "Ihre letzten Antworten" in visitor.get("/me").text
        told = visitor.call("/api/reopen?id=x-1").json()["error"]["message"]
        assert told == "Das Paar x-1 wurde Ihnen nicht angeboten: Laden Sie die Seite neu"


def test_a_leads_pages_are_english_and_their_own_work_is_not(tmp_path):
    with a_project(tmp_path, settings="") as project:
        lead = TheSite(project).lead()
        lead.http.headers["accept-language"] = "de"
        assert '<html lang="en" dir="ltr">' in lead.get("/lead").text
        assert '<html lang="de" dir="ltr">' in lead.get("/work").text


def test_the_words_a_page_carries_can_end_no_script(tmp_path, monkeypatch):
    monkeypatch.setitem(words.catalogue("de"), "Close", "</script><script>alert(1)</script>")
    with a_project(tmp_path, settings="") as project:
        lead = TheSite(project).lead()
        lead.http.cookies.set(COOKIE, "de")
        carried = re.search(r'id="words"[^>]*>(.*?)</script>', lead.get("/work").text, re.DOTALL)[1]
        assert json.loads(carried)["Close"].startswith("</script>")
