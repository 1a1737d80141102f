"""The shells' completion: completion.py ALEXNET FOLDER_OF_COMPLETIONS"""
import os
import pathlib
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


def fish(file, *words):
    return ask(["fish", "--no-config", "-c"], 'source $argv[1]; complete --do-complete "$argv[2..]"', file, *words)


def main(alexnet, folder):
    folder = pathlib.Path(folder)
    os.environ["PATH"] = f"{pathlib.Path(alexnet).parent}:{os.environ['PATH']}"
    os.chdir(folder)
    schedules = ["cosine", "step", "plateau"]
    assert bash(folder / "alexnet.bash", "alexnet", "wa") == ["watch"]
    assert bash(folder / "alexnet.bash", "alexnet", "train", "--schedule", "") == schedules
    assert bash(folder / "alexnet.bash", "alexnet", "predict", "al") == [""]  # readline's own files
    assert zsh(folder / "_alexnet", "alexnet", "wa") == ["watch:Keep a page about a run in progress up to date"]
    assert zsh(folder / "_alexnet", "alexnet", "train", "--schedule", "") == schedules
    assert zsh(folder / "_alexnet", "alexnet", "predict", "al") == ["files"]
    assert fish(folder / "alexnet.fish", "alexnet", "wa") == ["watch\tKeep a page about a run in progress up to date"]
    assert sorted(fish(folder / "alexnet.fish", "alexnet", "train", "--schedule", "")) == sorted(schedules)
    assert fish(folder / "alexnet.fish", "alexnet", "predict", "alexnet.f") == ["alexnet.fish"]


main(*sys.argv[1:])
