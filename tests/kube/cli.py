"""ci/kube-e2e: the end-to-end proof on a real Kubernetes, step by step (issue 4's table).

Installs the chart on the one-node cluster of ../shared/kube, and does to it what its operators and its bad days will:
tests, upgrades, kills, scaling, a broken version, a rollback, an uninstall and kubectl apply -k. Requests go to the
gateway's Service by its cluster address. Without the cluster's scripts it says so and ends with 0.
"""

import argparse
import datetime
import json
import os
import pathlib
import sys
import time
import traceback

from kube.cluster import ROOT, SCRIPTS, CommandFailed
from kube.context import Context, StepFailed
from kube.report import report, table
from kube.steps import BEFORE, STEPS


def arguments():
    names = [step.name for step in STEPS]
    parser = argparse.ArgumentParser(
        prog="ci/kube-e2e",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"steps, in order: {' '.join(names)}\nscripts: {SCRIPTS} (MARQUEE_KUBE_DIR names others)",
    )
    parser.add_argument("--step", nargs="+", choices=names, metavar="NAME", help="only these, on what is there")
    parser.add_argument("--from", dest="first", choices=names, metavar="NAME", help="this one and those after it")
    parser.add_argument(
        "--before",
        type=pathlib.Path,
        metavar="DIR",
        help="also upgrade from the version in that checkout, whose images are built there by ci/images --tag before",
    )
    parser.add_argument("--keep", action="store_true", help="leave the cluster up; one that was up before stays anyway")
    parser.add_argument("--no-build", action="store_true", help="take the images as they are")
    parser.add_argument("--rate", type=int, default=50, help="requests a second (50)")
    parser.add_argument("--namespace", default="marquee", help="(marquee) is emptied by the install")
    parser.add_argument("--logs", type=pathlib.Path, default=ROOT / "build" / "kube-e2e", help="(build/kube-e2e)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="the results, for programs")
    parser.add_argument("--report", type=pathlib.Path, metavar="FILE", help="the results, for docs/kube-e2e.md")
    return parser.parse_args()


def chosen(options):
    if options.step or (options.before and not options.first):
        wanted = [step for step in STEPS if step.name in (options.step or ("cluster", "images"))]
        return [*wanted, *([BEFORE] if options.before else [])]
    first = next((i for i, step in enumerate(STEPS) if step.name == options.first), 0)
    return [*STEPS[first:], *([BEFORE] if options.before else [])]


def run(step, context):
    started = time.monotonic()
    context.log(f"=== {step.name}: {step.bar}")
    try:
        verdict, measured = "passed", step.run(context)
    except (StepFailed, CommandFailed, TimeoutError, RuntimeError) as error:
        verdict, measured = "failed", str(error)
    except Exception as error:  # a fault of ours must still leave a summary
        verdict, measured = "failed", f"{type(error).__name__}: {error}"
        context.log(traceback.format_exc())
    if verdict == "failed":
        context.cluster.save_logs(context.folder / "logs" / step.name)
    seconds = time.monotonic() - started
    context.say(f"{verdict.upper():7} {step.name:10} {seconds:6.0f} s  {' '.join(measured.split())[:1500]}")
    return {"step": step.name, "bar": step.bar, "measured": measured, "verdict": verdict, "seconds": round(seconds, 1)}


def main():
    options = arguments()
    if not (SCRIPTS / "up").exists():
        print(f"skipped: no cluster scripts at {SCRIPTS}")
        return 0
    if os.geteuid() != 0:
        print("kube-e2e: the cluster's scripts start containerd and a kubelet: run as root", file=sys.stderr)
        return 2
    context = Context(
        options.logs, lambda text: print(text, flush=True), options.namespace, options.rate, not options.no_build
    )
    context.before = options.before and options.before.resolve()
    results, started = [], datetime.datetime.now(datetime.UTC)
    try:
        for step in chosen(options):
            results.append(run(step, context))
            # Nothing can be shown on what isn't there.
            if results[-1]["verdict"] == "failed" and step.name in ("cluster", "images", "install"):
                break
        try:
            versions = context.versions()
        except CommandFailed as error:
            versions = {"unknown": str(error)}
    finally:
        if context.started_cluster and not options.keep:
            context.cluster.down()
    outcome = {"started": started.isoformat(timespec="seconds"), "versions": versions, "steps": results}
    if options.json:
        options.json.write_text(json.dumps(outcome, indent=2) + "\n")
    if options.report:
        options.report.write_text(report(outcome, options.rate))
    print("\n" + table(results))
    failed = [result["step"] for result in results if result["verdict"] != "passed"]
    print(
        f"\n{len(results) - len(failed)} of {len(results)} steps passed"
        + (f"; failed: {' '.join(failed)}" if failed else "")
    )
    if failed:
        print(f"what explains it: {context.folder}")
    return 1 if failed else 0
