"""Fragments as htmx gets them, and a page after htmx put one into it."""

import copy

from .page import parse, source_text

HTMX = {"HX-Request": "true"}


def fragment_of(answer):
    """The parsed elements of a fragment; fails on anything between them."""
    parsed, errors = parse(answer.content.decode(), is_fragment=True)
    assert errors == []
    assert not (parsed.text or "").strip()
    return list(parsed)


def swapped(old, answer):
    """The old page after htmx put the answer in it, as the attributes of its links ask for."""
    tree = copy.deepcopy(old.tree)
    results, title, out_of_band = fragment_of(answer)
    assert results.get("id").endswith("-results")
    parents = {child: parent for parent in tree.iter() for child in parent}
    target = tree.find(f".//*[@id='{results.get('id')}']")
    results.tail = target.tail
    place = list(parents[target]).index(target)
    parents[target][place] = results
    tree.find("./head/title").text = title.text
    kind, _, selector = out_of_band.get("data-hx-swap-oob").partition(":")
    assert kind == "innerHTML"
    live = tree.find(f".//*[@id='{selector[1:]}']")
    live.text = out_of_band.text
    return tree


def body_without_live_region(tree):
    tree = copy.deepcopy(tree)
    live = tree.find(".//*[@id='result-count']")
    live.text = ""
    return source_text(tree.find("body"))
