#!/usr/bin/env python3
"""prune.py IN OUT: leaves of a library's description by abidw only what its exported functions reach. Debug information of
Rust describes all of the standard library too, which is another with each compiler and no part of the ABI."""

import sys
import xml.etree.ElementTree as ET

TYPES = {"type-decl", "class-decl", "union-decl", "enum-decl", "typedef-decl", "pointer-type-def", "array-type-def",
         "reference-type-def", "qualified-type-def", "function-type", "subrange"}
FOLDERS = {"abi-corpus", "abi-instr", "namespace-decl"}


def references(element):
    """The ids of the types that an element names, itself and in what stands inside of it."""
    for inner in element.iter():
        if "type-id" in inner.attrib:
            yield inner.attrib["type-id"]


def is_exported(element):
    return element.tag == "function-decl" and "elf-symbol-id" in element.attrib


def without_members(element):
    """A class's member functions and types are the language's, not the layout's."""
    for member in list(element):
        if element.tag == "class-decl" and member.tag in ("member-function", "member-type", "template-parameter"):
            element.remove(member)


def prune(element, wanted):
    """Drops what is not wanted, and folders that are left empty."""
    for child in list(element):
        if child.tag in FOLDERS:
            prune(child, wanted)
            keep = len(child) > 0
        elif child.tag in TYPES:
            keep = child.attrib.get("id") in wanted
        elif child.tag in ("function-decl", "var-decl"):
            keep = is_exported(child)
        else:
            keep = element.tag == "abi-corpus" and child.tag == "elf-function-symbols"
        if not keep:
            element.remove(child)


def main(source, destination):
    tree = ET.parse(source)
    corpus = tree.getroot()
    types = {element.attrib["id"]: element for element in corpus.iter() if element.tag in TYPES and "id" in element.attrib}
    for element in types.values():
        without_members(element)
    todo = [identity for element in corpus.iter() if is_exported(element) for identity in references(element)]
    wanted = set()
    while todo:
        identity = todo.pop()
        if identity not in wanted and identity in types:
            wanted.add(identity)
            todo.extend(references(types[identity]))
    prune(corpus, wanted)
    # One unit for all: a unit's name has the compiler's hash in it, and of two with one name abidiff reads the first alone.
    first, *others = corpus.findall("abi-instr")
    first.attrib["path"] = "strongroom"
    for unit in others:
        first.extend(unit)
        corpus.remove(unit)
    ET.indent(tree)
    tree.write(destination, encoding="unicode")


if __name__ == "__main__":
    main(*sys.argv[1:])
