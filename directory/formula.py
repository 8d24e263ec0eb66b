"""The arithmetic of a metric: read once, then computed, set as MathML, said in words and spelled out line by line.

One tree serves all four, so a page cannot show one thing and compute another. Python's own parser reads the
text and an allow-list decides what may stay: `+ - * /`, brackets, a leading minus, numbers, the names of the
inputs, and `min`, `max`, `abs`. All arithmetic is `Decimal`. Nothing here knows Django, a clock or a file.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from html import escape

LONGEST_EXPRESSION = 1_000  # characters
DEEPEST_TREE = 60  # levels
PRECISION = 40  # significant digits while computing
WIDEST_LINE = 60  # characters of a line of a displayed formula

FOREIGN = re.compile(r"[^A-Za-z0-9_.,()+\-*/<>= \t]")  # no character outside these ever reaches Python's parser
LITERAL = re.compile(r"[\d_]*\.?[\d_]*")  # no exponent: 1e999999999 would be written out digit by digit

FUNCTIONS: dict[str, Callable[..., Decimal]] = {"min": min, "max": max, "abs": abs}
OPERATORS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
COMPARISONS: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
SCALES = ("", "ratio", "percent", "count")  # units that scale another, the lightest first
TIMES = frozenset({"days", "months", "years"})
SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷"}


class FormulaError(ValueError):
    """An expression that may not be used; says what is wrong and at which column (from 1)."""

    def __init__(self, message: str, column: int = 1) -> None:
        super().__init__(message)
        self.message, self.column = message, column


class UndefinedResult(ArithmeticError):
    """The expression divides by zero for these values: a normal answer, not a fault."""


@dataclass(frozen=True)
class Number:
    value: Decimal


@dataclass(frozen=True)
class Name:
    name: str


@dataclass(frozen=True)
class Operation:
    sign: str  # one of + - * /
    left: Node
    right: Node


@dataclass(frozen=True)
class Negative:
    of: Node


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[Node, ...]


Node = Number | Name | Operation | Negative | Call


@dataclass(frozen=True)
class Comparison:
    """A constraint between inputs, for instance that losses may not exceed the base."""

    left: Node
    sign: str
    right: Node


def parse(expression: str, names: Iterable[str]) -> Node:
    """The tree of an arithmetic expression over `names`. Raises FormulaError for anything else."""
    return _Reader(expression, names).node(_python_tree(expression))


def parse_comparison(rule: str, names: Iterable[str]) -> Comparison:
    """The tree of one comparison, such as `a + b <= c`. Raises FormulaError for anything else."""
    tree = _python_tree(rule)
    if not isinstance(tree, ast.Compare) or len(tree.ops) != 1 or type(tree.ops[0]) not in COMPARISONS:
        raise FormulaError("expected one comparison with <, <=, > or >=")
    reader = _Reader(rule, names)
    return Comparison(reader.node(tree.left), COMPARISONS[type(tree.ops[0])], reader.node(tree.comparators[0]))


def _python_tree(text: str) -> ast.expr:
    text = text.strip()
    if len(text) > LONGEST_EXPRESSION:
        raise FormulaError(f"longer than {LONGEST_EXPRESSION} characters")
    if foreign := FOREIGN.search(text):
        raise FormulaError(f"{foreign[0]!r} does not belong in a formula", foreign.start() + 1)
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise FormulaError(f"is not arithmetic ({error.msg})", error.offset or 1) from None
    except (ValueError, RecursionError, MemoryError):
        raise FormulaError("is not arithmetic") from None


class _Reader:
    """Turns Python's tree into ours, refusing what is not on the list."""

    def __init__(self, source: str, names: Iterable[str]) -> None:
        self.source, self.names = source.strip(), frozenset(names)

    def node(self, tree: ast.expr, depth: int = 0) -> Node:
        if depth > DEEPEST_TREE:
            raise FormulaError(f"nested deeper than {DEEPEST_TREE} levels", tree.col_offset + 1)
        match tree:
            case ast.BinOp(op=op) if type(op) in OPERATORS:
                sign = OPERATORS[type(op)]
                return Operation(sign, self.node(tree.left, depth + 1), self.node(tree.right, depth + 1))
            case ast.UnaryOp(op=ast.USub()):
                return Negative(self.node(tree.operand, depth + 1))
            case ast.Constant(value=value) if type(value) in (int, float):
                return Number(self._literal(tree))
            case ast.Name(id=name):
                return self._name(name, tree)
            case ast.Call(func=ast.Name(id=function), keywords=[]) if function in FUNCTIONS:
                return self._call(function, tree, depth)
        raise FormulaError(f"{self._text(tree)!r} is not allowed in a formula", tree.col_offset + 1)

    def _name(self, name: str, tree: ast.expr) -> Name:
        if name not in self.names:
            known = ", ".join(sorted(self.names)) or "none"
            raise FormulaError(f"unknown input {name!r} (known: {known})", tree.col_offset + 1)
        return Name(name)

    def _call(self, function: str, tree: ast.Call, depth: int) -> Call:
        fewest, most = (1, 1) if function == "abs" else (2, 10)
        if not fewest <= len(tree.args) <= most:
            takes = "one value" if most == 1 else f"{fewest} to {most} values"
            raise FormulaError(f"{function} takes {takes}", tree.col_offset + 1)
        return Call(function, tuple(self.node(argument, depth + 1) for argument in tree.args))

    def _literal(self, tree: ast.Constant) -> Decimal:
        """A number as it was typed, so that 0.1 is one tenth and not the nearest binary fraction."""
        text = self._text(tree)
        if not LITERAL.fullmatch(text):
            raise FormulaError("expected a plain decimal number", tree.col_offset + 1)
        return Decimal(text.replace("_", ""))

    def _text(self, tree: ast.expr) -> str:
        return ast.get_source_segment(self.source, tree) or type(tree).__name__


