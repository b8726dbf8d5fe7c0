// Regular expressions of schemas: plain ones as a table (`Automaton`), all others on PCRE2. Matching is bounded in time
// and memory whatever the pattern and the text.

internal import CPcre2
internal import Glibc

/// A compiled pattern, not anchored, by code points, `$` only at the very end. Any thread.
// SAFETY: PCRE2 never changes compiled code and contexts while matching; what it does change is the thread's own.
final class RegexPattern: @unchecked Sendable {
    let source: String
    /// Where the pattern is plain.
    let automaton: Automaton?
    // SAFETY: all three are made in `init`, never replaced, and freed in `deinit`.
    private let code: OpaquePointer
    private let context: OpaquePointer

    enum Outcome {
        case match
        case noMatch
        /// The bound on steps or memory was reached before an answer.
        case exhausted
    }

    /// A pattern of ECMA-262, as JSON Schema has them. Nil where it is none, or needs what PCRE2 lacks: lookbehind of
    /// unlimited length, and a few properties.
    convenience init?(_ source: String) {
        guard let pattern = ECMAScriptPattern.translated(source) else { return nil }
        self.init(source: source, pcre2: pattern, automaton: Automaton(source))
    }

    /// A pattern of PCRE2's own. `source` is what it is called.
    init?(source: String, pcre2: String, automaton: Automaton? = nil) {
        let options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_NEVER_BACKSLASH_C
        var pattern = pcre2
        var failure: Int32 = 0
        var offset = 0
        let compiled = pattern.withUTF8 {
            pcre2_compile_8($0.baseAddress, $0.count, UInt32(options), &failure, &offset, nil)
        }
        guard let compiled else { return nil }
        guard let context = pcre2_match_context_create_8(nil) else {
            pcre2_code_free_8(compiled)
            return nil
        }
        pcre2_set_match_limit_8(context, 1_000_000)
        pcre2_set_depth_limit_8(context, 10_000)
        pcre2_set_heap_limit_8(context, 1024)
        self.source = source
        self.automaton = automaton
        self.code = compiled
        self.context = context
    }

    deinit {
        pcre2_match_context_free_8(context)
        pcre2_code_free_8(code)
    }

    /// Looks for the pattern anywhere in `text`, which must be UTF-8.
    func match(_ text: UnsafeRawBufferPointer) -> Outcome {
        if let automaton { return automaton.table.matches(text) ? .match : .noMatch }
        return matchByLibrary(text)
    }

    /// Whether it is matched by a table.
    var isPlain: Bool { automaton != nil }

    /// The same by PCRE2, whatever the pattern: what the tables are tested against.
    func matchByLibrary(_ text: UnsafeRawBufferPointer) -> Outcome {
        guard let data = MatchData.ofThisThread() else { return .exhausted }
        let empty: StaticString = ""
        let start = text.baseAddress ?? UnsafeRawPointer(empty.utf8Start)
        let code = pcre2_match_8(
            code, start.assumingMemoryBound(to: UInt8.self), text.count, 0, UInt32(PCRE2_NO_UTF_CHECK), data, context)
        if code >= 0 { return .match }
        return code == PCRE2_ERROR_NOMATCH ? .noMatch : .exhausted
    }
}

/// Where PCRE2 keeps its state during a match: one a thread, because making it costs more than most matches do.
private enum MatchData {
    private static let key: pthread_key_t? = {
        var key = pthread_key_t()
        return pthread_key_create(&key, freeMatchData) == 0 ? key : nil
    }()

    // SAFETY: what is stored under the key is this thread's alone, and freed when the thread ends.
    static func ofThisThread() -> OpaquePointer? {
        guard let key else { return nil }
        if let existing = pthread_getspecific(key) { return OpaquePointer(existing) }
        guard let made = pcre2_match_data_create_8(1, nil) else { return nil }
        guard pthread_setspecific(key, UnsafeRawPointer(made)) == 0 else {
            pcre2_match_data_free_8(made)
            return nil
        }
        return made
    }
}

private func freeMatchData(_ data: UnsafeMutableRawPointer?) {
    // SAFETY: only match data is ever stored under the key.
    pcre2_match_data_free_8(data.map { OpaquePointer($0) })
}
