"""Laws of the arithmetic that hold for any expression."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, example, given
from hypothesis import strategies as st

from directory.formula import (
    Call,
    FormulaError,
    Name,
    Negative,
    Number,
    Operation,
    UndefinedResult,
    evaluate,
    ledger,
    mathml,
    names_in,
    parse,
    spelled,
)

NAMES = ("base", "gain", "loss")
TERMS = {name: name for name in NAMES}
TYPED = str.maketrans({"−": "-", "×": "*", "÷": "/"})

literals = st.decimals(0, 10**6, places=2).map(Number) | st.integers(0, 10**9).map(lambda n: Number(Decimal(n)))
trees = st.recursive(
    literals | st.sampled_from(NAMES).map(Name),
    lambda smaller: (
        st.builds(Operation, st.sampled_from("+-*/"), smaller, smaller)
        | st.builds(Negative, smaller)
        | st.builds(Call, st.just("abs"), st.tuples(smaller))
        | st.builds(Call, st.sampled_from(["min", "max"]), st.lists(smaller, min_size=2, max_size=4).map(tuple))
    ),
    max_leaves=12,
)
values = st.fixed_dictionaries({name: st.decimals(-(10**6), 10**6, places=2) for name in NAMES})


def printed(node):
    """The tree as an editor would type it, with every bracket there could be."""
    match node:
        case Number(value):
            return f"{value:f}"
        case Name(name):
            return name
        case Negative(of):
            return f"(-{printed(of)})"
        case Call(function, arguments):
            return f"{function}({', '.join(map(printed, arguments))})"
        case Operation(sign, left, right):
            return f"({printed(left)} {sign} {printed(right)})"


def exact(node, given):
    """The value as a fraction, which no rounding touches. Raises ZeroDivisionError."""
    match node:
        case Number(value):
            return Fraction(value)
        case Name(name):
            return Fraction(given[name])
        case Negative(of):
            return -exact(of, given)
        case Call(function, arguments):
            return {"min": min, "max": max, "abs": abs}[function](*(exact(each, given) for each in arguments))
        case Operation(sign, left, right):
            one, other = exact(left, given), exact(right, given)
            match sign:
                case "+":
                    return one + other
                case "-":
                    return one - other
                case "*":
                    return one * other
            return one / other


def exact_or_none(node, given):
    try:
        return exact(node, given)
    except ZeroDivisionError:
        return None


@given(trees)
def test_what_is_typed_is_what_is_read(tree):
    text = printed(tree)
    assume(len(text) <= 1000)
    assert parse(text, NAMES) == tree


@given(trees, values)
def test_what_is_said_means_what_is_computed(tree, given):
    """The words, typed back with their few brackets, have the same value: none that is needed is left out."""
    text = spelled(tree, TERMS).translate(TYPED)
    assume(len(text) <= 1000)
    assert exact_or_none(parse(text, NAMES), given) == exact_or_none(tree, given)


@given(trees, values)
def test_computing_agrees_with_exact_fractions(tree, given):
    """To 25 of its 40 digits; a difference of nearly equal quotients may lose the others."""
    expected = exact_or_none(tree, given)
    try:
        computed = evaluate(tree, given)
    except UndefinedResult:
        computed = None
    if expected is None or computed is None:
        # Where a divisor is zero only but for rounding, either answer is right.
        assume(expected is None and computed is None)
        return
    sizes = _sizes(tree, given)
    assert abs(Fraction(computed) - expected) <= sizes * Fraction(1, 10**25)


def _sizes(node, given):
    """A bound of what rounding works on: the largest value on the way, grown by every small divisor."""
    largest = Fraction(1)
    stack = [node]
    while stack:
        each = stack.pop()
        value = abs(exact(each, given))
        largest = max(largest, value)
        match each:
            case Operation(sign, left, right):
                stack += [left, right]
                if sign == "/":
                    divisor = abs(exact(right, given))
                    largest = max(largest, abs(exact(left, given)) / min(divisor, divisor * divisor))
            case Negative(of):
                stack.append(of)
            case Call(_, arguments):
                stack += arguments
    return largest


@given(trees, values)
def test_the_account_adds_up_to_the_result(tree, given):
    expected = exact_or_none(tree, given)
    assume(expected is not None)
    try:
        lines = ledger(tree, given, TERMS)
    except UndefinedResult:
        assume(False)
    total = Fraction(0)
    for line in lines:
        value = Fraction(line.value)
        if line.kind == "sum":
            assert abs(value - total) <= abs(total) * Fraction(1, 10**20)
        elif line.label.startswith("times"):
            total *= value
        elif line.label.startswith("divided by"):
            total /= value
        else:
            total += -value if line.sign == "−" else value
    assert abs(total - expected) <= max(Fraction(1), _sizes(tree, given)) * Fraction(1, 10**20)


@given(trees)
def test_every_input_that_is_used_is_said_and_set(tree):
    said, made = spelled(tree, TERMS), mathml(tree, TERMS, "R")
    for name in names_in(tree):
        assert name in said
        assert f'<mi mathvariant="normal">{name}</mi>' in made
    assert made.count("<mrow>") == made.count("</mrow>")


@given(st.text(max_size=60) | st.text(alphabet="abcmin(x,)+-*/.0123456789e_ <>='\"[]{}:@\\\n\0é", max_size=60))
@example("1e999999999")
@example("(" * 900)
@example("-" * 900 + "base")
@example("lambda: base")
@example("base\ud800")
def test_any_text_is_arithmetic_or_refused(text):
    read = _tree_or_refusal(text)
    if isinstance(read, FormulaError):
        assert 1 <= read.column <= max(1, len(text.strip()) + 1)
        assert read.message
    else:
        assert isinstance(read, Number | Name | Operation | Negative | Call)
        assert set(names_in(read)) <= set(NAMES)
        assert len(spelled(read, TERMS)) <= 20 * len(text)


def _tree_or_refusal(text):
    try:
        return parse(text, NAMES)
    except FormulaError as refusal:
        return refusal
