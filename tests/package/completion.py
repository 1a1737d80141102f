"""The shells' completion: completion.py ALEXNET FOLDER_OF_COMPLETIONS"""
import os
import pathlib
import pty
import select
import subprocess
import sys


def ask(shell, script, *arguments):
    done = subprocess.run([*shell, script, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def bash(file, *words):
    return ask(["bash", "--norc", "-c"],
               'source "$1"; shift; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _alexnet "$1"; printf "%s\\n" "${COMPREPLY[@]}"',
               "bash", file, *words)


def zsh(file, *words):
    """With functions that print what zsh's own are told to show."""
    return ask(["zsh", "-f", "-c"],
               'file=$1; shift; words=("$@") CURRENT=$#; _files() { print files }; '
               '_describe() { print -l "${(@P)argv[-1]}" }; eval "_complete() { $(<$file) }"; _complete',
               "zsh", file, *words)


def zsh_typed(folder, line, expected):
    """Whether a tab makes `expected` of `line`, with what zsh itself does with completions."""
    terminal, inner = pty.openpty()
    with subprocess.Popen(["zsh", "-f", "-i"], stdin=inner, stdout=inner, stderr=inner, start_new_session=True) as shell:
        os.write(terminal, f"fpath=({folder} $fpath); autoload -U compinit; compinit -D -u; echo rea''dy\n".encode())
        shown = b""
        for wanted, answer in ((b"ready", f"{line}\t"), (expected.encode(), "")):
            while wanted not in shown and select.select([terminal], [], [], 30)[0]:
                shown += os.read(terminal, 4096)
            os.write(terminal, answer.encode())
        shell.kill()
    return expected.encode() in shown


def fish(file, *words):
    return ask(["fish", "--no-config", "-c"], 'source $argv[1]; complete --do-complete "$argv[2..]"', file, *words)


def main(alexnet, folder):
    folder = pathlib.Path(folder)
    os.environ["PATH"] = f"{pathlib.Path(alexnet).parent}:{os.environ['PATH']}"
    os.chdir(folder)
    schedules = ["cosine", "step", "plateau", "polynomial"]
    assert bash(folder / "alexnet.bash", "alexnet", "wa") == ["watch"]
    assert bash(folder / "alexnet.bash", "alexnet", "train", "--schedule", "") == schedules
    assert bash(folder / "alexnet.bash", "alexnet", "predict", "al") == [""]  # readline's own files
    assert zsh(folder / "_alexnet", "alexnet", "wa") == ["watch:Keep a page about a run in progress up to date"]
    assert zsh(folder / "_alexnet", "alexnet", "train", "--schedule", "") == schedules
    assert zsh(folder / "_alexnet", "alexnet", "predict", "al") == ["files"]
    assert zsh_typed(folder, "alexnet wa", "alexnet watch")
    assert zsh_typed(folder, "alexnet train --schedule st", "--schedule step")
    assert fish(folder / "alexnet.fish", "alexnet", "wa") == ["watch\tKeep a page about a run in progress up to date"]
    assert sorted(fish(folder / "alexnet.fish", "alexnet", "train", "--schedule", "")) == sorted(schedules)
    assert fish(folder / "alexnet.fish", "alexnet", "predict", "alexnet.f") == ["alexnet.fish"]


main(*sys.argv[1:])
