// Reading schemas of the document: following references, telling what is allowed in words, and making an example.

/** The object that a `$ref` leads to, with what stands beside the reference laid over it. */
export function resolve(root, value) {
    if (!value || !value.$ref) return value;
    const target = value.$ref.slice(2).split("/").reduce((place, name) => place[name.replaceAll("~1", "/").replaceAll("~0", "~")], root);
    const { $ref, ...beside } = value;
    return { ...resolve(root, target), ...beside };
}

/** An element with text or children. Text is never taken for markup. */
export function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (value === true) made.setAttribute(key, "");
        else if (value !== false && value !== undefined) made.setAttribute(key, value);
    }
    made.append(...children.filter((child) => child !== undefined && child !== null));
    return made;
}

/** Text in which `code` stands between backquotes. */
export function prose(text) {
    return (text ?? "").split("`").map((part, index) => (index % 2 ? element("code", {}, part) : part));
}

function typeOf(schema) {
    if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
    if (schema.contentEncoding) return schema.contentEncoding;
    if (schema.type === "array") return "array";
    return schema.format ? `${schema.type}, ${schema.format}` : [schema.type ?? "any"].flat().join(" or ");
}

/** The bounds of a schema, as short phrases. */
export function facts(schema) {
    const list = [];
    const range = (least, most, noun) => {
        if (least !== undefined && most !== undefined) list.push(`${least} to ${most.toLocaleString("en")} ${noun}`);
        else if (least !== undefined) list.push(`at least ${least} ${noun}`);
        else if (most !== undefined) list.push(`at most ${most.toLocaleString("en")} ${noun}`);
    };
    range(schema.minLength, schema.maxLength, "characters");
    range(schema.minimum, schema.maximum, "");
    range(schema.minItems, schema.maxItems, "elements");
    range(schema.minProperties, schema.maxProperties, "members");
    if (schema.uniqueItems) list.push("no element twice");
    if (schema.pattern) list.push(`matches ${schema.pattern}`);
    if (schema.default !== undefined) list.push(`default ${JSON.stringify(schema.default)}`);
    return list.map((fact) => fact.trim()).join("; ");
}

function row(root, name, schema, isRequired, depth) {
    const found = resolve(root, schema);
    const item = element("li", {}, element("code", {}, name), element("span", { class: "type" }, typeOf(found)));
    if (isRequired) item.append(element("span", { class: "required" }, "required"));
    if (found.description) item.append(element("p", {}, ...prose(found.description)));
    const bounds = facts(found);
    if (bounds) item.append(element("div", { class: "facts" }, bounds));
    const inner = members(root, found.type === "array" ? found.items : found, depth + 1);
    if (inner) item.append(inner);
    return item;
}

/** The members of an object, or of an array's elements, as a list; undefined for anything else. */
export function members(root, schema, depth = 0) {
    const found = resolve(root, schema);
    if (!found || depth > 6) return undefined;
    if (found.type === "array") return members(root, found.items, depth + 1);
    const alternatives = found.oneOf ?? found.anyOf;
    const list = element("ul", { class: "members" });
    for (const [name, member] of Object.entries(found.properties ?? {})) {
        list.append(row(root, name, member, (found.required ?? []).includes(name), depth));
    }
    if (typeof found.additionalProperties === "object") list.append(row(root, "any name", found.additionalProperties, false, depth));
    for (const alternative of alternatives ?? []) {
        const inner = members(root, alternative, depth + 1);
        if (inner) list.append(element("li", {}, element("span", { class: "facts" }, "one of the forms:"), inner));
    }
    return list.children.length ? list : undefined;
}

/** A value that shows a schema's form: required members only, and those with a default left out. */
export function example(root, schema, name = "") {
    const found = resolve(root, schema) ?? {};
    if (found.default !== undefined) return found.default;
    if (found.enum) return found.enum[0];
    if (found.contentEncoding === "base64") return "aGVsbG8=";
    switch (found.type) {
        case "object": {
            const names = found.required ?? (found.minProperties ? Object.keys(found.properties).slice(0, 1) : []);
            return Object.fromEntries(names.map((key) => [key, example(root, found.properties[key], key)]));
        }
        case "array": return [example(root, found.items, name)];
        case "integer": return found.minimum ?? 1;
        case "boolean": return true;
        default: return name === "ciphertext" ? "sr:1:1:…" : name === "name" || name === "key" ? "orders" : "";
    }
}
