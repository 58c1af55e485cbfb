"""Expected scores for src/evaluation/scores: BLEU and chrF by sacreBLEU, ROUGE-L by rouge-score.

    pip install sacrebleu rouge-score
    python e2e/reference/scores.py > e2e/fixtures/scores/scores.json
"""

import json
import random

from rouge_score import rouge_scorer
from sacrebleu.metrics import BLEU, CHRF

ROWS = [
    ("The cat sat on the mat.", ["The cat sat on the mat."]),
    ("The cat sat on mat", ["The cat sat on the mat.", "A cat was sitting on the mat."]),
    ("", ["An empty answer."]),
    ("   \n\t ", ["Blanks only."]),
    ("short", ["short"]),
    ("a b", ["a b c d e f g"]),
    ("SELECT name FROM t WHERE price > 3.5 AND rank <= 10;", ["SELECT name FROM t WHERE price >= 3.5 AND rank < 10;"]),
    ("It costs $1,234.56, i.e. 50% more-or-less (2-3 times).", ["It cost $1,234.56; that is 50 % more, or 2-3 times."]),
    ("&quot;Tom &amp; Jerry&quot; &lt;3", ["\"Tom & Jerry\" <3"]),
    ("a hyphen-\nated line\nand another", ["a hyphenated line and another"]),
    ("naïve café – über “straße” …", ["naive café - über \"Straße\"..."]),
    ("数学は楽しい。", ["数学は楽しい。", "数学が楽しい"]),
    ("👩‍👩‍👧 family 😀😀.5", ["👩‍👩‍👧 family 😀", "🏳️‍🌈"]),
    ("nbsp\u00a0thin\u2009line\u2028para\u2029ideographic\u3000end", ["nbsp thin line para ideographic end"]),
    ("unit\u001fsep\u0085next\ufeffbom", ["unit sep next bom", "unit\u001fsep"]),
    ("e\u0301 composed", ["\u00e9 composed"]),
    ("x" * 50, ["x" * 60]),
    ("the the the the the the the", ["the cat is on the mat", "there is a cat on the mat"]),
    ("<skipped> a.b,c 1.2,3 4-5 -6", ["a.b,c 1.2,3 4-5 -6"]),
    ("İstanbul ΣΑΣ ẞ K", ["istanbul σας ß k"]),
    ("The Eagle is a cheap coffee shop near Burger King.", [
        "The Eagle is a low-cost coffee shop near Burger King.",
        "Near Burger King there is a cheap coffee shop, The Eagle.",
        "The Eagle, a coffee shop, is cheap.",
    ]),
    ("trailing blanks  \u00a0 ", ["trailing blanks"]),
    ("right answer", ["", "right answer"]),
    ("no reference text", [""]),
]

WORDS = "the a cat dog sat ran on under mat , . quick 3.5 -2 (x) don't SELECT é 数".split(" ")


def random_rows(count):
    """Answers made of their references by dropping, changing and swapping words."""
    draw = random.Random(7)
    rows = []
    for _ in range(count):
        references = [" ".join(draw.choices(WORDS, k=draw.randint(1, 25))) for _ in range(draw.randint(1, 4))]
        words = references[0].split(" ")
        answer = [draw.choice(WORDS) if draw.random() < 0.3 else word for word in words if draw.random() > 0.15]
        rows.append((" ".join(answer), references))
    return rows


def streams(rows):
    most = max(len(references) for _, references in rows)
    return [[references[i] if i < len(references) else None for _, references in rows] for i in range(most)]


def corpus(rows):
    answers = [answer for answer, _ in rows]
    return {
        "bleu": BLEU().corpus_score(answers, streams(rows)).score,
        "chrf": CHRF().corpus_score(answers, streams(rows)).score,
    }


def main():
    scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
    sentence_bleu, sentence_chrf = BLEU(effective_order=True), CHRF()
    rows = ROWS + random_rows(120)
    scored = [
        {
            "answer": answer,
            "references": references,
            "bleu": sentence_bleu.sentence_score(answer, references).score,
            "chrf": sentence_chrf.sentence_score(answer, references).score,
            "rougeL": scorer.score_multi(references, answer)["rougeL"].fmeasure,
        }
        for answer, references in rows
    ]
    subsets = {
        "all": [0, len(rows)],
        "odd": [0, len(ROWS)],
        "random": [len(ROWS), len(rows)],
        "empty answers": [2, 4],
        "one word": [4, 5],
        "no match": [2, 3],
    }
    corpora = [{"name": name, "from": a, "to": b, **corpus(rows[a:b])} for name, (a, b) in subsets.items()]
    print(json.dumps({"rows": scored, "corpora": corpora}, indent=1))


main()
