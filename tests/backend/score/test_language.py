from __future__ import annotations

import socket
import sys
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from text_batches import HARD_TEXTS, batch_of
from winnow.errors import MissingNeed
from winnow.score import language as module
from winnow.score.language import Language

SENTENCES = {
    "en": "The ferry does not run today because the river has been high since the snow melted.",
    "de": "Die Fähre fährt heute nicht, weil der Fluss seit der Schneeschmelze hoch steht.",
    "fr": "Le bac ne circule pas aujourd'hui, car la rivière est haute depuis la fonte des neiges.",
    "es": "El transbordador no sale hoy porque el río está crecido desde que se derritió la nieve.",
    "ru": "Паром сегодня не ходит, потому что река стоит высоко с тех пор, как растаял снег.",
    "ar": "لا تعمل العبارة اليوم لأن النهر مرتفع منذ ذوبان الثلوج في الجبال.",
    "hi": "नाव आज नहीं चलेगी क्योंकि बर्फ पिघलने के बाद से नदी का पानी बहुत ऊँचा है।",
    "ja": "雪が解けてから川の水位が高いので、今日は渡し船が出ません。",
    "zh": "雪融化之后河水一直很高，所以今天渡船不开。",
    "ko": "눈이 녹은 뒤로 강물이 높아서 오늘은 나룻배가 다니지 않습니다.",
}


def named(*documents: str, **settings: Any) -> tuple[list[str], list[float]]:
    found = Language(**settings).score(batch_of(documents), None)
    return found["language"].to_pylist(), found["language_confidence"].tolist()


def test_ordinary_sentences_are_named() -> None:
    names, confidences = named(*SENTENCES.values())
    assert names == list(SENTENCES)
    assert min(confidences) > 0.5
    assert max(confidences) <= 1.0


def test_texts_without_letters_are_undetermined() -> None:
    assert named("", " \n", "123 456 +49", "!!! ???", "👍🏽 🎉", "ok", "\x00") == (["und"] * 7, [0.0] * 7)


def test_two_chinese_characters_are_enough() -> None:
    assert named("你好")[0] == ["zh"]


def test_newlines_nul_and_capitals_do_no_harm() -> None:
    text = SENTENCES["en"]
    assert named(text.replace(" ", "\n"), text.replace(" ", "\x00"), text.upper())[0] == ["en"] * 3


def test_vowel_signs_are_kept() -> None:
    assert "नहीं" in module._plain(SENTENCES["hi"])


def test_links_and_digits_say_nothing() -> None:
    text = f"http://example.org/the/english/words?and=more 0123 {SENTENCES['de']}"
    assert module._plain(text).startswith("Die Fähre")


def test_a_long_text_is_judged_by_its_start_and_its_middle() -> None:
    text = "a" * 1000 + "b" * 1000
    judged = module._samples(module.Texts.of(batch_of([text]).column("text")), 400)
    # Half from the start, half around the middle.
    assert judged == ["a" * 200 + " " + "a" * 100 + "b" * 100]


def test_a_cut_inside_a_character_is_left_out() -> None:
    documents = ["я" * 500, "日" * 333, "x" + "👍" * 300]
    for sample in module._samples(module.Texts.of(batch_of(documents).column("text")), 401):
        assert "\ufffd" not in sample


def test_the_model_comes_from_the_package_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    module._fasttext.cache_clear()
    assert named(SENTENCES["fr"])[0] == ["fr"]


def test_a_text_is_named_alike_in_any_company() -> None:
    together = named(*HARD_TEXTS)
    alone = [named(text) for text in HARD_TEXTS]
    assert together[0] == [names[0] for names, _ in alone]
    assert together[1] == [confidences[0] for _, confidences in alone]


PARAGRAPHS = {name: " ".join([sentence] * 2) for name, sentence in SENTENCES.items()}


def measured(*documents: str, **settings: Any) -> dict[str, list[Any]]:
    return {name: values.tolist() for name, values in Language(**settings).score(batch_of(documents), None).items()}


def test_a_page_in_two_languages_is_shared_by_characters() -> None:
    english, german = PARAGRAPHS["en"] * 3, PARAGRAPHS["de"]
    found = measured(f"{english}\n\n{german}", english)
    assert found["language"] == ["en", "en"]
    whole = len(english) + len(german)
    assert found["language_share"] == pytest.approx([len(english) / whole, 1.0])
    assert found["language_second"] == ["de", None]
    assert found["language_second_share"] == pytest.approx([len(german) / whole, 0.0])
    assert found["languages"] == [2, 1]


def test_the_language_of_most_characters_is_the_main_one() -> None:
    # The start and the middle are Russian; most of the characters are French.
    page = "\n\n".join([PARAGRAPHS["ru"], *[PARAGRAPHS["fr"]] * 2])
    found = measured(page)
    assert (found["language"], found["language_second"]) == (["fr"], ["ru"])
    assert found["language_confidence"][0] > 0.7


def test_long_lines_are_judged_alone_and_short_ones_together() -> None:
    lines = "\n".join([PARAGRAPHS["es"], PARAGRAPHS["ko"]])
    assert measured(lines)["languages"] == [2]
    short = "\n".join(["Abfahrt um neun", "Ankunft um zehn", "täglich außer Montag", "Gepäck bitte aufgeben"])
    pieces = module._pieces(module.Texts.of(batch_of([f"{short}\n{PARAGRAPHS['en']}\n{short}"]).column("text")))
    assert pieces.strings().to_pylist() == [short, PARAGRAPHS["en"], short]


def test_many_paragraphs_are_drawn_evenly_by_length() -> None:
    # 30 English paragraphs and 10 Japanese ones behind them, a third of the characters or so: 8 places are judged.
    english, other = PARAGRAPHS["en"], PARAGRAPHS["ja"] * 2
    page = "\n\n".join([english] * 30 + [other] * 20)
    share = 20 * len(other) / (30 * len(english) + 20 * len(other))
    found = measured(page)
    assert found["language"] == ["en"]
    assert found["language_second_share"][0] == pytest.approx(round(share * 8) / 8)


def test_short_paragraphs_go_with_the_whole() -> None:
    found = measured(f"{PARAGRAPHS['en']}\n\nBonjour!\n\nMenu | Kontakt\n\n{PARAGRAPHS['en']}")
    assert (found["languages"], found["language_share"]) == ([1], [1.0])


def test_shares_can_be_left_out() -> None:
    assert set(measured("plain words", paragraphs=0)) == {"language", "language_confidence"}


def test_a_model_that_is_not_installed_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "heliport", None)
    module._heliport.cache_clear()
    with pytest.raises(MissingNeed, match="pip install heliport"):
        measured("plain words of a text", model="heliport")


def test_another_model_is_read_by_its_margin(monkeypatch: pytest.MonkeyPatch) -> None:
    class Identifier:
        def identify_topk_with_score(self, words: str, k: int) -> list[tuple[str, float]]:
            return [("deu", 2.0), ("gsw", 3.0)] if "Fähre" in words else [("zxx", 7.0)]

    monkeypatch.setitem(sys.modules, "heliport", SimpleNamespace(Identifier=Identifier))
    module._heliport.cache_clear()
    found = measured(SENTENCES["de"], SENTENCES["en"], model="heliport")
    # A margin of one power of ten: 1 - 10^-1.
    assert found["language"] == ["de", "und"]
    assert found["language_confidence"] == pytest.approx([0.9, 0.0])
    module._heliport.cache_clear()
