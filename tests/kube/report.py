"""The summary: a table for the terminal, and a page for the documents."""

import shutil
import textwrap


def table(results):
    """step, verdict, seconds; below each, its bar and what was measured."""
    width = min(120, shutil.get_terminal_size((120, 40)).columns)
    lines = []
    for result in results:
        lines.append(f"{result['step']:10}  {result['verdict']:6}  {result['seconds']:6.0f} s")
        for name in ("bar", "measured"):
            indent = f"    {name:9} "
            lines.append(
                textwrap.fill(" ".join(result[name].split()), width, initial_indent=indent, subsequent_indent=" " * 14)
            )
    return "\n".join(lines)


def report(outcome, rate):
    """Markdown."""

    def cell(text):
        return " ".join(text.split()).replace("|", "\\|")

    steps = outcome["steps"]
    passed = sum(step["verdict"] == "passed" for step in steps)
    lines = [
        "# What ci/kube-e2e showed",
        "",
        "Written by `ci/kube-e2e --report docs/kube-e2e.md`; not by hand. One node, two cores for all of it: the",
        f"cluster's own processes, the suite, and the load of {rate} requests a second (30 while pods are killed)",
        "through the gateway's Service, on kept and on new connections. A request counts as failed for any answer but",
        "2xx, and for a connection that is refused, reset or silent; none is sent a second time.",
        "",
        f"Run on {outcome['started']}: {passed} of {len(steps)} steps passed.",
        "",
        "| step | bar | measured | verdict | took |",
        "|---|---|---|---|---|",
    ]
    for step in steps:
        measured = cell(step["measured"])
        lines.append(
            f"| {step['step']} | {cell(step['bar'])} | {measured} | {step['verdict']} | {step['seconds']:.0f} s |"
        )
    lines += [
        "",
        "The last row of the issue's table, lint of chart and manifests, is part of `ci/lint`.",
        "",
        "## Versions",
        "",
        "| what | version |",
        "|---|---|",
        *(f"| {name} | {cell(str(version))} |" for name, version in outcome["versions"].items()),
        "",
    ]
    return "\n".join(lines)
