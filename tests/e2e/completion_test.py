"""completion_test -- the completions in the shells they are for, and the man page.

In bash, zsh and fish every command and every option of --help is offered
(cli/completion law 1), and Tab finishes what is typed; the page has them all
(cli/manual law 1) and passes mandoc's lint.  Usage: completion_test.py BUILD_DIR"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

from world import PATIENCE, Check, Protos

check = Check()
BUILD = pathlib.Path(sys.argv[1]).resolve()
TEMP = tempfile.TemporaryDirectory(prefix="kindred-e2e-")
ENVIRONMENT = {"PATH": f"{BUILD}:{os.environ['PATH']}", "HOME": TEMP.name, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}


def run(*words, text=None):
    done = subprocess.run(words, env=ENVIRONMENT, input=text, text=True, capture_output=True, timeout=PATIENCE,
                          cwd=TEMP.name)
    check.that(f"{words[:3]} ends 0 and complains of nothing", done.returncode == 0 and not done.stderr, done.stderr[:500])
    return done.stdout


def options_of(command):
    """By its help: the lines that begin with one, and whether it takes a value."""
    return {name: bool(value) for name, value in
            re.findall(r"^  (--[a-z-]+)(?: ([A-Z\[][^ ]*|[a-z_]+\|[a-z_|]+))?", run("kindred", "help", command), re.M)}


HELP = run("kindred", "--help")
COMMANDS = re.findall(r"^  ([a-z]+) +\S", HELP, re.M)
OPTIONS = {command: options_of(command) for command in COMMANDS}
METHODS = {name.removeprefix("kindred.v1.") for name in Protos(BUILD).methods}
WORDS = {"card": {"set", "show"}, "card set": {"seeker", "peer"}, "reflect": {"yes", "no", "skip"},
         "answer 0123456789abcdef": {"accept", "decline"}, "vocabulary": {"search"}, "completion": {"bash", "zsh", "fish"},
         "enroll --grade": {"member", "peer", "crisis_peer"}, "attend --auto": {"accept", "decline"},
         "card --server x": {"set", "show"}, "card --json set": {"seeker", "peer"}, "call": METHODS,
         "help": {*COMMANDS, "help"}}


def bash(line):
    """What bash offers at the end of `kindred LINE `, or of a word if it has no blank there."""
    words = ["kindred", *line.split(" ")]
    script = ". <(kindred completion bash); compopt() { :; }; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _kindred; " \
             "printf '%s\\n' \"${COMPREPLY[@]}\""
    return set(run("bash", "--norc", "-c", script, "bash", *words).split())


def fish(line):
    script = f"kindred completion fish | source; complete -C 'kindred {line}'"
    return {offered.split("\t")[0] for offered in run("fish", "--no-config", "-c", script).splitlines()}


def shells():
    for ask in (bash, fish):
        check.that(f"{ask.__name__}: every command", ask("") >= {*COMMANDS, "help"}, {*COMMANDS} - ask(""))
        check.that(f"{ask.__name__}: what begins so", ask("at") == {"attend"}, ask("at"))
        for command, options in OPTIONS.items():
            got = ask(f"{command} --")
            check.that(f"{ask.__name__}: every option of {command}", got == set(options) and (got or command == "help"),
                       got ^ set(options))
        for line, words in WORDS.items():
            got = ask(f"{line} ")
            check.that(f"{ask.__name__}: words after {line}", got >= words and (ask is fish or got == words), got ^ words)
    check.that("bash: no words where anything may stand", bash("enroll --pool ") == {""} - {""}, bash("enroll --pool "))
    script = run("kindred", "completion", "zsh")
    for command, options in OPTIONS.items():
        part = re.search(rf"^    {command}\)$(.*?)^        ;;$", script, re.M | re.S)
        got = set(re.findall(r"^            '\*?(--[a-z-]+)\[", part[1], re.M)) if part else set()
        check.that(f"zsh: every option of {command}", got == set(options), got ^ set(options))
    done = subprocess.run([BUILD / "kindred", "completion", "csh"], capture_output=True, text=True, timeout=PATIENCE)
    check.that("no such shell: 2", done.returncode == 2 and done.stderr and not done.stdout)


class Pane:
    """A shell under tmux."""

    def __init__(self, shell):
        self.socket = tempfile.mktemp(dir=TEMP.name)
        subprocess.run(["tmux", "-u", "-S", self.socket, "-f", os.devnull, "new-session", "-d", "-x", "100", "-y", "30",
                        f"exec env PS1='$ ' {shell}"], env=ENVIRONMENT, check=True, timeout=PATIENCE, cwd=TEMP.name)

    def tmux(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *words], env=ENVIRONMENT, text=True, capture_output=True,
                              check=True, timeout=PATIENCE).stdout

    def wait_for(self, words):
        deadline = time.monotonic() + PATIENCE
        while words not in self.tmux("capture-pane", "-p"):
            if time.monotonic() > deadline:
                raise EOFError(f"never on the screen: {words!r}, but:\n{self.tmux('capture-pane', '-p').strip()}")
            time.sleep(0.05)

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True, timeout=PATIENCE)


def tab():
    """Keys, as a person presses them."""
    for shell, begin in (("bash --norc", ". <(kindred completion bash)"),
                         ("zsh -f", "PS1='$ '; autoload -U compinit; compinit -u -D; . <(kindred completion zsh)"),
                         ("fish --no-config", "kindred completion fish | source")):
        pane = Pane(shell)
        try:
            pane.tmux("send-keys", "-l", f"{begin}; echo rea''dy")
            pane.tmux("send-keys", "Enter")
            pane.wait_for("\nready")
            for typed, finished in (("kindred atten", "kindred attend "), ("kindred enroll --gra", "--grade "),
                                    ("kindred card sh", "kindred card show "), ("kindred call Support/A", "call Support/Ask "),
                                    ("kindred simulate --comp", "simulate --compare ")):
                pane.tmux("send-keys", "C-u")
                pane.tmux("send-keys", "-l", typed)
                pane.tmux("send-keys", "Tab")
                pane.tmux("send-keys", "-l", "@")
                pane.wait_for(finished + "@")
                check.that(f"{shell}: Tab finishes {typed!r}", True)
        finally:
            pane.close()


def page():
    text = run("kindred", "man")
    path = pathlib.Path(TEMP.name) / "kindred.1"
    path.write_text(text)
    lint = subprocess.run(["mandoc", "-T", "lint", "-W", "style", path], capture_output=True, text=True, timeout=PATIENCE)
    wrong = [line for line in lint.stdout.splitlines() if "WARNING" in line or "ERROR" in line or "UNSUPP" in line]
    check.that("mandoc has nothing to say, but that it has no date", all("missing date" in line for line in wrong), wrong)
    plain = re.sub(".\x08", "", run("mandoc", "-T", "utf8", "-O", "width=200", str(path)))
    for command, options in OPTIONS.items():
        part = re.search(rf"^   kindred {command}$(.*?)(?=^   kindred |^[A-Z])", plain, re.M | re.S)
        check.that(f"{command} has its part", part)
        own = set(options) - set(OPTIONS["leave"])
        check.that(f"with every option of {command}", part and all(option in part[1] for option in own), own)
        for line in run("kindred", "help", command).split("usage:")[0].splitlines()[2:]:
            check.that(f"{command}: as its help says it", line.strip() in plain, line)
    common = plain.split("\nOPTIONS\n")[1]
    check.that("the common options", all(option in common for option in OPTIONS["leave"]))
    statuses = re.findall(r"^  (\d)  (.+)$", HELP, re.M)
    check.that("every exit status, as --help says it", len(statuses) == 4 and
               all(re.search(rf"^ +{number} +{re.escape(words)}$", plain, re.M) for number, words in statuses), statuses)


def installed():
    """deploy/up's own lines, for a place that is not the machine's."""
    up = (pathlib.Path(__file__).parents[2] / "deploy/up").read_text()
    function = re.search(r"^install_words\(\) \{$.*?^\}$", up, re.M | re.S)[0]
    lines = re.findall(r"^    (install_words .*)$", up, re.M)
    place = pathlib.Path(TEMP.name) / "local"
    (place / "bin").mkdir(parents=True)
    (place / "bin/kindred").symlink_to(BUILD / "kindred")
    run("bash", "-euc", "\n".join(["die() { exit 1; }", f"bin={place}/bin", function, *lines]))
    for file, words in (("man/man1/kindred.1", "man"), ("bash-completion/completions/kindred", "completion bash"),
                        ("zsh/site-functions/_kindred", "completion zsh"),
                        ("fish/vendor_completions.d/kindred.fish", "completion fish")):
        check.that(f"{file} is there", (place / "share" / file).read_text() == run("kindred", *words.split()))


for part in (shells, tab, page, installed):
    check.runs(part)
TEMP.cleanup()
check.report()
