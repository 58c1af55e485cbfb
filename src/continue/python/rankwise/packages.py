"""Says in one sentence what of requirements.txt is missing or too old, before anything is imported that would fail."""

import re
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"
OLDEST_PYTHON = (3, 10)


def numbers(text):
    """(4, 57, 1) of "4.57.1.dev0"."""
    return tuple(int(part) for part in re.match(r"\d+(\.\d+)*", text).group().split("."))


def problem_of(requirement):
    """What is wrong with a line such as `peft>=0.17`; None where nothing is."""
    name, _, least = requirement.partition(">=")
    try:
        found = version(name)
    except PackageNotFoundError:
        return "%s is missing" % name
    if least and numbers(found) < numbers(least):
        return "%s is %s, expected %s or newer" % (name, found, least)
    return None


def check_packages():
    if sys.version_info < OLDEST_PYTHON:
        sys.exit("train.py needs Python %d.%d or newer, this is %d.%d" % (OLDEST_PYTHON + sys.version_info[:2]))
    lines = [line.strip() for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines()]
    problems = [problem_of(line) for line in lines if line and not line.startswith("#")]
    problems = [problem for problem in problems if problem]
    if problems:
        sys.exit("%s. Run: %s -m pip install -r requirements.txt" % ("; ".join(problems), sys.executable))
