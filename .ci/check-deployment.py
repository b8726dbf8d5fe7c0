#!/usr/bin/env python3
"""That what is deployed by is what its readers take for it, and hardened: docker/compose.yaml, docker/kubernetes and the systemd unit."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

root = pathlib.Path(__file__).resolve().parent.parent
version = re.search(r'static let version = "(.*)"', (root / "Sources/strongroom/Strongroom.swift").read_text()).group(1)
options = set(re.findall(r'"([a-z-]+)"', re.search(
    r"static let options = \[(.*?)\]", (root / "Sources/strongroom/Configuration.swift").read_text(), re.S).group(1)))


def expect(holds, what):
    if not holds:
        sys.exit(f"deployment: {what}")


def is_option(variable):
    return variable.removeprefix("STRONGROOM_").lower().replace("_", "-") in options


def check_compose():
    compose = yaml.safe_load((root / "docker/compose.yaml").read_text())
    service = compose["services"]["strongroom"]
    expect(service["image"].endswith(f":{version}}}"), "compose: another version's image")
    expect(service["cap_drop"] == ["ALL"] and service["read_only"] is True, "compose: it has privileges")
    expect("no-new-privileges:true" in service["security_opt"] and service["user"] == "65532:65532", "compose: privileges")
    expect(service["mem_limit"] and service["pids_limit"] and service["tmpfs"], "compose: it is not bounded")
    expect(all(map(is_option, service["environment"])), "compose: a variable that is no option")
    expect(set(service["secrets"]) == set(compose["secrets"]), "compose: secrets that are not there")
    for name, value in service["environment"].items():
        expect(value.removeprefix("/run/secrets/") in compose["secrets"], f"compose: {name} is no secret")


def check_kubernetes():
    objects = {}
    for file in sorted((root / "docker/kubernetes").glob("*.yaml")):
        for one in yaml.safe_load_all(file.read_text()):
            expect({"apiVersion", "kind", "metadata"} <= set(one), f"{file.name}: an object without its kind")
            objects[one["kind"]] = one
    expect(
        set(objects) == {"Namespace", "ServiceAccount", "Service", "StatefulSet", "NetworkPolicy", "ServiceMonitor"},
        f"kubernetes: {sorted(objects)}")
    namespace = objects["Namespace"]["metadata"]["name"]
    for kind, one in objects.items():
        expect(kind == "Namespace" or one["metadata"]["namespace"] == namespace, f"{kind}: in another namespace")
    pod = objects["StatefulSet"]["spec"]["template"]
    labels = pod["metadata"]["labels"]
    expect(objects["StatefulSet"]["spec"]["replicas"] == 1, "StatefulSet: SQLite is one process's")
    for selector in (
        objects["StatefulSet"]["spec"]["selector"]["matchLabels"], objects["Service"]["spec"]["selector"],
        objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"],
    ):
        expect(selector.items() <= labels.items(), "kubernetes: a selector that selects nothing")
    expect(
        objects["ServiceMonitor"]["spec"]["selector"]["matchLabels"].items() <= objects["Service"]["metadata"]["labels"].items(),
        "ServiceMonitor: it selects no service")
    spec, container = pod["spec"], pod["spec"]["containers"][0]
    # What the `restricted` pod security standard asks for.
    security = spec["securityContext"] | container["securityContext"]
    expect(
        security["runAsNonRoot"] and security["readOnlyRootFilesystem"] and security["allowPrivilegeEscalation"] is False
        and security["capabilities"]["drop"] == ["ALL"] and security["seccompProfile"]["type"] == "RuntimeDefault"
        and security["runAsUser"] == 65532 and spec["automountServiceAccountToken"] is False, "StatefulSet: privileges")
    expect(container["image"] == f"strongroom:{version}", "StatefulSet: another version's image")
    expect(container["resources"]["limits"]["memory"], "StatefulSet: it is not bounded")
    ports = {port["name"] for port in container["ports"]}
    document = (root / "openapi/strongroom.json").read_text()
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        get = container[probe]["httpGet"]
        expect(get["port"] in ports and f'"{get["path"]}"' in document, f"StatefulSet: {probe}")
    expect(all(port["targetPort"] in ports for port in objects["Service"]["spec"]["ports"]), "Service: no such port")
    expect(all(is_option(one["name"]) for one in container["env"]), "StatefulSet: a variable that is no option")
    volumes = {one["name"] for one in spec["volumes"]}
    volumes |= {one["metadata"]["name"] for one in objects["StatefulSet"]["spec"]["volumeClaimTemplates"]}
    expect(all(one["name"] in volumes for one in container["volumeMounts"]), "StatefulSet: no such volume")


def check_unit():
    if not shutil.which("systemd-analyze"):
        print("no systemd-analyze: the unit was not verified")
        return
    text = (root / "docker/strongroom.service").read_text()
    # Neither is installed here.
    text = text.replace("/usr/local/bin/strongroom serve", "/bin/true serve").replace("Documentation=man:strongroom(1)\n", "")
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder) / "strongroom.service"
        unit.write_text(text)
        found = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
        expect(found.returncode == 0 and not found.stderr.strip(), f"strongroom.service: {found.stderr}")
        found = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)], capture_output=True, text=True,
            check=False)
        expect(found.returncode == 0, f"strongroom.service: {found.stdout.splitlines()[-1:]}")


check_compose()
check_kubernetes()
check_unit()
