// A plain pattern as a table: one look-up for each byte of the text, whatever the pattern. Names of keys pass here with
// every request.

/// A deterministic automaton over bytes. Immutable; any thread.
// SAFETY: the memory behind `table` is written in `init` and freed in `deinit` only.
final class Automaton: @unchecked Sendable {
    /// Valid while the automaton is.
    let table: AutomatonTable

    /// Nil where the pattern is not plain, or its table would be large.
    init?(_ pattern: String) {
        guard let syntax = PatternSyntax(pattern), let graph = PatternGraph(syntax),
            let tables = SubsetConstruction(graph, restarts: !syntax.isAnchoredAtStart)
        else { return nil }
        table = AutomatonTable(
            transitions: Self.copy(tables.transitions), classes: Self.copy(tables.classes),
            accepting: Self.copy(tables.accepting), classCount: tables.classCount, start: tables.start,
            isAnchoredAtStart: syntax.isAnchoredAtStart, isAnchoredAtEnd: syntax.isAnchoredAtEnd)
    }

    deinit {
        table.transitions.deallocate()
        table.classes.deallocate()
        table.accepting.deallocate()
    }

    private static func copy<Element>(_ elements: [Element]) -> UnsafePointer<Element> {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
        elements.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { memory.initialize(from: base, count: source.count) }
        }
        return UnsafePointer(memory)
    }
}

/// An automaton in a form that is read without reference counting.
// SAFETY: the memory belongs to the `Automaton`, which whoever keeps the table keeps too, and is never changed.
struct AutomatonTable: @unchecked Sendable {
    /// By state and class of byte, row by row. State 0 has no way out and does not accept.
    fileprivate let transitions: UnsafePointer<UInt16>
    /// The class of each byte.
    fileprivate let classes: UnsafePointer<UInt8>
    /// Whether a text may end in a state.
    fileprivate let accepting: UnsafePointer<Bool>
    fileprivate let classCount: Int
    fileprivate let start: Int
    let isAnchoredAtStart: Bool
    let isAnchoredAtEnd: Bool

    /// Whether the pattern is found in `text`.
    func matches(_ text: UnsafeRawBufferPointer) -> Bool {
        var state = start
        for byte in text {
            if !isAnchoredAtEnd, accepting[state] { return true }
            state = Int(transitions[state &* classCount &+ Int(classes[Int(byte)])])
            if state == 0 { return false }
        }
        return accepting[state]
    }
}

/// A pattern as states with ways between them, several of which may be taken at a time.
struct PatternGraph {
    enum State {
        case step(ASCIISet, next: Int)
        case fork(Int, Int)
        case accept
    }

    private(set) var states: [State] = [.accept]
    private(set) var start = 0

    /// Nil where there would be too many states.
    init?(_ syntax: PatternSyntax) {
        guard let start = add(syntax.root, next: 0) else { return nil }
        self.start = start
    }

    /// The state from which `node` leads to `next`.
    private mutating func add(_ node: PatternSyntax.Node, next: Int) -> Int? {
        switch node {
        case .set(let set): return add(.step(set, next: next))
        case .sequence(let nodes):
            var next = next
            for node in nodes.reversed() {
                guard let entry = add(node, next: next) else { return nil }
                next = entry
            }
            return next
        case .choice(let nodes):
            var entry: Int?
            for node in nodes.reversed() {
                guard let alternative = add(node, next: next) else { return nil }
                if let other = entry { entry = add(.fork(alternative, other)) } else { entry = alternative }
                guard entry != nil else { return nil }
            }
            return entry
        case .repeated(let node, let least, let most):
            var entry = next
            if let most {
                for _ in least..<most {
                    guard let body = add(node, next: entry), let fork = add(.fork(body, next)) else { return nil }
                    entry = fork
                }
            } else {
                guard let loop = add(.fork(next, next)), let body = add(node, next: loop) else { return nil }
                states[loop] = .fork(body, next)
                entry = loop
            }
            for _ in 0..<least {
                guard let body = add(node, next: entry) else { return nil }
                entry = body
            }
            return entry
        }
    }

    private mutating func add(_ state: State) -> Int? {
        guard states.count < 2048 else { return nil }
        states.append(state)
        return states.count - 1
    }
}
