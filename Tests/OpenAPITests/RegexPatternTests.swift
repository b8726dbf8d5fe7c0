// Patterns: the dialect's edges, and that no pattern or text can take forever.

import Bytes
import JSON
import Testing

@testable import OpenAPI

@Suite("Patterns")
struct RegexPatternTests {
    @Test(
        "a pattern means what JSON Schema says it means",
        arguments: [
            ("^a$", "a", true), ("^a$", "a\n", false), ("^a$", "a\nb", false), ("^a$", "b\na", false),
            ("b", "abc", true),
            ("^$", "", true), ("^.$", "é", true), ("^.{2}$", "é", false), ("^.$", "😀", true), (#"^\d$"#, "٣", false),
            (#"^\w$"#, "é", false), (#"^\u00e9$"#, "é", true), ("^[^/]+$", "a/b", false), ("a|b", "b", true),
            // Where ECMA-262 and PCRE2 differ.
            (#"^\p{Letter}+$"#, "é", true), (#"^\p{gc=Lu}$"#, "É", true), (#"^\P{Lowercase_Letter}$"#, "a", false),
            (#"^\p{Script=Greek}$"#, "π", true), (#"^\p{Script=Greek}$"#, "p", false), (#"^\p{ASCII}$"#, "~", true),
            (#"^\v$"#, "\u{b}", true), (#"^\v$"#, "\u{2028}", false), (#"^.$"#, "\r", false),
            (#"^.$"#, "\u{2028}", false),
            (#"^[^]$"#, "\n", true), ("[]", "a", false), (#"^\u{1F600}$"#, "😀", true), (#"^\uD83D\uDE00$"#, "😀", true),
            (#"^[\s\d]+$"#, "\u{a0}1", true), (#"^[\S]$"#, "\u{a0}", false), (#"^[^\S]$"#, "\u{feff}", true),
            (#"^[[:a]+$"#, "[:a", true), (#"^[\b]$"#, "\u{8}", true),
            (#"^(?<year>\d{4})-\k<year>$"#, "2026-2026", true), (#"^(a)\1$"#, "aa", true), (#"^\cJ$"#, "\n", true),
            (#"^\x41\0$"#, "A\u{0}", true), (#"^a{2,}?b$"#, "aab", true), (#"(?<=a)b(?!c)"#, "ab", true),
            ("^sr:1:[1-9][0-9]{0,9}:", "sr:1:42:AAAA", true), ("^sr:1:[1-9][0-9]{0,9}:", "sr:1:042:AAAA", false),
            ("^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$", "orders-payment", true),
            ("^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$", "orders-payment\n", false),
            ("^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$", "-orders", false),
        ])
    func meaning(source: String, text: String, matches: Bool) throws {
        let pattern = try #require(RegexPattern(source))
        #expect(text.withBytes { pattern.match($0) } == (matches ? .match : .noMatch))
    }

    @Test("a catastrophic pattern ends in a violation, also where it is negated")
    func catastrophic() throws {
        let text = String(repeating: "a", count: 40) + "!"
        let pattern = try #require(RegexPattern("^(a+)+[^ -~]$"))
        let outcome = text.withBytes { pattern.match($0) }
        #expect(outcome == .exhausted)
        let document = try json("\"\(text)\"")
        for source in [
            #"{"pattern":"^(a+)+[^ -~]$"}"#, #"{"not":{"pattern":"^(a+)+[^ -~]$"}}"#,
            #"{"anyOf":[{"pattern":"^(a+)+[^ -~]$"},{}]}"#,
            #"{"if":{"pattern":"^(a+)+[^ -~]$"}}"#, #"{"oneOf":[{"pattern":"^(a+)+[^ -~]$"},true]}"#,
        ] {
            let schema = try schema(source)
            #expect(!schema.accepts(document.root), "\(source)")
            #expect(!schema.violations(of: document.root).isEmpty, "\(source)")
        }
    }

    @Test(
        "nonsense is refused",
        arguments: [
            "(", "[", "a{2,1}", #"\C"#, "(?<n>a)(?<n>b)",
            // PCRE2's own.
            "a++", "a*+", "a{1}+", "(?>a)", "(?i)a", "(?#a)", "(?P<n>a)", "(?|a|b)", "(*ACCEPT)", #"\A"#, #"\Z"#,
            #"\h"#,
            #"\R"#, #"\K"#, #"\Qa\E"#, #"\g1"#, #"\p{Xan}"#, #"\pL"#, #"\N{U+41}"#, #"\x{41}"#,
            // No patterns with the `u` flag.
            "a{", "a{,1}", "[[:alpha:]]", "}", "]", #"\-"#, #"\a"#, #"\_"#, #"\01"#, #"\c1"#, #"\u123"#, #"\u{110000}"#,
            #"\uD83D"#, #"\"#,
        ])
    func refused(source: String) {
        #expect(RegexPattern(source) == nil)
    }

    @Test("many threads may match at once")
    func threads() async throws {
        let pattern = try #require(RegexPattern("^(ab|cd)*$"))
        await withTaskGroup(of: Bool.self) { group in
            for round in 0..<8 {
                group.addTask {
                    let good = String(repeating: "abcd", count: 50 + round)
                    return (0..<200).allSatisfy { _ in
                        good.withBytes { pattern.match($0) } == .match
                            && (good + "x").withBytes { pattern.match($0) } == .noMatch
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
