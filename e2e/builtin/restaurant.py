"""A restaurant's attributes, and four ways to put them in words: card, ad, review and the plain sentence.

In pretraining the attributes become a card, an ad or a review, these become one another, and the plain sentence is
read (and written without a prompt). Attributes never become the plain sentence: that cell is the task.
"""

from random import Random

from world import AREAS, FOODS, PLACE_ADJECTIVES, PLACE_NOUNS, a, is_held_out

TAGGED = ('card', 'ad', 'review')
KINDS = ['restaurant', 'cafe', 'pub', 'bistro']
PRICES = {'low': 'cheap', 'medium': 'affordable', 'high': 'expensive'}
OPTIONAL = ('price', 'area', 'near', 'stars', 'children')

Restaurant = dict[str, str]

# Which attributes are present decides the shape of the sentence: these sets of optional attributes are held out.
HELD_OUT_SHAPES = {
    frozenset(s.split()) for s in [
        'price area stars', 'price near children', 'area children', 'price area near children', 'near stars',
        'price area stars children', 'area near stars',
    ]
}


def make_place_name(rng: Random) -> str:
    return f'{rng.choice(PLACE_ADJECTIVES)} {rng.choice(PLACE_NOUNS)}'


def make_restaurant(rng: Random, held_out: bool | None) -> Restaurant:
    while True:
        shape = frozenset(key for key in OPTIONAL if rng.random() < 0.55)
        if len(shape) >= 1 and (held_out is None or (shape in HELD_OUT_SHAPES) == held_out):
            break
    values = {
        'name': make_place_name(rng), 'food': rng.choice(FOODS), 'type': rng.choice(KINDS),
        'price': rng.choice(list(PRICES)), 'area': rng.choice(AREAS), 'near': make_place_name(rng),
        'stars': str(rng.randint(1, 5)), 'children': rng.choice(['yes', 'no']),
    }
    return {key: v for key, v in values.items() if key not in OPTIONAL or key in shape}


def as_attributes(r: Restaurant) -> str:
    return ' | '.join(f'{key}: {value}' for key, value in r.items())


def as_sentence(r: Restaurant) -> str:
    description = a(f'{PRICES[r["price"]]} {r["food"]}' if 'price' in r else r['food'])
    text = f'{r["name"]} is {description} {r["type"]}'
    if 'area' in r:
        text += f' by the {r["area"]}'
    if 'near' in r:
        text += f' near {r["near"]}'
    last = []
    if 'stars' in r:
        last.append('has ' + stars(r))
    if 'children' in r:
        last.append('welcomes children' if r['children'] == 'yes' else 'is for adults only')
    return text + '.' + (f' It {" and ".join(last)}.' if last else '')


def as_card(r: Restaurant) -> str:
    """Keywords in the order of the sentence."""
    parts = [r['name'], ' '.join(filter(None, [PRICES.get(r.get('price', ''), ''), r['food'], r['type']]))]
    if 'area' in r:
        parts.append(f'at {r["area"]}')
    if 'near' in r:
        parts.append(f'next to {r["near"]}')
    if 'stars' in r:
        parts.append(stars(r))
    if 'children' in r:
        parts.append('children' if r['children'] == 'yes' else 'adults')
    return 'card: ' + ' ; '.join(parts)


def as_ad(r: Restaurant) -> str:
    text = f'ad: Come to {r["name"]}'
    if 'near' in r:
        text += f' beside {r["near"]}'
    text += f', your {r["food"]} {r["type"]}'
    if 'area' in r:
        text += f' at the {r["area"]}'
    text += '!'
    if 'price' in r:
        text += f' Our food is {PRICES[r["price"]]}.'
    if 'stars' in r:
        text += f' We have {stars(r)}.'
    if 'children' in r:
        text += ' Bring your children.' if r['children'] == 'yes' else ' We serve adults only.'
    return text


def as_review(r: Restaurant) -> str:
    text = 'review: We ate'
    if 'price' in r:
        text += f' {PRICES[r["price"]]}'
    text += f' {r["food"]} food at {r["name"]}, {a(r["type"])}'
    if 'area' in r:
        text += f' by the {r["area"]}'
    if 'near' in r:
        text += f' close to {r["near"]}'
    text += '.'
    if 'stars' in r:
        text += f' It deserves {stars(r)}.'
    if 'children' in r:
        text += ' Our children were welcome.' if r['children'] == 'yes' else ' No children were there.'
    return text


def stars(r: Restaurant) -> str:
    return '1 star' if r['stars'] == '1' else f'{r["stars"]} stars'


FORMS = {'card': as_card, 'ad': as_ad, 'review': as_review}


def pretraining_document(rng: Random) -> tuple[str, str]:
    """One (context, output) pair in any cell of the matrix but attributes → sentence."""
    while True:
        r = make_restaurant(rng, None)
        kind = rng.random()
        form = rng.choices(TAGGED, (4, 3, 3))[0]
        if kind < 0.60:
            return f'{as_attributes(r)}\n', FORMS[form](r)
        if is_held_out(as_sentence(r)):
            continue
        if kind < 0.75:
            source, goal = rng.sample(TAGGED, 2)
            return f'{FORMS[source](r)}\n', FORMS[goal](r)
        if kind < 0.91:
            return f'{as_sentence(r)}\n', FORMS[form](r)
        return '', as_sentence(r)


def task_row(rng: Random, held_out: bool) -> dict[str, object]:
    """One row of the data set: attributes → sentence."""
    while True:
        r = make_restaurant(rng, held_out)
        if is_held_out(as_sentence(r)) == held_out:
            return {'context': as_attributes(r), 'target': as_sentence(r)}
