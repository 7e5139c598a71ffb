"""Python packages of ci/requirements.txt, for the scripts beside this file."""

import os
import pathlib
import sys

VENV = pathlib.Path(__file__).resolve().parents[1] / ".tools" / "venv"


def from_bootstrap(error):
    """Starts the script again under ci/bootstrap's Python after an ImportError; ends where that lacks it too."""
    python = VENV / "bin" / "python"
    if not python.exists() or pathlib.Path(sys.prefix).resolve() == VENV.resolve():
        sys.exit(f"{pathlib.Path(sys.argv[0]).name}: Python's {error.name} is missing: run ci/bootstrap")
    os.execv(python, [str(python), *sys.argv])
