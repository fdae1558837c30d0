"""The labelling configuration is XML whatever a question holds."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from winnow.label.label_studio import configuration

ODD = '</Choice><Script>"&'


@pytest.mark.parametrize("kind", ["choice", "choices", "scale", "keep", "spans", "tags", "pair"])
def test_a_configuration_is_well_formed_and_names_question_and_answers(kind: str) -> None:
    view = ElementTree.fromstring(configuration("q", ODD, kind, (ODD, "b")))
    assert [header.attrib["value"] for header in view.findall("Header")] == [ODD]
    assert [part for part in view if part.attrib.get("name") == "q"]
    values = [part.attrib["value"] for part in view.iter() if part.tag in ("Choice", "Label")]
    assert values == {"scale": [], "tags": [], "pair": ["tie"]}.get(kind, [ODD, "b"])
    assert {part.attrib["name"] for part in view.iter("Text")} == ({"first", "second"} if kind == "pair" else {"text"})
