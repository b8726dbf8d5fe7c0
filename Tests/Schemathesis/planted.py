"""hooks.py, and a document that lies of two operations in every way that the checks are for: each is to be found."""

import hooks  # registers its own
import schemathesis


@schemathesis.hook("before_load_schema")
def plant(context, raw_schema):
    listing = raw_schema["paths"]["/v1/keys"]["get"]
    limit = next(one for one in listing["parameters"] if one["name"] == "limit")
    good = listing["responses"]["200"]
    # Found as: Undocumented status code
    del listing["responses"]["422"]
    # Found as: Response violates schema
    good["content"]["application/json"]["schema"] = {"type": "object", "required": ["planted"]}
    # Found as: Missing required response headers
    good["headers"] = {"X-Planted": {"required": True, "schema": {"type": "string"}}}
    # Found as: Schema-violating request accepted
    limit["schema"]["maximum"] = 5
    # Found as: Schema-valid request rejected
    limit["schema"]["minimum"] = -5
    liveness = raw_schema["paths"]["/v1/health/live"]["get"]
    # Found as: API accepts requests without authentication
    liveness["security"] = [{"token": []}]
    # Found as: Undocumented Content-Type
    liveness["responses"]["200"]["content"] = {"text/plain": {"schema": {"type": "string"}}}
