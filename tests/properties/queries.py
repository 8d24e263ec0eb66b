"""Query strings of all kinds: known states, unknown values, and what no browser would send."""

from urllib.parse import quote, quote_plus

from django.http import QueryDict
from hypothesis import strategies as st

anything = (
    st.text(max_size=60) | st.text("\0\n\r\t %&=<>\"'\\{}", max_size=20) | st.integers(500, 3000).map("x".__mul__)
)


def query_strings_of(known):
    """Query strings about these keys with these values, and about anything else."""
    known_pairs = st.sampled_from([(key, value) for key, values in known.items() for value in values])
    values = [value for each in known.values() for value in each]
    pairs = (
        known_pairs
        | st.tuples(st.sampled_from(list(known)), anything)
        | st.tuples(st.sampled_from(list(known)), st.sampled_from(values))
        | st.tuples(anything, anything)
    )
    quoted = st.lists(pairs, max_size=8).map(
        lambda made: "&".join(
            f"{quote_plus(key, errors='replace')}={quote(value, errors='replace')}" for key, value in made
        )
    )
    states = st.lists(known_pairs, max_size=6).map(lambda made: "&".join("=".join(pair) for pair in made))
    raw = st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=80)
    return states | quoted | raw


def parsed(query_string):
    """The values of each key, read the way of the web: by Python's own parser through Django's dictionary."""
    return QueryDict(query_string.encode("latin-1"))
