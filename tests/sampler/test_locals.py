"""Local variables of each function, as `phlox dump --locals` shows them."""

import json
import re
import subprocess

from conftest import PROGRAMS_TO_SAMPLE

END_SECONDS = 30

# Function -> its variables, in their order.
LOCALS = {
    "plain": {
        "number": "1", "flag": "False", "rest": "(2, 3)", "named": "{'a': 1}",
        "big": str(2 ** 90), "huge": "<int of 210 bits>", "negative": "-12", "real": "1e+16",
        "text": '"it\'s\\n"', "wide": "'über 世界'", "long_text": "'" + "x" * 60 + "'...",
        "data": r"b'\x00ab'", "nothing": "None", "request": "<Request object at 0x>",
        "point": "Point((1, 2))", "items": "[0, 1, 2, 3, ... 96 more]", "table": "{'key': [1.5, (...)]}",
        "several": "{7}", "frozen": "frozenset()", "none": "set()"},
    "enclosing": {"kept": "{7}", "own": "'in a cell'", "later": "None", "enclosed": "<function object at 0x>"},
    "enclosed": {"seen": "({7}, 'in a cell')", "kept": "{7}", "own": "'in a cell'", "later": "None"},
    "generator": {"count": "2", "inside": "3"},
    "wait": {},
    "<module>": {},
}
# Of local_variables_2_7.py.
LOCALS_OF_2_7 = {
    "plain": {
        "number": "1L", "first": "'a'", "second": "'b'", "rest": "(2, 3)", "named": "{'a': 1}", ".1": "('a', 'b')",
        "small": str(-2 ** 62), "big": f"{2 ** 90}L", "huge": "<int of 210 bits>", "negative": "-12", "real": "1e+16",
        "text": '"it\'s\\n"', "encoded": r"'\xc3\xbcber\x00'", "wide": "<unicode object at 0x>", "long_text": "'" + "x" * 60 + "'...",
        "nothing": "None", "true": "True", "request": "<Request object at 0x>", "old": "<instance object at 0x>",
        "point": "Point((1, 2))", "items": "[0, 1, 2, 3, ... 96 more]", "table": "{'key': [1.5, (...)]}",
        "emptied": "{}", "large": "{0: None, 1: None, 2: None, 3: None, ... 996 more}",
        "several": "<set object at 0x>", "none": "{}"},
    "enclosing": {"kept": "7", "own": "'in a cell'", "later": "None", "enclosed": "<function object at 0x>"},
    "enclosed": {"seen": "(7, 'in a cell')", "kept": "7", "own": "'in a cell'", "later": "None"},
    "generator": {"count": "2", "inside": "3"},
    "wait": {},
    "<module>": {},
}


def dump(phlox, process, *options):
    return subprocess.run([phlox, "dump", "--pid", str(process.pid), *options], check=True, capture_output=True, text=True,
                          timeout=END_SECONDS).stdout


def waiting_program(start, python, name="local_variables.py"):
    process = start(python, PROGRAMS_TO_SAMPLE / name, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == "ready\n"
    return process


def test_dump_shows_local_variables(phlox, start, python, request):
    is_2_7 = request.node.callspec.id.startswith("2.7.")
    process = waiting_program(start, python, *(["local_variables_2_7.py"] if is_2_7 else []))
    (thread,) = json.loads(dump(phlox, process, "--locals", "--format", "json"))
    found = {}
    for frame in thread["frames"]:
        name = frame["function"].rpartition(".")[2]
        found[name] = {local["name"]: re.sub("0x[0-9a-f]+", "0x", local["value"]) for local in frame["locals"]}
    assert found == (LOCALS_OF_2_7 if is_2_7 else LOCALS)


def test_dump_as_text(phlox, start, newest_python):
    process = waiting_program(start, newest_python)
    assert "    generator (" in dump(phlox, process)
    assert "inside" not in dump(phlox, process)
    assert "        count = 2\n        inside = 3\n" in dump(phlox, process, "--locals")
