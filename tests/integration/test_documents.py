"""The documents: links lead somewhere, scripts and values that they name exist, every document is in the index."""

import json
import pathlib
import re
import subprocess
import unicodedata

import jsonschema
import pytest
import yaml

from support.suite import ROOT

LINK = re.compile(r"(?<!!)\[[^\]\n]*(?:\n[^\]\n]*)?\]\(<?([^)\s>]+)>?\)")
FENCE = re.compile(r"^( *)(```|~~~).*?^\1\2 *$", re.M | re.S)


def documents():
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--deduplicate", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return sorted(name for name in listed if (ROOT / name).exists())


def without_code(text):
    return re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))


def anchors(path):
    """The ids that GitHub gives headings, and those of <a id="…">."""
    text = FENCE.sub("", path.read_text())
    found, seen = set(re.findall(r'<a (?:id|name)="([^"]+)"', text)), {}
    for heading in re.findall(r"^#{1,6} +(.+?) *#* *$", text, re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        kept = "".join(one for one in plain if one in " -_" or unicodedata.category(one)[0] in "LN")
        slug = kept.replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        found.add(f"{slug}-{count}" if count else slug)
    return found


def broken(name, root=ROOT):
    """What is wrong with the links of one document, a line each."""
    path, problems = root / name, []
    for target in LINK.findall(without_code(path.read_text())):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue  # elsewhere: no network in a test
        file, _, anchor = target.partition("#")
        there = path if not file else (path.parent / file).resolve()
        if not there.exists():
            problems.append(f"{name}: there is no {file}")
        elif anchor and there.suffix == ".md" and anchor not in anchors(there):
            problems.append(f"{name}: {file or 'it'} has no heading #{anchor}")
    return problems


def test_every_relative_link_and_anchor_resolves():
    assert len(documents()) > 10
    assert [problem for name in documents() for problem in broken(name)] == []


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("[x](nowhere.md)", "there is no nowhere.md"),
        ("[x](b.md#missing)", "b.md has no heading #missing"),
        ("[x](#missing)", "it has no heading #missing"),
        ("[x](b.md#a-heading-with-code--dash)", None),
        ("[x](b.md#twice-1)", None),
        ("`[x](nowhere.md)`", None),
        ("```\n[x](nowhere.md)\n```", None),
        ("[x](https://example.com/nowhere)", None),
    ],
)
def test_the_check_finds_what_is_broken_and_nothing_else(tmp_path, link, problem):
    (tmp_path / "a.md").write_text(f"# A\n\n{link}\n")
    (tmp_path / "b.md").write_text("# A heading, with `code` – dash\n\n## Twice\n\n## Twice\n")
    assert broken("a.md", tmp_path) == ([f"a.md: {problem}"] if problem else [])


def test_scripts_that_documents_name_exist():
    """Paths such as ci/deploy or deploy/local/up, in code and out of it."""
    named = re.compile(r"(?<![\w/.-])((?:ci|deploy/(?:local|backup)|k8s)/[a-z][a-z0-9-]*(?:\.[a-z]+)?)(?![\w/.-])")
    missing = {
        f"{name}: {path}"
        for name in documents()
        for path in named.findall((ROOT / name).read_text())
        if not (ROOT / path).exists()
    }
    assert missing == set()


def test_the_index_names_every_document():
    index = (ROOT / "docs" / "README.md").read_text()
    here = [pathlib.Path(name) for name in documents() if re.fullmatch(r"docs/[^/]+", name)]
    assert [path.name for path in here if path.name not in index] == []


def merged(into, values):
    """As Helm merges several files of values."""
    for key, value in values.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merged(into[key], value)
        else:
            into[key] = value
    return into


@pytest.mark.parametrize("document", ["install-production.md", "install-minikube.md"])
def test_values_in_the_documents_are_values_of_the_chart(document):
    chart = ROOT / "helm" / "marquee"
    values = yaml.safe_load((chart / "values.yaml").read_text())
    if document == "install-production.md":
        merged(values, yaml.safe_load((chart / "values-production.yaml").read_text()))
    text = (ROOT / "docs" / document).read_text()
    for block in re.findall(r"^```yaml\n(.*?)^```$", text, re.M | re.S):
        merged(values, yaml.safe_load(block))
    for path, value in re.findall(r"--set ([\w.-]+)=(\S+?)[`\s]", text):
        given = yaml.safe_load(value)
        for key in reversed(path.split(".")):
            given = {key: given}
        merged(values, given)
    jsonschema.validate(values, json.loads((chart / "values.schema.json").read_text()))
