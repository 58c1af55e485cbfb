"""Questions about tables, and four notations for their answers: get, flow, code and SQL.

In pretraining a question is answered in get, flow or code, these are translated into one another, and SQL is read
(and written to a bare header). A question is never answered in SQL: that cell of the matrix is the task.
"""

from dataclasses import dataclass, field
from random import Random

from world import CATEGORIES, ENTITIES, NUMBERS, TITLES, is_held_out

TAGGED = ('get', 'flow', 'code')


@dataclass
class Query:
    """One query of table t: SELECT select FROM t WHERE conditions ORDER BY order LIMIT limit.
    aggregate is '', 'count', 'avg', 'sum', 'max' or 'min'; a condition is (column, operator, value)."""

    select: str = ''
    aggregate: str = ''
    conditions: list[tuple[str, str, str]] = field(default_factory=list)
    order: str = ''
    descending: bool = True
    limit: int = 0


def quoted(value: str) -> str:
    return value if value.isdigit() else f"'{value}'"


def as_sql(q: Query) -> str:
    selected = q.select
    if q.aggregate == 'count':
        selected = 'COUNT(*)'
    elif q.aggregate:
        selected = f'{q.aggregate.upper()}({q.select})'
    text = f'SELECT {selected} FROM t'
    if q.conditions:
        text += ' WHERE ' + ' AND '.join(f'{c} {op} {quoted(v)}' for c, op, v in q.conditions)
    if q.order:
        text += f' ORDER BY {q.order} {"DESC" if q.descending else "ASC"} LIMIT {q.limit}'
    return text


def as_get(q: Query) -> str:
    """Words in the order of SQL."""
    words = {'count': 'number(*)', '': q.select}.get(q.aggregate) or f'{MEANINGS[q.aggregate]}({q.select})'
    text = f'get: pick {words} of t'
    if q.conditions:
        text += ' if ' + ' with '.join(f'{c} {op} {quoted(v)}' for c, op, v in q.conditions)
    if q.order:
        text += f' sorted on {q.order} {"down" if q.descending else "up"} first {q.limit}'
    return text


def as_flow(q: Query) -> str:
    """Stages from left to right, the selected column last."""
    stages = ['data'] + [f'keep {c} {op} {quoted(v)}' for c, op, v in q.conditions]
    if q.order:
        stages += [f'sort {"-" if q.descending else "+"} {q.order}', f'head {q.limit}']
    stages.append({'count': 'count', '': f'take {q.select}'}.get(q.aggregate) or f'{MEANINGS[q.aggregate]} {q.select}')
    return 'flow: ' + ' > '.join(stages)


def as_code(q: Query) -> str:
    text = 'code: t' + ''.join(f'.only({c} {op} {quoted(v)})' for c, op, v in q.conditions)
    if q.order:
        text += f'.{"top" if q.descending else "bottom"}({q.order}, {q.limit})'
    last = {'count': 'count()', '': q.select}.get(q.aggregate) or f'{MEANINGS[q.aggregate]}({q.select})'
    return f'{text}.{last}'


MEANINGS = {'avg': 'mean', 'sum': 'total', 'max': 'most', 'min': 'least'}
NOTATIONS = {'get': as_get, 'flow': as_flow, 'code': as_code, 'sql': as_sql}

