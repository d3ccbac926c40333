#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes docs/ndis-rules.md: each rule of driver/ndis/rules.c with the tests that hold it.

  tests/tools/rules.py          writes the page
  tests/tools/rules.py --check  fails when it is not what would be written, or a rule has no test

A test holds a rule that it names: in a comment above its function or inside of it (/* R48 */), in
the name of a bats test, or as a row CATCHES(mistake, rule, ...) of tests/faulty/test_faulty.c.
Pitfalls (P-numbers) are named in the same way; tests/faulty/pitfalls.h says what they are.
"""
import glob
import os
import re
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PAGE = "docs/ndis-rules.md"
NUMBER = re.compile(r"\b([RP])(\d+)(?:-[RP]?(\d+))?\b")


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def rules():
    """{number: (who it binds, sentence)}"""
    found = {}
    row = re.compile(r'\[(\d+)\] = \{(HOST|DRIVER|BOTH),\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\}')
    for number, binds, text in row.findall(read("driver/ndis/rules.c")):
        words = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text))
        found[int(number)] = ({"HOST": "host", "DRIVER": "driver", "BOTH": "both"}[binds], words)
    return found


def pitfalls():
    """{number: sentence}"""
    text = re.search(r"/\*\n \* Pitfalls.*?\*/", read("tests/faulty/pitfalls.h"), re.S).group(0)
    lines = re.sub(r"\n \*\s{6,}", " ", text)
    return {int(n): words for n, words in re.findall(r"^ \*\s+P(\d+)\s+(.*)$", lines, re.M)}


def numbers(text):
    """Every R- and P-number in a text; R57-R61 means all of them."""
    found = set()
    for letter, first, last in NUMBER.findall(text):
        for n in range(int(first), int(last or first) + 1):
            found.add((letter, n))
    return found


def c_tests(path):
    """(name, numbers) of each cmocka test; the comment right above the function counts."""
    text = read(path)
    head = re.compile(r"((?:/\*(?:(?!\*/).)*\*/\n)?)static void (\w+)\(void \*\*state\)\n\{(.*?)\n\}\n",
                      re.S)
    for above, name, body in head.findall(text):
        comments = above + " ".join(re.findall(r"/\*.*?\*/", body, re.S))
        yield name, numbers(comments)
    for mistake, rule in re.findall(r"CATCHES\((\w+), (\d+),", text):
        if rule != "0":
            yield mistake, numbers(mistake.split("_")[0]) | {("R", int(rule))}


def bats_tests(path):
    for name in re.findall(r'^@test "(.*)" \{$', read(path), re.M):
        yield name, numbers(name)


def collect():
    """{(letter, number): [(file, test)]}"""
    found = {}
    for path in sorted(glob.glob("tests/*/test_*.c") + glob.glob("tests/*/*.bats")):
        tests = c_tests(path) if path.endswith(".c") else bats_tests(path)
        for name, cited in tests:
            for number in cited:
                found.setdefault(number, []).append((path[len("tests/"):], name))
    return found


def cell(tests):
    by_file = {}
    for path, name in tests:
        names = by_file.setdefault(path, [])
        if name not in names:
            names.append(name)
    return "<br>".join(f"`{path}`: {', '.join(names)}" for path, names in by_file.items())


def page(all_rules, all_pitfalls, found):
    out = [read("tests/tools/rules-intro.md").rstrip(), ""]
    out += ["| rule | binds | says | tests |", "| --- | --- | --- | --- |"]
    for n, (binds, says) in sorted(all_rules.items()):
        out.append(f"| R{n} | {binds} | {says} | {cell(found.get(('R', n), []))} |")
    out += ["", "## Pitfalls", "",
            "What drivers have been seen to do wrong. A test in `faulty/` is a miniport that does it, and is caught;",
            "others hold the reference driver, or the host, to what the pitfall is about.", "",
            "| pitfall | is | tests |", "| --- | --- | --- |"]
    for n, says in sorted(all_pitfalls.items()):
        out.append(f"| P{n} | {says} | {cell(found.get(('P', n), []))} |")
    return "\n".join(out) + "\n"


def main():
    os.chdir(TOP)
    all_rules, all_pitfalls, found = rules(), pitfalls(), collect()
    missing = [f"R{n}" for n in range(1, 66) if ("R", n) not in found or n not in all_rules]
    missing += [f"P{n}" for n in range(1, 37) if ("P", n) not in found or n not in all_pitfalls]
    text = page(all_rules, all_pitfalls, found)
    if sys.argv[1:] == ["--check"]:
        if missing:
            sys.exit("no test names " + ", ".join(missing))
        if text != read(PAGE):
            sys.exit(f"{PAGE} is not what the tests say: run make rules")
        return
    if missing:
        print("no test names " + ", ".join(missing), file=sys.stderr)
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write(text)


if __name__ == "__main__":
    main()
