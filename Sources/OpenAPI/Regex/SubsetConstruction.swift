// From a graph in which several ways may be taken at a time to a table in which one is: each set of states that can be
// reached together becomes one state (the subset construction).

struct SubsetConstruction {
    private(set) var transitions: [UInt16] = []
    private(set) var classes = [UInt8](repeating: 0, count: 256)
    private(set) var classCount = 1
    private(set) var accepting: [Bool] = []
    private(set) var start = 0

    private let graph: PatternGraph
    /// Whether a match may begin anywhere.
    private let restarts: Bool
    /// For each class of bytes one of its members; the first class is of all bytes that no set of the pattern has.
    private var members: [UInt8] = [0xFF]
    private var numbers: [Set<Int>: Int] = [:]
    private var pending: [Set<Int>] = []

    /// Nil where there would be too many states.
    init?(_ graph: PatternGraph, restarts: Bool) {
        self.graph = graph
        self.restarts = restarts
        classify()
        // State 0: no way out.
        guard number(of: []) == 0 else { return nil }
        start = number(of: closure([graph.start]))
        var done = 0
        while done < pending.count {
            guard pending.count <= 512 else { return nil }
            let states = pending[done]
            done += 1
            for member in members {
                let next = follow(states, member)
                transitions.append(UInt16(truncatingIfNeeded: number(of: next)))
            }
        }
    }

    /// Bytes that are in the same sets of the pattern are one class.
    private mutating func classify() {
        var sets: [ASCIISet] = []
        for case .step(let set, _) in graph.states where !sets.contains(set) { sets.append(set) }
        var known: [[Bool]: UInt8] = [sets.map { _ in false }: 0]
        for byte in UInt8(0)..<128 {
            let signature = sets.map { $0.contains(byte) }
            if let found = known[signature] {
                classes[Int(byte)] = found
            } else {
                classes[Int(byte)] = UInt8(members.count)
                known[signature] = UInt8(members.count)
                members.append(byte)
            }
        }
        classCount = members.count
    }

    private mutating func number(of states: Set<Int>) -> Int {
        if let known = numbers[states] { return known }
        let number = pending.count
        numbers[states] = number
        pending.append(states)
        accepting.append(states.contains(0))
        return number
    }

    private func follow(_ states: Set<Int>, _ byte: UInt8) -> Set<Int> {
        var next: Set<Int> = restarts && !states.isEmpty ? [graph.start] : []
        for state in states {
            if case .step(let set, let target) = graph.states[state], set.contains(byte) { next.insert(target) }
        }
        return closure(next)
    }

    /// All that is reached without a byte.
    private func closure(_ states: Set<Int>) -> Set<Int> {
        var reached = states
        var open = Array(states)
        while let state = open.popLast() {
            guard case .fork(let one, let other) = graph.states[state] else { continue }
            for target in [one, other] where reached.insert(target).inserted { open.append(target) }
        }
        return reached
    }
}