# -- Computing --


def evaluate(node: Node, values: Mapping[str, Decimal]) -> Decimal:
    """The value of the tree. Raises UndefinedResult where it divides by zero, KeyError for a missing value."""
    with localcontext() as context:
        context.prec = PRECISION
        try:
            return _value(node, values)
        except (DivisionByZero, InvalidOperation, Overflow):
            raise UndefinedResult("division by zero") from None


def _value(node: Node, values: Mapping[str, Decimal]) -> Decimal:
    match node:
        case Number(value):
            return value
        case Name(name):
            return values[name]
        case Negative(of):
            return -_value(of, values)
        case Call(function, arguments):
            return FUNCTIONS[function](*(_value(argument, values) for argument in arguments))
        case Operation(sign, left, right):
            one, other = _value(left, values), _value(right, values)
            if sign == "+":
                return one + other
            if sign == "-":
                return one - other
            if sign == "*":
                return one * other
            return one / other


def holds(comparison: Comparison, values: Mapping[str, Decimal]) -> bool:
    """Whether the comparison is true for these values. Raises like `evaluate`."""
    left, right = evaluate(comparison.left, values), evaluate(comparison.right, values)
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[comparison.sign]


def names_in(node: Node) -> Iterator[str]:
    """The inputs a tree uses, in reading order, with repeats."""
    match node:
        case Name(name):
            yield name
        case Operation(_, left, right):
            yield from names_in(left)
            yield from names_in(right)
        case Negative(of):
            yield from names_in(of)
        case Call(_, arguments):
            for argument in arguments:
                yield from names_in(argument)


# -- Saying --


def spelled(node: Node, terms: Mapping[str, str]) -> str:
    """The tree in words and signs: `(starting ARR − churned) ÷ starting ARR`."""
    match node:
        case Number(value):
            return f"{value:f}"
        case Name(name):
            return terms[name]
        case Negative(of):
            return f"−{_in_brackets(of, spelled(of, terms), 3)}"
        case Call(function, arguments):
            return f"{function}({', '.join(spelled(argument, terms) for argument in arguments)})"
        case Operation(sign, left, right):
            first = _in_brackets(left, spelled(left, terms), _strength(node))
            second = _in_brackets(right, spelled(right, terms), _strength(node) + (sign in "-/"))
            return f"{first} {SIGNS[sign]} {second}"


