from __future__ import annotations

import bz2
from pathlib import Path

from reader_samples import SITE, article
from winnow.ingest import streams
from winnow.ingest.files import expand
from winnow.ingest.wikipedia import Wikipedia

MARKUP = """{{Infobox|a={{b}}}}
'''Barley''' is a ''[[grain|cereal grain]]''.<ref>book</ref> [[File:x.jpg|thumb|A caption [[with link]]]]
== History ==
{| class="wikitable"
! head
| cell || cell2
|}
* one
* two [http://example.org label]
[[Kategorie:Getreide]] __TOC__ <gallery>
a.jpg|x
</gallery><!-- unseen -->
"""


def _write(folder: Path, pages: str) -> Path:
    path = folder / "dewiki-pages-articles.xml.bz2"
    path.write_bytes(bz2.compress((SITE + pages + "</mediawiki>\n").encode()))
    return path


def test_an_article_in_plain_words(tmp_path: Path, take) -> None:
    (document,) = take(Wikipedia(), _write(tmp_path, article(4, MARKUP, title="Gerste & Bier"))).documents
    assert document["text"] == "Barley is a cereal grain. \nHistory \n\none\ntwo label"
    assert (document["id"], document["source"]) == ("dewiki:4", "dewiki")
    assert document["url"] == "https://de.wikipedia.org/wiki/Gerste_&_Bier"
    assert document["date"].isoformat() == "2024-01-02T03:04:05"
    assert document["meta"] == '{"title":"Gerste & Bier","revision":"9"}'


def test_redirects_and_other_namespaces_are_counted(tmp_path: Path) -> None:
    pages = article(1, "#REDIRECT [[b]]", more='<redirect title="b"/>') + article(2, "talk", namespace=1)
    pages += article(3, "grain") + article(4, "{{only a template}}") + article(5, "talk", namespace=1)
    (batch,) = Wikipedia().read(_write(tmp_path, pages))
    assert batch.documents.column("text").to_pylist() == ["grain"]
    assert batch.rejected == []
    assert batch.skipped == {"redirects": 1, "pages of namespace 1": 2, "pages of templates and tables alone": 1}
    (batch,) = Wikipedia(namespaces=("0", "1")).read(_write(tmp_path, pages))
    assert batch.documents.column("text").to_pylist() == ["talk", "grain", "talk"]


def test_a_damaged_page_costs_only_itself(tmp_path: Path, take) -> None:
    pages = article(1, "one") + "<page><title>bad</titl></page>\n" + article(2, "two")
    pages += '<page>&bomb;</page><!DOCTYPE x [<!ENTITY a "aaaa">]>' + article(3, "three").replace("<page>", "", 1)
    taken = take(Wikipedia(), _write(tmp_path, pages + article(4, "four")))
    assert taken.texts == ["one", "two", "four"]
    assert taken.lines == [1, 3, 6]
    assert set(taken.reasons) == {2, 4, 5}


def test_pages_across_blocks(tmp_path: Path, take, monkeypatch) -> None:
    path = _write(tmp_path, "".join(article(place, f"text {place}") for place in range(30)))
    for size in (64, 97, 251):
        monkeypatch.setattr(streams, "BLOCK_BYTES", size)
        assert take(Wikipedia(), path).texts == [f"text {place}" for place in range(30)]


def test_a_dump_is_known_by_what_stands_in_it(tmp_path: Path) -> None:
    path = _write(tmp_path, article(1, "a"))
    plain = tmp_path / "config.xml"
    plain.write_text("<config/>")
    assert [source.format for source in expand([path, plain])] == ["wikipedia", "text"]
