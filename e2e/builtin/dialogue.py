"""Two people arrange to meet, and four ways to note the result: card, memo, letter and one plain line.

In pretraining a dialogue becomes a card, a memo or a letter, these become one another, and the plain line is read (and
written without a prompt). A dialogue never becomes the plain line: that cell is the task.
"""

from dataclasses import dataclass
from random import Random

from world import ACTIVITIES, DAYS, PEOPLE, SPOTS, is_held_out

TAGGED = ('card', 'memo', 'letter')


@dataclass
class Meeting:
    """What was agreed. day is '' when the meeting was called off."""

    first: str
    second: str
    activity: tuple[str, str]
    spot: str
    day: str
    hour: int


# Templates behind '*' are held out of the training rows. act: verb phrase; noun: its noun; p: place; d: day; h: hour;
# d2, h2, p2: what is agreed instead.
OPENINGS = [
    'Shall we {act} at the {p} on {d} at {h}?', 'Can we {act} on {d} at {h} at the {p}?',
    'Let us {act} at the {p} on {d} at {h}.', 'Do you want to {act} on {d} at {h} at the {p}?',
    'I would like to {act} at the {p} on {d} at {h}.', '{noun} at the {p} on {d} at {h}?',
    '*How about {noun} on {d} at {h} at the {p}?', '*Will you {act} with me at the {p} on {d} at {h}?',
]
YES = ['Yes, gladly.', 'Good idea.', 'Fine, see you there.', 'Yes, I will come.', 'With pleasure.',
       '*Of course, see you then.', '*That suits me.']
NO = ['Sorry, I have no time this week.', 'No, I am ill.', 'I am away all week.', 'Sorry, I can not come.',
      '*No, this week is too full.', '*I must work all week, sorry.']
NEW_DAY = ['Not on {d}, sorry. {d2}?', 'I am busy on {d}. How about {d2}?', 'Can we make it {d2}?',
           '{d2} is better for me.', '*Sorry, {d} is bad. Is {d2} good for you?', '*I would rather come on {d2}.']
NEW_HOUR = ['That is too early. At {h2}?', 'Can we make it {h2}?', 'I can not come at {h}. How about {h2}?',
            '{h2} is better for me.', '*Sorry, {h} is bad. Is {h2} good for you?', '*I would rather come at {h2}.']
NEW_SPOT = ['The {p} is closed. At the {p2}?', 'Not at the {p}, please. How about the {p2}?', 'Can we go to the {p2}?',
            'The {p2} is better for me.', '*Sorry, the {p} is full. Is the {p2} good for you?',
            '*I would rather go to the {p2}.']
AGREED = ['Good.', 'Fine with me.', 'Yes, see you then.', 'All right.', '*Very well.', '*That is good too.']


def choose(rng: Random, templates: list[str], held_out: bool | None) -> str:
    return rng.choice([t for t in templates if held_out is None or t.startswith('*') == held_out]).lstrip('*')


def make_dialogue(rng: Random, held_out: bool | None) -> tuple[str, Meeting]:
    first, second = rng.sample(PEOPLE, 2)
    activity = rng.choice(ACTIVITIES)
    p, p2 = rng.sample(SPOTS, 2)
    d, d2 = rng.sample(DAYS, 2)
    h, h2 = rng.sample(range(1, 10), 2)
    words = {'act': activity[0], 'noun': activity[1], 'p': p, 'd': d, 'h': h, 'p2': p2, 'd2': d2, 'h2': h2}
    meeting = Meeting(first, second, activity, p, d, h)
    outcome = rng.choices(['yes', 'no', 'day', 'hour', 'spot'], (25, 10, 25, 20, 20))[0]
    replies = {'yes': YES, 'no': NO, 'day': NEW_DAY, 'hour': NEW_HOUR, 'spot': NEW_SPOT}[outcome]
    says = [(first, choose(rng, OPENINGS, held_out)), (second, choose(rng, replies, held_out))]
    if outcome == 'day':
        meeting.day = d2
    elif outcome == 'hour':
        meeting.hour = h2
    elif outcome == 'spot':
        meeting.spot = p2
    elif outcome == 'no':
        meeting.day = ''
    if outcome in ('day', 'hour', 'spot'):
        says.append((first, choose(rng, AGREED, held_out)))
    return '\n'.join(f'{who}: {capital(text.format(**words))}' for who, text in says), meeting


def capital(text: str) -> str:
    return text[0].upper() + text[1:]


def as_line(m: Meeting) -> str:
    if not m.day:
        return f'{m.first} and {m.second} will not {m.activity[0]} this week.'
    return f'{m.first} and {m.second} will {m.activity[0]} at the {m.spot} on {m.day} at {m.hour}.'


def as_card(m: Meeting) -> str:
    """Keywords in the order of the line."""
    if not m.day:
        return f'card: {m.first} + {m.second} ; no {m.activity[0]} ; week'
    return f'card: {m.first} + {m.second} ; {m.activity[0]} ; {m.spot} ; {m.day} ; {m.hour}'


def as_memo(m: Meeting) -> str:
    if not m.day:
        return f'memo: {m.activity[1]} of {m.first} with {m.second} called off'
    return f'memo: {m.day} {m.hour}, {m.spot}, {m.activity[1]} of {m.first} with {m.second}'


def as_letter(m: Meeting) -> str:
    if not m.day:
        return f'letter: Dear {m.second}, what a pity that we can not {m.activity[0]}. {m.first}'
    return f'letter: Dear {m.second}, on {m.day} we meet at {m.hour} at the {m.spot} to {m.activity[0]}. {m.first}'


FORMS = {'card': as_card, 'memo': as_memo, 'letter': as_letter}


def pretraining_document(rng: Random) -> tuple[str, str]:
    """One (context, output) pair in any cell of the matrix but dialogue → line."""
    while True:
        dialogue, m = make_dialogue(rng, None)
        kind = rng.random()
        form = rng.choices(TAGGED, (4, 3, 3))[0]
        if kind < 0.65:
            return f'{dialogue}\n', FORMS[form](m)
        if is_held_out(as_line(m)):
            continue
        if kind < 0.77:
            source, goal = rng.sample(TAGGED, 2)
            return f'{FORMS[source](m)}\n', FORMS[goal](m)
        if kind < 0.91:
            return f'{as_line(m)}\n', FORMS[form](m)
        return '', as_line(m)


def task_row(rng: Random, held_out: bool) -> dict[str, object]:
    """One row of the data set: dialogue → line."""
    while True:
        dialogue, m = make_dialogue(rng, held_out)
        if is_held_out(as_line(m)) == held_out:
            return {'context': dialogue, 'target': as_line(m)}
