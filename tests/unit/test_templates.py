"""How templates are read: without white space that browsers do not show."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Engine

FOLDER = Path(settings.BASE_DIR) / "templates"


def test_lines_lose_their_indentation_and_nothing_else(tmp_path):
    (tmp_path / "page.html").write_text("<ul>\n    <li>a  b</li>\n\n\t<li>c</li> \n</ul>\n")
    engine = Engine(dirs=[tmp_path], loaders=["csmetrics.templates.Loader"])
    assert engine.get_template("page.html").render(Context()) == "<ul>\n<li>a  b</li>\n<li>c</li> \n</ul>\n"


def test_lines_of_nothing_but_branches_and_loops_leave_no_empty_line(tmp_path):
    (tmp_path / "page.html").write_text(
        "{% load static %}\n<p>\n  {% for each in list %}{% if each %}\n    <b>{{ each }}</b>\n"
        "    {% if each == 1 %}<i>one</i>{% endif %}\n  {% else %}\n  none\n  {% endif %}{% endfor %}\n</p>\n"
    )
    engine = Engine(
        dirs=[tmp_path],
        loaders=["csmetrics.templates.Loader"],
        libraries={"static": "django.templatetags.static"},
    )
    made = engine.get_template("page.html").render(Context({"list": [1, 0]}))
    assert made == "<p>\n<b>1</b>\n<i>one</i>\nnone\n</p>\n"


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.html")), ids=lambda path: path.name)
def test_text_whose_spaces_count_begins_and_ends_on_one_line(path):
    """What a variable brings in there keeps its lines; the template itself would lose their indentation."""
    text = path.read_text()
    for tag in ("pre", "textarea"):
        assert len(re.findall(rf"<{tag}\b[^\n]*</{tag}>", text)) == len(re.findall(rf"<{tag}\b", text))
