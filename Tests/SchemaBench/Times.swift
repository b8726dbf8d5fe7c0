// CPU times: compiling the document, checking a good request, and refusing bad ones of every kind.

import Bytes
import Glibc
import JSON
import OpenAPI

func reportTimes() throws {
    let compiling = median(of: 15) { try? OpenAPIDocument.load(OpenAPIDocument.embedded) }
    print("compiling the whole document: \(milliseconds(compiling)) ms (goal 20)")
    let document = try OpenAPIDocument.load(OpenAPIDocument.embedded)

    print(
        "\na valid request, nanoseconds: parsed to a tree, then held against its schema (goal 1,000); read flat, all in all"
    )
    for (operation, text) in requests {
        guard let found = document.operation(operation), let schema = found.bodySchema else { continue }
        let buffer = ByteBuffer(text)
        let parsing = each(20_000) { _ = try? JSONDocument.parse(buffer.bytes) }
        let tree = try JSONDocument.parse(buffer.bytes)
        let checking = each(20_000) { _ = schema.accepts(tree.root) }
        // Base64 is decoded in place: each round needs the text anew.
        let fresh = ByteBuffer(minimumCapacity: buffer.count)
        let copying = each(20_000) { refill(fresh, from: buffer) }
        let whole = each(20_000) {
            refill(fresh, from: buffer)
            _ = try? found.check(body: fresh)
        }
        print("  \(operation): \(Int(parsing)) + \(Int(checking)); \(Int(whole - copying))")
        withExtendedLifetime(tree) {}
    }

    print("\nhostile bodies, nanoseconds a byte (goal 30)")
    for (operation, limit) in [("createKey", 64 << 10), ("encryptBatch", 32 << 20)] {
        guard let found = document.operation(operation) else { continue }
        for (name, make) in hostile {
            let text = make(limit)
            let body = ByteBuffer(text)
            var refused = false
            let time = median(of: limit > 1 << 20 ? 3 : 9) {
                do { _ = try found.check(body: body) } catch { refused = true }
            }
            let figure = Double(Int(time * 100 / Double(body.count))) / 100
            print("  \(operation), \(name), \(body.count) bytes: \(figure)\(refused ? "" : " (accepted)")")
        }
    }
}

/// Bodies of about `limit` bytes that are meant to cost much.
private let hostile: [(String, @Sendable (Int) -> String)] = [
    (
        "deep",
        { limit in
            "{\"a\":" + repeated("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", limit, in: "[]") + "}"
        }
    ),
    ("too deep", { limit in String(repeating: "[", count: limit) }),
    ("wide: empty arrays", { limit in "{\"a\":" + repeated("[]", limit, in: "[]") + "}" }),
    (
        "wide: empty objects",
        { limit in "{\"a\":" + repeated("{}", 2500 * 3, in: "[]") + padding(limit - 2500 * 3) + "}" }
    ),
    (
        "wide: empty arrays",
        { limit in "{\"a\":" + repeated("[]", 2500 * 3, in: "[]") + padding(limit - 2500 * 3) + "}" }
    ),
    (
        "wide: numbers",
        { limit in "{\"a\":" + repeated("1", 5000 * 2, in: "[]") + padding(limit - 5000 * 2) + "}" }
    ),
    (
        "wide: members of one prefix, all unknown",
        { limit in
            "{" + (0..<min(limit / 14, 5000)).map { "\"kkkk\($0 + 10_000)\":1" }.joined(separator: ",")
                + padding(limit - 5000 * 14) + "}"
        }
    ),
    (
        "wide: unknown members in a label",
        { limit in
            "{\"labels\":{" + (0..<min(limit / 14, 5000)).map { "\"kkkk\($0 + 10_000)\":1" }.joined(separator: ",")
                + "}" + padding(limit - 5000 * 14) + "}"
        }
    ),
    (
        "items without members",
        { limit in "{\"items\":" + repeated("{}", min(limit, 4000 * 3), in: "[]") + padding(limit - 12_000) + "}" }
    ),
    (
        "items of a wrong type",
        { limit in "{\"items\":" + repeated("1", min(limit, 5000 * 2), in: "[]") + padding(limit - 16_000) + "}" }
    ),
    (
        "long names",
        { limit in
            "{" + (0..<16).map { "\"\($0)" + String(repeating: "n", count: limit / 17) + "\":1" }.joined(separator: ",")
                + "}"
        }
    ),
    (
        "long escaped names",
        { limit in
            "{" + (0..<16).map { "\"\($0)" + repeatedText("\\u00e9", limit / 17) + "\":1" }.joined(separator: ",") + "}"
        }
    ),
    (
        "a duplicate at the end",
        { limit in "{\"name\":\"a\"," + String(padding(limit - 30).dropFirst()) + ",\"name\":\"a\"}" }
    ),
    ("escapes", { limit in "{\"name\":\"" + repeatedText("\\n", limit - 20) + "\"}" }),
    ("surrogate pairs", { limit in "{\"name\":\"" + repeatedText("\\ud83d\\ude00", limit - 20) + "\"}" }),
    (
        "base64 that ends badly",
        { limit in "{\"items\":[{\"plaintext\":\"" + String(repeating: "A", count: limit - 40) + "!\"}]}" }
    ),
    ("a long integer", { limit in "{\"version\":" + String(repeating: "9", count: limit - 20) + "}" }),
    ("a long fraction", { limit in "{\"version\":0." + String(repeating: "3", count: limit - 20) + "}" }),
    ("white space", { limit in "{" + String(repeating: " \n", count: limit / 2 - 2) + "}" }),
    ("truncated", { limit in "{\"items\":[{\"plaintext\":\"" + String(repeating: "A", count: limit - 40) }),
]

private func repeated(_ element: String, _ length: Int, in brackets: String) -> String {
    let count = max(length / (element.utf8.count + 1) - 2, 1)
    return String(brackets.prefix(1)) + Array(repeating: element, count: count).joined(separator: ",")
        + String(brackets.suffix(1))
}

private func repeatedText(_ text: String, _ length: Int) -> String {
    String(repeating: text, count: max(length / text.utf8.count, 1))
}

/// A member that brings a body to its length.
private func padding(_ length: Int) -> String {
    length > 20 ? ",\"padding\":\"" + String(repeating: "p", count: length - 20) + "\"" : ""
}

private func refill(_ buffer: ByteBuffer, from other: ByteBuffer) {
    buffer.truncate(to: 0)
    buffer.append(other.bytes)
}

/// The median CPU time of a run, in nanoseconds.
private func median<Value>(of runs: Int, _ body: () -> Value) -> Double {
    let times = (0..<runs).map { _ in
        let before = cpuNanoseconds()
        _ = body()
        return cpuNanoseconds() - before
    }
    return times.sorted()[runs / 2]
}

/// The median over some rounds of the CPU time of one run among many, in nanoseconds.
private func each(_ count: Int, _ body: () -> Void) -> Double {
    median(of: 7) { for _ in 0..<count { body() } } / Double(count)
}

private func cpuNanoseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

private func milliseconds(_ nanoseconds: Double) -> Double { Double(Int(nanoseconds / 10_000)) / 100 }
