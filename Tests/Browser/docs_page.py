"""Drives the API's page in headless Chromium against a fresh server: what a new user would read, search and try.

usage: docs_page.py BINARY [FOLDER]      FOLDER: where screenshots are left

Needs Debian's chromium and chromium-driver; says that it skips where they are absent. Speaks WebDriver (W3C) itself.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request


class DriverError(Exception):
    """What WebDriver refused: its name of the error, and the driver's words."""

    def __init__(self, value):
        super().__init__(value["error"] + ": " + value["message"].partition("\n")[0])
        self.name = value["error"]


class Browser:
    """One WebDriver session."""

    def __init__(self, port, width=1360, height=900):
        self.root = f"http://127.0.0.1:{port}"
        options = {
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--window-size={width},{height}"]
        }
        capabilities = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self.session = f"/session/{answer['sessionId']}"

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.root + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            raise DriverError(json.load(error)["value"]) from None

    def open(self, url):
        self.call("POST", self.session + "/url", {"url": url})

    def run(self, script, *arguments):
        return self.call("POST", self.session + "/execute/sync", {"script": script, "args": list(arguments)})

    def until(self, script, *arguments):
        for _ in range(200):
            value = self.run("return " + script, *arguments)
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError("never came: " + script)

    def type(self, selector, text):
        found = self.call("POST", self.session + "/element", {"using": "css selector", "value": selector})
        element = self.session + "/element/" + next(iter(found.values()))
        self.call("POST", element + "/clear", {})
        self.call("POST", element + "/value", {"text": text})

    def click(self, selector):
        found = self.call("POST", self.session + "/element", {"using": "css selector", "value": selector})
        self.run("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", found)
        self.call("POST", f"{self.session}/element/{next(iter(found.values()))}/click", {})

    def console(self):
        lines = self.call("POST", self.session + "/se/log", {"type": "browser"})
        return [line["message"] for line in lines if line["level"] in ("WARNING", "SEVERE")]

    def screenshot(self, folder, name):
        if folder:
            with open(os.path.join(folder, name + ".png"), "wb") as file:
                file.write(base64.b64decode(self.call("GET", self.session + "/screenshot")))

    def look(self, width, height, scheme):
        self.call("POST", self.session + "/window/rect", {"width": width, "height": height})
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        body = {"cmd": "Emulation.setEmulatedMedia", "params": {"features": features}}
        self.call("POST", self.session + "/goog/cdp/execute", body)

    def close(self):
        self.call("DELETE", self.session)


def check(condition, what):
    if not condition:
        raise AssertionError(what)
    print("ok", what)


def send(browser, operation):
    """Sends an operation's form, and gives the answer's first line and its text."""
    browser.run("document.querySelector(arguments[0]).replaceChildren()", f"#{operation} .answer")
    browser.click(f"#{operation} .send")
    line = browser.until("document.querySelector(arguments[0])?.textContent", f"#{operation} .answer .good, #{operation} .answer .bad")
    return line, browser.run("return document.querySelector(arguments[0])?.textContent ?? ''", f"#{operation} .answer pre")


