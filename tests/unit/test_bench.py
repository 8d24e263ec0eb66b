"""What the bench adds up, apart from the loads themselves, which are no test."""

from csmetrics.bench import RADIO, Answer, Ask, percentile
from csmetrics.management.commands.bench import _page_cost, _size


def test_a_request_is_written_for_wrk():
    ask = Ask("/a?q=%22", {"Cookie": 'x="1"'}, "b=1")
    assert ask.in_lua == '{ "POST", "/a?q=%22", { ["Cookie"] = "x=\\"1\\"" }, "b=1" }'
    assert Ask("/", {}).in_lua == '{ "GET", "/", {  }, nil }'


def test_the_percentile_is_one_of_the_values():
    assert percentile([3.0, 1.0, 2.0], 95) == 3.0
    assert percentile([float(each) for each in range(100)], 95) == 95.0


def test_what_is_transferred_counts_body_and_headers():
    assert Answer(200, {"a": "bc"}, b"1234").transferred == 4 + 7 + len("HTTP/1.1 200 OK\r\n\r\n")


def test_questions_are_found_whatever_the_order_of_attributes():
    assert RADIO.findall(
        '<input name="a" value="1" type="radio"><input type="radio" checked value="2" name="b">'
    ) == [
        ("a", "1"),
        ("b", "2"),
    ]
    assert RADIO.findall('<input type="hidden" name="a" value="1">') == []


def test_sizes_are_rounded():
    assert (_size(12_345), _size(2_345_678)) == ("12 KB", "2.3 MB")


def test_the_cost_of_a_page_is_its_production(db, monkeypatch):
    monkeypatch.setattr("csmetrics.pagecache.connection.close", lambda: None)  # it belongs to the test
    monkeypatch.setattr("django.db.close_old_connections", lambda **given: None)
    found = _page_cost("/faq/", 1)
    assert found["cpu"] > 0
    assert found["sent"] < found["bytes"] / 3