def _strength(node: Node) -> int:
    """How tightly a tree binds: sums 1, products 2, single things 4."""
    match node:
        case Operation(sign):
            return 1 if sign in "+-" else 2
        case Negative():
            return 2
    return 4


def _in_brackets(node: Node, text: str, needed: int) -> str:
    return f"({text})" if _strength(node) < needed else text


# -- Setting --


@dataclass(frozen=True)
class _Box:
    """A piece of a formula that no line may break, as MathML, and how wide it is in characters.

    A line that begins inside a name or a product is indented, so that it does not pass for another term.
    """

    made: str
    width: int
    is_inside: bool = False

    def after(self, sign: str, form: str = "infix") -> _Box:
        """The same with an operator before it, which stays one between two things where a line begins with it."""
        made = f'<mo form="{form}">{sign}</mo>{self.made}'
        return replace(self, made=made, width=self.width + (3 if form == "infix" else 1))

    @property
    def as_line(self) -> _Box:
        return _Box(f'<mspace width="0.8em"/>{self.made}', self.width + 2) if self.is_inside else self


def mathml(node: Node, terms: Mapping[str, str], result: str, widest: int = WIDEST_LINE) -> str:
    """A block of MathML: `result` = the tree, with fractions set as fractions. Every text is escaped.

    No line is wider than `widest` characters, but for a word that is wider by itself.
    """
    head, room = f"{_word(result)}<mo>=</mo>", widest - len(result) - 3
    if _width(node, terms) <= room:
        return _displayed(head + _set(node, terms, room))
    if room < widest * 2 // 3:  # a long name stands above the rest
        first, *others = _boxes(node, terms, widest - 3)
        return _displayed(
            _table([[_word(result)], *([each] for each in _lines([first.after("="), *others], widest))])
        )
    line, *more = _lines(_boxes(node, terms, room), room)
    return _displayed(_table([[head, line], *(["", each] for each in more)]) if more else head + line)


def _displayed(made: str) -> str:
    return f'<math display="block">{made}</math>'


def _word(text: str) -> str:
    """A name, set upright. It is no `mtext`: that counts as space, and an operator beside space loses its own."""
    return f'<mi mathvariant="normal">{escape(text)}</mi>'


def _table(rows: Iterable[Sequence[str]]) -> str:
    cells = ("".join(f"<mtd>{cell}</mtd>" for cell in row) for row in rows)
    return '<mtable displaystyle="true">' + "".join(f"<mtr>{row}</mtr>" for row in cells) + "</mtable>"


def _set(node: Node, terms: Mapping[str, str], widest: int) -> str:
    """The tree on one line; the sides of its fractions are broken where they are too wide."""
    match node:
        case Number(value):
            return f"<mn>{value:f}</mn>"
        case Name(name):
            return _word(terms[name])
        case Negative(of):
            return f"<mo>−</mo>{_set_in_brackets(of, terms, widest, 3)}"
        case Call(function, arguments):
            inner = "<mo>,</mo>".join(_set(argument, terms, widest) for argument in arguments)
            return f"<mrow><mi>{function}</mi><mo>(</mo>{inner}<mo>)</mo></mrow>"
        case Operation("/", left, right):
            return f"<mfrac>{_side(left, terms, widest)}{_side(right, terms, widest)}</mfrac>"
        case Operation(sign, left, right):
            first = _set_in_brackets(left, terms, widest, _strength(node))
            second = _set_in_brackets(right, terms, widest, _strength(node) + (sign == "-"))
            return f"{first}<mo>{SIGNS[sign]}</mo>{second}"


def _set_in_brackets(node: Node, terms: Mapping[str, str], widest: int, needed: int) -> str:
    made = _set(node, terms, widest)
    return f"<mrow><mo>(</mo>{made}<mo>)</mo></mrow>" if _is_bracketed(node, needed) else made


def _is_bracketed(node: Node, needed: int) -> bool:
    """Whether brackets stand around a part; a fraction needs none, its line holds it together."""
    return _strength(node) < needed and not (isinstance(node, Operation) and node.sign == "/")


