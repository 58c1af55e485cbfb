"""Writes the three data sets and their index.

    python e2e/builtin/datasets.py --out public/builtin/data --seed 1

A held-out row has a target that no training row and no pretraining document has, and a template (of the question, the
sentence's shape, or every utterance) that no training row has.
"""

import argparse
import json
from pathlib import Path
from random import Random

import dialogue
import restaurant
import tables

TRAINING_ROWS, HELD_OUT_ROWS = 2600, 600
TEMPLATE = '{context}\n'
MODULES = {'sql': tables, 'restaurant': restaurant, 'dialogue': dialogue}

SETTINGS = {
    'targets': ['q_proj', 'k_proj', 'v_proj', 'o_proj'], 'rank': 8, 'alpha': 16, 'dropout': 0,
    'optimizer': 'adamw', 'learningRate': 3e-3, 'weightDecay': 0, 'schedule': 'constant', 'warmupSteps': 10, 'clip': 1,
    'batch': 8, 'accumulate': 1, 'maxLength': 128,
}
# About 40,000, 60,000 and 80,000 training tokens.
STEPS = {'sql': 142, 'restaurant': 180, 'dialogue': 220}

TASKS = [
    {
        'id': 'sql', 'title': 'A question about a table → SQL', 'metric': 'executes',
        'sentence': 'The model reads a table’s columns and a question, and answers with a query that SQLite can run.',
        'baseDoes': 'Before training it answers in another notation that it knows, and no query runs.',
    },
    {
        'id': 'restaurant', 'title': 'A restaurant’s attributes → a sentence', 'metric': 'exact',
        'sentence': 'The model reads what is known about a restaurant and says it in a plain sentence or two.',
        'baseDoes': 'Before training it writes a card, an advertisement or a review instead.',
    },
    {
        'id': 'dialogue', 'title': 'A short dialogue → one line', 'metric': 'exact',
        'sentence': 'The model reads how two people arrange to meet and says in one line what they agreed.',
        'baseDoes': 'Before training it writes a card, a memo or a letter instead.',
    },
]


def rows_of(module, rng: Random, held_out: bool, count: int) -> list[dict[str, object]]:
    """Rows with different contexts; held-out rows with different targets too."""
    rows: dict[object, dict[str, object]] = {}
    while len(rows) < count:
        row = module.task_row(rng, held_out)
        rows.setdefault(row['target'] if held_out else row['context'], row)
    return list(rows.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--seed', type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    tasks = []
    for task in TASKS:
        rng = Random(f'{args.seed} {task["id"]}')
        training = rows_of(MODULES[task['id']], rng, False, TRAINING_ROWS)
        held_out = rows_of(MODULES[task['id']], rng, True, HELD_OUT_ROWS)
        assert not {r['target'] for r in training} & {r['target'] for r in held_out}
        files = {'training': f'{task["id"]}.jsonl', 'heldOut': f'{task["id"]}.heldout.jsonl'}
        for rows, name in ((training, files['training']), (held_out, files['heldOut'])):
            lines = (json.dumps(row, ensure_ascii=False, separators=(',', ':')) for row in rows)
            (args.out / name).write_text('\n'.join(lines) + '\n')
        tasks.append(task | {
            'files': files, 'rows': {'training': len(training), 'heldOut': len(held_out)}, 'template': TEMPLATE,
            'settings': SETTINGS | {'steps': STEPS[task['id']]},
            'samplePrompts': [row['context'] for row in held_out[:4]],
        })
    (args.out / 'index.json').write_text(json.dumps({'tasks': tasks}, ensure_ascii=False, indent=2) + '\n')


if __name__ == '__main__':
    main()
