"""What schemathesis cannot read from the document: base64, what answers are good for, and which refusals are due.

It knows no operation: what an operation answered is offered to every other one whose body has members of the same names.
"""

import collections
import os
import re

import schemathesis
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import RejectedPositiveData

# Canonical: the bits that padding leaves over are zero. `=` stands in base64 alone.
PATTERNS = {
    "base64": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$",
    "base64url": "^([A-Za-z0-9_-]{4})*([A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?$",
}

# The codes by which Strongroom says that a request does not fit its document. What fits is never refused by them.
SHAPE = {"malformed_request", "malformed_json", "json_too_deep", "unsupported_media_type", "schema_violation"}

with_token = os.environ["STRONGROOM_WITH_TOKEN"] == "true"


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """`contentEncoding` is a note to JSON Schema 2020-12 and a rule to Strongroom: says it as a pattern."""

    def visit(value):
        if isinstance(value, list):
            for one in value:
                visit(one)
        elif isinstance(value, dict):
            if value.get("contentEncoding") in PATTERNS:
                value["pattern"] = PATTERNS[value["contentEncoding"]]
            for one in value.values():
                visit(one)

    visit(raw_schema)


# What was sent and answered, as one object, by the key's name: what `encrypt` was given and gave is what `decrypt` takes.
known = collections.defaultdict(list)
KNOWN_A_KEY = 64

# The keys that run.sh made, and by operation those that it refuses: all of an algorithm's (403), or one that is gone (404).
with open("keys.dict") as file:
    keys = [line.strip().strip('"') for line in file]
refused = collections.defaultdict(set)

good_requests = 0


def algorithm(key):
    return str(key).rpartition("-")[0]


def exchanges(sent, answered):
    """What was sent and answered, as one object; one for each item of a batch."""
    sent = sent if isinstance(sent, dict) else {}
    if isinstance(answered, dict) and isinstance(answered.get("items"), list):
        for item in zip(sent.get("items", []), answered["items"]):
            yield from exchanges(*item)
    elif isinstance(answered, dict) and "error" not in answered:
        yield {**sent, **answered}


@schemathesis.hook
def after_call(context, case, response):
    key = case.path_parameters.get("key")
    if response.status_code == 403:
        refused[case.operation.label].update(other for other in keys if algorithm(other) == algorithm(key))
    elif response.status_code == 404:
        refused[case.operation.label].add(key)
    if response.status_code // 100 == 2 and response.headers.get("content-type", [""])[0] == "application/json":
        known[key].extend(exchanges(case.body, response.json()))
        del known[key][:-KNOWN_A_KEY]


def body_schema(case):
    """The schema of the members of the case's body, and whether it is that of a batch's items."""
    root = case.operation.schema.raw_schema
    content = case.operation.definition.raw.get("requestBody", {}).get("content", {})

    def resolved(schema):
        while "$ref" in schema:
            schema = root["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return schema

    schema = resolved(content.get("application/json", {}).get("schema", {}))
    items = schema.get("properties", {}).get("items", {}).get("items")
    return (resolved(items), True) if items else (schema, False)


def deeper(body, schema, fitting):
    """The body without what may be left out, and with what an earlier answer gave for what is needed."""
    needed = set(schema.get("required", []))
    needed.update(*(branch.get("required", []) for branch in schema.get("oneOf", [])))
    fitting = [one for one in fitting if needed & one.keys()]
    given = fitting[good_requests * 7 % len(fitting)] if fitting else {}
    made = {name: value for name, value in body.items() if name in needed}
    made.update((name, value) for name, value in given.items() if name in schema["properties"])
    return made if len(made) >= schema.get("minProperties", 0) else body


@schemathesis.hook
def before_call(context, case, kwargs):
    """Two of three good requests at random are made to reach deeper, with a key that the operation may take."""
    global good_requests
    meta = case.meta
    if meta is None or meta.phase.name == TestPhase.COVERAGE or is_negative(meta):
        return
    good_requests += 1
    if good_requests % 3 == 0:
        return
    if "key" in case.path_parameters and meta.phase.name != TestPhase.STATEFUL:
        usable = [key for key in keys if key not in refused[case.operation.label]] or keys
        case.path_parameters = {**case.path_parameters, "key": usable[good_requests * 7 % len(usable)]}
    if isinstance(case.body, dict):
        schema, is_batch = body_schema(case)
        fitting = known[case.path_parameters["key"]] if "key" in case.path_parameters else sum(known.values(), [])
        if is_batch:
            case.body = {"items": [deeper(item, schema, fitting) for item in case.body["items"]]}
        else:
            case.body = deeper(case.body, schema, fitting)


def is_negative(meta):
    return any(component.mode.is_negative for component in meta.components.values())


def headers_fit(case):
    """Whether each header that the document describes has the pattern that it asks for."""
    parameters = case.operation.schema.raw_schema["components"]["parameters"].values()
    patterns = {
        parameter["name"].lower(): parameter["schema"]["pattern"]
        for parameter in parameters
        if parameter["in"] == "header" and "pattern" in parameter["schema"]
    }
    headers = {name.lower(): str(value) for name, value in (case.headers or {}).items()}
    return all(re.search(pattern, headers[name]) for name, pattern in patterns.items() if name in headers)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """A good request may be refused for what is in it, such as a ciphertext that does not decrypt; not for its shape."""
    if not isinstance(failure, RejectedPositiveData):
        return True
    # Some of what counts as good has a header that is not.
    if is_negative(case.meta) or not headers_fit(case):
        return False
    problem = response.json()
    # The keyword `strongroom` is a rule about the key or between members, which no keyword of JSON Schema says.
    beyond = all(error["keyword"] == "strongroom" for error in problem.get("errors", [{"keyword": None}]))
    return problem["code"] in SHAPE and not beyond


@schemathesis.check
def token_is_asked_for(ctx, response, case):
    """Without a token nothing is answered but what needs none."""
    needs_token = case.operation.definition.raw.get("security", [{"token": []}]) != []
    if not with_token and needs_token and case.method.upper() == case.operation.method.upper():
        assert response.status_code in (400, 401, 431), f"{response.status_code} without a token"


@schemathesis.check
class Depth:
    """Counts the answers and writes the counts to a file; a run that reaches little does not pass."""

    def __init__(self, answers=0, well=0.0):
        self.least_answers, self.least_well = answers, well
        self.answers = collections.Counter()
        self.tested, self.reached = set(), set()

    def after_response(self, ctx, response, case):
        status = response.status_code
        self.answers[f"{status} {response.json()['code']}" if status >= 400 else str(status)] += 1
        self.tested.add(case.operation.label)
        if status < 300:
            self.reached.add(case.operation.label)

    def after_run(self, ctx):
        total = self.answers.total()
        well = sum(count for answer, count in self.answers.items() if answer < "3")
        with open("answers", "w") as file:
            print(f"{total} answers:", ", ".join(f"{count} x {answer}" for answer, count in sorted(self.answers.items())), file=file)
            if with_token:
                print("operations never answered with 2xx:", ", ".join(sorted(self.tested - self.reached)) or "none", file=file)
        assert total >= self.least_answers, f"only {total} answers"
        assert not with_token or well >= self.least_well * total, f"only {well} of {total} answers are 2xx"