def _side(node: Node, terms: Mapping[str, str], widest: int) -> str:
    """One side of a fraction, broken into lines where it is too wide."""
    if _width(node, terms) <= widest:
        return f"<mrow>{_set(node, terms, widest)}</mrow>"
    return _table([line] for line in _lines(_boxes(node, terms, widest), widest))


def _width(node: Node, terms: Mapping[str, str]) -> int:
    """How wide the tree is on one line, in characters."""
    return sum(box.width for box in _boxes(node, terms, LONGEST_EXPRESSION))


def _boxes(node: Node, terms: Mapping[str, str], widest: int, needed: int = 0) -> list[_Box]:
    """The pieces of a tree between which a line may be broken: before an operator, and inside a name too long."""
    if _is_bracketed(node, needed):
        return _bracketed(_boxes(node, terms, widest - 2), node, terms, widest)
    match node:
        case Name(name):
            return _name_boxes(terms[name], widest)
        case Negative(of):
            first, *others = _boxes(of, terms, widest - 1, 3)
            return [first.after("−", "prefix"), *others]
        case Operation("/", left, right):
            width = min(widest, max(_width(left, terms), _width(right, terms)))
            return [_Box(_set(node, terms, widest), width)]
        case Operation(sign, left, right):
            first, *others = _boxes(right, terms, widest - 3, _strength(node) + (sign == "-"))
            second = replace(first.after(SIGNS[sign]), is_inside=sign == "*")
            boxes = [*_boxes(left, terms, widest, _strength(node)), second, *others]
            return _together(boxes, widest) if sign == "*" else boxes
    return [_Box(_set(node, terms, widest), len(spelled(node, terms)))]


def _name_boxes(text: str, widest: int) -> list[_Box]:
    start, *rest = textwrap.wrap(text, max(widest, 1), break_long_words=False, break_on_hyphens=False) or [""]
    inside = [_Box(f'<mspace width="0.25em"/>{_word(each)}', len(each) + 1, is_inside=True) for each in rest]
    return [_Box(_word(start), len(start)), *inside]


def _bracketed(boxes: list[_Box], node: Node, terms: Mapping[str, str], widest: int) -> list[_Box]:
    """A part in brackets: in one piece if it fits on a line."""
    width = sum(box.width for box in boxes) + 2
    if width <= widest:
        return [_Box(f"<mrow><mo>(</mo>{_set(node, terms, widest)}<mo>)</mo></mrow>", width)]
    boxes = [replace(each, is_inside=bool(position)) for position, each in enumerate(boxes)]
    opened, closed = (f'<mo form="{form}" stretchy="false">' for form in ("prefix", "postfix"))
    boxes[0] = replace(boxes[0], made=f"{opened}(</mo>{boxes[0].made}", width=boxes[0].width + 1)
    boxes[-1] = replace(boxes[-1], made=f"{boxes[-1].made}{closed})</mo>", width=boxes[-1].width + 1)
    return boxes


def _together(boxes: list[_Box], widest: int) -> list[_Box]:
    """A product in one piece if it fits on a line, so that lines rather end between the terms of a sum."""
    width = sum(box.width for box in boxes)
    return [_Box("".join(box.made for box in boxes), width)] if width <= widest else boxes


def _lines(boxes: Iterable[_Box], widest: int) -> list[str]:
    """The pieces on as few lines as hold them."""
    lines: list[_Box] = []
    for box in boxes:
        if lines and lines[-1].width + box.width <= widest:
            lines[-1] = _Box(lines[-1].made + box.made, lines[-1].width + box.width)
        else:
            lines.append(box.as_line)
    return [line.made for line in lines]


# -- Spelling out --


@dataclass(frozen=True)
class Line:
    """One line of an account: what it is called, how it enters, its value, and whether a rule stands above it."""

    label: str
    value: Decimal
    of: Node  # what the value is worked out from
    sign: str = ""  # "", "−" before the value
    kind: str = ""  # "", "sum"

    def working(self, shown: Mapping[str, str]) -> str:
        """The line in the numbers as they are shown: `36,000 × 78 %`. Empty where the value says it all."""
        if self.kind == "sum" or isinstance(self.of, Name) or not any(names_in(self.of)):
            return ""
        return spelled(
            self.of, {name: f"({text})" if text.startswith("−") else text for name, text in shown.items()}
        )