def read(browser, url, token, folder):
    with urllib.request.urlopen(url + "/openapi.json", timeout=10) as response:
        document = json.load(response)
    with urllib.request.urlopen(url + "/docs", timeout=10) as response:
        policy = response.headers["Content-Security-Policy"]
    check("default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy, "the policy allows only this server")

    browser.open(url + "/docs")
    check(browser.until("document.body.dataset.ready") == "true", "the page is made")
    ids = {
        operation["operationId"]
        for item in document["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    }
    shown = set(browser.run("return [...document.querySelectorAll('.operation')].map((one) => one.id)"))
    check(shown == ids, f"all {len(ids)} operations are shown, and no other")
    linked = set(browser.run("return [...document.querySelectorAll('nav a')].map((one) => one.dataset.operation)"))
    check(linked == ids, "the index has them all")
    check("undefined" not in browser.run("return document.body.innerText"), "nothing is undefined")
    members = set(browser.run("return [...document.querySelectorAll('#createKey .text .members code')].map((one) => one.textContent)"))
    wanted = set(document["components"]["schemas"]["CreateKey"]["properties"])
    check(wanted <= members, "a body's members are told")
    browser.screenshot(folder, "wide")

    browser.type("#search", "associated new")
    found = browser.run("return [...document.querySelectorAll('.operation:not([hidden])')].map((one) => one.id)")
    check(found == ["reencrypt", "reencryptBatch"], "the search finds by words, also of members")
    browser.screenshot(folder, "search")
    browser.type("#search", "nosuchthing")
    check(browser.run("return !document.getElementById('nothing').hidden"), "a search without a match says so")
    browser.click("#clear")
    check(not browser.run("return document.querySelector('.operation[hidden]')"), "clearing it shows all again")

    line, _ = send(browser, "getStatus")
    check("token" in line, "without a token the page asks for one")
    browser.type("#token", token)
    line, text = send(browser, "createKey")
    check(line.startswith("201") and '"name": "orders"' in text, "the form's own example makes a key")
    line, text = send(browser, "encrypt")
    check(line.startswith("200"), "the example encrypts")
    ciphertext = json.loads(text)["ciphertext"]
    browser.screenshot(folder, "tried")
    browser.type("#decrypt textarea", json.dumps({"ciphertext": ciphertext}))
    line, text = send(browser, "decrypt")
    check(line.startswith("200") and '"plaintext": "aGVsbG8="' in text, "and decrypts again")
    browser.type("#encrypt textarea", '{"plaintext": "<img src=x onerror=alert(1)>", "x<b>": 1}')
    line, text = send(browser, "encrypt")
    check(line.startswith("422") and "contentEncoding" in text and "/x<b>" in text, "a refusal is shown as text, with its places")
    browser.click("#encrypt .buttons button[type=button]")
    command = browser.until("document.querySelector('#encrypt .answer pre')?.textContent.startsWith('curl') && document.querySelector('#encrypt .answer pre').textContent")
    check(token not in command and "$STRONGROOM_TOKEN" in command, "the curl command does not hold the token")
    kept = browser.run("return JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])")
    check(kept == '["",{},{}]', "the page keeps nothing")

    browser.look(1360, 900, "dark")
    browser.screenshot(folder, "dark")
    # At 1,100 the text beside a form is narrowest: what reaches over the form takes its clicks.
    browser.look(1100, 900, "light")
    over = browser.run("return [...document.querySelectorAll('.text')].filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.parentElement.id)")
    check(over == [], f"no text reaches over a form {over}")
    browser.look(420, 860, "light")
    check(browser.run("return document.documentElement.scrollWidth <= innerWidth"), "a narrow screen needs no scrolling sideways")
    browser.screenshot(folder, "narrow")

    errors = [line for line in browser.console() if not re.search(r"status of (4\d\d|5\d\d)", line)]
    check(errors == [], f"the console has no complaint {errors}")
    outside = browser.run("return performance.getEntriesByType('resource').map((one) => one.name)")
    check(outside and all(name.startswith(url) for name in outside), "nothing came from elsewhere")


def main():
    binary, folder = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
    driver = shutil.which("chromedriver")
    if driver is None or shutil.which("chromium") is None:
        print("docs page: no Chromium here, skipped")
        return
    processes = []
    work = tempfile.mkdtemp()
    try:
        log = open(os.path.join(work, "log"), "w+")
        options = ["--data", work + "/data", "--listen", "127.0.0.1:0", "--log-format", "json", "--check-answers", "true"]
        processes.append(subprocess.Popen([binary, "serve"] + options, stderr=log))
        driver_log = open(os.path.join(work, "driver"), "w+")
        processes.append(subprocess.Popen([driver, "--port=0"], stdout=driver_log, stderr=driver_log))

        def wait(path, pattern):
            for _ in range(400):
                with open(path) as file:
                    found = re.search(pattern, file.read())
                if found:
                    return found.group(1)
                time.sleep(0.05)
            raise AssertionError(f"{path} never said {pattern}")

        url = wait(log.name, r'"address":"(http://127\.0\.0\.1:\d+)"')
        with open(work + "/data/admin-token") as file:
            token = file.read().strip()
        browser = Browser(wait(driver_log.name, r"started successfully on port (\d+)"))
        try:
            read(browser, url, token, folder)
        finally:
            browser.close()
    finally:
        for process in processes:
            process.terminate()
            process.wait(timeout=30)
        shutil.rmtree(work, ignore_errors=True)


main()
