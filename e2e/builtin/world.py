"""The small world that every document is about: its words, and the rule that says what is held out.

All text of the built-in model and data sets is made from these lists; nothing comes from elsewhere.
"""

import hashlib

HELD_OUT_SHARE = 0.2

PEOPLE = """Mia Tom Ana Ben Eva Leo Ida Max Zoe Sam Amy Jon Lea Kai Nora Paul Rosa Hugo Lily Omar
Jane Fred Ruth Carl Vera Adam Tess Ivan Nina Otto""".split()

TITLES = """Amber Birch Cedar Dawn Ember Falcon Grove Heron Ivory Juniper Kestrel Laurel Marble Nectar Opal
Pearl Quartz Raven Saffron Thistle Umber Velvet Willow Zephyr Aster Breeze Coral Dune Echo Fern Garnet Harvest
Iris Jasper Kite Lark Meadow Nova Orchid Prism""".split()

PLACE_ADJECTIVES = """Green Blue Golden Silver Old Happy Quiet Red White Little Merry Lucky Royal Sunny Wild Black
Copper Crooked Hidden Flying""".split()

PLACE_NOUNS = """Lantern Mill Anchor Fox Garden Spoon Bell Rose Kettle Crown Swan Barrel Oak Bridge Lion Wheel
Table Star Harp Whale""".split()

FOODS = """Thai Italian French Indian Greek Mexican Chinese Japanese Turkish English Spanish Korean Polish
Danish""".split()

AREAS = 'harbour park market station river castle beach forest square museum'.split()

DAYS = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split()

SPOTS = 'library park cafe station museum harbour market school pool hall garden beach'.split()

ACTIVITIES = [
    # verb phrase, its noun
    ('play chess', 'chess'), ('have lunch', 'lunch'), ('have dinner', 'dinner'), ('watch a film', 'a film'),
    ('go swimming', 'swimming'), ('play tennis', 'tennis'), ('drink tea', 'tea'), ('paint a picture', 'painting'),
    ('bake bread', 'baking'), ('read poems', 'poems'), ('go running', 'running'), ('sing songs', 'singing'),
]

ENTITIES = {
    # a table's first column: its plural, the text columns and the number columns that suit it
    'town': ('towns', 'region country season', 'size age noise heat beauty score'),
    'ship': ('ships', 'colour owner country wood metal', 'speed weight length age price size'),
    'book': ('books', 'colour owner country', 'age length weight price beauty score'),
    'film': ('films', 'owner country season', 'length price score noise age'),
    'player': ('players', 'country colour day region', 'age height weight speed score'),
    'school': ('schools', 'region day colour country', 'size age noise heat score price'),
    'river': ('rivers', 'region country colour season', 'length depth speed heat beauty'),
    'shop': ('shops', 'day owner region colour', 'size age noise price score'),
    'farm': ('farms', 'owner region country season', 'size age price noise heat'),
    'team': ('teams', 'colour country region day', 'score age speed size'),
    'song': ('songs', 'owner country season', 'length age beauty noise score'),
    'garden': ('gardens', 'owner region day season', 'size age beauty heat price'),
    'bridge': ('bridges', 'metal wood region country', 'length height age weight price beauty'),
    'lake': ('lakes', 'region country season colour', 'depth size heat beauty length'),
    'horse': ('horses', 'colour owner country', 'speed age height weight price score'),
    'tower': ('towers', 'metal wood colour region', 'height age weight size price'),
    'train': ('trains', 'colour day country metal', 'speed length weight noise price heat'),
    'island': ('islands', 'region country owner season', 'size heat beauty length price'),
}

CATEGORIES = {
    # a text column: its values, and the phrase that puts one behind a noun
    'colour': ('red blue green white black grey yellow brown'.split(), 'that are {v}', 'that is {v}'),
    'region': ('north south east west centre'.split(), 'in the {v}', 'in the {v}'),
    'season': ('spring summer autumn winter'.split(), 'loved in {v}', 'loved in {v}'),
    'metal': ('gold silver copper iron tin'.split(), 'made of {v}', 'made of {v}'),
    'wood': ('oak pine birch maple'.split(), 'made of {v}', 'made of {v}'),
    'country': ('France Spain Japan Peru Kenya Norway India Chile'.split(), 'from {v}', 'from {v}'),
    'owner': (PEOPLE[:12], 'that belong to {v}', 'that belongs to {v}'),
    'day': (DAYS, 'free on {v}', 'free on {v}'),
}

NUMBERS = {
    # a number column: superlative up, superlative down
    'score': ('best', 'worst'), 'price': ('dearest', 'cheapest'), 'age': ('oldest', 'youngest'),
    'height': ('tallest', 'lowest'), 'length': ('longest', 'shortest'), 'speed': ('fastest', 'slowest'),
    'weight': ('heaviest', 'lightest'), 'depth': ('deepest', 'shallowest'), 'size': ('largest', 'smallest'),
    'beauty': ('prettiest', 'plainest'), 'noise': ('loudest', 'quietest'), 'heat': ('warmest', 'coldest'),
}


def is_held_out(target: str) -> bool:
    """Whether this whole target belongs to the held-out part. It depends on the text alone, so the training rows
    and the pretraining text leave the same targets out without sharing a list."""
    digest = hashlib.sha256(target.encode()).digest()
    return digest[0] < 256 * HELD_OUT_SHARE


def a(word: str) -> str:
    """The word behind its indefinite article."""
    return ('an ' if word[0] in 'AEIOUaeiou' else 'a ') + word
