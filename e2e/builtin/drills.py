"""Copying drills: without them a small model does not copy words of a closed class, such as weekdays."""

from random import Random

from world import ACTIVITIES, AREAS, CATEGORIES, DAYS, ENTITIES, FOODS, NUMBERS, PEOPLE, PLACE_ADJECTIVES, PLACE_NOUNS
from world import SPOTS, TITLES

CLASSES = {
    'person': PEOPLE, 'title': TITLES, 'first': PLACE_ADJECTIVES, 'second': PLACE_NOUNS, 'food': FOODS, 'area': AREAS,
    'day': DAYS, 'place': SPOTS, 'hobby': [noun for _, noun in ACTIVITIES], 'thing': list(ENTITIES),
    'measure': list(NUMBERS), 'number': [str(n) for n in range(10)],
    **{key: values for key, (values, _, _) in CATEGORIES.items() if key not in ('owner', 'day')},
}


def pretraining_document(rng: Random) -> tuple[str, str]:
    kind = rng.random()
    if kind < 0.4:
        return word_list(rng)
    if kind < 0.75:
        return look_up(rng)
    return closed_class(rng)


def word_list(rng: Random) -> tuple[str, str]:
    words = [rng.choice(CLASSES[rng.choice(list(CLASSES))]) for _ in range(rng.randint(2, 6))]
    order = rng.choice(['echo', 'back', 'last', 'first'])
    result = {'echo': words, 'back': words[::-1], 'last': words[-1:], 'first': words[:1]}[order]
    return f'words: {" ".join(words)}\n', f'{order}: {" ".join(result)}'


def closed_class(rng: Random) -> tuple[str, str]:
    """Several different words of one class, so that only their place tells them apart."""
    name = rng.choice(['day', *CLASSES])
    words = rng.sample(CLASSES[name], min(4, rng.randint(2, 5), len(CLASSES[name])))
    if rng.random() < 0.5:
        return f'words: {" ".join(words)}\n', f'echo: {" ".join(words)}'
    i = rng.randrange(len(words) - 1)
    return f'words: {" ".join(words)}\n', f'after {words[i]}: {words[i + 1]}'


def look_up(rng: Random) -> tuple[str, str]:
    names = rng.sample(list(CLASSES), rng.randint(2, 5))
    values = {name: rng.choice(CLASSES[name]) for name in names}
    asked = rng.sample(names, rng.randint(1, len(names)))
    return ' | '.join(f'{k}: {v}' for k, v in values.items()) + '\n', 'pick: ' + ' ; '.join(
        f'{k} {values[k]}' for k in asked)
