"""Invented documents for the tests of the app, some of which try to be markup."""

from __future__ import annotations

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"
MARKDOWN = "![picture](https://example.invalid/x.png) **bold** [link](javascript:alert(3)) :red[x] $x^2$"
ODD_NAME = "**ana** :red[x] $x^2$ &lt;b&gt;"
"""A name that people may have, and that a page could take for more than text."""
TOPICS = {
    "kitchen": "Stir the soup until the onions are soft, then add salt, pepper and two cups of water to the pot.",
    "garden": "Plant the bulbs in autumn, water the beds every evening and cut the roses back before the frost.",
    "harbour": "The ferry leaves the harbour at noon, passes the lighthouse and reaches the island before evening.",
}


def documents() -> list[dict[str, str]]:
    """Return 39 documents: twelve a topic, one copy, one that runs right to left, one that tries to be markup."""
    rows = [
        {
            "id": f"{topic}-{n}",
            "text": f"{words} Note {n} of the {topic}.",
            "source": topic,
            "date": f"2024-0{n % 9 + 1}-15",
        }
        for topic, words in TOPICS.items()
        for n in range(12)
    ]
    rows.append({**rows[0], "id": "copy-0"})
    rows.append({"id": "arabic-0", "text": "السفينة تغادر الميناء عند الظهر وتصل قبل المساء", "source": "harbour"})
    rows.append(
        {"id": ATTACK, "text": f"Words before {ATTACK} and {MARKDOWN} words after", "source": ATTACK, "url": MARKDOWN}
    )
    return rows
