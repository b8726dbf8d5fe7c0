#!/usr/bin/env python3
"""The manual page, section 1, out of what the executable says of itself: man.py EXECUTABLE > strongroom.1"""

import json
import subprocess
import sys


def roff(text):
    """Text as roff has it: nothing in it is a request or an escape."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga")
    return "\n".join(("\\&" + line if line[:1] in ".'" else line) for line in text.split("\n"))


def names(argument):
    dashes = {"long": "--", "short": "-", "longWithSingleDash": "-"}
    value = argument.get("valueName", "")
    if argument["kind"] == "positional":
        return f"\\fI{roff(value)}\\fR"
    written = ", ".join(f"\\fB{roff(dashes[name['kind']] + name['name'])}\\fR" for name in argument["names"])
    return written + (f" \\fI{roff(value)}\\fR" if argument["kind"] == "option" else "")


def commands(command, before=()):
    path = before + (command["commandName"],)
    below = [one for one in command.get("subcommands", []) if one["commandName"] != "help"]
    if not below:
        yield path, command
    for one in below:
        yield from commands(one, path)


def page(root, version):
    yield f'.TH STRONGROOM 1 "" "Strongroom {roff(version)}" "Strongroom"'
    yield ".SH NAME"
    yield f"strongroom \\- {roff(root['abstract'].rstrip('.'))}"
    yield ".SH SYNOPSIS"
    yield ".B strongroom"
    yield "\\fIcommand\\fR [\\fIoptions\\fR] [\\fIarguments\\fR]"
    yield ".SH DESCRIPTION"
    yield roff(root.get("discussion", ""))
    yield ".SH COMMANDS"
    for path, command in commands(root):
        shown = [one for one in command.get("arguments", []) if one["shouldDisplay"]]
        shown = [one for one in shown if not any(name["name"] == "help" for name in one.get("names", []))]
        given = [names(one) for one in shown if one["kind"] == "positional"]
        yield f".SS {roff(' '.join(path))} {' '.join(given)}"
        yield roff(command.get("abstract", ""))
        if command.get("discussion"):
            yield ".PP"
            yield roff(command["discussion"])
        for one in shown:
            yield ".TP"
            yield names(one)
            yield roff(one.get("abstract", ""))
    yield ".SH ENVIRONMENT"
    for name, what in [
        ("STRONGROOM_ADDR, STRONGROOM_CACERT, STRONGROOM_TOKEN", "Where the service is, what it is held to, and a token."),
        ("STRONGROOM_CLIENT_CONFIG", "The client's configuration file, in place of ~/.config/strongroom/client.json."),
        ("STRONGROOM_*", "Of serve: each of its options, in capitals and with underscores."),
        ("NO_COLOR", "No colour on a terminal either."),
    ]:
        yield ".TP"
        yield f".B {roff(name)}"
        yield roff(what)
    yield ".SH EXIT STATUS"
    for code, what in [
        ("0", "Done."), ("1", "There is no answer, or something on this side is amiss."),
        ("2", "The service has refused it; doctor and audit verify: something is not as it should be."),
        ("3", "The service could not do it, or not now; status: it is sealed."),
        ("4", "verify and verify-mac: not valid."), ("64", "The command was not well formed."),
    ]:
        yield ".TP"
        yield f".B {code}"
        yield roff(what)


if __name__ == "__main__":
    executable = sys.argv[1]
    help_text = subprocess.run([executable, "--experimental-dump-help"], check=True, capture_output=True).stdout
    version_text = subprocess.run([executable, "version"], check=True, capture_output=True, text=True).stdout
    print("\n".join(page(json.loads(help_text)["command"], version_text.split()[1])))