def ledger(node: Node, values: Mapping[str, Decimal], labels: Mapping[str, str]) -> list[Line]:
    """The arithmetic as an account, line by line, without the line of the result.

    A sum gives a line a term; a product or quotient gives its first part, then "times" and "divided by".
    Raises like `evaluate`.
    """
    first, factors = _factors(node)
    lines = _sum_lines(first, values, labels, closed=bool(factors))
    for sign, factor in factors:
        word = "times" if sign == "*" else "divided by"
        label = word if isinstance(factor, Number) else f"{word} {_shortened(factor, labels)}"
        lines.append(Line(label, evaluate(factor, values), factor))
    return lines


def unit_of(node: Node, units: Mapping[str, str]) -> str:
    """The unit of a value worked out from inputs with these units; empty for a plain number.

    Shares, counts and plain numbers scale what they are multiplied with or divide, and money per year is money; a
    quotient of two of a kind is plain. Where units do not go together, the value is plain too.
    """
    match node:
        case Name(name):
            return units[name]
        case Negative(of):
            return unit_of(of, units)
        case Call(_, arguments):
            return _common(*(unit_of(each, units) for each in arguments))
        case Operation(sign, left, right):
            one, other = unit_of(left, units), unit_of(right, units)
            return {"*": _product, "/": _quotient}.get(sign, _common)(one, other)
    return ""


def _product(one: str, other: str) -> str:
    if one in SCALES and other in SCALES:
        return max(one, other, key=SCALES.index)
    found = {unit for unit in (one, other) if unit not in SCALES}
    return _common(*(found - TIMES or found))


def _quotient(one: str, other: str) -> str:
    is_scaled = other in SCALES or (other in TIMES and one not in TIMES)
    return one if is_scaled and one != other else ""


def _common(*units: str) -> str:
    found = {unit for unit in units if unit}
    return found.pop() if len(found) == 1 else ""


def _factors(node: Node) -> tuple[Node, list[tuple[str, Node]]]:
    """The first part of a chain of products and quotients, and what it is multiplied with or divided by."""
    factors: list[tuple[str, Node]] = []
    while isinstance(node, Operation) and node.sign in "*/":
        factors.insert(0, (node.sign, node.right))
        node = node.left
    return node, factors


def _terms(node: Node, sign: str = "+") -> Iterator[tuple[str, Node]]:
    if isinstance(node, Operation) and node.sign in "+-":
        yield from _terms(node.left, sign)
        yield from _terms(node.right, sign if node.sign == "+" else {"+": "-", "-": "+"}[sign])
    else:
        yield sign, node


def _sum_lines(
    node: Node, values: Mapping[str, Decimal], labels: Mapping[str, str], *, closed: bool
) -> list[Line]:
    terms = list(_terms(node))
    lines = []
    for position, (sign, term) in enumerate(terms):
        word = "" if position == 0 and sign == "+" else "plus " if sign == "+" else "less "
        label = spelled(term, labels)
        label = f"{word}{_lower_first(label)}" if word else _upper_first(label)
        lines.append(Line(label, evaluate(term, values), term, "−" if sign == "-" else ""))
    if closed and len(terms) > 1:
        leaves = any(sign == "-" for sign, _ in terms)
        lines.append(Line("Remains" if leaves else "Together", evaluate(node, values), node, kind="sum"))
    return lines


def _shortened(node: Node, labels: Mapping[str, str]) -> str:
    """A divisor in words; of a long sum only the first two and the last term."""
    terms = list(_terms(node))
    if len(terms) > 3 and all(sign == "+" for sign, _ in terms):
        parts = [_lower_first(spelled(term, labels)) for _, term in terms]
        return f"{parts[0]} + {parts[1]} + … + {parts[-1]}"
    return _lower_first(spelled(node, labels))


def _lower_first(text: str) -> str:
    """Lower case inside a sentence, but ARR stays ARR."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]