# Templates by intent; those behind '*' are held out of the training rows. E/Es: entity and plural; n: number column;
# top: highest or lowest; sup: its superlative; of: a condition behind a noun (ofs: behind a plural); v: a value;
# x: a number; cmp: a comparison.
TEMPLATES: dict[str, list[str]] = {
    'top': [
        'which {E} has the {top} {n}?', 'which {E} is the {sup}?', 'what is the {sup} {E}?', 'name the {sup} {E}.',
        'find the {E} with the {top} {n}.', 'tell me the {E} that has the {top} {n}.',
        'of all {Es}, which is the {sup}?',
        '*show me the {E} with the {top} {n}.', '*i want to know which {E} is the {sup}.', '*the {sup} of the {Es}?',
    ],
    'top_where': [
        'which {E} {of} has the {top} {n}?', 'which {E} {of} is the {sup}?', 'what is the {sup} {E} {of}?',
        'name the {sup} {E} {of}.', 'of the {Es} {ofs}, which has the {top} {n}?',
        'find the {E} {of} with the {top} {n}.',
        '*show me the {sup} {E} {of}.', '*among the {Es} {ofs}, which is the {sup}?',
        '*i want the {E} {of} with the {top} {n}.',
    ],
    'top_several': [
        'which {x} {Es} have the {top} {n}?', 'what are the {x} {sup} {Es}?', 'name the {x} {sup} {Es}.',
        'find the {x} {Es} with the {top} {n}.', 'list the {x} {sup} {Es}.',
        '*show me the {x} {sup} {Es}.', '*i want the {x} {Es} with the {top} {n}.',
    ],
    'lookup': [
        'what is the {c} of {name}?', 'what {c} does {name} have?', 'tell me the {c} of the {E} {name}.',
        'find the {c} of {name}.', 'give the {c} for {name}.', 'name the {c} of the {E} {name}.',
        '*show me the {c} of {name}.', '*which {c} has the {E} {name}?', '*i want to know the {c} of {name}.',
    ],
    'count': [
        'how many {Es} are there {ofs}?', 'how many {Es} {ofs} are there?', 'count the {Es} {ofs}.',
        'what is the number of {Es} {ofs}?', 'tell me how many {Es} {ofs} there are.', 'find the number of {Es} {ofs}.',
        '*show me how many {Es} {ofs} there are.', '*please count all {Es} {ofs}.', '*give the count of {Es} {ofs}.',
    ],
    'count_number': [
        'how many {Es} have a {n} {cmp} {x}?', 'count the {Es} whose {n} is {cmp} {x}.',
        'what is the number of {Es} with a {n} {cmp} {x}?', 'tell me how many {Es} have a {n} {cmp} {x}.',
        '*how many of the {Es} have a {n} {cmp} {x}?', '*give the count of {Es} with a {n} {cmp} {x}.',
    ],
    'list': [
        'which {Es} are there {ofs}?', 'list the {Es} {ofs}.', 'name the {Es} {ofs}.', 'what are the {Es} {ofs}?',
        'find all {Es} {ofs}.', 'tell me the {Es} {ofs}.', '*show me the {Es} {ofs}.', '*i want all {Es} {ofs}.',
        '*give the {Es} {ofs}.',
    ],
    'list_number': [
        'which {Es} have a {n} {cmp} {x}?', 'list the {Es} whose {n} is {cmp} {x}.',
        'name the {Es} with a {n} {cmp} {x}.',
        'find all {Es} with a {n} {cmp} {x}.', 'what {Es} have a {n} {cmp} {x}?',
        '*show me the {Es} whose {n} is {cmp} {x}.', '*i want all {Es} with a {n} {cmp} {x}.',
    ],
    'list_both': [
        'which {Es} {ofs} have a {n} {cmp} {x}?', 'list the {Es} {ofs} with a {n} {cmp} {x}.',
        'find all {Es} {ofs} whose {n} is {cmp} {x}.', 'name the {Es} {ofs} with a {n} {cmp} {x}.',
        '*show me the {Es} {ofs} whose {n} is {cmp} {x}.', '*i want all {Es} {ofs} with a {n} {cmp} {x}.',
    ],
    'aggregate': [
        'what is the {agg} {n} of the {Es}?', 'what is the {agg} {n}?', 'find the {agg} {n} of all {Es}.',
        'tell me the {agg} {n} of the {Es}.', 'give the {agg} {n}.',
        '*show me the {agg} {n} of the {Es}.', '*i want to know the {agg} {n}.', '*the {agg} {n} of all {Es}?',
    ],
    'aggregate_where': [
        'what is the {agg} {n} of the {Es} {ofs}?', 'find the {agg} {n} of all {Es} {ofs}.',
        'tell me the {agg} {n} of the {Es} {ofs}.', 'for {Es} {ofs}, what is the {agg} {n}?',
        '*show me the {agg} {n} of the {Es} {ofs}.', '*i want to know the {agg} {n} of {Es} {ofs}.',
    ],
}

AGGREGATES = {
    'avg': ['average', 'mean'], 'sum': ['total', 'combined'], 'max': ['highest', 'largest', 'greatest'],
    'min': ['lowest', 'smallest', 'least'],
}
TOPS = {True: ['highest', 'largest', 'greatest'], False: ['lowest', 'smallest', 'least']}
COMPARISONS = {
    '>': ['over', 'above', 'greater than', 'higher than'], '<': ['under', 'below', 'less than', 'lower than'],
}


@dataclass
class Table:
    columns: list[str]
    rows: list[list[str | int]]
    plural: str
    categories: list[str]
    numbers: list[str]


