"""What train.py needs of Rankwise's own rules: order of rows, tokens, loss, schedule, rounding, files."""
