#!/usr/bin/env python3
"""sbom.py BINARY > sbom.json: what is in the service, as CycloneDX 1.5: Debian's packages of the libraries that it is linked with, crates,
and Swift packages, from the package database and the lock files. The same source on the same machine gives the same text."""

import hashlib
import json
import re
import subprocess
import sys
import uuid
from urllib.parse import quote


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout


def component(kind, name, version, purl, licence=None):
    found = {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl}
    if licence:
        found["licenses"] = [{"expression": licence}]
    return found


def debian_packages(binary):
    """The packages of every shared library that is loaded, and of those that serve as data."""
    files = [line.split("=>")[-1].split("(")[0].strip() for line in run("ldd", binary).splitlines() if "/" in line]
    names = {"ca-certificates"}
    for file in files:
        real = run("realpath", file).strip()
        for path in (real, real.removeprefix("/usr")):
            owner = subprocess.run(["dpkg", "-S", path], capture_output=True, text=True, check=False).stdout
            if owner:
                names.add(owner.split(":")[0])
                break
        else:
            # Swift's own libraries, in a debug build.
            if "swift" not in real:
                sys.exit(f"no package has {real}")
    for name in sorted(names):
        status = run("dpkg-query", "-W", "-f", "${Package}\t${Version}\t${Architecture}\t${source:Package}\n", name)
        package, version, architecture, source = status.splitlines()[0].split("\t")
        purl = f"pkg:deb/debian/{package}@{quote(version)}?arch={architecture}&distro=bookworm"
        found = component("library", package, version, purl)
        found["properties"] = [{"name": "debian:source", "value": source}]
        yield found


def crates():
    """Those of other people that the core is linked with, with the licences that they declare."""
    tree = run("cargo", "tree", "--quiet", "--locked", "-e", "normal", "--prefix", "none", "-f", "{p}\t{l}",
               "-p", "strongroom-ffi", cwd="rust-core")
    # A crate that was listed before is marked so.
    for line in sorted({line.replace(" (*)", "") for line in tree.splitlines()}):
        words, _, licence = line.partition("\t")
        name, version = words.split()[:2]
        if name and not name.startswith("strongroom-"):
            version = version.removeprefix("v")
            # Older manifests separate alternatives with a stroke.
            licence = re.sub(r"\s*/\s*", " OR ", licence).strip()
            yield component("library", name, version, f"pkg:cargo/{name}@{version}", licence or None)


def swift_packages():
    """What is resolved, and the libraries of Swift itself."""
    for pin in json.load(open("Package.resolved", encoding="utf-8"))["pins"]:
        version = pin["state"]["version"]
        path = re.sub(r"^https://|\.git$", "", pin["location"])
        yield component("library", pin["identity"], version, f"pkg:swift/{path}@{version}")
    version = re.search(r"Swift version (\S+)", run("swift", "--version", stderr=subprocess.DEVNULL)).group(1)
    yield component("framework", "swift", version, f"pkg:generic/swift@{version}", "Apache-2.0 WITH Swift-exception")


def main(binary):
    name, version = run(binary, "version").split()[:2]
    components = [*debian_packages(binary), *crates(), *swift_packages()]
    digest = hashlib.sha256(open(binary, "rb").read()).hexdigest()
    document = {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "metadata": {
            "timestamp": run("git", "log", "-1", "--format=%cI").strip(),
            "component": {
                "type": "application", "bom-ref": "strongroom", "name": name, "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "hashes": [{"alg": "SHA-256", "content": digest}],
            },
        },
        "components": components,
        "dependencies": [{"ref": "strongroom", "dependsOn": [one["bom-ref"] for one in components]}],
    }
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main(sys.argv[1])