def make_table(rng: Random, row_count: int) -> Table:
    entity = rng.choice(list(ENTITIES))
    plural, suitable_categories, suitable_numbers = ENTITIES[entity]
    category_count, number_count = rng.choice([(1, 1), (1, 2), (2, 1), (1, 2), (2, 2)])
    categories = rng.sample(suitable_categories.split(), category_count)
    if 'metal' in categories and 'wood' in categories:
        categories.remove('wood')
    numbers = rng.sample(suitable_numbers.split(), number_count)
    others = categories + numbers
    rng.shuffle(others)
    shown = {c: rng.sample(CATEGORIES[c][0], min(4, len(CATEGORIES[c][0]))) for c in categories}
    names = rng.sample(TITLES, row_count)
    values = {n: rng.sample(range(10, 100) if rng.random() < 0.7 else range(100, 1000), row_count) for n in numbers}
    rows: list[list[str | int]] = []
    for i, name in enumerate(names):
        rows.append([name] + [values[c][i] if c in values else rng.choice(shown[c]) for c in others])
    return Table([entity, *others], rows, plural, categories, numbers)


def make_question(rng: Random, table: Table, held_out: bool | None) -> tuple[str, Query]:
    """A question about the table and its query. held_out picks the templates: True, False, or None for all."""
    intent = rng.choice(list(TEMPLATES))
    entity, plural = table.columns[0], table.plural
    number = rng.choice(table.numbers)
    category = rng.choice(table.categories)
    column = lambda name: [row[table.columns.index(name)] for row in table.rows]
    value = str(rng.choice(column(category)))
    name = str(rng.choice(column(entity)))
    threshold = sorted(column(number))[rng.randrange(1, len(table.rows) - 1)]
    descending = rng.random() < 0.5
    operator = rng.choice('><')
    aggregate = rng.choice(list(AGGREGATES))
    looked_up = rng.choice(table.columns[1:])
    several = rng.choice([2, 3, 4, 5])

    q = Query(select=entity)
    if intent.startswith('top'):
        q.order, q.descending, q.limit = number, descending, several if intent == 'top_several' else 1
    elif intent == 'lookup':
        q.select, q.conditions = looked_up, [(entity, '=', name)]
    elif intent.startswith('count'):
        q.select, q.aggregate = '', 'count'
    elif intent.startswith('aggregate'):
        q.select, q.aggregate = number, aggregate
    if intent in ('top_where', 'count', 'list', 'list_both', 'aggregate_where'):
        q.conditions.append((category, '=', value))
    if intent in ('count_number', 'list_number', 'list_both'):
        q.conditions.append((number, operator, str(threshold)))

    templates = [t for t in TEMPLATES[intent] if held_out is None or t.startswith('*') == held_out]
    if rng.random() < 0.5 and intent != 'list_both':
        of = ofs = f'with {category} {value}'
    else:
        _, ofs, of = CATEGORIES[category]
        of, ofs = of.format(v=value), ofs.format(v=value)
    template = rng.choice(templates).lstrip('*')
    question = template.format(
        E=entity, Es=plural, n=number, c=looked_up, name=name, of=of, ofs=ofs,
        top=rng.choice(TOPS[descending]), sup=NUMBERS[number][0 if descending else 1],
        cmp=rng.choice(COMPARISONS[operator]), agg=rng.choice(AGGREGATES[aggregate]),
        x=several if intent == 'top_several' else threshold)
    return question.replace(' a age ', ' an age '), q


def header(table: Table) -> str:
    return 'table: ' + ' | '.join(table.columns)


def pretraining_document(rng: Random) -> tuple[str, str]:
    """One (context, output) pair in any cell of the matrix but question → SQL."""
    while True:
        table = make_table(rng, 12)
        question, q = make_question(rng, table, None)
        kind = rng.random()
        if kind < 0.62:
            form = rng.choices(TAGGED, (5, 3, 2))[0]
            return f'{header(table)}\nquestion: {question}\n', NOTATIONS[form](q)
        if is_held_out(as_sql(q)):
            continue
        if kind < 0.75:
            source, goal = rng.sample(TAGGED, 2)
            return f'{header(table)}\n{NOTATIONS[source](q)}\n', NOTATIONS[goal](q)
        if kind < 0.90:
            return f'{header(table)}\n{as_sql(q)}\n', NOTATIONS[rng.choice(TAGGED)](q)
        return f'{header(table)}\n', as_sql(q)


def task_row(rng: Random, held_out: bool) -> dict[str, object]:
    """One row of the data set: question → SQL, with its table."""
    while True:
        table = make_table(rng, 16 if held_out else 10)
        question, q = make_question(rng, table, held_out)
        if is_held_out(as_sql(q)) != held_out:
            continue
        return {
            'context': f'{header(table)}\nquestion: {question}', 'target': as_sql(q), 'question': question,
            'table': {'columns': table.columns, 'rows': table.rows},
        }
