// The try-it form of an operation: what it sends, the same as a curl command, and the answer.

import { element, example, resolve } from "/docs/schema.js";

const token = () => document.getElementById("token").value.trim();

/** The form for an operation of the document. */
export function form(root, operation) {
    const box = element("form", { class: "try", autocomplete: "off" }, element("h4", {}, "Try it"));
    const fields = operation.parameters.map((parameter) => {
        const schema = resolve(root, parameter.schema) ?? {};
        const input = element("input", {
            name: parameter.name, spellcheck: "false", required: parameter.required ?? false,
            placeholder: parameter.in === "path" ? "" : "optional",
            value: parameter.in === "path" ? String(example(root, schema, parameter.name) || "orders") : undefined,
        });
        box.append(element("label", {}, element("span", {}, parameter.name, " ", element("span", { class: "quiet" }, parameter.in)), input));
        return { parameter, input };
    });
    let body;
    if (operation.schema) {
        body = element("textarea", { "aria-label": "Body", spellcheck: "false" });
        body.value = JSON.stringify(example(root, operation.schema), null, 2);
        box.append(element("h4", {}, "Body"), body);
    }
    const answer = element("div", { class: "answer", "aria-live": "polite" });
    const copy = element("button", { type: "button" }, "Copy as curl");
    box.append(element("div", { class: "buttons" }, element("button", { class: "send", type: "submit" }, "Send"), copy), answer);

    const request = () => {
        const value = (place) => fields.filter(({ parameter, input }) => parameter.in === place && input.value !== "");
        let path = operation.path;
        for (const { parameter, input } of value("path")) path = path.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
        const query = value("query").map(({ parameter, input }) => `${encodeURIComponent(parameter.name)}=${encodeURIComponent(input.value)}`);
        const headers = Object.fromEntries(value("header").map(({ parameter, input }) => [parameter.name, input.value]));
        if (body) headers["Content-Type"] = "application/json";
        return { url: path + (query.length ? "?" + query.join("&") : ""), method: operation.method.toUpperCase(), headers, body: body?.value };
    };
    copy.addEventListener("click", async () => {
        const text = curl(request(), operation.needsToken);
        answer.replaceChildren(element("pre", {}, text));
        try { await navigator.clipboard.writeText(text); } catch { /* Without a clipboard it is there to be selected. */ }
    });
    box.addEventListener("submit", (event) => {
        event.preventDefault();
        send(request(), operation, answer);
    });
    return box;
}

async function send(request, operation, answer) {
    const headers = { ...request.headers };
    if (operation.needsToken) {
        if (!token()) {
            answer.replaceChildren(element("div", { class: "line bad" }, "Paste a token at the top of the page first."));
            document.getElementById("token").focus();
            return;
        }
        headers.Authorization = `Bearer ${token()}`;
    }
    answer.replaceChildren(element("div", { class: "line quiet" }, "Sent…"));
    const begin = performance.now();
    try {
        const response = await fetch(request.url, { method: request.method, headers, body: request.body, cache: "no-store" });
        const text = await response.text();
        show(response, text, performance.now() - begin, answer);
    } catch {
        answer.replaceChildren(element("div", { class: "line bad" }, "The server did not answer."));
    }
}

function show(response, text, milliseconds, answer) {
    const status = element("span", { class: response.ok ? "good" : "bad" }, `${response.status} ${response.statusText}`);
    const told = ["location", "etag", "retry-after", "allow"].filter((name) => response.headers.has(name))
        .map((name) => `${name}: ${response.headers.get(name)}`);
    let shown = text;
    if ((response.headers.get("content-type") ?? "").includes("json")) {
        try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* Shown as it came. */ }
    }
    answer.replaceChildren(
        element("div", { class: "line" }, status, element("span", { class: "quiet" }, ` · ${Math.round(milliseconds)} ms · ${text.length} characters`)),
        ...told.map((line) => element("div", { class: "line quiet" }, line)),
        element("pre", {}, shown || "(empty)"));
}

/** The request for a shell. The token stays where it is: a variable stands for it. */
function curl(request, needsToken) {
    const quoted = (text) => "'" + text.replaceAll("'", "'\\''") + "'";
    const lines = [`curl -X ${request.method} ${quoted(location.origin + request.url)}`];
    if (needsToken) lines.push('-H "Authorization: Bearer $STRONGROOM_TOKEN"');
    for (const [name, value] of Object.entries(request.headers)) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
    if (request.body) lines.push(`-d ${quoted(request.body)}`);
    return lines.join(" \\\n  ");
}
