// The page: the document's operations, an index of them, and the search over both.

import { element, facts, members, prose, resolve } from "/docs/schema.js";
import { form } from "/docs/request.js";

const find = (id) => document.getElementById(id);

/** What the page shows of an operation, references followed. */
function read(root, path, method, item) {
    const found = item[method];
    const body = resolve(root, found.requestBody);
    return {
        id: found.operationId, path, method, summary: found.summary, description: found.description, tag: (found.tags ?? ["other"])[0],
        needsToken: (found.security ?? root.security ?? []).length > 0,
        parameters: [...(item.parameters ?? []), ...(found.parameters ?? [])].map((parameter) => resolve(root, parameter)),
        schema: body?.content["application/json"]?.schema, isBodyRequired: body?.required ?? false,
        responses: Object.entries(found.responses).map(([status, response]) => ({ status, ...resolve(root, response) })),
    };
}

function section(root, operation) {
    const text = element("div", { class: "text" });
    if (operation.description) text.append(element("p", {}, ...prose(operation.description)));
    if (!operation.needsToken) text.append(element("p", { class: "facts" }, "Needs no token."));
    if (operation.parameters.length) {
        text.append(element("h4", {}, "Parameters"), element("ul", { class: "members" }, ...operation.parameters.map((parameter) => {
            const schema = resolve(root, parameter.schema);
            return element("li", {}, element("code", {}, parameter.name),
                element("span", { class: "type" }, `${schema.enum ? schema.enum.join(" | ") : schema.type}, in ${parameter.in}`),
                parameter.required ? element("span", { class: "required" }, "required") : null,
                element("p", {}, ...prose(parameter.description ?? schema.description)), element("div", { class: "facts" }, facts(schema)));
        })));
    }
    if (operation.schema) {
        text.append(element("h4", {}, operation.isBodyRequired ? "Body" : "Body, optional"),
            members(root, operation.schema) ?? element("p", { class: "facts" }, "Any JSON."));
    }
    text.append(element("h4", {}, "Answers"), ...operation.responses.map((response) => answer(root, response)));
    return element("article", { class: "operation", id: operation.id },
        element("header", {},
            element("h3", {}, element("a", { href: `#${operation.id}` }, operation.summary ?? operation.id)),
            element("span", { class: `method ${operation.method}` }, operation.method.toUpperCase()),
            element("span", { class: "path" }, operation.path)),
        text, form(root, operation));
}

function answer(root, response) {
    const schema = Object.values(response.content ?? {})[0]?.schema;
    const title = element("summary", {},
        element("span", { class: `status ${response.status < "400" ? "good" : "quiet"}` }, response.status), ...prose(response.description));
    const headers = Object.entries(response.headers ?? {}).map(([name, header]) =>
        element("div", { class: "facts" }, element("code", {}, name), " ", ...prose(resolve(root, header).description)));
    const shown = members(root, schema) ?? element("div", { class: "facts" }, Object.keys(response.content ?? {}).join(", ") || "No body.");
    return element("details", { open: response.status < "300" }, title, ...headers, shown);
}

function index(operations, tags) {
    for (const tag of tags) {
        find("index").append(element("h2", {}, tag.name), ...operations.filter((operation) => operation.tag === tag.name).map((operation) =>
            element("a", { href: `#${operation.id}`, "data-operation": operation.id },
                element("span", { class: `method ${operation.method}` }, operation.method.toUpperCase().replace("DELETE", "DEL")),
                operation.summary ?? operation.id)));
    }
}

/** Shows only what has every word of the search in it. */
function search(operations, words) {
    let shown = 0;
    for (const operation of operations) {
        const matches = words.every((word) => operation.text.includes(word));
        find(operation.id).hidden = !matches;
        document.querySelector(`nav a[data-operation="${operation.id}"]`).hidden = !matches;
        if (matches) shown += 1;
    }
    for (const heading of document.querySelectorAll("nav h2")) {
        let next = heading.nextElementSibling;
        let isEmpty = true;
        for (; next && next.tagName === "A"; next = next.nextElementSibling) if (!next.hidden) isEmpty = false;
        heading.hidden = isEmpty;
    }
    find("introduction").hidden = words.length > 0;
    find("nothing").hidden = shown > 0;
}

/** Marks the operation that is being read in the index. */
function follow() {
    const watcher = new IntersectionObserver((entries) => {
        for (const entry of entries.filter((one) => one.isIntersecting)) {
            for (const link of document.querySelectorAll("nav a")) link.classList.toggle("here", link.dataset.operation === entry.target.id);
        }
    }, { rootMargin: "-15% 0px -75% 0px" });
    for (const operation of document.querySelectorAll(".operation")) watcher.observe(operation);
}

async function start() {
    const response = await fetch("/openapi.json");
    if (!response.ok) throw new Error(`openapi.json: ${response.status}`);
    const root = await response.json();
    const methods = ["get", "post", "put", "patch", "delete"];
    const tags = root.tags ?? [];
    const operations = Object.entries(root.paths)
        .flatMap(([path, item]) => methods.filter((method) => item[method]).map((method) => read(root, path, method, item)))
        .sort((one, other) => tags.findIndex((tag) => tag.name === one.tag) - tags.findIndex((tag) => tag.name === other.tag));
    find("version").textContent = root.info.version;
    find("introduction").append(element("h1", {}, root.info.title + " API"), element("p", {}, ...prose(root.info.description)),
        element("p", { class: "facts" }, "Built from ", element("a", { href: "/openapi.json" }, "/openapi.json"),
            ", the document that the server checks every request by. Paste a token above to try operations; it is sent to this server only."));
    index(operations, tags);
    for (const operation of operations) {
        const shown = section(root, operation);
        operation.text = `${operation.id} ${operation.path} ${operation.method} ${shown.textContent}`.toLowerCase();
        find("operations").append(shown);
    }
    const box = find("search");
    const update = () => search(operations, box.value.toLowerCase().split(/\s+/).filter(Boolean));
    box.addEventListener("input", update);
    find("clear").addEventListener("click", () => { box.value = ""; update(); box.focus(); });
    document.addEventListener("keydown", (event) => {
        const isTyping = ["INPUT", "TEXTAREA"].includes(document.activeElement.tagName);
        if (event.key === "/" && !isTyping) { event.preventDefault(); box.focus(); box.select(); }
        if (event.key === "Escape" && document.activeElement === box) { box.value = ""; update(); box.blur(); }
    });
    follow();
    if (location.hash) find(location.hash.slice(1))?.scrollIntoView();
    document.body.dataset.ready = "true";
}

start().catch(() => {
    find("introduction").append(element("p", { class: "bad" }, "The document could not be loaded."));
    document.body.dataset.ready = "failed";
});
